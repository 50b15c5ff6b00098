"""YAML that somebody else wrote: bounded before it is built, without aliases, into a declared model.

A note beside a file says a few words. Its size, depth and length are checked on the parser's events, before anything is
made of them; what is then wrong is said in the words of the declared model.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from ingest.intake.files import SourceUnreadable, name_as_text, open_regular

#: A note states a few words; the longest of a real one has 300 bytes.
MAX_BYTES = 64 * 1024
MAX_DEPTH = 4
MAX_EVENTS = 500
#: The longest text of a note, and the longest number or other unquoted word without a blank.
MAX_TEXT = 2_000
MAX_WORD = 300


class _Unbounded(ValueError):
    """What a note may not be, in words."""


def read_note(path: Path, model: type[BaseModel], *, within: Path) -> tuple[dict[str, Any], str | None]:
    """What a note states, checked by ``model``, and None; or what can be told of it and the sentence that says why."""
    name = name_as_text(path.name)
    content: Any = None
    try:
        with open_regular(path, within=within) as stream:
            raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise _Unbounded(f"it is larger than {MAX_BYTES // 1024} KB, and a note states a few words")
        content = load_bounded(raw.decode("utf-8"))
        stated = model.model_validate(content or {}).model_dump(mode="json", exclude_none=True)
        json.dumps(stated, ensure_ascii=False).encode("utf-8")
        return stated, None
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'note'}: {e['msg']}" for e in error.errors()[:5])
        *others, last = model.model_fields
        told = f"The note {name} is wrong: {faults}. It may state {', '.join(others)} and {last}."
        return {"unreadable": _storable(repr(content))}, _storable(told, 1_000)
    except SourceUnreadable as error:
        said, told = str(error), f"The note {name} cannot be read: {error}. Mend it or take it away."
    except _Unbounded as error:
        said, told = str(error), f"The note {name} is not read: {error}. Mend it."
    except UnicodeEncodeError:
        said, told = "half a character", f"The note {name} holds half a character (a lone surrogate). Mend it."
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        # A date or number that cannot be is a ValueError of the loader.
        said = " ".join(str(error).split())
        told = f"The note {name} is not YAML: {said}. Mend it."
    return {"unreadable": _storable(said)}, _storable(told, 1_000)


def load_bounded(text: str) -> Any:
    """The content of a small YAML text. Raises _Unbounded (a ValueError), yaml.YAMLError, ValueError, OverflowError."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader), start=1):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Unbounded(f"it refers to itself with & or * in line {event.start_mark.line + 1}")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _Unbounded(f"it is nested more than {MAX_DEPTH} deep")
        if count > MAX_EVENTS:
            raise _Unbounded("it states more than any note does")
        if isinstance(event, yaml.ScalarEvent) and (
            len(event.value) > MAX_TEXT or (event.style is None and len(event.value.partition(" ")[0]) > MAX_WORD)
        ):
            raise _Unbounded(f"a text or number in line {event.start_mark.line + 1} is too long")
    document = yaml.compose(text, Loader=yaml.SafeLoader)
    if isinstance(document, yaml.MappingNode):
        keys = [key.value for key, _ in document.value]
        if doubled := sorted({str(key) for key in keys if keys.count(key) > 1}):
            raise _Unbounded(f"it states {', '.join(doubled)} twice")
    return yaml.safe_load(text)


def _storable(text: str, most: int = 200) -> str:
    """Text from a note that can be written anywhere."""
    return text[:most].encode("utf-8", "backslashreplace").decode("utf-8")
