"""The engine that finds claims: sentence by sentence, by the rules of ``claim_rules.yml``.

A number is first what its neighbours say it is (a change, an earlier figure, an average, a target, the children in a
bracket); what is left is a value and opens a claim. What else a sentence says is given to the value beside which it
stands, and in a sentence without a value to the claim that its words point back to. Where they point to several alike,
or to none, the statement becomes a claim of its own without an indicator; nothing is guessed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ingest.intake.budget import spend
from ingest.intake.quarters import ReportingQuarter
from ingest.reports.attribution import Candidate, Labels
from ingest.reports.numbers import Marked, Period, Span, Token, mark, previous, unexplained
from ingest.reports.paragraphs import Paragraph
from ingest.reports.rules import NUMBER_WORDS, Rules

_SENTENCE_END = re.compile(r"[.!?][\"')\]]*\s+(?=[\"'(\[]?[a-z0-9])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|no|approx|vs|dr|mr|mrs|ms|st|etc|incl|prev|figs?|para|ref|tel)|\b[a-z])\.$"
)
_CUT = re.compile(r"(?:,|;)? ?\b(?:and|while|whilst|but|with|whereas)\b|[,;]")
_CLAUSE_END = re.compile(r"[,;.()]| compared | which | from | to ")
_COORDINATED = re.compile(r"^ ?\)? ?(?:[a-z]+ )?(?:,|and|or|, and|&|/) ?(?:only|just|around|about|approximately)? ?$")
_QUOTED = re.compile(r"(?<![a-z0-9])['\"](?P<words>[^'\"]{8,200}(?:'s[^'\"]{0,100})*)['\"](?![a-z0-9])")
_CHUNK = re.compile(r",|;| and | or |/")
_FROM_TO = re.compile(
    r"^ ?(?:\([^()]*\) ?)?(?:[\x01\x02]+ ?|(?:in|at|for|during|the|end|of) )*to [a-z\x01\x02 ]{0,40}$"
)
_RATE = re.compile(r"^ ?(?:[a-z]+ )?per (?:[0-9]|head\b)")
_HEAD = re.compile(r" (?:in|who|with|having|subject|taking|becoming|rated|whose) ")
_PART_OF = re.compile(r"^ ?(?:out )?of (?:the |all |these )*$")
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
_LEFT, _RIGHT = 200, 100
#: A statement about the rest of a section is taken for that of its figures only when they are as few as these.
_FEW = 3
#: A sentence has no more characters than this (the longest seen has 700), which keeps the time linear.
LONGEST_SENTENCE = 1_500
#: Words point back to one of this many claims of the same paragraph, which keeps the time linear.
_NEAR = 40
_SURE = 0.75
#: Work units for finding what one number of a sentence is.
COST_OF_A_NUMBER = 400
#: A category right before its number: "Improved: 8", "improved in eight".
_TIGHT = re.compile(r"(?P<words>[a-z ]{4,40}?) ?(?P<mark>[:=(-]| in| for) ?$")
_TALLY_JUDGEMENTS = {"better": "better", "similar": "similar", "worse": "worse", "no_polarity": "none"}
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(NUMBER_WORDS)})\b")


@dataclass
class Claim:
    """One claim; ``said`` holds the columns of the raw table that the words fill."""

    kind: str
    start: int
    end: int
    said: dict[str, Any] = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()
    method: str = "label"
    token: Token | None = None
    period_form: str = ""
    comparison_form: str = ""
    number: int = 0
    #: Indicators that the words fit although the number is not of their unit; a share that follows may be theirs.
    speaks_beside: tuple[Candidate, ...] = ()

    def cover(self, start: int, end: int) -> None:
        self.start, self.end = min(self.start, start), max(self.end, end)

    def say(self, start: int, end: int, **said: Any) -> None:
        """Add what a stretch of text says; what was said before stands."""
        new = {name: value for name, value in said.items() if value is not None and self.said.get(name) is None}
        if new:
            self.said |= new
            self.cover(start, end)

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(candidate.indicator_key for candidate in self.candidates)


@dataclass
class Sentence:
    start: int
    end: int
    tokens: list[Token]
    periods: list[Period]
    direction: dict[str, Any]
    quartiles: list[re.Match[str]]


@dataclass
class Found:
    """What a paragraph holds: its claims, and each number with its role (start, end, role, claim)."""

    claims: list[Claim]
    numbers: list[tuple[int, int, str, Claim | None]]


class Engine:
    """Finds the claims of a report, paragraph by paragraph; it remembers the figures of the present section."""

    def __init__(self, rules: Rules, labels: Labels, edition: ReportingQuarter | None) -> None:
        self.rules = rules
        self.labels = labels
        self.edition = edition
        self._section: str | None = None
        self._in_section: list[Claim] = []
        self._tallies = 0

    def read(self, paragraph: Paragraph) -> Found:
        """Claims and numbers of one paragraph; paragraphs are given in their order."""
        if paragraph.heading != self._section:
            self._section, self._in_section = paragraph.heading, []
        marked = mark(paragraph.text, self.rules, self.edition)
        reading = _Reading(self, marked)
        for start, end in sentences(marked.view, paragraph.breaks):
            reading.sentence(start, end)
        claims = reading.finish()
        self._in_section += [claim for claim in claims if claim.kind == "figure"]
        return Found(claims, _numbers(paragraph.text, marked, claims))

    def next_tally(self) -> int:
        self._tallies += 1
        return self._tallies

    def section_claims(self) -> list[Claim]:
        """The figures under the present heading, one an indicator, when they are few."""
        different = {claim.keys: claim for claim in self._in_section if claim.candidates}
        return list(different.values()) if len(different) <= _FEW else []


def sentences(view: str, breaks: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence; bullet points are sentences, abbreviations end none, the overlong is cut."""
    ends = set(breaks)
    for found in _SENTENCE_END.finditer(view):
        if not _ABBREVIATION.search(view, max(0, found.start() - 8), found.start() + 1):
            ends.add(found.end())
    start = 0
    for end in sorted((*ends, len(view))):
        while end - start > LONGEST_SENTENCE:
            cut = view.rfind(" ", start + 1, start + LONGEST_SENTENCE) + 1 or start + LONGEST_SENTENCE
            yield start, cut
            start = cut
        if end > start:
            yield start, end
            start = end


