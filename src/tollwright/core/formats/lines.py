"""From bytes to csv rows, block by block, never trusting a quote.

A clean block goes through the csv module in one call. A block with anything odd in it (a quote
that does not close, a NUL, bytes in another encoding) is read again line by line, so one garbage
line costs one Fault and the lines after it are read as if it were not there.
A quoted field may hold line ends: at most `_MOST_LINES` physical lines make one row, and only
if the joined row has as many columns as the format allows.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tollwright.core.formats.base import Fault, Options, OptionsError

_MOST_LINES = 8
_BLOCK_BYTES = 131_072
_BOM = codecs.BOM_UTF8
_UNCLOSED = "unexpected end of data"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How fields are quoted: `escape` is the escape sign inside quotes, None = doubled quotes."""

    delimiter: str = ","
    quote: str = '"'
    escape: str | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of consecutive lines: row i is line `first + i`; `span` > 1 only for a single row."""

    first: int
    lines: list[str]
    rows: list[list[str]]
    span: int = 1


def blocks_of_lines(chunks: Iterable[bytes], limit: int) -> Iterator[list[bytes]]:
    """Cut chunks into lists of whole lines without their ends (LF, CRLF or CR).

    A line longer than `limit` bytes is given cut to `limit` + 1 bytes, so that memory stays flat.
    """
    held: list[bytes] = []  # of a line that goes on
    size = 0
    for chunk in _sized(_without_bom(chunks)):
        end = _last_end(chunk)
        if end:
            yield _split(b"".join([*held, chunk[:end]]), limit)
            held, size = [], 0
        rest = chunk[end:] if end else chunk
        if size <= limit:
            held.append(rest[: limit + 1])
            size += len(rest)
    if size:
        yield _split(b"".join(held), limit)


def _without_bom(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks without a BOM, wherever they are cut."""
    first = b""
    remaining = iter(chunks)
    for chunk in remaining:
        first += chunk
        if len(first) >= len(_BOM):
            break
    yield first.removeprefix(_BOM)
    yield from remaining


