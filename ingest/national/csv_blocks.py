"""The bytes of a CSV file as blocks of whole records, each record with the line on which it begins.

Arrow parses fast but says nothing of lines and stops at a record of another width. Here a file is cut where records
end, the records of another width are set aside, and what remains is regular, so that Arrow may parse it blindly.
Memory is bounded by a few blocks, whatever the size of the file.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv

from ingest.intake.decoding import SIGNATURES
from ingest.intake.errors import FileRejected

BLOCK_BYTES = 4 * 1024 * 1024
#: A longer record is a quotation mark that nobody closed.
MAX_RECORD_BYTES = 1024 * 1024
#: Code points of the indices: 0 based places in a dictionary; a null has the place behind the last.
_TEXTS = pa.dictionary(pa.int32(), pa.string())

_QUOTE, _COMMA, _NEWLINE, _RETURN = b'",\n\r'
_QUOTED = re.compile(rb'"[^"]*(?:""[^"]*)*"')
_PLAIN = re.compile(rb"[^,\n]*")

#: Strict first; the names are those of Python's codecs.
UTF8, WINDOWS = "utf-8", "cp1252"


class _Unclosed(Exception):
    """The record at this place opens a quotation mark that the content does not close."""


class NotUtf8(Exception):
    """A block that is no UTF-8; ``was_utf8`` tells whether letters beyond ASCII had been read as UTF-8 before."""

    def __init__(self, line: int, was_utf8: bool):
        super().__init__(line)
        self.line = line
        self.was_utf8 = was_utf8


@dataclass(frozen=True)
class OddRecord:
    """A record with more or fewer fields than the heading."""

    line: int
    text: str
    fields: list[str]


@dataclass(frozen=True)
class Block:
    """Records of the heading's width: ``columns`` dictionary-encoded, ``lines`` (int64) where each begins."""

    columns: list[pa.DictionaryArray]
    lines: np.ndarray
    odd: list[OddRecord] = field(default_factory=list)
    blank_lines: int = 0
    size_bytes: int = 0

    def __len__(self) -> int:
        return len(self.lines)


