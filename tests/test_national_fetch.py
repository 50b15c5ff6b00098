"""Downloads from a server on this machine that answers like the service, and fails in each way a server can."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from conftest import Home
from hypothesis import given
from hypothesis import strategies as st

from ingest.intake.errors import ConfigurationError
from ingest.national import fetch as fetching
from ingest.national.fetch import Api, Busy, FetchError, Listener, NotFound, NotSound, Wanted, fetch, load_wanted
from ingest.national.files import NationalSidecar

ID = "7588c2d6-9e8a-4d84-8f19-6b8d52a01fbd"
OTHER = "2118a6df-4934-4a1f-ad2e-4589d2b9ccaf"
PUBLICATION = "cbbd299f-8297-44bc-92ac-558bcf51f8ad"


def table(rows: int = 4000, first: int = 0) -> bytes:
    heading = "time_period,time_identifier,geographic_level,country_code,country_name,sex,children\n"
    lines = (
        f"{2000 + n // 200},Reporting year,National,E92000001,England,Item {n % 200},{first + n * 7919 % 1000}\n"
        for n in range(rows)
    )
    return (heading + "".join(lines)).encode()


@dataclass
class Service:
    """What the server answers with, and what it was asked."""

    content: bytes = field(default_factory=table)
    version: str = "1.0"
    rows: int | None = None
    etag: str | None = '"one"'
    packed: bool = True
    status: str = "Published"
    title: str = "LA - Care leavers, activity"
    #: Faults of the next answers to the CSV, one after the other; then it answers well.
    faults: list = field(default_factory=list)
    #: Faults of the next answers in JSON.
    json_faults: list = field(default_factory=list)
    asked: list[tuple[str, dict]] = field(default_factory=list)
    ignores_range: bool = False
    url: str = ""

    @property
    def body(self) -> bytes:
        return gzip.compress(self.content, mtime=0) if self.packed else self.content

    def asked_for_csv(self) -> list[dict]:
        return [headers for path, headers in self.asked if "/csv" in path]

    def described(self) -> dict:
        return {
            "id": ID,
            "title": self.title,
            "summary": "Words.",
            "status": self.status,
            "latestVersion": {
                "version": self.version,
                "published": "2025-11-20T09:30:00+00:00",
                "totalResults": self.rows if self.rows is not None else self.content.count(b"\n") - 1,
                "timePeriods": {"start": "2000", "end": "2019"},
            },
        }


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            service.asked.append((self.path, dict(self.headers)))
            if path.endswith("/csv"):
                assert query["dataSetVersion"] == [service.version]
                self._csv(service.faults.pop(0) if service.faults else None)
                return
            fault = service.json_faults.pop(0) if service.json_faults else None
            if fault:
                fault(self)
            elif path == "/v1/publications":
                page = int(query["page"][0])
                titles = {
                    1: ["Children in need", "Pupil absence"],
                    2: ["Children looked after in England including adoptions"],
                }
                found = [{"id": PUBLICATION, "title": t, "slug": "x"} for t in titles.get(page, [])]
                self.send_json({"paging": {"page": page, "totalPages": 2, "totalResults": 3}, "results": found})
            elif path == f"/v1/publications/{PUBLICATION}/data-sets":
                others = [
                    {
                        "id": OTHER,
                        "title": "LA - CLA placement stability",
                        "status": "Published",
                        "latestVersion": service.described()["latestVersion"],
                    }
                ]
                unpublished = [{"id": OTHER, "title": "Not yet", "status": "Published", "latestVersion": None}]
                self.send_json(
                    {"paging": {"page": 1, "totalPages": 1}, "results": [service.described(), *others, *unpublished]}
                )
            elif path == f"/v1/data-sets/{ID}":
                self.send_json(service.described())
            else:
                self.send_json({"title": "Not Found", "status": 404}, 404)

        def send_json(self, content: object, status: int = 200):
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _csv(self, fault):
            if fault:
                fault(self)
                return
            self.send_csv()

        def send_csv(
            self, *, stop_at: int | None = None, declare: int | None = None, body: bytes | None = None, etag=...
        ):
            body = service.body if body is None else body
            etag = service.etag if etag is ... else etag
            at = 0
            asked = self.headers.get("Range")
            if asked and not service.ignores_range and self.headers.get("If-Range") == etag:
                at = int(asked.removeprefix("bytes=").rstrip("-"))
                if at >= len(body):
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{len(body)}")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {at}-{len(body) - 1}/{len(body)}")
            else:
                self.send_response(200)
            self.send_header("Content-Type", "text/csv")
            if service.packed:
                self.send_header("Content-Encoding", "gzip")
            if etag:
                self.send_header("ETag", etag)
            self.send_header("Content-Disposition", 'attachment; filename="../../../etc/passwd"')
            self.send_header("Content-Length", str(declare if declare is not None else len(body) - at))
            self.end_headers()
            self.wfile.write(body[at:stop_at])
            if stop_at is not None or declare is not None:
                self.close_connection = True

        def log_message(self, *_):
            pass

    return Answer


@pytest.fixture
def service():
    made = Service()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}/v1"
    yield made
    server.shutdown()
    server.server_close()


class Heard(Listener):
    """What the download said and how many bytes it counted."""

    def __init__(self):
        self.said: list[str] = []
        self.begun: list[tuple[int, int | None]] = []
        self.count = 0

    def begins(self, name, at, total):
        self.begun.append((at, total))

    def advanced(self, count):
        self.count += count

    def says(self, sentence):
        self.said.append(sentence)


def api_of(service: Service, **more) -> Api:
    waits: list[float] = []
    api = Api(service.url, Heard(), connect_seconds=2, read_seconds=1, pause=waits.append, **more)
    api.waits = waits
    return api


def fetched(service: Service, folder: Path, api: Api | None = None):
    api = api or api_of(service)
    return fetch(api, api.data_set(ID), folder, "activity")


def fails_with(status: int, **headers: str):
    def fault(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return fault


# --- a good server --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [True, False])
def test_a_data_set_arrives_as_it_is_with_a_note_beside_it(service, tmp_path, packed):
    service.packed = packed
    done = fetched(service, tmp_path)
    assert done.was_new and done.rows == 4000 and done.release == "2019" and done.remarks == ()
    assert done.path == tmp_path / "activity.csv" and done.path.read_bytes() == service.content
    note = yaml.safe_load((tmp_path / "activity.csv.yml").read_text())
    assert NationalSidecar.model_validate(note).release == "2019"
    assert str(note["published"]) == "2025-11-20" and note["kind"] == "open_data"
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        ".activity.csv.fetched.json",
        "activity.csv",
        "activity.csv.yml",
    ]


def test_the_same_version_is_not_fetched_again_and_a_new_one_is(service, tmp_path):
    fetched(service, tmp_path)
    assert not fetched(service, tmp_path).was_new and len(service.asked_for_csv()) == 1
    service.content, service.version, service.etag = table(first=5), "1.1", '"two"'
    assert fetched(service, tmp_path).was_new
    assert (tmp_path / "activity.csv").read_bytes() == service.content
    (tmp_path / "activity.csv").unlink()
    assert fetched(service, tmp_path).was_new


def test_a_file_that_was_changed_by_hand_is_left_alone(service, tmp_path):
    fetched(service, tmp_path)
    (tmp_path / "activity.csv").write_text("mine")
    with pytest.raises(FetchError, match="Move it away"):
        fetched(service, tmp_path)
    assert (tmp_path / "activity.csv").read_text() == "mine"


def test_progress_counts_every_byte(service, tmp_path):
    api = api_of(service)
    fetched(service, tmp_path, api)
    assert api.listener.begun == [(0, len(service.body))] and api.listener.count == len(service.body)


def test_a_data_set_is_found_by_words(service):
    api = api_of(service)
    found = api.find(Wanted(publication="children looked after", title="la care leavers ACTIVITY"))
    assert found.id == ID and found.periods == "2000 to 2019" and found.published == "2025-11-20"
    with pytest.raises(NotFound, match="CLA placement stability"):
        api.find(Wanted(publication="children looked after", title="adoption"))
    with pytest.raises(NotFound, match="2 data sets"):
        api.find(Wanted(publication="children looked after", title="la"))
    with pytest.raises(NotFound, match="no publication"):
        api.find(Wanted(publication="horses", title="all"))


# --- servers that fail ----------------------------------------------------------------------------------------------


def test_a_broken_connection_goes_on_where_it_stopped(service, tmp_path):
    service.faults = [lambda h: h.send_csv(stop_at=5000), lambda h: h.send_csv(stop_at=9000)]
    api = api_of(service)
    assert fetched(service, tmp_path, api).was_new
    assert (tmp_path / "activity.csv").read_bytes() == service.content
    ranges = [headers.get("Range") for headers in service.asked_for_csv()]
    assert ranges == [None, "bytes=5000-", "bytes=9000-"]
    assert api.listener.count == len(service.body)


def test_a_broken_connection_goes_on_in_the_next_command_too(service, tmp_path):
    service.faults = [lambda h: h.send_csv(stop_at=5000), *[fails_with(503)] * 9]
    with pytest.raises(FetchError, match="5,000 bytes are kept"):
        fetched(service, tmp_path)
    assert [one.name for one in tmp_path.iterdir() if not one.name.startswith(".")] == []
    service.faults = []
    assert fetched(service, tmp_path).was_new
    assert service.asked_for_csv()[-1]["Range"] == "bytes=5000-"


def test_a_server_without_ranges_is_asked_for_everything_again(service, tmp_path):
    service.ignores_range = True
    service.faults = [lambda h: h.send_csv(stop_at=5000)]
    fetched(service, tmp_path)
    assert (tmp_path / "activity.csv").read_bytes() == service.content


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_strong_tag_nothing_is_continued(service, tmp_path, etag):
    service.etag = etag
    service.faults = [lambda h: h.send_csv(stop_at=5000)]
    fetched(service, tmp_path)
    assert (tmp_path / "activity.csv").read_bytes() == service.content
    assert all("Range" not in headers for headers in service.asked_for_csv())


def test_a_file_that_changes_on_the_way_is_not_sewn_together(service, tmp_path):
    def breaks_and_changes(handler):
        handler.send_csv(stop_at=5000)
        service.content, service.etag = table(first=333), '"two"'

    service.faults = [breaks_and_changes]
    fetched(service, tmp_path)
    assert (tmp_path / "activity.csv").read_bytes() == service.content == table(first=333)


def test_a_part_of_another_file_is_refused(service, tmp_path):
    """A server that ignores If-Range and sends the middle of the new file under another tag."""

    def another(handler):
        body = gzip.compress(table(first=333), mtime=0)
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes 5000-{len(body) - 1}/{len(body)}")
        handler.send_header("Content-Length", str(len(body) - 5000))
        handler.send_header("ETag", '"two"')
        handler.end_headers()
        handler.wfile.write(body[5000:])

    service.faults = [lambda h: h.send_csv(stop_at=5000), another]
    fetched(service, tmp_path)
    assert (tmp_path / "activity.csv").read_bytes() == service.content


@pytest.mark.parametrize("packed", [True, False])
def test_a_content_length_that_is_too_small_is_noticed(service, tmp_path, packed):
    service.packed = packed
    service.faults = [lambda h: h.send_csv(declare=4001)]
    assert fetched(service, tmp_path).rows == 4000
    assert (tmp_path / "activity.csv").read_bytes() == service.content
    service.version, service.faults = "1.1", [lambda h: h.send_csv(declare=4001)] * 9
    with pytest.raises(NotSound):
        fetched(service, tmp_path)
    assert (tmp_path / "activity.csv").read_bytes() == service.content


def test_a_content_length_that_is_too_large_is_noticed(service, tmp_path):
    service.faults = [lambda h: h.send_csv(declare=10**7)]
    fetched(service, tmp_path)
    assert (tmp_path / "activity.csv").read_bytes() == service.content


def test_a_damaged_archive_never_replaces_the_good_file(service, tmp_path):
    fetched(service, tmp_path)
    good = (tmp_path / "activity.csv").read_bytes()
    body = bytearray(service.body)
    body[len(body) // 2] ^= 0xFF
    service.version, service.faults = "2.0", [lambda h: h.send_csv(body=bytes(body))] * 2
    with pytest.raises(NotSound, match="damaged"):
        fetched(service, tmp_path)
    assert (tmp_path / "activity.csv").read_bytes() == good
    assert not [one for one in tmp_path.iterdir() if one.name.endswith((".part", ".new"))]
    assert fetched(service, tmp_path).was_new


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_server_in_trouble_is_asked_again(service, tmp_path, status):
    service.faults = [fails_with(status)] * 3
    service.json_faults = [fails_with(status)]
    api = api_of(service)
    assert fetched(service, tmp_path, api).was_new
    assert api.waits == [1, 1, 2, 4]


def test_retry_after_is_honoured_and_a_long_one_ends_the_command(service, tmp_path):
    service.faults = [fails_with(429, Retry_After="7")]
    api = api_of(service)
    fetched(service, tmp_path, api)
    assert api.waits == [7] and "too many questions" in api.listener.said[0]
    when = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 20))
    service.version, service.faults = "1.1", [fails_with(429, Retry_After=when)]
    api = api_of(service)
    fetched(service, tmp_path, api)
    assert 15 < api.waits[0] <= 20
    service.version, service.faults = "1.2", [fails_with(429, Retry_After="86400")]
    with pytest.raises(FetchError, match="86,400 seconds"):
        fetched(service, tmp_path)


def test_a_server_that_stays_in_trouble_is_given_up(service, tmp_path):
    service.json_faults = [fails_with(500)] * 9
    with pytest.raises(FetchError, match="5 times"):
        fetched(service, tmp_path)


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (410, NotFound), (403, FetchError), (400, FetchError)])
def test_what_the_server_refuses_is_not_asked_again(service, tmp_path, status, kind):
    service.faults = [fails_with(status)]
    with pytest.raises(kind, match=str(status)):
        fetched(service, tmp_path)
    assert len(service.asked_for_csv()) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE html><html><body>Sorry</body></html>", "web page"),
        (b'{"title": "An error occurred", "status": 500}', "JSON"),
        (b"", "empty"),
        (b"a,b\n1,2\n", "no column time_period"),
    ],
)
@pytest.mark.parametrize("packed", [True, False])
def test_what_is_no_data_is_not_kept(service, tmp_path, body, words, packed):
    service.packed = packed
    service.faults = [lambda h: h.send_csv(body=gzip.compress(body) if packed else body)] * 2
    with pytest.raises(NotSound, match=words):
        fetched(service, tmp_path)
    assert not (tmp_path / "activity.csv").exists()


def test_a_web_page_in_the_place_of_json_is_named(service):
    def page(handler):
        body = b"<html>Sign in</html>"
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    service.json_faults = [page]
    with pytest.raises(FetchError, match="a web page"):
        api_of(service).data_set(ID)


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {"results": []},
        {"latestVersion": 7},
        {"latestVersion": {"version": "../1"}},
        {"id": 1, "latestVersion": {"version": "1.0"}},
    ],
)
def test_strange_descriptions_are_refused(service, answer):
    service.json_faults = [lambda h: h.send_json(answer)]
    with pytest.raises(FetchError):
        api_of(service).data_set(ID)


def test_redirects_are_followed_to_safe_places_only(service, tmp_path):
    service.faults = [fails_with(302, Location=f"{service.url}/data-sets/{ID}/csv?dataSetVersion=1.0")]
    assert fetched(service, tmp_path).was_new
    service.version = "1.1"
    service.faults = [fails_with(301, Location=f"/v1/data-sets/{ID}/csv?dataSetVersion=1.1")] * 20
    with pytest.raises(FetchError, match="in a circle"):
        fetched(service, tmp_path)
    for where in ("http://example.org/data.csv", "file:///etc/passwd", "ftp://127.0.0.1/x", "https://me@example.org/"):
        service.faults = [fails_with(302, Location=where)]
        with pytest.raises(FetchError, match="no https address"):
            fetched(service, tmp_path)


def test_a_server_that_hangs_is_left(service, tmp_path):
    def hangs(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(service.body)))
        handler.send_header("ETag", service.etag)
        handler.end_headers()
        handler.wfile.write(service.body[:3000])
        handler.wfile.flush()
        time.sleep(2)

    service.faults = [hangs]
    api = api_of(service)
    assert fetched(service, tmp_path, api).was_new
    assert "not answer in time" in api.listener.said[0] or "broke" in api.listener.said[0]
    assert service.asked_for_csv()[-1]["Range"] == "bytes=3000-"


@pytest.mark.parametrize("whole", [True, False])
def test_an_answer_in_chunks_without_a_length(service, tmp_path, whole):
    def chunks(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.send_header("ETag", service.etag)
        handler.end_headers()
        body = service.body if whole else service.body[:3000]
        for at in range(0, len(body), 1000):
            piece = body[at : at + 1000]
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        if whole:
            handler.wfile.write(b"0\r\n\r\n")
        handler.close_connection = True

    service.faults = [chunks]
    assert fetched(service, tmp_path).was_new
    assert (tmp_path / "activity.csv").read_bytes() == service.content
    assert len(service.asked_for_csv()) == (1 if whole else 2)


def test_no_server_at_all():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    api = Api(f"http://127.0.0.1:{port}/v1", pause=lambda _: None)
    with pytest.raises(FetchError, match="the connection broke, 5 times"):
        api.data_set(ID)


def test_a_withdrawn_data_set_is_not_fetched_and_other_remarks_are_made(service, tmp_path):
    service.rows, service.status = 17, "Deprecated"
    assert len(fetched(service, tmp_path).remarks) == 2
    service.status = "Withdrawn"
    with pytest.raises(NotFound, match="withdrawn"):
        fetched(service, tmp_path)


def test_two_commands_do_not_write_one_file(service, tmp_path):
    reached, go = threading.Event(), threading.Event()

    def slow(handler):
        reached.set()
        go.wait(5)
        handler.send_csv()

    service.faults = [slow]
    api = Api(service.url, pause=lambda _: None)
    first = threading.Thread(target=fetched, args=(service, tmp_path, api))
    first.start()
    assert reached.wait(5)
    with pytest.raises(Busy):
        fetched(service, tmp_path)
    go.set()
    first.join()
    assert (tmp_path / "activity.csv").read_bytes() == service.content


def test_a_command_cut_short_between_two_steps_is_taken_up(service, tmp_path, monkeypatch):
    """The new file's hash is noted before the file is renamed, whichever of the two the end of the power hits."""
    fetched(service, tmp_path)
    service.content, service.version = table(first=5), "1.1"

    def cut(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(fetching, "_publish", cut)
    with pytest.raises(KeyboardInterrupt):
        fetched(service, tmp_path)
    monkeypatch.undo()
    assert fetched(service, tmp_path).was_new
    assert (tmp_path / "activity.csv").read_bytes() == service.content


# --- names, addresses, configuration --------------------------------------------------------------------------------


@given(st.text())
def test_no_title_leads_out_of_the_folder(title):
    name = fetching.name_of_title(title)
    assert fetching._NAME.match(name) and (Path("/folder") / f"{name}.csv").parent == Path("/folder")


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "A", "x" * 200])
def test_other_names_are_refused(service, tmp_path, name):
    api = api_of(service)
    data_set = api.data_set(ID)
    if name:
        with pytest.raises(FetchError, match="no name"):
            fetch(api, data_set, tmp_path, name)


