"""What of a deck is not used or not certain: columns left out, codes of one country, graces."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tollwright.core.decks import questions
from tollwright.core.decks.codes import begins_with_country, country_of, is_calling_code
from tollwright.core.decks.columns import texts_of
from tollwright.core.decks.headers import plain
from tollwright.core.decks.mapping import ColumnMapping, Meaning
from tollwright.core.decks.places import names_its_country
from tollwright.core.decks.questions import Question
from tollwright.core.decks.status import looks_like_status
from tollwright.core.decks.table import Row

_SEEN = 5_000
_MONEY = re.compile(r"rate|price|cost|charge|fee|tariff|surcharge|tax|amount|min(imum)?\b", re.I)
_BLOCKS = re.compile(r"increment|interval|block|rounding|duration|period|pulse|second|grace", re.I)
_DAYS = re.compile(r"date|effective|valid|from|until|expir|start|end\b", re.I)
_STATE = re.compile(r"status|change|action|flag|remark|comment|note|enabled|active|lock|barr", re.I)
_SHEET = re.compile(r"sheet|\btab\b|price ?list|rate ?plan|product|package|tier|band|peak", re.I)
_AMOUNT = re.compile(r"[$€£]?\s*-?\d*[.,]\d+\s*[$€£%]?")
_PAIR = re.compile(r"\d{1,5}\s*[/+-]\s*\d{1,5}")
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([ T].*)?|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}")
_NOTHING = re.compile(r"[0.,\s-]*|n/?a|none|null|false", re.I)
_NANP = re.compile(r"[2-9]\d{2}[2-9]\d{2}(\d|\d{4})?")
_HARMLESS: frozenset[Meaning] = frozenset(("name", "ignore", "currency"))
_CODES = re.compile(r"\+?\d[\d\s,;/|.+\-\u2013]*")
_FREE = re.compile(r"free|included", re.I)
_NPA_WORDS = re.compile(r"npa|nxx|lata|ocn|intra|inter.?state", re.I)


def column_doubts(headers: list[str], unused: list[int], body: list[Row]) -> Iterator[str]:
    """A sentence for each column not used that may change what a call costs."""
    for place in unused:
        texts = [text for text in texts_of(body[:_SEEN], place) if text]
        told = [text for text in texts if not _NOTHING.fullmatch(text)]
        kind = _kind(headers[place], told) if told else ""
        if kind:
            yield (
                f"Column {headers[place]} may carry {kind} (such as {told[0][:40]}) and is not"
                " used: say what it means, or that it is to be ignored."
            )


def _kind(header: str, texts: list[str]) -> str:
    looks = {"increments": _PAIR, "dates": _DATE, "money": _AMOUNT}
    for kind, pattern in looks.items():
        if sum(bool(pattern.fullmatch(text)) for text in texts) * 5 >= len(texts) * 4:
            return kind
    numbers = any(text[:1].isdigit() for text in texts)
    words = {"money": _MONEY, "increments": _BLOCKS, "dates": _DAYS}
    for kind, pattern in words.items():
        if numbers and pattern.search(header):
            return kind
    if looks_like_status(texts) or _STATE.search(header):
        return "a status"
    return "prices of another sheet" if _SHEET.search(header) else ""


def open_questions(
    mapping: ColumnMapping, columns: dict[Meaning, int], body: list[Row]
) -> Iterator[Question]:
    """What the mapping does not answer and these rows make necessary."""
    if not mapping.country and "country_code" not in columns:
        found = _country(mapping, columns, body)
        if found is not None:
            yield found
    others = [name for name in ("intra", "local", "indeterminate") if f"price_{name}" in columns]
    if others and not mapping.jurisdiction:
        headers = [header for header, meaning in mapping.columns if meaning.startswith("price")]
        yield questions.jurisdiction(headers, ("inter", *others, "highest"))
    place = columns.get("grace_s")
    if place is not None and not mapping.grace:
        header = next(name for name, meaning in mapping.columns if meaning == "grace_s")
        filled = any(not _NOTHING.fullmatch(text) for text in texts_of(body, place))
        if filled and not _FREE.search(header):
            yield questions.grace(header)


def new_columns(saved: ColumnMapping, found: tuple[tuple[str, Meaning], ...]) -> Iterator[Question]:
    """Columns that came after the mapping was saved, and say something that it does not read."""
    known = {plain(header) for header, _ in saved.columns}
    read = {meaning for _, meaning in saved.columns}
    for header, meaning in found:
        if plain(header) not in known and meaning not in read and meaning not in _HARMLESS:
            yield questions.new_column(header, meaning)


def _country(
    mapping: ColumnMapping, columns: dict[Meaning, int], body: list[Row]
) -> Question | None:
    """Asked where the codes fit a national plan, or cannot be international."""
    if "prefix" not in columns:
        told = texts_of(body[:_SEEN], columns["area_code"])
        return questions.country(next(filter(None, told), ""), "1")
    cells = texts_of(body[:_SEEN], columns["prefix"])
    texts = [text for text in cells if _CODES.fullmatch(text)]
    codes = [re.sub(r"\D", "", re.split(r"[,;/|\n]", text)[0]) for text in texts if text[0] != "+"]
    codes = [code for code in codes if code]
    if not codes:
        return None
    national = [code for code in codes if _only_national(code)]
    if len(national) * 5 >= len(codes):
        return questions.country(", ".join(national[:3]), "")
    if len(codes) < len(texts) or not _north_american(codes, mapping):
        return None
    place = columns.get("name")
    names = [] if place is None else texts_of(body[:_SEEN], place)
    if names and names_its_country(codes, names):
        return None
    return questions.country(", ".join(codes[:3]), "1")


def _only_national(code: str) -> bool:
    if code.startswith("00"):
        return False
    if code.startswith("011"):
        return not begins_with_country(code[3:])
    return not begins_with_country(code)


def _north_american(codes: list[str], mapping: ColumnMapping) -> bool:
    """Whether nearly all codes are an area, or an area and an exchange, of North America."""
    long = [code for code in codes if _NANP.fullmatch(code)]
    areas = [code for code in codes if len(code) == 3 and code[0] not in "01"]
    if (len(long) + len(areas)) * 20 < len(codes) * 19:
        return False
    if long:
        return True
    hinted = any(_NPA_WORDS.search(header) for header, _ in mapping.columns)
    abroad = [code for code in areas if is_calling_code(country_of(code)) and len(code) == 3]
    odd = [code for code in abroad if not is_calling_code(code)]
    return hinted or (len(codes) >= 3 and len(odd) * 2 >= len(codes))
