"""Published card versions as core's prepared cards, loaded once per process and content.

A published version never changes, so what was prepared under its content hash stays right; the
memory is bounded by the number of versions kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from threading import Lock

from tollwright.core.money import Rounding
from tollwright.core.rating.rate_lookup import CardIndex, prepare
from tollwright.store import terms as store
from tollwright.store.bulk import collector_paused
from tollwright.store.rates import read_card, read_frame

_KEPT = 16


Key = tuple[str, int, str, Rounding | None]  # database, version, content hash, a rule's rounding


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


def name(content_hash: str, rounding: Rounding | None, what: str = "") -> str:
    """A version's content, what a rule and `what` change about it, in a text."""
    rounded = "" if rounding is None else f"{rounding.mode} {rounding.decimals}"
    return f"{content_hash}/{rounded}/{what}"


def card_of(
    cursor: store.Cursor, version_id: int, content_hash: str, rounding: Rounding | None = None
) -> CardIndex:
    """The prepared card of a published version; its amounts rounded by `rounding` if a rule says.

    Raises ValueError for rows that are no card, which publishing refuses.
    """
    database = cursor.connection.info.dbname

    def load() -> CardIndex:
        if rounding is None:
            return _load(cursor, version_id)
        plain = card_of(cursor, version_id, content_hash)
        return replace(plain, card=replace(plain.card, rounding=rounding))

    return CARDS.get((database, version_id, content_hash, rounding), load)


def _load(cursor: store.Cursor, version_id: int) -> CardIndex:
    frame = read_frame(store.fetch_card_options(cursor, version_id))
    with collector_paused():
        return prepare(read_card(cursor.connection, version_id=version_id, frame=frame))
