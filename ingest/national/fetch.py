"""Downloads of open-data files from the public API of explore education statistics.

The service lists publications, their data sets and each data set's versions as paged JSON, and gives a version as
CSV, gzip-compressed (`GET /data-sets/{id}/csv?dataSetVersion=`). A download goes to a hidden ``.part`` file, is
continued after a break (`Range` with `If-Range`), unpacked, read as a file of the standard and only then renamed; the
file that lay there before stays until then. Beside the file lie its note (``.csv.yml``: release, published, kind) and,
hidden, what was fetched (data set, version, hash), so that the same version is not fetched twice.

Only https is spoken, and http with this machine itself. Nothing that the service sends becomes part of a path.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import ipaddress
import json
import os
import re
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

import requests
import urllib3
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingest.intake.errors import ConfigurationError, FileRejected
from ingest.intake.yaml_files import read_yaml
from ingest.national.open_data import verify_open_data

#: The service's own limits of a page.
PAGE_SIZE = 20
MAX_PAGES = 500
MAX_REDIRECTS = 5
_PIECE = 256 * 1024
_MAX_JSON = 20 * 1024 * 1024
_TRY_AGAIN = (408, 425, 429, 500, 502, 503, 504)
_ID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,99}$")
_LOST = (requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError)


class FetchError(Exception):
    """A data set could not be fetched; says why and what to do. What lay there before is untouched."""


class NotFound(FetchError):
    """The service, or the configuration, has no such data set."""


class NotSound(FetchError):
    """What came is no file of the standard, or is damaged."""


class Busy(FetchError):
    """Another command is fetching the same file."""


class Listener:
    """What a download says of itself; the command line draws it."""

    def begins(self, name: str, at: int, total: int | None) -> None:
        """A download begins, or goes on, at this byte; ``total`` bytes in all, if known."""

    def advanced(self, count: int) -> None:
        """So many bytes came."""

    def says(self, sentence: str) -> None:
        """Something a person may want to know: a wait, a break, a new start."""


# --- what is wanted -------------------------------------------------------------------------------------------------


class Wanted(BaseModel):
    """A data set by its id, or by words of its publication's and its own title."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data_set: str | None = Field(None, pattern=_ID.pattern)
    publication: str | None = Field(None, min_length=1)
    title: str | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def _one_way(self) -> Wanted:
        if bool(self.data_set) == bool(self.publication and self.title):
            raise ValueError("give either data_set, or publication and title")
        return self


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    data_sets: dict[str, Wanted]

    @model_validator(mode="after")
    def _names(self) -> _Config:
        for name in self.data_sets:
            if not _NAME.match(name):
                raise ValueError(f"{name!r} must consist of small letters, digits, hyphens and underscores")
        return self


def load_wanted(path: Path) -> dict[str, Wanted]:
    """The data sets of the configuration file by name. Raises ConfigurationError."""
    try:
        return _Config.model_validate(read_yaml(path) or {}).data_sets
    except FileNotFoundError:
        raise ConfigurationError(f"{path} does not exist. Create it, or name a data set with --data-set.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not YAML: {error}.") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"{path}: {faults}.") from error


def name_of_title(title: str) -> str:
    """A file's name from a data set's title: nothing of it can lead to another folder."""
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:80] or "data_set"


# --- the service ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DataSet:
    """A data set as the service describes it, with its newest version."""

    id: str
    title: str
    status: str
    version: str
    published: str | None
    rows: int | None
    periods: str | None
    publication: str | None = None


