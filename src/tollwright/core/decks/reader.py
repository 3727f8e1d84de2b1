"""Read a deck by its mapping: every row becomes rates or a fault with its line and column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from tollwright.core.decks import cells
from tollwright.core.decks.cells import BadCellError
from tollwright.core.decks.codes import AreaReader, CodeReader
from tollwright.core.decks.doubts import column_doubts, open_questions
from tollwright.core.decks.headers import places, plain
from tollwright.core.decks.mapping import ColumnMapping, Duplicates, MappingError, Meaning
from tollwright.core.decks.questions import Question
from tollwright.core.decks.rows import DeckColumn, DeckFault, DeckRow
from tollwright.core.decks.table import DeckError, Row, rows_of
from tollwright.core.decks.terms import TERMS, CellError, Terms, TermsReader

_KEPT = 200_000
_SHOWN_ROWS = 200
MAX_CODES = 2_000_000
_PARTS: tuple[Meaning, ...] = ("country_code", "area_code", "exchange_code")


@dataclass(frozen=True, slots=True)
class DeckResult:
    """rows: what can be imported. faults: what cannot, each with its place. notes: accepted, but
    somebody should look. rows_read: rows of the file below its headers. unused: headers of columns
    that nothing is read from, or '#3' for the third column of a deck without headers.
    withdrawn: rows that say that their code is not sold any more; they are not among `rows`.
    doubts: columns not used that may carry money, increments, dates, status or a sheet, as
    sentences. questions: what has to be answered before the rows are used. columns: all of the
    file, in its order.
    """

    rows: list[DeckRow]
    faults: list[DeckFault]
    notes: list[DeckFault] = field(default_factory=list)
    rows_read: int = 0
    unused: tuple[str, ...] = ()
    withdrawn: list[DeckRow] = field(default_factory=list)
    doubts: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    columns: tuple[DeckColumn, ...] = ()


def read_deck(data: bytes, mapping: ColumnMapping) -> DeckResult:
    """The deck's rows and faults. Raises DeckError when the file as a whole is not this deck."""
    table = rows_of(
        data, encoding=mapping.encoding, delimiter=mapping.delimiter, sheet=mapping.sheet
    )
    used: dict[str, Meaning] = {
        header: meaning for header, meaning in mapping.columns if meaning != "ignore"
    }
    found = places(table, list(used))
    if found is None:
        raise DeckError(
            f"No row has all the columns {', '.join(used)}: the carrier changed its layout."
            " Make a new mapping for this file."
        )
    first, at = found
    headers = _headers(table, first)
    body = table[first:]
    columns = {meaning: at[header] for header, meaning in used.items()}
    result = _Reader(mapping, columns).read(body)
    unused = [place for place, text in enumerate(headers) if text and place not in at.values()]
    ignored = {plain(header) for header, meaning in mapping.columns if meaning == "ignore"}
    doubtful = [place for place in unused if plain(headers[place]) not in ignored]
    return replace(
        result,
        unused=tuple(headers[place] for place in unused),
        doubts=tuple(column_doubts(headers, doubtful, body)),
        questions=tuple(open_questions(mapping, columns, body)),
        columns=tuple(_columns(headers, mapping, columns, body)),
    )


def _columns(
    headers: list[str], mapping: ColumnMapping, at: dict[Meaning, int], body: list[Row]
) -> Iterator[DeckColumn]:
    """What became of each column that has a header or anything in it."""
    read = {place: meaning for meaning, place in at.items()}
    ignored = {plain(header) for header, meaning in mapping.columns if meaning == "ignore"}
    for place, header in enumerate(headers):
        cells = (row[place].strip() for _, row in body[:_SHOWN_ROWS] if place < len(row))
        example = next(filter(None, cells), "")[:60]
        if header or example:
            aside = "ignore" if header and plain(header) in ignored else ""
            yield DeckColumn(header or f"#{place + 1}", read.get(place, aside), example)


def _headers(table: list[Row], first: int) -> list[str]:
    if first:
        return [" ".join(cell.split()) for cell in table[first - 1][1]]
    return [f"#{place + 1}" for place in range(len(table[0][1]) if table else 0)]


class _Reader:
    def __init__(self, mapping: ColumnMapping, at: dict[Meaning, int]) -> None:
        self._policy = mapping.duplicates
        self._headers = {meaning: header for header, meaning in mapping.columns}
        self._at = at
        self._width = max(at.values()) + 1
        self._result = DeckResult([], [])
        self._country = mapping.calling_code
        self._whole = CodeReader(mapping)
        self._international = CodeReader(replace(mapping, country="", lists="full"))
        self._areas = AreaReader()
        try:
            self._reader = TermsReader(mapping)
        except CellError as error:
            raise MappingError(f"effective_from: {error.reason}") from None
        self._known: dict[tuple[str, ...], Terms] = {}
        self._meanings = [meaning for meaning in at if meaning in TERMS]
        self._places = [at[meaning] for meaning in self._meanings]

    def read(self, table: list[Row]) -> DeckResult:
        rows: list[DeckRow] = []
        withdrawn: list[DeckRow] = []
        for line, texts in table:
            if self._aside(line, texts):
                continue
            if len(rows) > MAX_CODES:
                raise DeckError(f"The deck has more than {MAX_CODES:,} codes: split it.")
            try:
                for row in self._row(line, texts):
                    (withdrawn if row.withdrawn else rows).append(row)
            except CellError as error:
                self._fault(line, error.meaning, error.reason)
        kept = without_duplicates(rows, self._policy, self._fault)
        self._result.faults.sort(key=lambda fault: fault.line)
        notes = self._result.notes
        return DeckResult(kept, self._result.faults, notes, len(table), withdrawn=withdrawn)

    def _aside(self, line: int, texts: list[str]) -> bool:
        """Whether a line is a heading or a footer: one cell of words, no code and no price."""
        told = [text for text in texts if text.strip()]
        if len(told) != 1 or self._width < 2 or not any(char.isalpha() for char in told[0]):
            return False
        place = self._at.get("price", 0)
        if place < len(texts) and texts[place].strip():
            return False
        words = " ".join(told[0].split())[:60]
        self._result.notes.append(DeckFault(line, "", f"Not read, words alone: {words}"))
        return True

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
            return _told("prefix", lambda: self._whole.read(texts[place]))
        told = {part: texts[self._at[part]].strip() for part in _PARTS if part in self._at}
        area = told.get("area_code", "") + told.get("exchange_code", "")
        countries = self._countries(told.get("country_code", ""))
        if not area:
            return countries
        self._note(line, "area_code", area)
        return tuple(
            code
            for country in countries
            for code in _told("area_code", partial(self._areas.read, country, area))
        )

    def _countries(self, text: str) -> tuple[str, ...]:
        if text or "country_code" in self._at or not self._country:
            return _told("country_code", lambda: self._international.read(text))
        return (self._country,)

    def _note(self, line: int, meaning: Meaning, text: str) -> None:
        if "E" in text.upper() and cells.lost_digits(text):
            reason = (
                f"A spreadsheet turned the code into {text.strip()} and may have lost its last"
                " digits: compare it with the carrier's own file."
            )
            self._result.notes.append(DeckFault(line, self._headers.get(meaning, ""), reason))


def _told(meaning: Meaning, read: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
    try:
        return read()
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
