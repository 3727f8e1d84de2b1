"""Propose how to read a deck that was never read before; a person confirms it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tollwright.core.decks.cells import BadCellError, increments
from tollwright.core.decks.headers import MOST_TITLES, currency_in, find_header, meaning_of
from tollwright.core.decks.mapping import ColumnMapping, DateOrder, Decimals, MappingError, Meaning
from tollwright.core.decks.table import Row, decode, guess_delimiter, is_xlsx, rows_of

_SEEN = 2_000
_SHOWN = 20
_NEEDED = "Choose the columns for code and price."


@dataclass(frozen=True, slots=True)
class Proposal:
    """mapping: None when the columns for code and price were not found. headers and sample: for
    the person who confirms. doubts: what was not certain, as sentences.
    """

    mapping: ColumnMapping | None
    headers: tuple[str, ...]
    header_line: int
    sample: tuple[tuple[str, ...], ...]
    doubts: tuple[str, ...]


def sniff(data: bytes, filename: str = "") -> Proposal:
    """A proposal for the file. Raises DeckError when it is no CSV or XLSX at all."""
    delimiter = "" if is_xlsx(data) else guess_delimiter(decode(data[:65_536], _any(data)))
    table = rows_of(data, delimiter=delimiter, most=_SEEN + MOST_TITLES)
    header = find_header(table)
    headers = table[header][1] if header is not None else _numbered(table)
    body = table[header + 1 if header is not None else 0 :][:_SEEN]
    columns = _columns(headers) if header is not None else _by_look(body)
    doubts = [] if header is not None else ["No header row was found: columns are numbered."]
    mapping = _mapping(headers, columns, body, filename, doubts)
    line = table[header][0] if header is not None else 0
    sample = tuple(tuple(cells) for _, cells in body[:_SHOWN])
    return Proposal(mapping, tuple(headers), line, sample, tuple(doubts))


def _any(data: bytes) -> str:
    """cp1252 for a piece that may be cut inside a UTF-8 letter; '' where a BOM decides."""
    return "" if data[:2] in (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb") else "latin-1"


def _numbered(table: list[Row]) -> list[str]:
    width = max(len(cells) for _, cells in table[:_SEEN])
    return [f"#{place}" for place in range(1, width + 1)]


def _columns(headers: list[str]) -> dict[Meaning, int]:
    found: dict[Meaning, int] = {}
    for place, header in enumerate(headers):
        meaning = meaning_of(header)
        if meaning is not None and (meaning not in found or _better(header, meaning)):
            found[meaning] = place
    if "prefix" in found:
        found.pop("country_code", None)
        found.pop("area_code", None)
    elif "area_code" in found and "country_code" not in found:
        found["prefix"] = found.pop("area_code")
    return found


def _better(header: str, meaning: Meaning) -> bool:
    """Of two columns for a name the destination wins over country, iso or zone."""
    return meaning == "name" and "dest" in header.lower()


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


def _mapping(
    headers: list[str],
    columns: dict[Meaning, int],
    body: list[Row],
    filename: str,
    doubts: list[str],
) -> ColumnMapping | None:
    if "price" not in columns or not {"prefix", "country_code"} & columns.keys():
        doubts.append(_NEEDED)
        return None
    _drop_bad_increments(columns, body)
    texts = {meaning: _texts(body, place) for meaning, place in columns.items()}
    price_header = headers[columns["price"]]
    per_second = bool(re.search(r"per.?sec|/\s*s(ec)?\b|_sec\b", price_header.lower()))
    try:
        return ColumnMapping(
            columns=tuple((headers[place], meaning) for meaning, place in columns.items()),
            currency=currency_in(price_header) or currency_in(filename),
            price_per="second" if per_second else "minute",
            decimal=_decimal(texts["price"], doubts),
            date_order=_date_order(texts.get("effective_from", []), doubts),
        )
    except MappingError as error:
        doubts.append(str(error))
        return None


def _texts(body: list[Row], place: int) -> list[str]:
    return [cells[place].strip() for _, cells in body if place < len(cells)]


def _drop_bad_increments(columns: dict[Meaning, int], body: list[Row]) -> None:
    place = columns.get("increments")
    if place is None:
        return
    for text in filter(None, _texts(body, place)):
        try:
            increments(text)
        except BadCellError:
            del columns["increments"]
            return


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