@dataclass
class Api:
    """The service. ``attempts`` are those in a row that bring nothing; ``pause`` waits (seconds)."""

    base_url: str
    listener: Listener = field(default_factory=Listener)
    connect_seconds: float = 10
    read_seconds: float = 60
    attempts: int = 5
    longest_wait_seconds: float = 120
    pause: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        self.base_url = self.base_url.rstrip("/")
        _require_safe(self.base_url)
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "quarterdeck"
        # A proxy of the environment cannot reach this machine itself.
        self._session.trust_env = not _is_loopback(urlsplit(self.base_url).hostname or "")

    def publications(self, search: str | None = None) -> Iterator[dict[str, Any]]:
        """Publications with data in the service: ``id``, ``title``. The service searches by three letters or more."""
        more = {"search": search} if search and len(search) >= 3 else {}
        return self._pages("/publications", "publications", more)

    def data_sets(self, publication: dict[str, Any]) -> Iterator[DataSet]:
        """Data sets of a publication that have a published version."""
        path = f"/publications/{quote(str(publication.get('id')), safe='')}/data-sets"
        for one in self._pages(path, f"the data sets of {publication.get('title')}", {}):
            if one.get("latestVersion"):
                yield _data_set(one, publication.get("title"))

    def data_set(self, data_set_id: str) -> DataSet:
        """One data set. Raises NotFound, FetchError."""
        if not _ID.match(data_set_id):
            raise NotFound(f"{data_set_id!r} is no id of a data set. `quarterdeck fetch --list` shows them.")
        answer = self._json(f"/data-sets/{data_set_id}", f"the data set {data_set_id}")
        if not answer.get("latestVersion"):
            raise NotFound(f"The data set {data_set_id} has no published version.")
        return _data_set(answer, None)

    def find(self, wanted: Wanted) -> DataSet:
        """The one data set whose publication and title hold all the words. Raises NotFound naming what there is."""
        if wanted.data_set:
            return self.data_set(wanted.data_set)
        publications = _matching(list(self.publications()), wanted.publication, lambda one: str(one.get("title")))
        if not publications:
            raise NotFound(
                f"The service has no publication {wanted.publication!r}. `quarterdeck fetch --list` shows those it has."
            )
        found = [one for publication in publications for one in self.data_sets(publication)]
        matching = _matching(found, wanted.title, lambda one: one.title)
        if len(matching) == 1:
            return matching[0]
        shown = "; ".join(sorted(one.title for one in (matching or found))[:10]) or "none at all"
        if matching:
            raise NotFound(f"{len(matching)} data sets of {wanted.publication!r} fit {wanted.title!r}: {shown}.")
        raise NotFound(f"{wanted.publication!r} has no data set {wanted.title!r} in the service. It has: {shown}.")

    def csv_url(self, data_set: DataSet) -> str:
        return f"{self.base_url}/data-sets/{data_set.id}/csv?{urlencode({'dataSetVersion': data_set.version})}"

    def _pages(self, path: str, what: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for page in range(1, MAX_PAGES + 1):
            answer = self._json(f"{path}?{urlencode({**query, 'page': page, 'pageSize': PAGE_SIZE})}", what)
            results = answer.get("results")
            if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
                raise FetchError(f"The service answered for {what} with something else than a list of results.")
            yield from results
            total = (answer.get("paging") or {}).get("totalPages")
            if not results or not isinstance(total, int) or page >= total:
                return

    def _json(self, path: str, what: str) -> dict[str, Any]:
        for attempt in self._attempts(what):
            try:
                with self.get(self.base_url + path, what) as response:
                    content = response.raw.read(_MAX_JSON, decode_content=True)
                    kind = response.headers.get("Content-Type", "")
                answer = json.loads(content)
            except _LOST as error:
                attempt(error)
                continue
            except ValueError:
                page = "a web page" if b"<html" in content[:2000].lower() else f"{kind or 'something'} that is no JSON"
                raise FetchError(
                    f"The service answered for {what} with {page}. Is {self.base_url} the address of the API?"
                ) from None
            if isinstance(answer, dict):
                return answer
            raise FetchError(f"The service's answer for {what} is no description of anything.")
        raise AssertionError

    def get(self, url: str, what: str, headers: dict[str, str] | None = None) -> requests.Response:
        """One answer with a good status, read as a stream; redirects are followed to safe addresses only."""
        asked = url
        for _ in range(MAX_REDIRECTS + 1):
            _require_safe(url)
            response = self._session.get(
                url,
                headers={"Accept-Encoding": "gzip", **(headers or {})},
                stream=True,
                allow_redirects=False,
                timeout=(self.connect_seconds, self.read_seconds),
            )
            if response.is_redirect:
                response.close()
                url = urljoin(url, response.headers["Location"])
                continue
            if response.status_code in (200, 206, 416):
                return response
            response.close()
            _refuse(response, what)
        raise FetchError(f"The service sends {what} in a circle: more than {MAX_REDIRECTS} redirects from {asked}.")

    def _attempts(self, what: str) -> Iterator[Callable[[Exception], None]]:
        """Attempts with growing waits; each yields what is called with its error. Raises FetchError after the last."""
        for number in range(1, self.attempts + 1):
            errors: list[Exception] = []
            yield errors.append
            if number < self.attempts:
                self.wait(errors[-1] if errors else None, number, what)
            elif errors:
                raise FetchError(
                    f"The service does not give {what}: {_words_of(errors[-1])}, {number} times. Try again later; a "
                    "download goes on where it stopped."
                )

    def wait(self, error: Exception | None, number: int, what: str) -> None:
        """Wait as the service asks, else twice as long each time; a longer wish than is patient ends the attempt."""
        asked = getattr(error, "seconds", None)
        if asked is not None and asked > self.longest_wait_seconds:
            raise FetchError(f"The service asks to wait {asked:,.0f} seconds before it gives {what}. Try again then.")
        seconds = asked if asked is not None else min(2 ** (number - 1), self.longest_wait_seconds)
        self.listener.says(f"{_words_of(error)}; once more in {seconds:,.0f} s")
        self.pause(seconds)


class _TryAgain(urllib3.exceptions.HTTPError):
    """A status after which the same question may be answered; ``seconds`` is how long the service asks to wait."""

    def __init__(self, status: int, seconds: float | None):
        super().__init__(f"status {status}")
        self.status = status
        self.seconds = seconds


def _refuse(response: requests.Response, what: str) -> None:
    status = response.status_code
    if status in _TRY_AGAIN:
        raise _TryAgain(status, _retry_after(response.headers.get("Retry-After")))
    if status in (404, 410):
        raise NotFound(f"The service does not have {what} (status {status}).")
    if status in (401, 403):
        raise FetchError(f"The service does not allow to read {what} (status {status}).")
    raise FetchError(f"The service answered for {what} with status {status}, which says nothing more.")


def _retry_after(text: str | None) -> float | None:
    """Seconds from a `Retry-After`, which is a number or a date."""
    if not text:
        return None
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def _words_of(error: Exception | None) -> str:
    if isinstance(error, _TryAgain):
        return "it answers that there are too many questions" if error.status == 429 else f"it answers {error}"
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return "it does not answer in time"
    if isinstance(error, NotSound):
        return str(error).rstrip(".")
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not accepted"
    return "the connection broke"


def _data_set(answer: dict[str, Any], publication: str | None) -> DataSet:
    try:
        latest = answer["latestVersion"]
        periods = latest.get("timePeriods") or {}
        rows = latest.get("totalResults")
        version = str(latest["version"])
        data_set_id = str(answer["id"])
        if not _ID.match(data_set_id) or not re.fullmatch(r"[0-9]+(\.[0-9]+){0,2}", version):
            raise ValueError(version)
        return DataSet(
            data_set_id,
            str(answer["title"]),
            str(answer.get("status") or "Published"),
            version,
            str(latest["published"])[:10] if latest.get("published") else None,
            rows if isinstance(rows, int) else None,
            " to ".join(dict.fromkeys(str(periods[k]) for k in ("start", "end") if periods.get(k))) or None,
            publication,
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise FetchError(f"The service describes a data set in a way that is not understood ({error!r}).") from error


def _matching(found: list[Any], words: str, title_of: Callable[[Any], str]) -> list[Any]:
    """Those of exactly this title; where there is none, those that hold all the words."""
    wanted = re.findall(r"[a-z0-9]+", words.lower())
    split = [(one, re.findall(r"[a-z0-9]+", title_of(one).lower())) for one in found]
    return [one for one, title in split if title == wanted] or [
        one for one, title in split if set(wanted) <= set(title)
    ]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _require_safe(url: str) -> None:
    try:
        parts = urlsplit(url)
        safe = parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname)))
    except ValueError:
        safe = False
    if not safe or "@" in parts.netloc:
        raise FetchError(f"{url[:200]} is no https address, so nothing is fetched from there.")