def _sized(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in chunks of some size, none of which ends in a CR but the last: it may be
    half of a CRLF."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size < _BLOCK_BYTES:
            continue
        whole = b"".join(held)
        half = whole.endswith(b"\r")
        yield whole[:-1] if half else whole
        held, size = ([b"\r"], 1) if half else ([], 0)
    if held:
        yield b"".join(held)


def _last_end(data: bytes) -> int:
    """Behind the last end of a line; 0 where there is none."""
    return max(data.rfind(b"\n"), data.rfind(b"\r")) + 1


def _split(data: bytes, limit: int) -> list[bytes]:
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    if len(data) > limit:
        return [line[: limit + 1] for line in lines]
    return lines


class CsvReader:
    """Gives `Rows` and `Fault`s in the order of the file.

    `fits` says whether a number of columns is one the format knows: only such a row may be
    joined from several lines.
    """

    def __init__(self, options: Options, dialect: Dialect, fits: Callable[[int], bool]) -> None:
        """Raises OptionsError for an encoding that Python does not know."""
        try:
            codecs.lookup(options.encoding)
        except LookupError:
            raise OptionsError(
                f"The encoding {options.encoding!r} is not known: use utf-8, latin-1 or cp1252."
            ) from None
        self._options = options
        self._dialect = dialect
        self._fits = fits

    def read(self, chunks: Iterable[bytes], first: int = 1) -> Iterator[Rows | Fault]:
        """All rows and faults of `chunks`, which begin with line `first` of the file.

        Memory is one block and a few lines.
        """
        at = first
        carried: list[bytes] = []
        for block in blocks_of_lines(chunks, self._options.max_line_bytes):
            lines = carried + block
            taken = 0
            for item, used in self._block(lines, at, last=False):
                yield item
                taken += used
            carried = lines[taken:]
            at += taken
        for item, _ in self._block(carried, at, last=True):
            yield item

    def _block(
        self, lines: list[bytes], at: int, *, last: bool
    ) -> Iterator[tuple[Rows | Fault, int]]:
        clean = self._whole(lines, at)
        if clean is not None:
            if lines:
                yield clean, len(lines)
            return
        position = 0
        while position < len(lines):
            done = self._single(lines, position, at + position, last=last)
            if done is None:
                return
            yield done
            position += done[1]

    def _whole(self, lines: list[bytes], at: int) -> Rows | None:
        data = b"\n".join(lines)
        if b"\0" in data or (len(data) > self._options.max_line_bytes and self._too_long(lines)):
            return None
        try:
            texts = data.decode(self._options.encoding).split("\n")
            rows = self._csv(texts)
        except (UnicodeDecodeError, csv.Error):
            return None
        if len(rows) != len(lines) or len(texts) != len(lines):
            return None
        return Rows(at, texts, rows)

    def _too_long(self, lines: list[bytes]) -> bool:
        return any(len(line) > self._options.max_line_bytes for line in lines)

    def _csv(self, texts: list[str]) -> list[list[str]]:
        dialect = self._dialect
        return list(
            csv.reader(
                texts,
                delimiter=dialect.delimiter,
                quotechar=dialect.quote,
                escapechar=dialect.escape,
                strict=True,
            )
        )

    def _single(
        self, lines: list[bytes], position: int, at: int, *, last: bool
    ) -> tuple[Rows | Fault, int] | None:
        """The row or fault at `position` and the lines it took; None = more lines are needed."""
        text = self._text(lines[position], at)
        if isinstance(text, Fault):
            return text, 1
        try:
            return Rows(at, [text], self._csv([text]) or [[]]), 1
        except csv.Error as error:
            escaped_end = self._dialect.escape and text.endswith(self._dialect.escape)
            if _UNCLOSED not in str(error) or escaped_end:
                return self._broken(text, at, str(error)), 1
        return self._joined(lines, position, at, text, last=last)

    def _joined(
        self, lines: list[bytes], position: int, at: int, text: str, *, last: bool
    ) -> tuple[Rows | Fault, int] | None:
        texts = [text + "\n"]
        for span in range(2, _MOST_LINES + 1):
            if position + span > len(lines):
                return (self._broken(text, at, _UNCLOSED), 1) if last else None
            more = self._text(lines[position + span - 1], at)
            if isinstance(more, Fault):
                break
            texts.append(more + "\n")
            row = self._row_of(texts)
            if row is not None:
                return Rows(at, ["".join(texts).rstrip("\n")], [row], span), span
        return self._broken(text, at, _UNCLOSED), 1

    def _row_of(self, texts: list[str]) -> list[str] | None:
        try:
            rows = self._csv([*texts[:-1], texts[-1].rstrip("\n")])
        except csv.Error:
            return None
        return rows[0] if len(rows) == 1 and self._fits(len(rows[0])) else None

    def _text(self, line: bytes, at: int) -> str | Fault:
        if b"\0" in line:
            shown = line.replace(b"\0", b"\\0").decode(self._options.encoding, "replace")
            return Fault(
                at,
                "nul",
                "The line holds NUL bytes: the disk was full or the switch stopped while it"
                " wrote. Take the record from the switch's backup.",
                shown,
            )
        if len(line) > self._options.max_line_bytes:
            limit = self._options.max_line_bytes
            return Fault(
                at,
                "line_too_long",
                f"The line is longer than {limit} bytes: this is not a CDR file in this format.",
                line[:200].decode(self._options.encoding, "replace"),
            )
        try:
            return line.decode(self._options.encoding)
        except UnicodeDecodeError as error:
            return Fault(
                at,
                "encoding",
                f"Byte {error.start + 1} of the line is not {self._options.encoding}: set the"
                " Source's encoding to what the switch writes (latin-1 or cp1252 are usual).",
                line.decode(self._options.encoding, "replace"),
            )

    def _broken(self, text: str, at: int, error: str) -> Fault:
        hint = (
            "a quote opens and never closes: the line is cut or has a stray quote"
            if _UNCLOSED in error
            else 'quotes stand inside a field unescaped, as in ""Name" <num>"; in'
            " cdr_custom.conf wrap the field in CSV_QUOTE()"
        )
        return Fault(at, "quoting", f"The line's quoting is broken: {hint}.", text)
