"""A small web server for the published site, on this machine only.

Any static host will do as well; this one saves installing one. It sends the content-security policy with every answer,
files that lie compressed beside their original (`name.gz`) as such, and parts of files that are asked for by range.

It answers to its own names only: somebody else's page, whose name was made to point to this machine, could read the
site through the browser of whoever serves it. Clients that say nothing take neither all its threads nor its time.
"""

from __future__ import annotations

import contextlib
import functools
import os
import posixpath
import re
import socket
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, unquote, urlsplit

from publishing.site.build import POLICY
from publishing.sql_page import FOLDER, PAGE
from publishing.sql_page import POLICY as SQL_POLICY

ADDRESS = "127.0.0.1"
#: What the machine calls itself.
NAMES = (ADDRESS, "localhost", "[::1]")
#: More connections than a browser opens, and few enough for any machine.
MOST_CONNECTIONS = 64
#: A client that says nothing for so long, or does not take what it asked for, is left.
SILENT_SECONDS = 15
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".csv": "text/csv; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".gz": "application/gzip",
    ".parquet": "application/vnd.apache.parquet",
    ".arrow": "application/vnd.apache.arrow.file",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_PIECE = 1 << 16
_RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))")


class ServeError(Exception):
    """The site cannot be served; the message says what to do."""


def server(site: Path, port: int) -> ThreadingHTTPServer:
    """A server for the folder, not yet running; port 0 takes any free one. ServeError when it cannot be opened."""
    if not (site / "index.html").is_file():
        raise ServeError(f"There is no site at {site} yet. Run `quarterdeck refresh` first.")
    try:
        return _Server((ADDRESS, port), functools.partial(_Handler, site))
    except OSError as error:
        raise ServeError(f"Port {port} cannot be used: {error.strerror}. Name another with --port.") from error


