"""Published card versions as core's prepared cards, loaded once per process and content.

A published version never changes, so what was prepared under its content hash stays right; the
memory is bounded by the number of versions kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from tollwright.core.card import Rate
from tollwright.core.carddump import show_moment
from tollwright.core.cardfile import load_card, read_rate
from tollwright.core.cardread import Fault, Reader, as_moment
from tollwright.core.choose import CardIndex, prepare
from tollwright.core.money import Rounding, show, show_price
from tollwright.store import terms as store

_KEPT = 16


Key = tuple[str, int, str]  # database, version, content hash


class CardStore:
    """The prepared cards of this process."""

    def __init__(self) -> None:
        self._cards: OrderedDict[Key, CardIndex] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, load: Callable[[], CardIndex]) -> CardIndex:
        """The card of this key; `load` reads it where it is not here yet."""
        with self._lock:
            found = self._cards.get(key)
            if found is not None:
                self._cards.move_to_end(key)
                return found
        found = load()
        with self._lock:
            self._cards[key] = found
            while len(self._cards) > _KEPT:
                self._cards.popitem(last=False)
        return found


CARDS = CardStore()


def card_of(
    cursor: store.Cursor, version_id: int, content_hash: str, rounding: Rounding | None = None
) -> CardIndex:
    """The prepared card of a published version; its amounts rounded by `rounding` if a rule says.

    Raises ValueError for rows that are no card, which publishing refuses.
    """
    key = (cursor.connection.info.dbname, version_id, content_hash)
    card = CARDS.get(key, lambda: _load(cursor, version_id))
    return card if rounding is None else replace(card, card=replace(card.card, rounding=rounding))


def _load(cursor: store.Cursor, version_id: int) -> CardIndex:
    options, rows = store.card_content(cursor, version_id)
    unmatched = options.pop("unmatched", "reject")  # its default row is among the rates
    frame = load_card({**options, "rates": []})
    rates = tuple(_rate(row, options) for row in rows)
    return prepare(replace(frame, rates=rates, unmatched=unmatched))


def _rate(row: Sequence[Any], options: dict[str, Any]) -> Rate:
    """A row of the table; `extra` holds what has no column, in the card file's form."""
    (
        prefix, name, price, unit_s, first_s, next_s, connect, blocked, begins, ends, extra
    ) = row  # fmt: skip
    if extra is None:
        return Rate(
            prefix, price, name, None, connect, unit_s, first_s, next_s, blocked=blocked,
            effective_from=begins, effective_to=ends,
        )  # fmt: skip
    written = {
        "prefix": prefix, "name": name, "price": show_price(price), "unit_s": unit_s,
        "first_s": first_s, "next_s": next_s, "connect_fee": show(connect), "blocked": blocked,
        **_dated(begins, ends), **msgspec.json.decode(extra),
    }  # fmt: skip
    faults: list[Fault] = []
    zone = load_card({"timezone": options.get("timezone", "UTC"), "rates": []}).timezone
    rate = read_rate(Reader(written, faults), as_moment(ZoneInfo(zone)))
    if faults:
        raise ValueError(f"a published rate cannot be read: {faults[0]}")
    return rate


def _dated(begins: datetime | None, ends: datetime | None) -> dict[str, str]:
    moments = {"effective_from": begins, "effective_to": ends}
    return {key: show_moment(moment) for key, moment in moments.items() if moment is not None}