# --- one file -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fetched:
    """What became of one data set: ``was_new`` tells whether it was downloaded now."""

    name: str
    path: Path
    data_set: DataSet
    was_new: bool
    rows: int
    release: str | None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Places:
    """The file and what lies beside it; the scan of the landing folder leaves names with a dot out."""

    path: Path

    @property
    def part(self) -> Path:
        return self.path.with_name(f".{self.path.name}.part")

    @property
    def part_note(self) -> Path:
        return self.path.with_name(f".{self.path.name}.part.json")

    @property
    def unpacked(self) -> Path:
        return self.path.with_name(f".{self.path.name}.new")

    @property
    def state(self) -> Path:
        return self.path.with_name(f".{self.path.name}.fetched.json")

    @property
    def sidecar(self) -> Path:
        return self.path.with_name(f"{self.path.name}.yml")


def fetch(api: Api, data_set: DataSet, folder: Path, name: str | None = None) -> Fetched:
    """Fetch a data set's newest version to ``folder/name.csv``, unless that version lies there.

    Raises NotFound, NotSound, Busy, FetchError; the file that lay there stays as it was.
    """
    name = name or name_of_title(data_set.title)
    if not _NAME.match(name):
        raise FetchError(f"{name!r} is no name for a file: small letters, digits, hyphens and underscores only.")
    if data_set.status.lower() == "withdrawn":
        raise NotFound(f"{data_set.title} was withdrawn by the service.")
    folder.mkdir(parents=True, exist_ok=True)
    places = _Places(folder / f"{name}.csv")
    with _alone(places):
        state = _json_in(places.state)
        lies_there = _sha256_of(places.path) if places.path.is_file() else None
        if lies_there and _same_version(state, data_set) and state.get("sha256") == lies_there:
            return Fetched(name, places.path, data_set, False, state.get("rows", 0), state.get("release"))
        # A command that was cut short had noted the hash of the new file before it renamed it.
        is_ours = lies_there in (state.get("sha256"), state.get("before"))
        return _fetch_new(api, data_set, name, places, lies_there, is_ours)


