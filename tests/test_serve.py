"""The server of the site: whom it answers, with which headers, and how many at once."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPResponse

import pytest

from publishing import serve

PAGE = b"<!doctype html><title>first</title>"
SECURITY = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy")


@pytest.fixture
def port(tmp_path) -> Iterator[int]:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_bytes(PAGE)
    (tmp_path / "site" / "areas").mkdir()
    (tmp_path / "secret.txt").write_text("not of the site")
    with serve.server(tmp_path / "site", 0) as made:
        threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
        yield made.server_port
        made.shutdown()


def ask(port: int, path: str = "/", method: str = "GET", **headers: str) -> HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    answer.body = answer.read()
    connection.close()
    return answer


@pytest.mark.parametrize("name", ["127.0.0.1:{}", "localhost:{}", "LocalHost:{}", "[::1]:{}"])
def test_it_answers_to_its_own_names(port, name):
    assert ask(port, Host=name.format(port)).body == PAGE


@pytest.mark.parametrize(
    "name",
    [
        "evil.example",
        "evil.example:{}",
        "127.0.0.1",
        "localhost:1",
        "127.0.0.1.evil.example:{}",
        "localhost:{}@evil",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_it_answers_to_nobody_elses_name(port, name, method):
    answer = ask(port, method=method, Host=name.format(port))
    assert answer.status in (400, 421) and PAGE not in answer.body
    assert all(answer.headers[header] for header in SECURITY)


def test_a_name_in_the_first_line_counts_too(port):
    assert ask(port, "http://evil.example/", Host=f"127.0.0.1:{port}").status == 421
    assert ask(port, f"http://localhost:{port}/", Host=f"127.0.0.1:{port}").body == PAGE


def raw(port: int, said: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(said)
        found = b""
        while piece := connection.recv(65536):
            found += piece
        return found


def test_a_request_without_a_host_or_with_two_gets_no_page(port):
    assert b"400" in raw(port, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n").split(b"\r\n")[0]
    two = f"GET / HTTP/1.1\r\nHost: localhost:{port}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    assert b"421" in raw(port, two.encode()).split(b"\r\n")[0]
    assert PAGE not in raw(port, b"GET /\r\n\r\n")


@pytest.mark.parametrize(
    ("path", "method", "headers", "status"),
    [
        ("/", "GET", {}, 200),
        ("/nowhere", "GET", {}, 404),
        ("/nowhere", "HEAD", {}, 404),
        ("/../secret.txt", "GET", {}, 404),
        ("/areas", "GET", {}, 301),
        ("/", "GET", {"Range": "bytes=900-"}, 416),
        ("/", "PUT", {}, 501),
    ],
)
def test_every_answer_has_the_same_security_headers(port, path, method, headers, status):
    answer = ask(port, path, method, **headers)
    assert answer.status == status
    assert [answer.headers.get_all(name) for name in SECURITY] == [ask(port).headers.get_all(name) for name in SECURITY]
    assert all(len(answer.headers.get_all(name)) == 1 for name in SECURITY)
    assert "default-src" in answer.headers["Content-Security-Policy"]


def test_not_modified_has_them_too(port):
    answer = ask(port, If_None_Match=ask(port).headers["ETag"])
    assert answer.status == 304 and all(answer.headers[name] for name in SECURITY)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/9.9\r\n\r\n", b"505"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", b"431"),
    ],
)
def test_what_is_no_request_is_refused_with_them(port, said, status):
    found = raw(port, said)
    assert status in found.split(b"\r\n")[0] and b"Content-Security-Policy" in found


def test_silent_clients_are_few_and_do_not_keep_others_out(port):
    before = threading.active_count()
    silent = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(400)]
    for connection in silent[::2]:
        connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
    started = time.monotonic()
    assert ask(port).body == PAGE
    assert time.monotonic() - started < 5
    assert threading.active_count() - before <= serve.MOST_CONNECTIONS
    for connection in silent:
        connection.close()


def test_a_client_that_says_nothing_is_left(port, monkeypatch):
    monkeypatch.setattr(serve._Handler, "timeout", 0.2)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        assert connection.recv(1) == b""
