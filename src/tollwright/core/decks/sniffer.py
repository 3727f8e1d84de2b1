"""Propose how to read a deck that was never read before; a person confirms it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tollwright.core.decks import questions
from tollwright.core.decks.columns import Found, find_columns, texts_of
from tollwright.core.decks.doubts import open_questions
from tollwright.core.decks.headers import MOST_TITLES, currency_in, find_header, price_table
from tollwright.core.decks.mapping import ColumnMapping, DateOrder, Decimals, MappingError, Meaning
from tollwright.core.decks.questions import Question
from tollwright.core.decks.table import DeckError, Row, decode, guess_delimiter, rows_of
from tollwright.core.decks.workbook import WorkbookError, is_workbook, sheet_names

_SEEN = 2_000
_SHOWN = 20
_LOOKED_AT = 200  # rows of a sheet, to see whether it holds prices
_DATES: tuple[Meaning, ...] = ("effective_from", "effective_to")
ColumnPairs = tuple[tuple[str, Meaning], ...]
_NEEDED = "Choose the columns for code and price."


@dataclass(frozen=True, slots=True)
class Proposal:
    """mapping: None when the columns for code and price were not found. headers and sample: for
    the person who confirms. doubts: what was not certain, as sentences. questions: what must be
    answered before a version is made of the deck. columns: what is believed of them, also without
    a mapping. form: the system that wrote the file; '' = unknown. sheets: of a workbook.
    """

    mapping: ColumnMapping | None
    headers: tuple[str, ...]
    header_line: int
    sample: tuple[tuple[str, ...], ...]
    doubts: tuple[str, ...]
    questions: tuple[Question, ...] = ()
    columns: ColumnPairs = ()
    form: str = ""
    sheets: tuple[str, ...] = ()


def sniff(
    data: bytes,
    filename: str = "",
    side: str = "",
    sheet: str = "",
    told: ColumnPairs = (),
) -> Proposal:
    """A proposal for the file. side: of the card it is for, where a deck has prices of both.
    told: what a person says of columns, so that all else is found for these.

    Raises DeckError when it is no CSV or workbook at all.
    """
    asked: list[Question] = []
    sheets: tuple[str, ...] = ()
    delimiter = ""
    if is_workbook(data):
        sheets = _sheets(data)
        sheet = sheet or _sheet(data, sheets, asked)
    else:
        delimiter = guess_delimiter(decode(data[:65_536], _any(data)))
    table = rows_of(data, delimiter=delimiter, sheet=sheet, most=_SEEN + MOST_TITLES)
    header = find_header(table)
    headers = table[header][1] if header is not None else _numbered(table)
    headers = [" ".join(text.split()) for text in headers]
    body = table[header + 1 if header is not None else 0 :][:_SEEN]
    found = find_columns(headers, body, side) if header is not None else Found(_by_look(body))
    for name, meaning in told:
        _tell(found, headers, name, meaning)
    if header is None:
        found.doubts.append("No header row was found: columns are numbered.")
    mapping = _mapping(headers, found, body, filename, sheet if len(sheets) > 1 else "")
    asked += found.asked
    if mapping is not None:
        asked += open_questions(mapping, found.meanings, body)
    return Proposal(
        mapping=mapping,
        headers=tuple(headers),
        header_line=table[header][0] if header is not None else 0,
        sample=tuple(tuple(cells) for _, cells in body[:_SHOWN]),
        doubts=(*found.doubts, *(question.sentence for question in asked)),
        questions=tuple(asked),
        columns=_pairs(headers, found),
        form=found.form,
        sheets=sheets,
    )


def _tell(found: Found, headers: list[str], header: str, meaning: Meaning) -> None:
    """A column has this meaning, and no other column has it."""
    if header not in headers:
        return
    place = headers.index(header)
    gone = [held for held, at in found.meanings.items() if at == place or held == meaning]
    left = {found.meanings.pop(held) for held in gone} - {place}
    found.ignored = [at for at in found.ignored if at != place] + sorted(left)
    if meaning == "ignore":
        found.ignored.append(place)
    else:
        found.meanings[meaning] = place


def _sheets(data: bytes) -> tuple[str, ...]:
    try:
        return sheet_names(data)
    except WorkbookError as error:
        raise DeckError(str(error)) from None


def _sheet(data: bytes, names: tuple[str, ...], asked: list[Question]) -> str:
    """The sheet that holds prices; the first of several, which is asked then."""
    if len(names) < 2:
        return names[0] if names else ""
    priced = [name for name in names if _priced(data, name)]
    if len(priced) > 1:
        asked.append(questions.sheet(priced, priced[0]))
    return (priced or list(names))[0]


def _priced(data: bytes, name: str) -> bool:
    return price_table(rows_of(data, sheet=name, most=_LOOKED_AT, empty=True)) is not None


def _any(data: bytes) -> str:
    """cp1252 for a piece that may be cut inside a UTF-8 letter; '' where its bytes decide."""
    marked = data[:2] in (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb") or b"\0" in data[:4_096]
    return "" if marked else "latin-1"


def _numbered(table: list[Row]) -> list[str]:
    width = max(len(cells) for _, cells in table[:_SEEN])
    return [f"#{place}" for place in range(1, width + 1)]


def _by_look(body: list[Row]) -> dict[Meaning, int]:
    """Without headers: the column of digits is the code, the one with a point is the price."""
    width = min((len(cells) for _, cells in body), default=0)
    found: dict[Meaning, int] = {}
    for place in range(width):
        texts = [cells[place].strip() for _, cells in body]
        if all(re.fullmatch(r"\+?\d{1,15}", text) for text in texts):
            found.setdefault("prefix", place)
        elif all(re.fullmatch(r"\d+[.,]\d+", text) for text in texts):
            found.setdefault("price", place)
        elif sum(text[:1].isalpha() for text in texts) * 2 > len(texts):
            found.setdefault("name", place)
    return found


def _pairs(headers: list[str], found: Found) -> ColumnPairs:
    known = tuple((headers[place], meaning) for meaning, place in found.meanings.items())
    ignored: ColumnPairs = tuple(
        (headers[place], "ignore") for place in found.ignored if headers[place]
    )
    return known + ignored


def _mapping(
    headers: list[str], found: Found, body: list[Row], filename: str, sheet: str
) -> ColumnMapping | None:
    columns = found.meanings
    if "price" not in columns or not {"prefix", "country_code", "area_code"} & columns.keys():
        found.doubts.append(_NEEDED)
        return None
    price_header = headers[columns["price"]]
    per_second = bool(re.search(r"per.?sec|/\s*s(ec)?\b|_sec\b", price_header.lower()))
    try:
        mapping = ColumnMapping(
            columns=_pairs(headers, found),
            currency=currency_in(price_header) or currency_in(filename),
            price_per="second" if per_second else "minute",
            decimal=_decimal(texts_of(body, columns["price"]), found.doubts),
            date_order=_date_order(_dates(body, columns), found.doubts),
            sheet=sheet,
        )
        return replace(mapping, **found.values)
    except MappingError as error:
        found.doubts.append(str(error))
        return None


def _dates(body: list[Row], columns: dict[Meaning, int]) -> list[str]:
    places = [columns[name] for name in _DATES if name in columns]
    return [text for place in places for text in texts_of(body, place)]


def _decimal(prices: list[str], doubts: list[str]) -> Decimals:
    comma = any(re.fullmatch(r"\D*(0|\d+),(\d{1,2}|\d{4,})\D*", text) for text in prices)
    comma = comma or any(re.fullmatch(r"\D*0,\d+\D*", text) for text in prices)
    point = any(re.fullmatch(r"\D*\d*\.\d+\D*", text) for text in prices)
    if comma and point:
        doubts.append("Some prices have a decimal comma and some a point: check the decimal sign.")
        return ""
    return "," if comma else "." if point else ""


def _date_order(dates: list[str], doubts: list[str]) -> DateOrder:
    """The order that every date fits; a doubt when both or none do."""
    parts = [re.match(r"(\d{1,2})[/.\-](\d{1,2})[/.\-]\d{2,4}", text) for text in dates]
    pairs = [(int(found[1]), int(found[2])) for found in parts if found]
    if not pairs:
        return ""
    day_first = all(second <= 12 for _, second in pairs)
    month_first = all(first <= 12 for first, _ in pairs)
    if day_first != month_first:
        return "dmy" if day_first else "mdy"
    dotted = all("." in text for text in dates if text)
    if dotted or all(first == second for first, second in pairs):
        return "dmy" if day_first else ""
    doubts.append("Dates such as 03/04/2026 can be read two ways: choose day or month first.")
    return ""
