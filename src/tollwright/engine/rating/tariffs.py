"""Card versions ready to price columns of calls, the last ones kept by the process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock

from tollwright.core.cards.card import RateCard
from tollwright.core.money import Rounding
from tollwright.core.rating.rate_lookup import CardIndex
from tollwright.engine.rating.cards import card_of, name
from tollwright.engine.rating.terms import Version
from tollwright.kernel.rating.layout import CompiledCard
from tollwright.store import cardcache
from tollwright.store.calls import Cursor

KEPT = 8
Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Tariff:
    """What prices calls, and the card whose pools they draw on."""

    card_id: int
    index: CardIndex
    compiled: CompiledCard


class CompiledStore:
    """The compiled cards of this process, the last ones used."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, CompiledCard] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, load: Callable[[], CompiledCard]) -> CompiledCard:
        """The card of this key; `load` makes it where it is not here yet."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        found = load()
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found


STORE = CompiledStore()


def compiled_of(
    cursor: Cursor, version: Version, rounding: Rounding | None, *, bare: bool = False
) -> CompiledCard:
    """A published version, its amounts rounded as a rule says (None: as it says), as arrays.

    `bare` leaves its allowances out. Its rows are read only where no process has compiled them.
    """

    def card() -> RateCard:
        found = card_of(cursor, version.id, version.content_hash, rounding).card
        return replace(found, allowances=()) if bare else found

    key = _key(cursor, version, rounding, bare)
    return STORE.get(key, lambda: cardcache.compiled(_name(version, rounding, bare), card))


def tariff_of(cursor: Cursor, card_id: int, version: Version, rounding: Rounding | None) -> Tariff:
    """A published version with its allowances."""
    index = card_of(cursor, version.id, version.content_hash, rounding)
    return Tariff(card_id, index, compiled_of(cursor, version, rounding))


def _name(version: Version, rounding: Rounding | None, bare: bool) -> str:
    bare = bare or not version.has_allowances
    return name(version.content_hash, rounding, "bare" if bare else "")


def _key(cursor: Cursor, version: Version, rounding: Rounding | None, bare: bool) -> Key:
    return cursor.connection.info.dbname, version.id, _name(version, rounding, bare)
