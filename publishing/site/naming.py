"""What an indicator was called from edition to edition, and which others could be taken for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from publishing.site import words
from publishing.site.model import Indicator, Relation, Step


@dataclass(frozen=True, slots=True)
class Named:
    """Editions that follow each other in which one thing holds: a name, or that the indicator is not printed.

    `last` is None where it still holds in the newest edition: then a further such edition changes nothing.
    """

    first: str
    last: str | None
    label: str | None
    happened: str
    related: str | None


@dataclass(frozen=True, slots=True)
class Related:
    """Another indicator; `has_page` says whether this council has figures of it."""

    indicator_key: str
    name: str
    has_page: bool


def names(steps: Sequence[Step]) -> tuple[Named, ...]:
    """The steps of an indicator in time, those that say the same put together."""
    runs: list[list[Step]] = []
    for step in steps:
        if runs and _continues(runs[-1][-1], step):
            runs[-1].append(step)
        else:
            runs.append([step])
    found = []
    for run in runs:
        first, is_open = run[0], run is runs[-1]
        found.append(
            Named(
                first=first.edition_key,
                last=None if is_open else run[-1].edition_key,
                label=None if first.status == "absent" else first.printed_label or "",
                happened=_happened(run),
                related=first.related_indicator_key,
            )
        )
    return tuple(found)


def _continues(before: Step, step: Step) -> bool:
    if step.related_indicator_key or (before.status == "absent") != (step.status == "absent"):
        return False
    return step.status == "absent" or (step.status == "continued" and step.printed_label == before.printed_label)


def _happened(run: Sequence[Step]) -> str:
    first = run[0]
    if first.status == "absent":
        if first.related_indicator_key:
            return "No longer printed; in its place"
        return "Not printed, and none was due" if all(one.silence == "not_due" for one in run) else "Not printed"
    if first.editions_between and first.status in ("continued", "renamed"):
        return "Printed again" if first.status == "continued" else "Printed again under another name"
    if first.status == "continued":
        return "Printed, worded a little otherwise"
    return words.STEPS.get(first.status, first.status.replace("_", " "))


def related(
    relations: Sequence[Relation], indicators: Mapping[str, Indicator], has_page: Callable[[str], bool]
) -> list[tuple[str, list[Related]]]:
    """The related indicators under the words for what they are, in the order of words.RELATIONS."""
    found: dict[str, list[Related]] = {}
    for one in relations:
        other = indicators.get(one.related_indicator_key)
        if other:
            found.setdefault(one.relation, []).append(
                Related(other.indicator_key, other.indicator_name, has_page(other.indicator_key))
            )
    order = list(words.RELATIONS)
    return [
        (words.RELATIONS.get(kind, kind.replace("_", " ")), found[kind])
        for kind in sorted(found, key=lambda kind: (order.index(kind) if kind in order else len(order), kind))
    ]
