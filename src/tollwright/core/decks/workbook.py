"""The rows of one sheet of a workbook (xlsx, xlsb, xls, ods) as text, within bounds.

A workbook is packed: what it unpacks to is measured before calamine lays out its cells, since a
sheet of two cells in far corners would take all the memory there is.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache, partial

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    WorksheetNotFound,
)

MAX_UNPACKED = 402_653_184  # bytes of all parts together
MAX_PARTS = 2_000  # files in the archive
MAX_CELLS = 4_000_000  # of a sheet, the empty ones between others too
MAX_COLUMNS = 512
MAX_STRINGS = 3_000_000  # texts that cells share
MAX_TEXT = 32_767  # characters of a cell, as spreadsheets have it
_PIECE = 1_048_576
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CELL = re.compile(rb'<(?:\w+:)?c r="([A-Z]{1,3})(\d{1,7})"[^>/]*>')
# what zipfile raises of a damaged archive; NotImplementedError: of a compression it does not know
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError),
)
_DAMAGED = "The file is a damaged workbook: open and save it again."


class WorkbookError(ValueError):
    """The workbook cannot be read; the message says why."""


def is_workbook(data: bytes) -> bool:
    """Whether the bytes are a workbook, whatever the name says."""
    return data[:4] == b"PK\x03\x04" or data[:8] == _OLE


def sheet_names(data: bytes) -> tuple[str, ...]:
    """The sheets that people see, in their order. Raises WorkbookError."""
    book = _opened(data)
    return tuple(
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
    ) or tuple(book.sheet_names)


def sheet_rows(
    data: bytes, sheet: str = "", most: int | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Each row with something in it: its number and its cells. Raises WorkbookError."""
    book = _opened(data)
    try:
        chosen = book.get_sheet_by_name(sheet or sheet_names(data)[0])
    except WorksheetNotFound:
        names = ", ".join(book.sheet_names)
        raise WorkbookError(f"There is no sheet {sheet!r}; there are {names}.") from None
    except (CalamineError, IndexError):
        raise WorkbookError(_DAMAGED) from None
    _check_size(chosen)
    yield from _rows(chosen, most)


def _rows(sheet: CalamineSheet, most: int | None) -> Iterator[tuple[int, list[str]]]:
    if sheet.start is None:
        return
    first, left = sheet.start[0], [""] * sheet.start[1]
    height = None if most is None else first + most
    for number, values in enumerate(sheet.to_python(nrows=height), first + 1):
        cells = left + [_text(value) for value in values]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield number, cells


def _check_size(sheet: CalamineSheet) -> None:
    if sheet.total_width > MAX_COLUMNS:
        raise WorkbookError(f"The sheet has cells beyond column {MAX_COLUMNS}.")
    if sheet.height * sheet.width > MAX_CELLS:
        raise WorkbookError(f"The sheet has more than {MAX_CELLS:,} cells: split the deck.")


@lru_cache(maxsize=1)  # looked at sheet by sheet, and each time all of it would be unpacked
def _opened(data: bytes) -> CalamineWorkbook:
    if data[:4] == b"PK\x03\x04":
        _check_archive(data)
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(data))
    except PasswordError:
        raise WorkbookError("The workbook has a password: save it without one.") from None
    except (CalamineError, OSError, ValueError):
        raise WorkbookError(_DAMAGED) from None


def _check_archive(data: bytes) -> None:
    """Unpacks piece by piece and counts, before anything is kept."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            _check_parts(len(parts), sum(part.file_size for part in parts))
            for part in parts:
                _check_part(archive, part)
    except _UNREADABLE:
        raise WorkbookError(_DAMAGED) from None


def _check_parts(parts: int, unpacked: int) -> None:
    if parts > MAX_PARTS:
        raise WorkbookError(
            f"The workbook has {parts:,} parts, and a deck's at most {MAX_PARTS:,}: save the sheet"
            " of the prices alone."
        )
    if unpacked > MAX_UNPACKED:
        size = MAX_UNPACKED // 1_048_576
        raise WorkbookError(f"The workbook unpacks to more than {size} MB: split the deck.")


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    extent, strings, rest = _Extent(), 0, b""
    with archive.open(part) as file:
        for piece in iter(partial(file.read, _PIECE), b""):
            text = rest + piece
            if part.filename.endswith("sharedStrings.xml"):
                strings += piece.count(b"<si")
            elif "worksheets/" in part.filename:
                extent.take(text)
            rest = text[text.rfind(b"<") :][:512]
    if strings > MAX_STRINGS:
        raise WorkbookError(f"The workbook has more than {MAX_STRINGS:,} texts: split the deck.")


class _Extent:
    """How far the filled cells of one sheet reach."""

    def __init__(self) -> None:
        self._columns: set[bytes] = set()
        self._rows = (0, 0)

    def take(self, text: bytes) -> None:
        """Raises WorkbookError once the sheet is too large."""
        found = _CELL.findall(text)
        if not found:
            return
        columns = {column for column, _ in found} - self._columns
        if any(_column(column) > MAX_COLUMNS for column in columns):
            raise WorkbookError(f"The sheet has cells beyond column {MAX_COLUMNS}.")
        self._columns |= columns
        numbers = [int(row) for _, row in found]
        low, high = self._rows
        self._rows = (min(numbers + [low] * bool(low)), max(high, *numbers))
        places = [_column(column) for column in self._columns]
        area = (max(places) - min(places) + 1) * (self._rows[1] - self._rows[0] + 1)
        if area > MAX_CELLS:
            raise WorkbookError(f"The sheet has more than {MAX_CELLS:,} cells: split the deck.")


def _column(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()[:MAX_TEXT]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):  # of binary numbers a sheet shows 15 digits: those are meant
        return str(int(value)) if value == int(value) else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds").removesuffix(" 00:00:00")
    return value.isoformat() if isinstance(value, date) else str(value)