@dataclass
class CsvFile:
    """A CSV file whose encoding is known and whose heading has been read."""

    path: Path
    encoding: str
    heading: list[str]
    ends_with_newline: bool

    def blocks(self, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
        """All records but the heading. Raises FileRejected (truncated_file, unclosed_quote), NotUtf8."""
        return _ahead(_blocks(self, block_bytes))


def open_csv(path: Path, encoding: str | None = None) -> CsvFile:
    """Look at a file's first bytes and read its heading.

    A heading that is no UTF-8 makes the file one of Windows-1252.

    Raises FileRejected: empty_file, binary_file, html_file, json_file, undecodable_file, bare_returns.
    """
    with path.open("rb") as stream:
        start = stream.read(65536)
        stream.seek(max(0, stream.seek(0, 2) - 2))
        # A line end in UTF-16 is a line feed beside a zero.
        last = stream.read().strip(b"\x00")[-1:]
    if not start.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        raise FileRejected("empty_file", "The file is empty. Download it again.")
    for signature, what in SIGNATURES.items():
        if start.startswith(signature):
            raise FileRejected(
                "binary_file", f"The file is {what}, not CSV. Unpack it, or save the data as CSV, and drop that."
            )
    encoding = encoding or _encoding_of(start)
    _refuse_other_text(start, encoding)
    try:
        heading = _first_record(path, encoding)
    except NotUtf8:
        encoding = WINDOWS
        heading = _first_record(path, encoding)
    return CsvFile(path, encoding, heading, last == b"\n")


def _encoding_of(start: bytes) -> str:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # The heading decides: a UTF-8 file that was not written to its end is zeros further on.
    sample = start[:200]
    if sample[1::2].count(0) > 0.3 * len(sample):
        return "utf-16-le"
    if sample[0::2].count(0) > 0.3 * len(sample):
        return "utf-16-be"
    if b"\x00" in start:
        raise FileRejected("binary_file", "The file holds bytes that no text has. Download it again.")
    return UTF8


def _refuse_other_text(start: bytes, encoding: str) -> None:
    text = start.decode(encoding, errors="replace").lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        raise FileRejected(
            "html_file",
            "The file is a web page, not CSV: the download gave an error page or a sign-in page. Download it again.",
            line_from=1,
            printed_text=text[:200],
        )
    if text.startswith(("{", "[")):
        raise FileRejected(
            "json_file",
            "The file is JSON, not CSV: most likely the service's error message. Download it again.",
            line_from=1,
            printed_text=text[:200],
        )
    if "\n" not in text and "\r" in text:
        raise FileRejected(
            "bare_returns", "The file's lines end in carriage returns alone. Save it again with ordinary line ends."
        )


def _first_record(path: Path, encoding: str) -> list[str]:
    chunk = next(_chunks(path, encoding, MAX_RECORD_BYTES))
    try:
        end, _ = _record_end(chunk, 0, final=True)
    except _Unclosed:
        raise _unclosed_quote(1) from None
    _require_utf8(chunk[:end], 1, False)
    return next(csv.reader(io.StringIO(chunk[:end].decode(), newline="")), [])


def _chunks(path: Path, encoding: str, size: int) -> Iterator[bytes]:
    """The file as UTF-8 without a byte-order mark, in pieces of about ``size``."""
    if encoding == UTF8:
        with path.open("rb") as stream:
            if stream.read(3) != codecs.BOM_UTF8:
                stream.seek(0)
            while piece := stream.read(size):
                yield piece
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as stream:
        offset = 0
        while piece := stream.read(size):
            try:
                text = decoder.decode(piece)
            except UnicodeDecodeError as error:
                raise FileRejected(
                    "undecodable_file",
                    f"The file is no {encoding.upper()} text at byte {offset + error.start:,}. Save it as UTF-8.",
                ) from error
            offset += len(piece)
            yield text.lstrip("\ufeff").encode() if offset == len(piece) else text.encode()


def _ahead(blocks: Iterator[Block]) -> Iterator[Block]:
    """The same blocks, the next one being parsed while the caller works: both sides mostly run outside Python."""
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(next, blocks, None)
        while (block := pending.result()) is not None:
            pending = pool.submit(next, blocks, None)
            yield block


def _blocks(file: CsvFile, block_bytes: int) -> Iterator[Block]:
    width = len(file.heading)
    rest, line, was_utf8, heading_read = b"", 1, False, False
    pieces = _chunks(file.path, file.encoding, block_bytes)
    piece = next(pieces, b"")
    while piece or rest:
        following = next(pieces, b"")
        content = rest + piece if rest else piece
        if not heading_read:
            end, newlines = _record_end(content, 0, final=not following)
            if not end:
                rest, piece = content, following
                continue
            content, line, heading_read = content[end:], line + newlines, True
        if b"\x00" in content:
            at = line + content[: content.index(0)].count(b"\n")
            raise FileRejected(
                "damaged_file",
                f"The file holds zero bytes from line {at:,} on: it was not written to its end. Download it again.",
                line_from=at,
            )
        cut, block, line_after = _cut(content, width, line, final=not following)
        if not content.isascii():
            was_utf8 = _require_utf8(content[:cut] if following else content, line, was_utf8)
        if block is not None:
            yield block
        rest, line, piece = content[cut:], line_after, following
        if not following:
            return
        if len(rest) > MAX_RECORD_BYTES + block_bytes:
            raise _unclosed_quote(line)


def _unclosed_quote(line: int) -> FileRejected:
    return FileRejected(
        "unclosed_quote",
        f"A quotation mark in the record that begins on line {line:,} is never closed: the file stops in the middle, "
        "or the mark is stray. Download the file again, or correct that line.",
        line_from=line,
    )


def _require_utf8(content: bytes, line: int, was_utf8: bool) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        raise NotUtf8(line + before.count(b"\n"), was_utf8 or not before.isascii()) from None
    return was_utf8 or not content.isascii()


def _cut(content: bytes, width: int, line: int, final: bool) -> tuple[int, Block | None, int]:
    """The whole records at the start of ``content``: their end, the block, the line after them."""
    if not content:
        return 0, None, line
    if final and not content.endswith(b"\n"):
        _refuse_truncated(content, width, line)
        cut, block, after = _cut(content + b"\n", width, line, final=True)
        return min(cut, len(content)), block, after
    if b"\r" in content and content.count(b"\r") != content.count(b"\r\n"):
        return _cut_slowly(content, width, line, final)
    bytes_ = np.frombuffer(content, np.uint8)
    newlines, commas = bytes_ == _NEWLINE, bytes_ == _COMMA
    line_ends = ends = np.flatnonzero(newlines)
    if b'"' in content:
        quotes = bytes_ == _QUOTE
        inside = np.bitwise_xor.accumulate(quotes.view(np.uint8)).view(bool)
        ends = np.flatnonzero(newlines & ~inside)
        cut = int(ends[-1]) + 1 if len(ends) else 0
        if not _quotes_are_regular(bytes_, np.flatnonzero(quotes), cut) or (final and cut != len(content)):
            return _cut_slowly(content, width, line, final)
        commas &= ~inside
    if not len(ends):
        return 0, None, line
    cut = int(ends[-1]) + 1
    starts = np.concatenate(([0], ends[:-1] + 1))
    lines = line + np.searchsorted(line_ends, starts, side="left")
    after = line + int(np.searchsorted(line_ends, cut, side="left"))
    fields = np.add.reduceat(commas[:cut].view(np.uint8), starts, dtype=np.int32) + 1
    blank = (fields == 1) & _is_blank(bytes_, starts, ends)
    good = fields == width
    odd = [_odd(content[s : e + 1], int(at)) for s, e, at in _where(~good & ~blank, starts, ends, lines)]
    if not good.all():
        content_kept = b"".join(content[s : e + 1] for s, e, _ in _where(good, starts, ends, lines))
    else:
        content_kept = content[:cut]
    many = after - line > len(starts)
    block = Block(_parse(content_kept, width, many), lines[good], odd, int(blank.sum()), cut)
    if len(block.columns[0]) != len(block.lines):
        return _cut_slowly(content, width, line, final)
    return cut, block, after


def _where(mask: np.ndarray, *columns: np.ndarray) -> Iterator[tuple[int, ...]]:
    return zip(*(column[mask].tolist() for column in columns), strict=True)


def _is_blank(bytes_: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    length = ends - starts
    return (length == 0) | ((length == 1) & (bytes_[starts] == _RETURN))


def _quotes_are_regular(bytes_: np.ndarray, quotes: np.ndarray, cut: int) -> bool:
    """Whether every quotation mark opens or closes a whole field, or is one of a pair within."""
    quotes = quotes[: int(np.searchsorted(quotes, cut))]
    opening, closing = quotes[0::2], quotes[1::2]
    before = bytes_[np.maximum(opening - 1, 0)]
    starts_field = (opening == 0) | np.isin(before, (_COMMA, _NEWLINE, _QUOTE))
    after = bytes_[np.minimum(closing + 1, len(bytes_) - 1)]
    return bool(starts_field.all() and np.isin(after, (_COMMA, _NEWLINE, _QUOTE, _RETURN)).all())


def _cut_slowly(content: bytes, width: int, line: int, final: bool) -> tuple[int, Block | None, int]:
    """As ``_cut``, record by record: for stray quotation marks and carriage returns."""
    position, kept, lines, odd, blank = 0, [], [], [], 0
    start_line = line
    while position < len(content):
        try:
            end, newlines = _record_end(content, position, final)
        except _Unclosed:
            raise _unclosed_quote(line) from None
        if not end:
            break
        record = content[position:end]
        fields = _fields(record)
        if not record.strip(b"\r\n"):
            blank += 1
        elif len(fields) == width:
            kept.append(",".join('"' + one.replace('"', '""') + '"' for one in fields))
            lines.append(line)
        else:
            odd.append(OddRecord(line, record.decode("utf-8", "replace").rstrip("\r\n"), fields))
        position, line = end, line + newlines
    if position == 0:
        return 0, None, start_line
    columns = _parse("\n".join([*kept, ""]).encode(), width, True)
    return position, Block(columns, np.array(lines, np.int64), odd, blank, position), line


def _record_end(content: bytes, position: int, final: bool) -> tuple[int, int]:
    """Where the record at ``position`` ends (0 when it does not end here), and the line ends it holds."""
    start = position
    while True:
        if content[position : position + 1] == b'"' and (quoted := _QUOTED.match(content, position)):
            position = quoted.end()
        elif content[position : position + 1] == b'"':
            if not final:
                return 0, 0
            raise _Unclosed(start)
        position = _PLAIN.match(content, position).end()
        if position >= len(content):
            return (position, content.count(b"\n", start, position)) if final else (0, 0)
        position += 1
        if content[position - 1] == _NEWLINE:
            return position, content.count(b"\n", start, position)


def _fields(record: bytes) -> list[str]:
    fields, position = [], 0
    record = record.removesuffix(b"\n").removesuffix(b"\r")
    while True:
        value = b""
        if record[position : position + 1] == b'"' and (quoted := _QUOTED.match(record, position)):
            value, position = quoted.group()[1:-1].replace(b'""', b'"'), quoted.end()
        end = record.find(b",", position)
        end = len(record) if end < 0 else end
        fields.append((value + record[position:end]).decode("utf-8", "replace"))
        if end == len(record):
            return fields
        position = end + 1


def _odd(record: bytes, line: int) -> OddRecord:
    return OddRecord(line, record.decode("utf-8", "replace").rstrip("\r\n"), _fields(record))


def _refuse_truncated(content: bytes, width: int, line: int) -> None:
    """Refuse a file whose last record stops in its middle: what was lost with it cannot be known."""
    position = 0
    unclosed = False
    if b'"' not in content:
        position = content.rfind(b"\n") + 1
        line += content.count(b"\n")
    else:
        try:
            while (end_and_lines := _record_end(content, position, final=True))[0] < len(content):
                position, line = end_and_lines[0], line + end_and_lines[1]
        except _Unclosed:
            unclosed = True
    record = content[position:]
    fields = _fields(record)
    if not unclosed and len(fields) >= width:
        return
    found = "ends inside quotation marks" if unclosed else f"has {len(fields)} of {width} fields and no line end"
    raise FileRejected(
        "truncated_file",
        f"The file stops in the middle: its last record, on line {line:,}, {found}. Download it again.",
        line_from=line,
        printed_text=record[:200].decode("utf-8", "replace"),
    )


def _parse(content: bytes, width: int, quoted_newlines: bool) -> list[pa.DictionaryArray]:
    names = [str(number) for number in range(width)]
    if not content:
        return [pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), pa.array([], pa.string()))] * width
    try:
        table = pv.read_csv(
            pa.BufferReader(content),
            pv.ReadOptions(column_names=names, block_size=len(content) + 1),
            pv.ParseOptions(newlines_in_values=quoted_newlines),
            pv.ConvertOptions(
                column_types=dict.fromkeys(names, _TEXTS),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise FileRejected("unreadable_csv", f"The file cannot be read as CSV: {error}") from error
    return [_one(column) for column in table.columns]


def _one(column: pa.ChunkedArray) -> pa.DictionaryArray:
    return column.chunk(0) if column.num_chunks == 1 else column.unify_dictionaries().combine_chunks()