class _Reading:
    def __init__(self, engine: Engine, marked: Marked) -> None:
        self.engine, self.rules, self.labels = engine, engine.rules, engine.labels
        self.marked = marked
        self.text, self.view = marked.text, marked.view
        self.plain = re.sub("[\x01\x02]", " ", marked.text)
        self.claims: list[Claim] = []
        #: The figures of the last sentence that had any.
        self.last: list[Claim] = []
        #: The tally that the paragraph speaks of: its number and its total; and a total whose parts are not yet read.
        self.tally: tuple[int, int] | None = None
        self.total: tuple[int, int, Token] | None = None
        self._token_at = 0
        self._period_at = 0
        self._quartile_at = 0

    # -- one sentence -------------------------------------------------------------------------------------------------

    def sentence(self, start: int, end: int) -> None:
        tokens = self._take(self.marked.tokens, "_token_at", end)
        periods = self._take(self.marked.periods, "_period_at", end)
        words = self.text[start:end]
        spend(COST_OF_A_NUMBER * len(tokens))
        quartiles = self._quartiles_until(end)
        if not (tokens or periods or quartiles) and not self._is_worth_reading(start, end):
            return
        self._flag_compared(periods, start)
        if self._tally(start, end, tokens):
            return
        sentence = Sentence(start, end, tokens, periods, self._direction(start, end), quartiles)
        no_data = self._first("no_data", words) is not None
        if not no_data:
            self._nothing(sentence)
        self._roles(sentence)
        values = [token for token in sentence.tokens if token.role == "value"]
        if values:
            self._open(sentence, values)
        targets = self._targets(sentence, no_data)
        self._attach(sentence, targets)
        self._reason(sentence, targets, no_data)

    def _take(self, items: list[Any], position: str, end: int) -> list[Any]:
        at = first = getattr(self, position)
        while at < len(items) and items[at].start < end:
            at += 1
        setattr(self, position, at)
        return items[first:at]

    def _is_worth_reading(self, start: int, end: int) -> bool:
        words = self.view[start:end]
        return any(word in words for word in self.rules.data["worth_reading"])

    def _quartiles_until(self, end: int) -> list[re.Match[str]]:
        first = self._quartile_at
        while (
            self._quartile_at < len(self.marked.quartiles)
            and self.marked.quartiles[self._quartile_at].start("now") < end
        ):
            self._quartile_at += 1
        return self.marked.quartiles[first : self._quartile_at]

    def _first(self, name: str, words: str) -> re.Match[str] | None:
        for rule in self.rules.lists[name]:
            if found := rule.pattern.search(words):
                return found
        return None

    def _flag_compared(self, periods: list[Period], start: int) -> None:
        for period in periods:
            left = self.text[max(start, period.start - _LEFT) : period.start]
            period.compared = period.form in (
                "same_period_last_year",
                "previous_quarter",
                "previous_year",
                "previous_reported",
            ) or any(rule.pattern.search(left) for rule in self.rules.lists["compared_periods"])

    def _direction(self, start: int, end: int) -> dict[str, Any]:
        """Direction and judgement of a sentence, each by the word that says it first, with the words' place."""
        words = self.text[start:end]
        for name in ("not_directions", "benchmark_relations"):
            for rule in self.rules.lists[name]:
                words = rule.pattern.sub(lambda found: "~" * len(found.group()), words)
        found: dict[str, Any] = {}
        hits = []
        for rule in self.rules.lists["directions"]:
            if match := rule.pattern.search(words):
                hits.append((match.start(), rule))
        for at, rule in sorted(hits, key=lambda hit: hit[0]):
            if rule.get("direction") == "same" and found:
                continue
            for name in ("direction", "judgement"):
                if rule.get(name) and name not in found:
                    found[name] = rule[name]
                    found.setdefault("at", start + at)
            if found.get("direction") == "same":
                break
        return found

    # -- tallies ------------------------------------------------------------------------------------------------------

    def _tally(self, start: int, end: int, tokens: list[Token]) -> bool:
        """Whether a sentence counts the edition's measures; each count becomes a claim."""
        named = self.rules.tally["subject"].search(self.text, start, end)
        counted = [token for token in tokens if not token.is_percent and not token.decimals]
        if not named and self.tally is None and self.total is None:
            listed = [_TIGHT.search(self.view[max(start, token.start - 40) : token.start]) for token in counted]
            if len(listed) < 2 or not all(match and match["mark"] == ":" for match in listed):
                return False
        found = [
            (token, *self._category(token, start, *self._counted_as(counted, place, end)))
            for place, token in enumerate(counted)
        ]
        known = [item for item in found if item[1] is not None]
        if not found or (len(known) < len(found) and not _is_sum(known)):
            return False
        for token, category, _ in found:
            if category is None:
                # One count of a kind that no rule knows does not make figures of the others.
                token.role = "unexplained"
                tokens, counted = ([other for other in some if other is not token] for some in (tokens, counted))
        found = known
        if all(category == "total" for _, category, _ in found):
            # A sum whose parts may follow in the next sentence.
            self.total = (start, end, found[0][0]) if len(found) == 1 and len(tokens) == 1 else None
            return False
        if self.total:
            self._count(*self.total, "total", None)
            self.total = None
        for token in tokens:
            token.role = "tally" if token in counted else "share"
        if self.tally is None and all(category != "total" for _, category, _ in found):
            self.tally = (self.engine.next_tally(), 0)
        if self.tally is None and found[0][1] != "total":
            # "Eight improved out of 20 measures": the sum opens the tally wherever it stands.
            found.sort(key=lambda item: item[1] != "total")
        for token, category, quartile in found:
            self._count(start, end, token, category, quartile)
        return True

    def _count(self, start: int, end: int, token: Token, category: str | None, quartile: int | None) -> None:
        token.role = "tally"
        if category == "total":
            self.tally = (self.engine.next_tally(), int(token.value))
        assert self.tally is not None
        claim = Claim("tally", start, end, token=token)
        claim.say(
            start,
            end,
            value=token.value,
            decimals=0,
            unit="count",
            judgement=_TALLY_JUDGEMENTS.get(category or ""),
            quartile=quartile,
            tally_group=self.tally[0],
            tally_category=category,
            tally_total=self.tally[1] or None,
        )
        # The sum was taken for a figure when it was met; now its parts say what it is.
        near = self.claims[-_NEAR:]
        self.claims[-_NEAR:] = [other for other in near if other.token is not token]
        self.claims.append(claim)

    def _counted_as(self, counted: list[Token], place: int, end: int) -> tuple[int, list[Token], int | None]:
        """Where the words end that say what a number counts, the numbers before it, and where those words begin."""
        following = self._next(counted, place, end)
        if place + 1 < len(counted) and _PART_OF.match(self.view[counted[place].end : following]):
            # "3 of 12 indicators are in the top quartile": the words stand behind the sum.
            return self._next(counted, place + 1, end), counted[:place], counted[place + 1].end
        return following, counted[:place], None

    @staticmethod
    def _next(tokens: list[Token], place: int, end: int) -> int:
        return tokens[place + 1].start if place + 1 < len(tokens) else end

    def _category(
        self, token: Token, start: int, end: int, before: list[Token], begins: int | None = None
    ) -> tuple[str | None, int | None]:
        left = self.view[max(start, before[-1].end if before else start) : token.start]
        right = self.view[begins or token.end : end]
        by_quartile = "quartile" in self.view[start : min(len(self.view), end + 200)]
        tight = _TIGHT.search(left)
        for words in ((tight["words"],) if tight else ()) + (right,):
            if words is right and self.rules.tally["total_left"].search(left):
                break
            for rule in self.rules.tally_categories:
                if match := rule.pattern.search(words):
                    return rule["category"], self._rank(match) if rule["category"] == "quartile" else None
            if by_quartile and (match := self.rules.tally["rank_alone"].search(words)):
                return "quartile", self._rank(match)
        total = self.rules.tally["total_left"].search(left) or self.rules.tally["total_right"].search(right)
        return ("total", None) if total else (None, None)

    def _rank(self, match: re.Match[str]) -> int:
        named = match.groupdict()
        return int(named["number"]) if named.get("number") else self.rules.data["quartile_ranks"][named["rank"]]

    # -- roles of numbers ---------------------------------------------------------------------------------------------

    def _nothing(self, sentence: Sentence) -> None:
        words = self.text[sentence.start : sentence.end]
        for rule in self.rules.lists["nothing"]:
            if (found := rule.pattern.search(words)) and self._candidates(sentence.start, sentence.end):
                start, end = (sentence.start + at for at in found.span("no"))
                token = Token(start, end, 0.0, 0, False, False, True, role="value")
                self.marked.tokens.insert(self._token_at, token)
                self._token_at += 1
                sentence.tokens.append(token)
                sentence.tokens.sort(key=lambda item: item.start)
                return

    def _roles(self, sentence: Sentence) -> None:
        before: Token | None = None
        holder: Token | None = None
        for token in sentence.tokens:
            if not token.role:
                token.role = self._role(token, before, holder, sentence)
            if token.role == "value":
                holder = token
            if token.role != "wording":
                before = token
            if token.role.startswith("comparison"):
                self._flag_after(token, sentence)

    def _flag_after(self, token: Token, sentence: Sentence) -> None:
        """The period right behind an earlier figure is that figure's."""
        for period in sentence.periods:
            gap = self.text[token.end : period.start]
            if period.start > token.end and re.fullmatch(
                r"[ ()]*(?:per [0-9,]+ )?(?:[a-z]+ ){0,4}(?:in|at|for|during|of)?(?: the)?(?: end of)? ?(?:the )?", gap
            ):
                period.compared = True
                token.period = period
                return

    def _role(self, token: Token, before: Token | None, holder: Token | None, sentence: Sentence) -> str:
        left_from = before.end if before else sentence.start
        left = self.text[max(left_from, token.start - _LEFT) : token.start]
        right = self.text[token.end : min(sentence.end, token.end + _RIGHT)]
        for rule in self.rules.lists["number_roles"]:
            if not all(
                rule.patterns[side].search(words)
                for side, words in (("left", left), ("right", right))
                if side in rule.patterns
            ):
                continue
            role = rule["role"]
            if rule.get("needs_direction") and not (sentence.direction or re.match(r"[^.;]{0,60}?\bto\b", right)):
                continue
            if rule.get("compared") and not any(
                period.compared and left_from <= period.start < token.start for period in sentence.periods
            ):
                continue
            if role == "numerator" and not _are_pair(token, holder or (self.last[0].token if self.last else None)):
                continue
            if rule.get("apposition") and not (holder and holder.is_percent and _is_count(token)):
                continue
            if role == "denominator" and not (before and before.role in ("value", "numerator") and _is_count(token)):
                continue
            token.basis = rule.get("basis")
            return role
        if left.rstrip().endswith("(") and before and before.role == "change" and _are_pair(token, before):
            return "share"
        if left.rstrip().endswith("(") and before and before.role in ("value", "comparison_value"):
            if before.role == "comparison_value":
                if token.is_percent and _is_count(before):
                    before.role = "comparison_numerator"
                    return "comparison_value"
                return "comparison_numerator" if _is_count(token) else "share"
            if _is_count(token) == _is_count(before) and self.text[token.end : token.end + 40].find("\x01") > -1:
                return "comparison_value"
            return "numerator"
        if (
            before
            and before.role in ("comparison_value", "benchmark_value", "target_value")
            and _COORDINATED.match(left)
        ):
            token.basis = before.basis
            return before.role
        if token.in_words:
            counted = any(rule.pattern.search(left) for rule in self.rules.lists["counted_after"])
            first = not left.strip(" \x01\x02,") and self.rules.patterns["counted_first"].search(right) is not None
            counted |= first and bool(self._candidates(sentence.start, sentence.end))
            return "value" if counted or token.is_percent else "wording"
        return "value"

    # -- values -------------------------------------------------------------------------------------------------------

    def _open(self, sentence: Sentence, values: list[Token]) -> None:
        opened: list[Claim] = []
        cuts = self._cuts(sentence, values)
        for place, token in enumerate(values):
            until = cuts[place + 1] if place + 1 < len(values) else sentence.end
            candidates, method = self._speaks_of(sentence, token, values[0], cuts[place], until, opened)
            claim = Claim(
                "figure",
                sentence.start if place == 0 else cuts[place],
                until,
                candidates=candidates,
                method=method,
                token=token,
            )
            unit = self._unit(token, candidates)
            claim.say(
                claim.start,
                claim.end,
                value=token.value,
                value_text=token,
                decimals=token.decimals,
                unit=unit,
            )
            opened.append(claim)
            self._own_period(claim, sentence, cuts[place], until)
        self._in_turn(sentence, opened)
        for token in sentence.tokens:
            if token.role in ("numerator", "denominator"):
                held = [claim for claim in opened if claim.token and claim.token.start < token.start]
                self._pair(held[-1] if held else opened[0], token)
        for claim in opened:
            self._check_unit(claim)
        self.claims += opened
        self.last = opened

    def _in_turn(self, sentence: Sentence, opened: list[Claim]) -> None:
        """Values that the sentence gives "respectively" belong to what it names before them, in that order."""
        if len(opened) < 2 or "respectively" not in self.view[sentence.start : sentence.end]:
            return
        first = opened[0].token
        assert first is not None
        named = self.plain[sentence.start : first.start]
        parts = [found for part in _CHUNK.split(named) if (found := self.labels.candidates(part))]
        if len(parts) == len(opened) == len({part[0].indicator_key for part in parts}):
            for claim, part in zip(opened, parts, strict=True):
                claim.candidates, claim.method = part, "label"
            return
        alike = opened[0].candidates
        if len(alike) != len(opened) or any(claim.candidates != alike for claim in opened):
            return
        common = frozenset.intersection(*(frozenset(candidate.words.split()) for candidate in alike))
        order = [word for part in re.findall(r"[\w']+", named) for word in self.labels.words_of(part)]
        places = {}
        for candidate in alike:
            own = frozenset(candidate.words.split()) - common
            places[candidate.indicator_key] = min((order.index(word) for word in own if word in order), default=-1)
        if -1 not in places.values() and len(set(places.values())) == len(alike):
            ranked = sorted(alike, key=lambda candidate: places[candidate.indicator_key])
            for claim, candidate in zip(opened, ranked, strict=True):
                claim.candidates = (candidate,)

    def _cuts(self, sentence: Sentence, values: list[Token]) -> list[int]:
        """Where the words of each value begin: at the first joint behind all that belongs to the value before it."""
        cuts = [sentence.start]
        for earlier, token in itertools.pairwise(values):
            between = [other for other in sentence.tokens if earlier.start <= other.start < token.start]
            if between[-1].role == "comparison_value" and _FROM_TO.match(self.text[between[-1].end : token.start]):
                # "From 90% to 85%": the earlier figure belongs to the value behind it.
                between.pop()
            own = [other.end for other in between]
            joint = _CUT.search(self.plain, max(own), token.start)
            cuts.append(joint.end() if joint else max(own))
        return cuts

    def _candidates(self, start: int, end: int) -> tuple[Candidate, ...]:
        return self.labels.candidates(self.plain[start:end])

    def _speaks_of(
        self, sentence: Sentence, token: Token, first: Token, start: int, until: int, opened: list[Claim]
    ) -> tuple[tuple[Candidate, ...], str]:
        quoted = [found["words"] for found in _QUOTED.finditer(self.plain[start:until])]
        clause = _CLAUSE_END.search(self.plain, token.end, until)
        after = self.plain[token.end : clause.start() if clause else until]
        own = self.plain[start : token.start]
        phrases = [("quotation", words) for words in quoted]
        phrases += [("label", own), ("label", f"{own} {after}"), ("label", self.plain[start:until])]
        subject = self.plain[sentence.start : first.start]
        shared = [("label", f"{subject} {own} {after}")] if opened else []
        # "Care leavers in accommodation was 92% and in employment 60%": whom both speak of, not what the first says.
        alone = [("label", f"{_HEAD.split(subject, maxsplit=1)[0]} {own} {after}")] if opened else []
        best: tuple[tuple[Candidate, ...], str] = ((), "label")
        # The words that all values of the sentence share are asked only where a value's own words say nothing.
        for some in (phrases, alone, shared):
            for method, words in some:
                found = self.labels.candidates(words)
                if found and (not best[0] or found[0].score > best[0][0].score):
                    best = (found, method)
            if best[0] and not (some is shared and self._speaks_of_another(own, best[0])):
                return best
            best = ((), "label")
        points_back = self.rules.patterns["points_back"].search(self.text[sentence.start : sentence.end])
        earlier = opened[-1:] or (self.last if points_back and len(self.last) == 1 else [])
        return (earlier[0].candidates, "carried") if earlier and earlier[0].candidates else ((), "label")

    def _speaks_of_another(self, own: str, found: tuple[Candidate, ...]) -> bool:
        """Whether a value's own words name something, and nothing of what is found."""
        named = self.labels.known_words(own)
        return bool(named) and not any(named & set(candidate.words.split()) for candidate in found)

    def _unit(self, token: Token, candidates: tuple[Candidate, ...]) -> str | None:
        if token.is_percent:
            return "percent"
        if _RATE.match(self.view[token.end : token.end + 40]):
            return "rate"
        stated = {self.labels.units.get(candidate.indicator_key) for candidate in candidates}
        unit = stated.pop() if len(stated) == 1 else None
        if unit == "percent" and not token.decimals:
            return "count"
        if unit == "count" and token.decimals:
            return None
        return unit or (None if token.decimals else "count")

    def _check_unit(self, claim: Claim) -> None:
        """A number of people or days is not the value of an indicator that is a share, a rate or a score."""
        if claim.said.get("unit") == "count" and claim.token is not None and not claim.token.is_percent:
            fitting = tuple(
                candidate
                for candidate in claim.candidates
                if self.labels.units.get(candidate.indicator_key, "count") == "count"
            )
            claim.speaks_beside, claim.candidates = claim.candidates, fitting
        elif claim.said.get("unit") == "rate":
            claim.candidates = tuple(
                candidate
                for candidate in claim.candidates
                if self.labels.units.get(candidate.indicator_key) not in ("count", "percent")
            )

    def _pair(self, claim: Claim, token: Token) -> None:
        """A second number for the same thing: a count beside a percentage, whichever stands first."""
        value = claim.token
        assert value is not None
        if token.role == "denominator":
            if claim.said.get("denominator") is None:
                claim.say(token.start, token.end, denominator=int(token.value))
            return
        if _is_count(token) and (value.is_percent or value.decimals):
            if claim.said.get("numerator") is None:
                claim.say(token.start, token.end, numerator=int(token.value))
            else:
                token.role = "share"
        elif token.is_percent and _is_count(value):
            if not claim.candidates and claim.speaks_beside:
                claim.candidates = claim.speaks_beside
            units = {self.labels.units.get(key) for key in claim.keys}
            if "count" in units and "percent" not in units:
                token.role = "share"
                return
            claim.said |= {
                "value": token.value,
                "value_text": token,
                "decimals": token.decimals,
                "unit": "percent",
                "numerator": int(value.value),
            }
            claim.cover(token.start, token.end)
            value.role, token.role, claim.token = "numerator", "value", token
            value.claim = id(claim)
        else:
            token.role = "share"
        token.claim = id(claim)

    def _own_period(self, claim: Claim, sentence: Sentence, start: int, until: int) -> None:
        own = [
            period
            for period in sentence.periods
            if not period.compared
            and period.text
            and ";" not in self.view[start : period.start]
            and not self.rules.patterns["planned_periods"].search(
                self.text[max(sentence.start, period.start - 40) : period.start]
            )
        ]
        within = [period for period in own if start <= period.start < until]
        chosen = (within or own or [None])[0]
        if chosen is not None:
            claim.say(chosen.start, chosen.end, period_text=chosen.text, period_words=(chosen.start, chosen.end))
            claim.period_form = chosen.form
            return
        if self.claims and (earlier := self.claims[-1]).kind == "figure" and earlier.said.get("period_text"):
            claim.said |= {name: earlier.said[name] for name in ("period_text", "period_words")}

    # -- what a sentence says beside its values -----------------------------------------------------------------------

    def _targets(self, sentence: Sentence, no_data: bool) -> list[Claim] | None:
        """The claims that a sentence speaks of; None when its words fit several alike, or speak of something else."""
        if any(token.role == "value" for token in sentence.tokens):
            return self.last
        figures = [claim for claim in self.claims[-_NEAR:] if claim.kind == "figure"]
        if not figures:
            return None
        words = self.text[sentence.start : sentence.end]
        own = {candidate.indicator_key for candidate in self._candidates(sentence.start, sentence.end)}
        named = [claim for claim in figures if claim.keys & own]
        if named and len({claim.keys for claim in named}) == 1:
            return named[-1:]
        if own and not named and not self.rules.patterns["points_back"].search(words):
            return None
        if self.rules.patterns["points_to_all"].search(words):
            if re.search(r"\bboth\b", words) and len(figures) >= 2:
                return figures[-2:]
            return self.last if len(self.last) > 1 else figures
        if len(self.last) == 1:
            return self.last
        compared = [token for token in sentence.tokens if token.role == "comparison_value"]
        return self.last if len(compared) == len(self.last) else None

    def _attach(self, sentence: Sentence, targets: list[Claim] | None) -> None:
        start, end = sentence.start, sentence.end
        words = self.text[start:end]
        has_values = any(token.role == "value" for token in sentence.tokens)
        to_all = bool(self.rules.patterns["points_to_all"].search(words))
        alone = targets is None
        # What is said of a claim widens it; its own clause is where it stood before.
        clauses = [(claim, claim.start, claim.end) for claim in targets or ()]

        def at(position: int) -> list[Claim]:
            if not targets:
                return []
            if not has_values or len(targets) == 1:
                return targets
            if to_all and position > max(claim.token.start for claim in targets if claim.token):
                return targets
            held = [claim for claim, begins, _ in clauses if begins <= position]
            return held[-1:] or targets[:1]

        stated = [
            *self._stated_numbers(sentence, at, targets, alone),
            *self._stated_words(sentence, at),
        ]
        if has_values and len(clauses) > 1 and sentence.direction:
            self._own_directions(clauses)
        if not alone:
            return
        compared = any(period.compared for period in sentence.periods)
        candidates = self._candidates(start, end)
        figures_moved = sentence.direction and compared and candidates and candidates[0].score >= _SURE
        placed = any(kind in ("quartile", "benchmark", "target") for kind, _ in stated) and candidates
        numbered = any(token.role not in ("wording", "value") for token in sentence.tokens)
        if not (figures_moved or placed or numbered):
            return
        order = ("change", "comparison", "quartile", "benchmark", "target")
        kind = next((name for name in order if any(name == found for found, _ in stated)), "direction")
        claim = Claim(kind, start, end, candidates=candidates)
        for _, said in stated:
            claim.say(start, end, **said)
        for token in sentence.tokens:
            if token.role not in ("wording", "value"):
                token.claim = id(claim)
        self._say_direction(claim, sentence)
        self._say_compared(claim, sentence)
        self.claims.append(claim)

    def _own_directions(self, clauses: list[tuple[Claim, int, int]]) -> None:
        """One word of movement each: "rose from 50% to 60% while the other fell to 85%"."""
        for claim, start, end in clauses:
            if claim.said.get("direction") is None and claim.said.get("judgement") is None:
                own = self._direction(start, end)
                claim.say(start, end, **{name: own.get(name) for name in ("direction", "judgement")})

    def _stated_numbers(
        self, sentence: Sentence, at: Any, targets: list[Claim] | None, alone: bool
    ) -> list[tuple[str, dict[str, Any]]]:
        stated: list[tuple[str, dict[str, Any]]] = []
        compared = [token for token in sentence.tokens if token.role == "comparison_value"]
        spread = (
            bool(targets)
            and len(compared) == len(targets) > 1
            and all(claim.token and claim.token.start < compared[0].start for claim in targets)
        )
        for token in sentence.tokens:
            said = self._said_by(token, sentence)
            if said is None:
                continue
            kind, columns = said
            if alone:
                stated.append((kind, columns))
                continue
            holders = [targets[compared.index(token)]] if spread and token in compared else at(token.start)
            name = next(iter(columns))
            for claim in holders[:1] if token.role == "comparison_value" and not spread else holders:
                if claim.said.get(name) is None and not (
                    token.role == "comparison_value"
                    and len(compared) > len(targets)
                    and not spread
                    and not (token.period and token.period.text)
                ):
                    claim.say(sentence.start, sentence.end, **columns)
                    token.claim = id(claim)
            if token.claim is None:
                self._second(token, kind, columns, holders, sentence)
        for token in sentence.tokens:
            if token.role in ("numerator", "denominator") and token.claim is None and targets and len(targets) == 1:
                self._pair(targets[0], token)
                targets[0].cover(sentence.start, sentence.end)
                token.claim = id(targets[0])
        return stated

    def _second(
        self, token: Token, kind: str, columns: dict[str, Any], holders: list[Claim], sentence: Sentence
    ) -> None:
        """A second number of its kind, which the claim has no place for, stands as a claim of its own."""
        claim = Claim(kind, sentence.start, sentence.end)
        if holders:
            claim.candidates, claim.method = holders[0].candidates, "carried"
        claim.say(sentence.start, sentence.end, **columns)
        token.claim = id(claim)
        self.claims.append(claim)

    def _said_by(self, token: Token, sentence: Sentence) -> tuple[str, dict[str, Any]] | None:
        if token.role == "change":
            sign = -1 if self._movement(token, sentence) == "down" else 1
            unit = "points" if token.is_points or token.is_percent else "count" if not token.decimals else "rate"
            return "change", {"change": sign * abs(token.value), "change_unit": unit}
        if token.role == "comparison_value":
            if token.period and token.period.text and not token.basis:
                return "comparison", {
                    "comparison_value": token.value,
                    "comparison_basis": "period",
                    "comparison_period_text": token.period.text,
                    "comparison_words": (token.period.start, token.period.end),
                }
            return "comparison", {
                "comparison_value": token.value,
                "comparison_basis": token.basis,
                "comparison_words": (sentence.start, sentence.end) if token.basis else None,
            }
        if token.role == "comparison_numerator":
            return "comparison", {"comparison_numerator": int(token.value)}
        if token.role == "benchmark_value":
            return "benchmark", {"benchmark_value": token.value, "comparator_text": self._comparator(token, sentence)}
        if token.role == "benchmark_gap":
            return "benchmark", {"benchmark_gap": token.value}
        if token.role == "target_value":
            return "target", {"target_value": token.value}
        return None

    def _movement(self, token: Token, sentence: Sentence) -> str | None:
        near = self.text[max(sentence.start, token.start - 60) : min(sentence.end, token.end + 40)]
        hits = []
        for rule in self.rules.lists["directions"]:
            if rule.get("direction") in ("up", "down"):
                for found in rule.pattern.finditer(near):
                    hits.append((abs(found.start() - min(60, token.start - sentence.start)), rule["direction"]))
        down = re.search(r"\bdown\b", near)
        return min(hits)[1] if hits else "down" if down else sentence.direction.get("direction")

    def _comparator(self, token: Token, sentence: Sentence) -> tuple[int, int] | None:
        pattern = self.rules.patterns["benchmark"]
        before = [found.span() for found in pattern.finditer(self.text, sentence.start, token.start)]
        after = pattern.search(self.text, token.end, min(sentence.end, token.end + 60))
        near_after = after and re.match(
            r"[ (]*(?:for|in|across|among|amongst|by)?(?: the| our)? ?$", self.text[token.end : after.start()]
        )
        return after.span() if after and near_after else before[-1] if before else after.span() if after else None

    def _stated_words(self, sentence: Sentence, at: Any) -> list[tuple[str, dict[str, Any]]]:
        start, end = sentence.start, sentence.end
        words = self.text[start:end]
        stated: list[tuple[str, dict[str, Any]]] = []
        listed = self._quartiles_in_turn(sentence)
        for found in sentence.quartiles:
            stated.append(("quartile", self._quartile(found)))
            holders = at(found.start("now"))
            if listed:
                # "In the second and third quartiles respectively": one each, or nobody's.
                stated.pop()
                for claim, quartile in zip(holders, listed, strict=True) if len(holders) == len(listed) else ():
                    claim.say(start, end, quartile=quartile)
                continue
            for claim in holders:
                claim.say(start, end, **stated[-1][1])
        for name, column in (("benchmark_relations", "benchmark_relation"), ("target_relations", "target_relation")):
            for rule in self.rules.lists[name]:
                if found := rule.pattern.search(words):
                    said: dict[str, Any] = {column: rule["relation"]}
                    if name == "benchmark_relations":
                        said["comparator_text"] = tuple(start + place for place in found.span("comparator"))
                    stated.append(("benchmark" if name == "benchmark_relations" else "target", said))
                    for claim in at(start + found.start()):
                        claim.say(start, end, **said)
                    break
        if latest := self._first("latest_available", words):
            for claim in at(start + latest.start()):
                claim.say(start, end, is_latest_available=True)
        if sentence.direction:
            for claim in at(sentence.direction["at"]):
                self._say_direction(claim, sentence)
        for period in (period for period in sentence.periods if period.compared):
            for claim in at(period.start):
                self._say_compared(claim, sentence, period)
        return stated

    def _quartiles_in_turn(self, sentence: Sentence) -> list[int]:
        named = self.rules.patterns["quartiles_in_turn"].search(self.text, sentence.start, sentence.end)
        ranks = self.rules.data["quartile_ranks"]
        return [ranks[word] for word in re.findall(r"[a-z0-9]+", named["ranks"]) if word in ranks] if named else []

    def _quartile(self, found: re.Match[str]) -> dict[str, Any]:
        named = found.groupdict()
        ranks = self.rules.data["quartile_ranks"]
        now = int(named["now"]) if named["now"].isdigit() else ranks[named["now"]]
        earlier = named.get("before") or ""
        before = (
            int(earlier) if earlier.isdigit() else ranks[earlier] if earlier else now if named.get("stay") else None
        )
        return {"quartile": now, "quartile_before": before}

    def _say_direction(self, claim: Claim, sentence: Sentence) -> None:
        said = {name: sentence.direction.get(name) for name in ("direction", "judgement")}
        if claim.said.get("direction") is None and claim.said.get("judgement") is None:
            claim.say(sentence.start, sentence.end, **said)
            usual = self.rules.patterns["usual"].search(self.text, sentence.start, sentence.end)
            if usual and any(said.values()):
                claim.say(sentence.start, sentence.end, comparison_basis="usual", comparison_words=usual.span())

    def _say_compared(self, claim: Claim, sentence: Sentence, period: Period | None = None) -> None:
        period = period or next((item for item in sentence.periods if item.compared), None)
        if period is None or claim.said.get("comparison_basis") is not None or claim.comparison_form:
            return
        relative = period.text is None
        claim.say(
            sentence.start,
            sentence.end,
            comparison_basis=period.form if relative else "period",
            comparison_period_text=period.text,
            comparison_words=(period.start, period.end),
        )
        claim.comparison_form = period.form

    # -- reasons ------------------------------------------------------------------------------------------------------

    def _reason(self, sentence: Sentence, targets: list[Claim] | None, no_data: bool) -> None:
        start, end = sentence.start, sentence.end
        words = self.view[start:end]
        for rule in self.rules.lists["reasons"]:
            if found := rule.pattern.search(words):
                reason, place = rule["reason"], (start + found.start(), start + found.end())
                break
        else:
            if not no_data:
                return
            reason, place = "not_yet_available", (start, end)
        if targets:
            for claim in targets:
                claim.say(start, end, reason=reason, reason_words=place)
            return
        if not no_data and not self._first("explains", words):
            return
        self._explain(sentence, "no_data" if no_data else "reason", reason, place)

    def _explain(self, sentence: Sentence, kind: str, reason: str, place: tuple[int, int]) -> None:
        start, end = sentence.start, sentence.end
        spoken_of = self._several(start, end)
        method = "label"
        if not spoken_of and self.rules.patterns["points_to_heading"].search(self.text[start:end]):
            spoken_of = [claim.candidates for claim in self.engine.section_claims()]
            method = "heading"
        earlier = [claim for claim in self.claims[-_NEAR:] if claim.kind in ("no_data", "reason")]
        if earlier and (not spoken_of or not earlier[-1].candidates):
            # One statement in two sentences: why, and of what.
            first = earlier[-1]
            if kind == "no_data":
                first.kind = "no_data"
            first.cover(start, end)
            if not spoken_of:
                return
            first.candidates, first.method = spoken_of[0], method
            copies = [
                Claim(first.kind, first.start, first.end, dict(first.said), keys, method) for keys in spoken_of[1:]
            ]
            self.claims += copies
            return
        for candidates in spoken_of or [()]:
            claim = Claim(kind, start, end, candidates=candidates, method=method)
            claim.say(start, end, reason=reason, reason_words=place)
            self.claims.append(claim)

    def _several(self, start: int, end: int) -> list[tuple[Candidate, ...]]:
        """The indicators that the parts of a sentence name, one entry each; else the one that the whole names."""
        found: dict[frozenset[str], tuple[Candidate, ...]] = {}
        for part in _CHUNK.split(self.plain[start:end]):
            if candidates := self.labels.candidates(part):
                found.setdefault(frozenset(candidate.indicator_key for candidate in candidates), candidates)
        if not found and (candidates := self._candidates(start, end)):
            found[frozenset()] = candidates
        return list(found.values())

    # -- the end ------------------------------------------------------------------------------------------------------

    def finish(self) -> list[Claim]:
        edition = self.engine.edition
        claims = sorted(self.claims, key=lambda claim: claim.token.start if claim.token else claim.start)
        for number, claim in enumerate(claims, start=1):
            claim.number = number
            form = claim.said.get("comparison_basis")
            if claim.said.get("change_unit") == "points" and claim.said.get("unit") in ("count", "rate"):
                claim.said["change_unit"] = "percent"
            if form in ("previous_quarter", "same_period_last_year") and not claim.said.get("comparison_period_text"):
                claim.said["comparison_period_text"] = previous(claim.said.get("period_text"), form, edition)
            if (
                form is None
                and claim.kind != "tally"
                and any(claim.said.get(name) is not None for name in ("comparison_value",))
            ):
                claim.said["comparison_basis"] = "unstated"
        return claims


