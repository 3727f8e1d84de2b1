"""The rows of one sheet of an XLSX workbook as text, several times faster than cell objects.

openpyxl opens the workbook and knows its sheets, shared texts and date formats; the cells
themselves are read from the sheet's XML (ECMA-376 part 1, 18.3.1) as a stream.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import from_excel
from openpyxl.utils.exceptions import InvalidFileException

_MOST_UNPACKED = 1_073_741_824
_MOST_COLUMNS = 1_024
_PIECE = 262_144
_DIGITS = "0123456789"
_DAMAGE = (
    zipfile.BadZipFile, InvalidFileException, expat.ExpatError, ParseError,
    KeyError, IndexError, OSError, ValueError, AttributeError, TypeError,
)  # fmt: skip


class WorkbookError(ValueError):
    """The workbook cannot be read; the message says why."""


def sheet_rows(data: bytes, sheet: str = "") -> Iterator[tuple[int, list[str]]]:
    """Each row with something in it: its number and its cells. Raises WorkbookError."""
    try:
        yield from _rows(data, sheet)
    except WorkbookError:
        raise
    except _DAMAGE:
        raise WorkbookError("The file is a damaged workbook: open and save it again.") from None


def _rows(data: bytes, sheet: str) -> Iterator[tuple[int, list[str]]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(info.file_size for info in archive.infolist()) > _MOST_UNPACKED:
            raise WorkbookError("The workbook unpacks to more than 1 GB: split the deck.")
    book: Any = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    try:
        if sheet and sheet not in book.sheetnames:
            names = ", ".join(book.sheetnames)
            raise WorkbookError(f"There is no sheet {sheet!r}; there are {names}.")
        chosen = book[sheet] if sheet else book.worksheets[0]
        reader = _SheetReader(list(chosen._shared_strings), set(book._date_formats), book.epoch)
        with chosen._get_source() as source:
            while piece := source.read(_PIECE):
                reader.parser.Parse(piece, False)
                yield from reader.taken()
            reader.parser.Parse(b"", True)
        yield from reader.taken()
    finally:
        book.close()


class _SheetReader:
    """Handlers for the XML: row and c carry places, v and t carry text."""

    def __init__(self, strings: list[str], dates: set[int], epoch: datetime) -> None:
        self._strings = strings
        self._dates = dates
        self._epoch = epoch
        self._done: list[tuple[int, list[str]]] = []
        self._row: list[str] = []
        self._number = 0
        self._columns: dict[str, int] = {}
        self._kind = ""
        self._style = ""
        self._at = 0
        self._text: list[str] | None = None
        self._value = ""
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def taken(self) -> list[tuple[int, list[str]]]:
        done, self._done = self._done, []
        return done

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "c":
            self._kind = attributes.get("t", "n")
            self._style = attributes.get("s", "")
            self._at = self._place(attributes.get("r", ""))
            self._value = ""
        elif tag in ("v", "t"):
            self._text = []
        elif tag == "row":
            self._number = int(attributes.get("r", self._number + 1))
            self._row = []

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag in ("v", "t"):
            self._value += "".join(self._text or ())
            self._text = None
        elif tag == "c" and self._value:
            self._row.extend([""] * (self._at - len(self._row)))
            self._row.append(self._told())
        elif tag == "row" and any(self._row):
            self._done.append((self._number, self._row))

    def _place(self, reference: str) -> int:
        letters = reference.rstrip(_DIGITS)
        place = self._columns.get(letters)
        if place is None:
            place = column_index_from_string(letters) - 1 if letters else len(self._row)
            if place >= _MOST_COLUMNS:
                raise WorkbookError(f"The sheet has cells beyond column {_MOST_COLUMNS}.")
            if letters:
                self._columns[letters] = place
        return place

    def _told(self) -> str:
        value = self._value
        if self._kind == "s":
            return str(self._strings[int(value)]).strip()
        if self._kind == "b":
            return "true" if value == "1" else "false"
        if self._kind != "n":
            return value.strip()
        if self._style and int(self._style) in self._dates:
            return _date_text(from_excel(float(value), self._epoch))
        # A workbook holds binary numbers and shows 15 digits of them: those were meant.
        return value if value.isdigit() else f"{float(value):.15g}"


def _date_text(moment: object) -> str:
    if isinstance(moment, datetime):
        return moment.isoformat(" ", "seconds").removesuffix(" 00:00:00")
    return moment.isoformat() if isinstance(moment, date) else str(moment)
