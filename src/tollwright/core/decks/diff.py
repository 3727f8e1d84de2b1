"""What a deck would change, code by code, before anything is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol, TypeVar

import msgspec

Mode = Literal["replace", "amend"]
What = Literal["new", "increased", "decreased", "unchanged", "changed", "blocked", "closed"]
WHATS: tuple[What, ...] = (
    "new", "increased", "decreased", "unchanged", "changed", "blocked", "closed"
)  # fmt: skip
_EVER = datetime(1, 1, 1, tzinfo=UTC)


class Priced(Protocol):
    """What a rate of a card and a row of a deck have in common."""

    @property
    def prefix(self) -> str: ...
    @property
    def origin_prefix(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def price_nanos(self) -> int: ...
    @property
    def unit_s(self) -> int: ...
    @property
    def first_s(self) -> int: ...
    @property
    def next_s(self) -> int: ...
    @property
    def connect_fee_micros(self) -> int: ...
    @property
    def min_charge_micros(self) -> int: ...
    @property
    def max_charge_micros(self) -> int | None: ...
    @property
    def blocked(self) -> bool: ...
    @property
    def effective_from(self) -> datetime | None: ...


P = TypeVar("P", bound=Priced)


class Fate(msgspec.Struct, frozen=True, gc=False):
    """What becomes of one code; `old` or `new` is None where there is none."""

    prefix: str
    what: What
    old: Priced | None
    new: Priced | None


@dataclass(frozen=True, slots=True)
class DeckDiff:
    """The fates in the order of their codes, and how many there are of each kind."""

    fates: list[Fate]
    counts: dict[What, int]


def deck_diff(
    old_rows: Iterable[Priced], new_rows: Iterable[Priced], mode: Mode = "replace"
) -> DeckDiff:
    """Compare two decks. In `replace` a code that the new one lacks is closed; in `amend` it stays
    and is not listed. Where a code has several dated rows, the latest counts. A price is compared
    per second exactly; `changed` = another fee, increment, limit or name at the same price.
    """
    old, new = _latest(old_rows), _latest(new_rows)
    keys = old.keys() | new.keys() if mode == "replace" else new.keys()
    fates = [
        Fate(key[0], _what(old.get(key), new.get(key)), old.get(key), new.get(key))
        for key in sorted(keys)
    ]
    counts: dict[What, int] = dict.fromkeys(WHATS, 0)
    for fate in fates:
        counts[fate.what] += 1
    return DeckDiff(fates, counts)


def _latest(rows: Iterable[P]) -> dict[tuple[str, str], P]:
    found: dict[tuple[str, str], P] = {}
    for row in rows:
        key = (row.prefix, row.origin_prefix)
        held = found.setdefault(key, row)
        if (row.effective_from or _EVER) >= (held.effective_from or _EVER):
            found[key] = row
    return found


def _what(old: Priced | None, new: Priced | None) -> What:
    if new is None:
        return "closed"
    if new.blocked:
        return "unchanged" if old is not None and old.blocked else "blocked"
    if old is None:
        return "new"
    if old.blocked:
        return "changed"
    before, after = old.price_nanos * new.unit_s, new.price_nanos * old.unit_s
    if after != before:
        return "increased" if after > before else "decreased"
    return "unchanged" if _terms(old) == _terms(new) else "changed"


def _terms(row: Priced) -> tuple[object, ...]:
    return (
        row.name, row.first_s, row.next_s, row.connect_fee_micros,
        row.min_charge_micros, row.max_charge_micros,
    )  # fmt: skip