@pytest.mark.parametrize(
    "url", ["http://example.org/v1", "ftp://127.0.0.1", "https://", "x", "http://127.0.0.1@example.org"]
)
def test_other_addresses_are_refused(url):
    with pytest.raises(FetchError, match="no https"):
        Api(url)


@pytest.mark.parametrize(
    "text",
    [
        "data_sets: {a: {}}",
        f"data_sets: {{'../a': {{data_set: {ID}}}}}",
        "data_sets: {a: {data_set: 7}}",
        "x: 1",
        "a: [",
        "data_sets: {a: {publication: P}}",
    ],
)
def test_a_wrong_configuration_is_named(tmp_path, text):
    path = tmp_path / "sets.yml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"sets\.yml"):
        load_wanted(path)


def test_the_configuration_of_the_project_is_sound():
    from conftest import ROOT

    assert len(load_wanted(ROOT / "config" / "open_data_sets.yml")) == 6


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path, service):
    made = Home(tmp_path / "home")
    made.landing.mkdir(parents=True)
    config = tmp_path / "sets.yml"
    config.write_text(
        "data_sets:\n"
        "  activity: {publication: children looked after, title: care leavers activity}\n"
        f"  by_id: {{data_set: {ID}}}\n"
        "  horses: {publication: horses, title: horses}\n"
    )
    settings = {"QUARTERDECK_OPEN_DATA_API": service.url, "QUARTERDECK_OPEN_DATA_SETS_PATH": str(config)}
    return lambda *arguments, **more: made.run("fetch", *arguments, **{**settings, **more}), made


