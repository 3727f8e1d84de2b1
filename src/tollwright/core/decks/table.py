"""A deck's bytes as rows of text cells: CSV in any usual encoding and delimiter, or XLSX."""

from __future__ import annotations

import codecs
import csv
import io
from itertools import islice

from tollwright.core.decks.workbook import WorkbookError, sheet_rows

MOST_BYTES = 268_435_456
_MOST_LINES_A_ROW = 50  # a list of codes may have a line each
_SNIFFED = 65_536
_DELIMITERS = (";", "\t", "|", ",")
_ENCODINGS = ("utf-8", "cp1252", "latin-1")

Row = tuple[int, list[str]]  # 1-based line or sheet row, cells


class DeckError(ValueError):
    """The file as a whole cannot be read; the message says why and what to do."""


def is_xlsx(data: bytes) -> bool:
    """Whether the bytes are an XLSX (zip) file, whatever the name says."""
    return data[:4] == b"PK\x03\x04"


def rows_of(
    data: bytes,
    *,
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    most: int | None = None,
) -> list[Row]:
    """The rows that are not empty, at most the first `most`. Raises DeckError."""
    if len(data) > MOST_BYTES:
        raise DeckError(f"The file is larger than {MOST_BYTES // 1_048_576} MB: split the deck.")
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise DeckError("This is an old .xls workbook: save it as .xlsx or .csv and try again.")
    found = _xlsx(data, sheet, most) if is_xlsx(data) else _csv(data, encoding, delimiter, most)
    if not found:
        raise DeckError("The file has no rows.")
    return found


def _csv(data: bytes, encoding: str, delimiter: str, most: int | None) -> list[Row]:
    text = decode(data, encoding)
    sign = delimiter or guess_delimiter(text[:_SNIFFED])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign)
    rows: list[Row] = []
    line = 1
    try:
        for cells in islice(reader, most):
            if reader.line_num - line > _MOST_LINES_A_ROW:
                raise DeckError(f"In line {line} a quote opens and does not close: remove it.")
            if any(cells):
                rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise DeckError(f"Line {line} is not valid CSV: a quote is not closed ({error}).") from None
    return rows


def decode(data: bytes, encoding: str = "") -> str:
    """The text of a CSV file: the stated encoding, a BOM's, else UTF-8, else Windows'."""
    for bom, name in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
                      (codecs.BOM_UTF16_BE, "utf-16")):  # fmt: skip
        if data.startswith(bom):
            return _decoded(data, name)
    if encoding:
        return _decoded(data, encoding)
    for name in _ENCODINGS:
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    raise DeckError("The file is not text in a usual encoding: name its encoding.")


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except LookupError:
        raise DeckError(f"The encoding {encoding!r} is not known: use utf-8 or cp1252.") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
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


def _xlsx(data: bytes, sheet: str, most: int | None) -> list[Row]:
    try:
        return list(islice(sheet_rows(data, sheet), most))
    except WorkbookError as error:
        raise DeckError(str(error)) from None