class _Server(ThreadingHTTPServer):
    """At most so many connections at once; where there is no place, the one that has been silent longest goes."""

    daemon_threads = True
    #: Clients that come at once wait here; what finds no room tries again only after a second or more.
    request_queue_size = 128

    def __init__(self, *arguments: Any) -> None:
        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._guard = threading.Lock()
        self._silent: dict[socket.socket, None] = {}
        super().__init__(*arguments)
        self.names = {f"{name}:{self.server_port}" for name in NAMES} | ({*NAMES} if self.server_port == 80 else set())

    def waits(self, connection: socket.socket, waits: bool) -> None:
        """Whether a connection has no request that is being answered."""
        with self._guard:
            self._silent.pop(connection, None)
            if waits:
                self._silent[connection] = None

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            with self._guard:
                longest = next(iter(self._silent), None)
                if longest is not None:
                    _hang_up(longest)
            if not self._places.acquire(timeout=1):
                return self.shutdown_request(request)
        try:
            return super().process_request(request, client_address)
        except BaseException:
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Quarterdeck"
    sys_version = ""
    #: What cannot be understood is answered with headers, too.
    default_request_version = "HTTP/1.1"
    error_content_type = TYPES[".txt"]
    error_message_format = "%(code)d %(message)s\n"
    timeout = SILENT_SECONDS
    server: _Server

    def __init__(self, site: Path, *arguments: Any) -> None:
        self._site = site
        self._policy = POLICY
        super().__init__(*arguments)

    def handle_one_request(self) -> None:
        self._policy = POLICY
        self.server.waits(self.connection, True)
        try:
            super().handle_one_request()
        finally:
            self.server.waits(self.connection, False)

    def parse_request(self) -> bool:
        """Read the head of a request; False when it was answered, because it is wrong or asks for somebody else."""
        if not super().parse_request():
            return False
        self.server.waits(self.connection, False)
        asked = [*self.headers.get_all("Host", []), *filter(None, [_authority(self.path)])]
        if asked and all(name.strip().lower() in self.server.names for name in asked):
            return True
        self.send_error(HTTPStatus.MISDIRECTED_REQUEST if asked else HTTPStatus.BAD_REQUEST)
        return False

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, with_body: bool) -> None:
        asked = unquote(urlsplit(self.path).path, errors="replace")
        # The published folder is a link that a refresh turns round; it is followed anew for each request.
        root = os.path.realpath(self._site)
        name = posixpath.normpath(posixpath.join("/", asked)).lstrip("/")
        parts = name.split("/")
        if "\0" in name or "\\" in name or any(part.startswith(".") for part in parts if part):
            return self._refuse(HTTPStatus.NOT_FOUND, with_body)
        path = os.path.join(root, name)
        if os.path.isdir(path):
            if not asked.endswith("/"):
                return self._redirect(f"/{quote(name)}/" if name else "/")
            path, name = os.path.join(path, "index.html"), posixpath.join(name, "index.html")
        if not os.path.realpath(path).startswith(root + os.sep):
            return self._refuse(HTTPStatus.NOT_FOUND, with_body)
        try:
            return self._send(path, name, with_body)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError, OSError) as error:
            if isinstance(error, (BrokenPipeError, ConnectionResetError, TimeoutError)):
                self.close_connection = True
                return None
            return self._refuse(HTTPStatus.NOT_FOUND, with_body)

    def _send(self, path: str, name: str, with_body: bool) -> None:
        self._policy = SQL_POLICY if name == PAGE or name.startswith(f"{FOLDER}/") else POLICY
        ranged = self.headers.get("Range")
        packed = not ranged and os.path.isfile(path + ".gz") and _takes_gzip(self.headers.get("Accept-Encoding", ""))
        with open(path + ".gz" if packed else path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            tag = f'"{os.fstat(file.fileno()).st_mtime_ns:x}-{size:x}{"-gz" if packed else ""}"'
            if self.headers.get("If-None-Match") == tag:
                self.send_response(HTTPStatus.NOT_MODIFIED)
                self.send_header("ETag", tag)
                self.end_headers()
                return
            first, last, status = _part(ranged, size)
            if status is HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                self.send_response(status)
                self.send_header("Content-Range", f"bytes */{size}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(status)
            self.send_header("ETag", tag)
            self.send_header("Content-Type", TYPES.get(os.path.splitext(path)[1].lower(), "application/octet-stream"))
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Vary", "Accept-Encoding")
            if packed:
                self.send_header("Content-Encoding", "gzip")
            if status is HTTPStatus.PARTIAL_CONTENT:
                self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
            self.send_header("Content-Length", str(last - first + 1))
            self.end_headers()
            if with_body:
                _copy(file, self.wfile, first, last - first + 1)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", f"{self._policy}; frame-ancestors 'none'")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def _redirect(self, where: str) -> None:
        self.send_response(HTTPStatus.MOVED_PERMANENTLY)
        self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _refuse(self, status: HTTPStatus, with_body: bool) -> None:
        self._policy = POLICY
        text = b"There is no such page. The first page is at /\n"
        self.send_response(status)
        self.send_header("Content-Type", TYPES[".txt"])
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if with_body:
            self.wfile.write(text)


def _authority(target: str) -> str:
    """The host that a request names in its first line; empty where it names a path, as browsers do."""
    try:
        return urlsplit(target).netloc
    except ValueError:
        return target


def _takes_gzip(accepted: str) -> bool:
    for entry in accepted.lower().split(","):
        name, _, weight = entry.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _part(ranged: str | None, size: int) -> tuple[int, int, HTTPStatus]:
    """First and last byte to send. Several ranges at once, or one that is not understood, give the whole file."""
    found = _RANGE.fullmatch(ranged.strip()) if ranged else None
    if not found:
        return 0, size - 1, HTTPStatus.OK
    start, end, tail = found.groups()
    if tail is not None:
        first, last = max(0, size - int(tail)), size - 1
    else:
        first, last = int(start), min(int(end), size - 1) if end else size - 1
        if end and int(end) < first:
            return 0, size - 1, HTTPStatus.OK
    if first >= size or (tail is not None and int(tail) == 0):
        return 0, -1, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    return first, last, HTTPStatus.PARTIAL_CONTENT


def _copy(source: BinaryIO, target: BinaryIO, first: int, length: int) -> None:
    source.seek(first)
    while length > 0 and (piece := source.read(min(_PIECE, length))):
        target.write(piece)
        length -= len(piece)