def _is_sum(found: list[tuple[Token, str | None, int | None]]) -> bool:
    """Whether counts of known kinds are a sum and two or more of its parts."""
    categories = [category for _, category, _ in found]
    return "total" in categories and len(categories) > 2


def _is_count(token: Token) -> bool:
    return not token.is_percent and not token.is_points and not token.decimals and token.value >= 0


def _are_pair(token: Token, held: Token | None) -> bool:
    """Whether one of two numbers can be the count of which the other is the share."""
    if held is None:
        return False
    return (_is_count(token) and (held.is_percent or held.decimals > 0)) or (token.is_percent and _is_count(held))


def _numbers(text: str, marked: Marked, claims: list[Claim]) -> list[tuple[int, int, str, Claim | None]]:
    """Each number of the paragraph with what it is; a span that holds none is no number."""
    by_id = {id(claim): claim for claim in claims}
    by_token = {id(claim.token): claim for claim in claims if claim.token}
    found: list[tuple[int, int, str, Claim | None]] = []
    spans = [*marked.spans, *(Span(period.start, period.end, "period") for period in marked.periods)]
    for span in spans:
        words = marked.view[span.start : span.end]
        if any(character.isdigit() for character in words) or (span.role != "quartile" and _NUMBER_WORD.search(words)):
            found.append((span.start, span.end, span.role, None))
    for token in marked.tokens:
        claim = by_token.get(id(token)) or by_id.get(token.claim or 0)
        role = token.role or ("wording" if token.in_words else "unexplained")
        if claim is None and role not in ("wording", "value", "share", "tally"):
            role = "unexplained"
        found.append((token.start, token.end, role, claim))
    for start, end in unexplained(marked):
        role = "reference" if _ORDINAL.match(marked.view, end) else "unexplained"
        found.append((start, end, role, None))
    for run in re.finditer(r"[0-9]+", text):
        if not marked.view[run.start() : run.end()].strip():
            found.append((*run.span(), "markup", None))
    return sorted(found, key=lambda item: item[:2])
