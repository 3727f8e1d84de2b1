"""Column orders of Asterisk's CDR files, and how to notice that a file has another one.

cdr.conf and cdr_csv's settings (loguniqueid, loguserfield, newcdrcolumns) add columns to the 16
of cdr_csv; cdr_custom writes any order, by its sample this one, into a file of the same name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import itemgetter
from typing import Any

from tollwright.core.formats.base import Options, OptionsError


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_BASE = _names(
    "accountcode src dst dcontext clid channel dstchannel lastapp lastdata"
    " start answer end duration billsec disposition amaflags"
)
_NEW = ("peeraccount", "linkedid", "sequence")
_BY_COUNT = {
    16: _BASE,
    17: (*_BASE, "uniqueid"),
    18: (*_BASE, "uniqueid", "userfield"),
    19: (*_BASE, *_NEW),
    20: (*_BASE, "uniqueid", *_NEW),
    21: (*_BASE, "uniqueid", "userfield", *_NEW),
}
CDR_CUSTOM = _names(
    "clid src dst dcontext channel dstchannel lastapp lastdata start answer end duration"
    " billsec disposition amaflags accountcode uniqueid userfield sequence"
)
NAMED = {"cdr_custom": CDR_CUSTOM}
_ALIASES = {
    "calldate": "start",
    "starttime": "start",
    "answerdate": "answer",
    "answertime": "answer",
    "hangupdate": "end",
    "endtime": "end",
    "source": "src",
    "destination": "dst",
    "callerid": "clid",
    "context": "dcontext",
    "destinationchannel": "dstchannel",
    "lastapplication": "lastapp",
    "billableseconds": "billsec",
    "account": "accountcode",
}
PICKED = _names(
    "accountcode src dst dcontext clid channel dstchannel lastapp lastdata start answer end"
    " duration billsec disposition uniqueid userfield linkedid sequence"
)
WORDS = frozenset({"ANSWERED", "NO ANSWER", "BUSY", "FAILED", "CONGESTION", "UNKNOWN", "CANCEL"})
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d.*|\d{9,}(\.\d+)?|0(\.0+)?|")
_UNIQUEID = re.compile(r"(?:.*-)?\d{9,10}\.\d+")

Pick = Callable[[list[Any]], tuple[Any, ...]]  # cells of a row, or whole columns


def plain(column: str) -> str:
    """A column's name as Asterisk's own: lower case, without CDR(), (u), (f) and aliases."""
    name = column.strip().lower().removeprefix("${").removeprefix("cdr(")
    name = re.split(r"[^a-z_]", name)[0].replace("_", "")
    return _ALIASES.get(name, name)


def picker(columns: tuple[str, ...]) -> Pick:
    """A function from a row with one empty cell appended to the fields of `PICKED`, in order."""
    return itemgetter(*places(columns))


def places(columns: tuple[str, ...]) -> tuple[int, ...]:
    """Where the fields of `PICKED` stand among the columns, -1: nowhere."""
    at = {name: index for index, name in reversed(list(enumerate(columns)))}
    return tuple(at.get(name, -1) for name in PICKED)


class Layouts:
    """The layout of a row by its number of columns; a stated or a header's list allows one."""

    def __init__(self, options: Options) -> None:
        """Raises OptionsError for an unknown layout name or a list without start, dst, billsec."""
        stated = options.columns
        if options.layout and options.layout != "cdr_csv":
            if options.layout not in NAMED:
                raise OptionsError(
                    f"Asterisk has no layout {options.layout!r}: use cdr_csv, cdr_custom or"
                    " state the columns."
                )
            stated = stated or NAMED[options.layout]
        self.stated = tuple(plain(column) for column in stated)
        if self.stated:
            self._check()
        self.pickers: dict[int, Pick] = {}
        self.places: dict[int, tuple[int, ...]] = {}

    def _check(self) -> None:
        missing = [name for name in ("start", "dst", "billsec") if name not in self.stated]
        if missing:
            raise OptionsError(f"The stated columns lack {', '.join(missing)}: a call needs them.")

    def use_header(self, columns: tuple[str, ...]) -> None:
        """From here on rows have these columns."""
        self.stated = columns
        self.pickers.clear()
        self.places.clear()

    def fits(self, count: int) -> bool:
        """Whether a row may have `count` columns."""
        return count == len(self.stated) if self.stated else count in _BY_COUNT

    def expected(self) -> str:
        """The allowed numbers of columns, in words."""
        return str(len(self.stated)) if self.stated else "16 to 21"

    def picker_for(self, row: list[str]) -> Pick | None:
        """The picker for rows as wide as this one, kept in `pickers`; None when none fits."""
        count = len(row)
        if not self.fits(count):
            return None
        columns = self._columns(row)
        self.places[count] = places(columns)
        found = self.pickers[count] = picker(columns)
        return found

    def _columns(self, row: list[str]) -> tuple[str, ...]:
        if self.stated:
            return self.stated
        columns = _BY_COUNT[len(row)]
        if len(row) in (17, 20) and not _UNIQUEID.fullmatch(row[16]):
            return tuple("userfield" if name == "uniqueid" else name for name in columns)
        return columns


def header_columns(row: list[str]) -> tuple[str, ...] | None:
    """The columns a header row names, or None when the row is a call."""
    names = tuple(plain(cell) for cell in row)
    return names if {"dst", "billsec", "start"} <= set(names) else None


def wrong_order(fields: tuple[str, ...]) -> str:
    """A sentence when the picked `fields` cannot be what their columns say, else ''."""
    start, billsec, disposition = fields[9], fields[13], fields[14]
    if _STAMP.fullmatch(start) and (not disposition or disposition.upper() in WORDS):
        return ""
    shown = start if not _STAMP.fullmatch(start) else disposition
    place = "start time" if shown is start else "disposition"
    return (
        f"The column for the {place} holds {shown[:40]!r} and the one for billsec {billsec[:20]!r}:"
        " this file has another column order (cdr_custom writes its own into the same file name)."
        " Choose the layout cdr_custom or state the columns in the Source."
    )