def _fetch_new(
    api: Api, data_set: DataSet, name: str, places: _Places, lies_there: str | None, is_ours: bool
) -> Fetched:
    url, what = api.csv_url(data_set), f"{data_set.title} ({data_set.version})"
    for attempt in (1, 2):
        _download(api, url, what, name, places)
        try:
            sha = _unpack(places)
            rows, release = verify_open_data(places.unpacked)
            break
        except (NotSound, FileRejected) as error:
            _forget(places)
            said = getattr(error, "message", str(error))
            # What is cut short may come whole the next time; a web page will not become a table.
            cut = isinstance(error, NotSound) or error.code in ("truncated_file", "unclosed_quote", "damaged_file")
            if attempt == 2 or not cut:
                raise NotSound(f"What the service sent for {what} is not kept: {said}") from error
            api.listener.says(f"what came was cut short: {said}")
    remarks = []
    if data_set.rows is not None and rows != data_set.rows:
        remarks.append(f"the service announced {data_set.rows:,} rows, the file has {rows:,}")
    if data_set.status.lower() == "deprecated":
        remarks.append("the service is giving this data set up")
    if lies_there and lies_there != sha and not is_ours:
        places.unpacked.unlink()
        raise FetchError(
            f"{places.path} was not put there by this command and differs from the file of the service. Move it away, "
            "or name another folder with --to."
        )
    state = {
        "data_set": data_set.id,
        "version": data_set.version,
        "etag": _json_in(places.part_note).get("etag"),
        "sha256": sha,
        "before": lies_there,
        "rows": rows,
        "release": release,
    }
    _write(places.state, json.dumps(state, indent=1))
    _publish(places.unpacked, places.path)
    note = {"release": release, "published": data_set.published, "kind": "open_data"}
    if note["published"]:
        with contextlib.suppress(ValueError):
            note["published"] = datetime.strptime(note["published"], "%Y-%m-%d").date()
    _write(places.sidecar, yaml.safe_dump({k: v for k, v in note.items() if v is not None}, sort_keys=False))
    _forget(places)
    return Fetched(name, places.path, data_set, True, rows, release, tuple(remarks))


def _same_version(state: dict[str, Any], data_set: DataSet) -> bool:
    return (state.get("data_set"), state.get("version")) == (data_set.id, data_set.version)


