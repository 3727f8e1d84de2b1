"""The text of a card file to a prepared card, with a profile where one is asked for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import NoReturn

from tollwright.core.cards.card import RateCard
from tollwright.core.cards.file import load_card
from tollwright.core.cards.read import CardError, Fault
from tollwright.core.rating.call_file import UNREADABLE
from tollwright.core.rating.profiles import apply_profile
from tollwright.core.rating.rate_lookup import CardIndex, prepare

MOST_DIGITS = 40  # of a whole number; no field takes as many


def open_card(text: str, profile: str = "") -> CardIndex:
    """A card ready to rate; raises as `read_card_text`."""
    return prepare(read_card_text(text, profile))


def read_card_text(text: str, profile: str = "") -> RateCard:
    """Raises CardError with all faults of the card, UnknownProfile for the profile's name."""
    card = load_card(card_data(text))
    return apply_profile(card, profile) if profile else card


def card_data(text: str) -> Mapping[str, object]:
    """The JSON object of a card file. Raises CardError: it is none, or says a key twice."""
    text = text.removeprefix("\ufeff")
    if not text.strip():
        _refuse("is empty")
    if UNREADABLE in text or "\0" in text:
        line = text.count("\n", 0, max(text.find(UNREADABLE), text.find("\0"))) + 1
        _refuse(f"is not UTF-8 text, see line {line}: a card is a JSON file, saved as UTF-8")
    try:
        data = json.loads(
            text, object_pairs_hook=_each_key_once, parse_constant=_no_number, parse_int=_whole
        )
        if "\\u" in text:
            _writable(data)
    except json.JSONDecodeError as error:
        _refuse(f"is not JSON: {error.msg} in line {error.lineno}, column {error.colno}")
    except RecursionError:
        _refuse("is not a card: its JSON is nested too deep")
    if not isinstance(data, dict):
        _refuse('must be one JSON object, {"rates": [...]}')
    return data


def _each_key_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object of the file: of two prices in one row, none is silently the right one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        key, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        told = f"is there twice in the object with {': '.join(map(str, pairs[0]))}"
        raise CardError([Fault(None, _shown(key), _shown(told))])
    return found


def _shown(text: str) -> str:
    """A text that can be written, whatever escapes it was made of."""
    return text.encode(errors="replace").decode()


def _no_number(name: str) -> NoReturn:
    _refuse(f'holds {name}, which is not a number: write amounts in quotes, "0.012"')


def _writable(data: object) -> None:
    """An escape can name what no text holds, and no database takes."""
    plain = json.dumps(data, ensure_ascii=False)
    if "\\u0000" in plain or any("\ud800" <= sign <= "\udfff" for sign in plain):
        _refuse("holds an escape that is not a character: \\u0000, or one half of a pair")


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        _refuse(f"holds a number of {len(digits)} digits: {digits[:20]}…")
    return int(digits)


def _refuse(reason: str) -> NoReturn:
    raise CardError([Fault(None, "card", reason)]) from None
