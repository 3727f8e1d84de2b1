"""Read a deck by its mapping: every row becomes rates or a fault with its line and column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from tollwright.core.decks import cells
from tollwright.core.decks.cells import BadCellError
from tollwright.core.decks.headers import places
from tollwright.core.decks.mapping import ColumnMapping, Duplicates, MappingError, Meaning
from tollwright.core.decks.rows import DeckFault, DeckRow
from tollwright.core.decks.table import DeckError, Row, rows_of
from tollwright.core.decks.terms import TERMS, CellError, Terms, TermsReader

_KEPT = 200_000
_MOST_CODE_DIGITS = 15


@dataclass(frozen=True, slots=True)
class DeckResult:
    """rows: what can be imported. faults: what cannot, each with its place. notes: accepted, but
    somebody should look. rows_read: rows of the file below its headers. unused: headers of columns
    that the mapping leaves out, or '#3' for the third column of a deck without headers.
    """

    rows: list[DeckRow]
    faults: list[DeckFault]
    notes: list[DeckFault] = field(default_factory=list)
    rows_read: int = 0
    unused: tuple[str, ...] = ()


def read_deck(data: bytes, mapping: ColumnMapping) -> DeckResult:
    """The deck's rows and faults. Raises DeckError when the file as a whole is not this deck."""
    table = rows_of(
        data, encoding=mapping.encoding, delimiter=mapping.delimiter, sheet=mapping.sheet
    )
    names = [header for header, _ in mapping.columns]
    found = places(table, names)
    if found is None:
        raise DeckError(
            f"No row has all the columns {', '.join(names)}: the carrier changed its layout."
            " Make a new mapping for this file."
        )
    first, at = found
    reader = _Reader(mapping, {meaning: at[header] for header, meaning in mapping.columns})
    return replace(reader.read(table[first:]), unused=_unused(table, first, set(at.values())))


def _unused(table: list[Row], first: int, used: set[int]) -> tuple[str, ...]:
    """What of a file nobody asked for: a column which says "withdrawn" shall not be overlooked."""
    if first:
        headers = [" ".join(cell.split()) for cell in table[first - 1][1]]
    else:
        headers = [f"#{place + 1}" for place in range(len(table[0][1]) if table else 0)]
    return tuple(text for place, text in enumerate(headers) if text and place not in used)


class _Reader:
    def __init__(self, mapping: ColumnMapping, at: dict[Meaning, int]) -> None:
        self._policy = mapping.duplicates
        self._headers = {meaning: header for header, meaning in mapping.columns}
        self._at = at
        self._width = max(at.values()) + 1
        self._result = DeckResult([], [])
        try:
            self._reader = TermsReader(mapping)
        except CellError as error:
            raise MappingError(f"effective_from: {error.reason}") from None
        self._known: dict[tuple[str, ...], Terms] = {}
        self._meanings = [meaning for meaning in at if meaning in TERMS]
        self._places = [at[meaning] for meaning in self._meanings]

    def read(self, table: list[Row]) -> DeckResult:
        rows: list[DeckRow] = []
        for line, texts in table:
            try:
                rows.extend(self._row(line, texts))
            except CellError as error:
                self._fault(line, error.meaning, error.reason)
        kept = without_duplicates(rows, self._policy, self._fault)
        self._result.faults.sort(key=lambda fault: fault.line)
        return DeckResult(kept, self._result.faults, self._result.notes, len(table))

    def _fault(self, line: int, meaning: Meaning, reason: str) -> None:
        self._result.faults.append(DeckFault(line, self._headers.get(meaning, ""), reason))

    def _row(self, line: int, texts: list[str]) -> list[DeckRow]:
        if len(texts) < self._width:
            texts = [*texts, *[""] * (self._width - len(texts))]
        codes = self._codes(line, texts)
        key = tuple([texts[place] for place in self._places])
        terms = self._known.get(key) or self._terms(key)
        place = self._at.get("name")
        name = "" if place is None else " ".join(texts[place].split())
        return [DeckRow(code, name, *terms, line) for code in codes]

    def _terms(self, key: tuple[str, ...]) -> Terms:
        if len(self._known) >= _KEPT:
            self._known.clear()
        terms = self._reader.read(dict(zip(self._meanings, key, strict=True)))
        self._known[key] = terms
        return terms

    def _codes(self, line: int, texts: list[str]) -> tuple[str, ...]:
        place = self._at.get("prefix")
        if place is not None:
            self._note(line, "prefix", texts[place])
            return _codes("prefix", texts[place])
        countries = _codes("country_code", texts[self._at["country_code"]])
        place = self._at.get("area_code")
        areas = texts[place].strip() if place is not None else ""
        if not areas:
            return countries
        self._note(line, "area_code", areas)
        joined = tuple(
            country + area for country in countries for area in _codes("area_code", areas)
        )
        if any(len(code) > _MOST_CODE_DIGITS for code in joined):
            raise CellError("area_code", "Country and area code have more than 15 digits together.")
        return joined

    def _note(self, line: int, meaning: Meaning, text: str) -> None:
        if "E" in text.upper() and cells.lost_digits(text):
            reason = (
                f"A spreadsheet turned the code into {text.strip()} and may have lost its last"
                " digits: compare it with the carrier's own file."
            )
            self._result.notes.append(DeckFault(line, self._headers[meaning], reason))


def _codes(meaning: Meaning, text: str) -> tuple[str, ...]:
    try:
        return cells.codes(text)
    except BadCellError as error:
        raise CellError(meaning, str(error)) from None


Report = Callable[[int, Meaning, str], None]


def without_duplicates(rows: list[DeckRow], policy: Duplicates, report: Report) -> list[DeckRow]:
    """One row for each code, origin and start. `error` keeps the first and reports the others."""
    kept: dict[tuple[str, str, datetime | None], DeckRow] = {}
    for row in rows:
        key = (row.prefix, row.origin_prefix, row.effective_from)
        held = kept.setdefault(key, row)
        if held is row:
            continue
        if policy == "error":
            report(row.line, "prefix", f"The code {row.prefix} is in line {held.line} already.")
        elif policy == "last" or (policy == "highest" and _dearer(row, held)):
            kept[key] = row
    return list(kept.values())


def _dearer(row: DeckRow, held: DeckRow) -> bool:
    return row.price_nanos * held.unit_s > held.price_nanos * row.unit_s