def _download(api: Api, url: str, what: str, name: str, places: _Places) -> None:
    """Bring ``places.part`` to its end. Attempts count anew after each that brought bytes."""
    number = 0
    while True:
        size = places.part.stat().st_size if places.part.exists() else 0
        try:
            _receive(api, url, what, name, places)
            return
        except _LOST as error:
            came = places.part.stat().st_size if places.part.exists() else 0
            number = 1 if came > size else number + 1
            if number >= api.attempts:
                raise FetchError(
                    f"The service does not give {what}: {_words_of(error)}, {number} times. Run the command again "
                    f"later; {came:,} bytes are kept and it goes on from there."
                ) from error
            api.wait(error, number, what)


def _receive(api: Api, url: str, what: str, name: str, places: _Places) -> None:
    """One answer into the part file, from where it stopped if the file on the server is still the same."""
    note, at = _json_in(places.part_note), 0
    tag = note.get("etag")
    if places.part.exists() and note.get("url") == url and tag:
        at = places.part.stat().st_size
        if note.get("size") == at and at:
            return
    headers = {"Range": f"bytes={at}-", "If-Range": tag} if at else {}
    with api.get(url, what, headers) as response:
        if response.status_code == 416:
            _forget(places)
            raise _TryAgain(416, 0)
        if at and not _goes_on(response, at, tag):
            if response.status_code == 206:
                _forget(places)
                raise _TryAgain(206, 0)
            api.listener.says("the file changed on the server, or it cannot go on: from the start again")
            at = 0
        length = response.headers.get("Content-Length", "")
        total = at + int(length) if length.isdigit() else None
        if not at:
            places.part.unlink(missing_ok=True)
            tag = response.headers.get("ETag", "")
            note = {
                "url": url,
                # Only a strong tag promises the same bytes.
                "etag": tag if tag.startswith('"') else None,
                "encoding": response.headers.get("Content-Encoding", "").lower(),
            }
        note["size"] = total
        _write(places.part_note, json.dumps(note))
        api.listener.begins(name, at, total)
        with places.part.open("ab") as part:
            # What has come is written at once: a server that hangs then must not cost what it had sent.
            while piece := response.raw.read1(_PIECE, decode_content=False):
                part.write(piece)
                api.listener.advanced(len(piece))
            part.flush()
            os.fsync(part.fileno())
    came = places.part.stat().st_size
    if total is not None and came != total:
        raise urllib3.exceptions.IncompleteRead(came, total - came)


def _goes_on(response: requests.Response, at: int, tag: str) -> bool:
    started = re.match(rf"bytes {at}-[0-9]+/", response.headers.get("Content-Range", ""))
    return response.status_code == 206 and bool(started) and response.headers.get("ETag", tag) == tag


def _unpack(places: _Places) -> str:
    """Unpack the part file, gzip or not, beside the place where it will lie; gives the hash of what came out."""
    digest = hashlib.sha256()
    with places.part.open("rb") as source, places.unpacked.open("wb") as target:
        packed = source.read(2) == b"\x1f\x8b"
        source.seek(0)
        try:
            for piece in _gunzipped(source) if packed else iter(lambda: source.read(_PIECE), b""):
                digest.update(piece)
                target.write(piece)
        except (zlib.error, EOFError) as error:
            raise NotSound(f"the compressed file is damaged ({error}).") from error
        target.flush()
        os.fsync(target.fileno())
    return digest.hexdigest()


def _gunzipped(source: Any) -> Iterator[bytes]:
    """The content of a gzip file of one or more members, checked by the sums in it. Raises zlib.error, EOFError."""
    engine, begun = zlib.decompressobj(wbits=31), False
    while piece := source.read(_PIECE):
        while piece:
            begun = True
            yield engine.decompress(piece, 4 * _PIECE)
            if engine.eof:
                piece, engine, begun = engine.unused_data.lstrip(b"\x00"), zlib.decompressobj(wbits=31), False
            else:
                piece = engine.unconsumed_tail
    if begun:
        raise EOFError("it stops before its end")


def _forget(places: _Places) -> None:
    for path in (places.part, places.part_note, places.unpacked):
        path.unlink(missing_ok=True)


def _publish(source: Path, target: Path) -> None:
    os.replace(source, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name.lstrip('.')}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    os.replace(aside, path)


def _json_in(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextlib.contextmanager
def _alone(places: _Places) -> Iterator[None]:
    """Only one command at a time writes the files of one data set."""
    lock = places.path.with_name(f".{places.path.name}.lock")
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"Another command is fetching {places.path.name}.") from None
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