def test_the_command_fetches_names_and_says_so(home, service):
    run, made = home
    said = run("activity", "by_id")
    assert said.returncode == 0, said.stderr
    assert "activity: fetched, version 1.0 of 2025-11-20, 4,000 rows, newest period 2019" in said.stdout
    assert (made.landing / "national" / "ees" / "activity.csv").read_bytes() == service.content
    said = run("activity")
    assert said.returncode == 0 and "already there" in said.stdout


def test_the_command_goes_on_after_a_failure_and_its_exit_code_says_so(home, service):
    run, made = home
    said = run()
    assert said.returncode == 1 and "horses" in said.stderr
    assert (made.landing / "national" / "ees" / "by_id.csv").exists()
    service.version, service.content = "2.0", b"<html>no</html>"
    said = run("activity")
    assert said.returncode == 3 and "web page" in said.stderr
    assert run("nothing").returncode == 2
    assert run("--data-set", "seven").returncode == 2
    assert run(QUARTERDECK_OPEN_DATA_API="http://example.org/v1").returncode == 1
    assert run(QUARTERDECK_OPEN_DATA_API="nonsense").returncode == 2


def test_the_command_fetches_by_id_into_a_folder_and_lists(home, tmp_path):
    run, _ = home
    said = run("--data-set", ID, "--to", str(tmp_path / "there"))
    assert said.returncode == 0 and (tmp_path / "there" / "la_care_leavers_activity.csv").exists()
    said = run("--list", "placement", "--format", "json")
    assert said.returncode == 0
    assert {one["data_set"] for one in json.loads(said.stdout)} == {OTHER}
    said = run("--list")
    assert "LA - Care leavers, activity" in said.stdout
