"""A deck's bytes as rows of text cells: CSV in any usual encoding and delimiter, or a workbook."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import islice

from tollwright.core.decks.workbook import MAX_CELLS, WorkbookError, is_workbook, sheet_rows

MOST_BYTES = 268_435_456
MAX_LINE = 1_048_576  # characters
_MOST_LINES_A_ROW = 50  # a list of codes may have a line each
_SNIFFED = 65_536
_DELIMITERS = (";", "\t", "|", ",")
_ENCODINGS = ("utf-8", "cp1252", "latin-1")

Row = tuple[int, list[str]]  # 1-based line or sheet row, cells


class DeckError(ValueError):
    """The file as a whole cannot be read; the message says why and what to do."""


def rows_of(
    data: bytes,
    *,
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    most: int | None = None,
    empty: bool = False,
) -> list[Row]:
    """The rows that are not empty, at most the first `most`. Raises DeckError.

    empty: that there are none is an answer too.
    """
    if len(data) > MOST_BYTES:
        raise DeckError(f"The file is larger than {MOST_BYTES // 1_048_576} MB: split the deck.")
    if is_workbook(data):
        found = _workbook(data, sheet, most)
    else:
        found = _csv(data, encoding, delimiter, most)
    if not found and not empty:
        raise DeckError("The file has no rows.")
    return found


def _csv(data: bytes, encoding: str, delimiter: str, most: int | None) -> list[Row]:
    text = decode(data, encoding)
    sign = delimiter or guess_delimiter(text[:_SNIFFED])
    reader = csv.reader(_lines(text), delimiter=sign)
    rows: list[Row] = []
    line, filled = 1, 0
    try:
        for cells in islice(reader, most):
            if reader.line_num - line > _MOST_LINES_A_ROW:
                raise DeckError(f"In line {line} a quote opens and does not close: remove it.")
            filled += len(cells)
            if filled > MAX_CELLS:
                raise DeckError(f"The file has more than {MAX_CELLS:,} cells: split the deck.")
            if any(cells):
                rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise DeckError(f"Line {line} is not valid CSV: a quote is not closed ({error}).") from None
    return rows


def _lines(text: str) -> Iterator[str]:
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        if len(line) > MAX_LINE:
            raise DeckError(f"Line {number} is longer than {MAX_LINE:,} characters: it is no deck.")
        yield line


def decode(data: bytes, encoding: str = "") -> str:
    """The text of a CSV file: the stated encoding, a BOM's, else UTF-8, else Windows'."""
    for bom, name in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
                      (codecs.BOM_UTF16_BE, "utf-16")):  # fmt: skip
        if data.startswith(bom):
            return _decoded(data, name)
    if encoding:
        return _decoded(data, encoding)
    if b"\0" in data[:_SNIFFED]:
        return _decoded(data, _two_bytes(data[:_SNIFFED]))
    for name in _ENCODINGS:
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    raise DeckError("The file is not text in a usual encoding: name its encoding.")


def _two_bytes(head: bytes) -> str:
    """UTF-16 without its mark: every second byte is 0. Raises DeckError for other bytes."""
    pairs = max(1, len(head) // 2)
    for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        if zeros.count(0) * 2 > pairs:
            return name
    raise DeckError("The file holds bytes that no text has: save it as CSV or XLSX and try again.")


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except LookupError:
        raise DeckError(f"The encoding {encoding!r} is not known: use utf-8 or cp1252.") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1  # also of two-byte letters
        raise DeckError(f"Line {line} is not {encoding}: state the file's encoding.") from None


def guess_delimiter(text: str) -> str:
    """The delimiter that cuts most lines into the same number of cells, more than one."""
    lines = [line for line in text.splitlines()[:200] if line.strip()]
    best = max(_DELIMITERS, key=lambda sign: _steadiness(lines, sign))
    return best if _steadiness(lines, best) else ","


def _steadiness(lines: list[str], sign: str) -> int:
    widths = [len(row) for row in csv.reader(lines, delimiter=sign)]
    wide = [width for width in widths if width > 1]
    return max((wide.count(width) for width in set(wide)), default=0)


def _workbook(data: bytes, sheet: str, most: int | None) -> list[Row]:
    try:
        return list(islice(sheet_rows(data, sheet, most), most))
    except WorkbookError as error:
        raise DeckError(str(error)) from None
