"""What each column of an unknown deck means: by its system, its header and what stands in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tollwright.core.decks import cells, questions
from tollwright.core.decks.cells import BadCellError
from tollwright.core.decks.forms import Form, known_form
from tollwright.core.decks.headers import meaning_of, plain, without_currency
from tollwright.core.decks.mapping import Meaning
from tollwright.core.decks.questions import Question
from tollwright.core.decks.status import (
    EFFECT_OF,
    YES_MEANS_OPEN,
    YES_NO,
    folded,
    looks_like_status,
)
from tollwright.core.decks.table import Row

_NEW = re.compile(r"\b(new|future|revised|proposed|upcoming|next rate)", re.I)
_OLD = re.compile(r"\b(current|old|previous|prior|existing|last|present)", re.I)
_BUY = re.compile(r"\b(buy|buying|vendor|supplier|purchase|wholesale cost)", re.I)
_SELL = re.compile(r"\b(sell|selling|retail|customer|sale)", re.I)
_SECONDS: tuple[Meaning, ...] = ("first_s", "next_s", "grace_s", "min_seconds")
_PAIR = re.compile(r"\d{1,5}\s*/\s*\d{1,5}")


@dataclass(slots=True)
class Found:
    """meanings: column by meaning. values: of the mapping, from a known form. doubts: sentences."""

    meanings: dict[Meaning, int] = field(default_factory=dict)
    ignored: list[int] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    asked: list[Question] = field(default_factory=list)
    form: str = ""


def texts_of(body: list[Row], place: int) -> list[str]:
    """What stands in a column, blanks around it gone."""
    return [row[place].strip() for _, row in body if place < len(row)]


def find_columns(headers: list[str], body: list[Row], side: str = "") -> Found:
    """Which column means what, and what of it has to be asked. side: of the card, sell or buy."""
    found = Found()
    names = [without_currency(header) for header in headers]
    form = known_form(names)
    told = _from_form(found, form, names, body, side) if form is not None else set()
    prices: list[int] = []
    for place, header in enumerate(headers):
        meaning = None if place in told else meaning_of(header)
        if meaning == "price":
            prices.append(place)
        elif meaning is not None:
            _take(found.meanings, meaning, place, header, texts_of(body, place))
    status = found.meanings.get("status")
    if status is not None and plain(headers[status]) in YES_MEANS_OPEN:
        found.values["status_words"] = YES_NO
    if "price" not in found.meanings:
        _choose_price(found, prices, headers, side)
    _codes(found.meanings, headers, body)
    _by_cells(found.meanings, headers, body, told)
    _increments(found.meanings, body)
    if "first_s" in found.meanings and "next_s" not in found.meanings:
        header = headers[found.meanings["first_s"]]
        found.doubts.append(
            f"Only the first block is stated (column {header}): the next ones are of 1 second"
            " unless you say otherwise."
        )
    return found


def _from_form(found: Found, form: Form, plain: list[str], body: list[Row], side: str) -> set[int]:
    """Takes what the form says; gives the places it speaks of."""
    words = form.meanings(side)
    told = {place for place, word in enumerate(plain) if word in words}
    for place in sorted(told):
        meaning = words[plain[place]]
        if meaning == "ignore":
            found.ignored.append(place)
        elif meaning not in found.meanings or not any(texts_of(body, found.meanings[meaning])):
            found.meanings[meaning] = place
    found.form, found.values = form.name, dict(form.values)
    return told


def _take(
    meanings: dict[Meaning, int], meaning: Meaning, place: int, header: str, texts: list[str]
) -> None:
    if meaning == "status" and not _is_status(plain(header), texts):
        return
    better = meaning == "name" and "dest" in header.lower()
    if meaning not in meanings or better:
        meanings[meaning] = place


def _is_status(header: str, texts: list[str]) -> bool:
    """A column of that name always is; one of changes where a word of it is known; one of remarks
    where most are. What such a column says and nobody knows is asked row by row.
    """
    words = {folded(text) for text in texts if text}
    if header.endswith("status") or header in YES_MEANS_OPEN:
        return bool(words)
    if "change" in header or header == "action":
        return bool(words & EFFECT_OF.keys() - {"", "-", "="})
    return looks_like_status(texts)


def _choose_price(found: Found, prices: list[int], headers: list[str], side: str) -> None:
    """One of several price columns where their names say which; else it is asked."""
    left = prices
    wrong, right = (_BUY, _SELL) if side != "buy" else (_SELL, _BUY)
    if side and any(right.search(headers[place]) for place in left):
        left = [place for place in left if not wrong.search(headers[place])]
    new = [place for place in left if _NEW.search(headers[place])]
    left = new or [place for place in left if not _OLD.search(headers[place])] or left
    if len(left) == 1:
        found.meanings["price"] = left[0]
    elif left:
        names = [headers[place] for place in left]
        found.asked.append(questions.price_column(names, names[0]))


def _codes(meanings: dict[Meaning, int], headers: list[str], body: list[Row]) -> None:
    """One code column, or the parts of one."""
    if "prefix" not in meanings and "country_code" not in meanings and "name" in meanings:
        place = meanings["name"]
        texts = [text for text in texts_of(body, place) if text]
        if texts and all(re.fullmatch(r"\+?[\d,;\-\s]+", text) for text in texts):
            meanings["prefix"] = meanings.pop("name")
            _rename(meanings, headers, place)
    if "prefix" in meanings:
        for part in ("country_code", "area_code", "exchange_code"):
            meanings.pop(part, None)
    elif "exchange_code" not in meanings and "country_code" not in meanings:
        if "area_code" in meanings:
            meanings["prefix"] = meanings.pop("area_code")
    elif "area_code" not in meanings:
        meanings.pop("exchange_code", None)


def _rename(meanings: dict[Meaning, int], headers: list[str], taken: int) -> None:
    for place, header in enumerate(headers):
        if place != taken and meaning_of(header) == "name":
            meanings["name"] = place
            return


def _by_cells(
    meanings: dict[Meaning, int], headers: list[str], body: list[Row], told: set[int]
) -> None:
    """A column that no word names and whose cells speak for themselves."""
    for place in range(len(headers)):
        if place in told or place in meanings.values():
            continue
        texts = [text for text in texts_of(body, place) if text]
        increments = {"increments", "first_s", "next_s"} & meanings.keys()
        if texts and not increments and all(_PAIR.fullmatch(text) for text in texts):
            meanings["increments"] = place
        elif "status" not in meanings and _only_status(texts):
            meanings["status"] = place


def _only_status(texts: list[str]) -> bool:
    return looks_like_status(texts) and len(set(texts)) <= 12


def _increments(meanings: dict[Meaning, int], body: list[Row]) -> None:
    """Columns of seconds must read so; `Increment` beside an initial one is the next."""
    place = meanings.get("increments")
    if place is not None:
        texts = [text for text in texts_of(body, place) if text]
        if not all(_reads(cells.increments, text) for text in texts):
            del meanings["increments"]
        elif {"first_s", "next_s"} & meanings.keys():
            del meanings["increments"]
            if "next_s" not in meanings and not any("/" in text for text in texts):
                meanings["next_s"] = place
            elif any("/" in text for text in texts):
                meanings["increments"] = place
    for meaning in _SECONDS:
        at = meanings.get(meaning)
        if at is not None and not all(
            _reads(cells.seconds, text) for text in texts_of(body, at) if text
        ):
            del meanings[meaning]


def _reads(read: Any, text: str) -> bool:
    try:
        read(text)
    except BadCellError:
        return False
    return True
