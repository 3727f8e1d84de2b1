"""Which row prices a call at an instant: a card laid out for lookup, once per published version.

Rows that hold at the instant compete: longest called prefix, longest origin prefix, narrowest
length range (of equal widths the one that begins higher), then the band's weight (a row without
band ranks below every band), then the latest start. A row whose dates or band do not cover the
instant does not compete, so a shorter prefix may take the call. With `unmatched: default`, rows
with prefix '' come once more at the very end, whatever their origin and length say.

Rows with one prefix, origin and length range form a `Tier`. The tiers that fit a pair of numbers
do not change during a call; only which row of which tier holds does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import lcm
from zoneinfo import ZoneInfo

from tollwright.core.cards.bands import BandClock, band_clock
from tollwright.core.cards.card import MAX_DIGITS, PPM, Rate, RateCard

BANDLESS = -(10**9)  # below every weight a band can have
ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tier:
    """Rows of one key, best first: the first that holds at an instant is the tier's answer."""

    prefix: str
    origin: str
    length_min: int
    length_max: int
    rows: tuple[int, ...]
    settled: bool  # some row holds at all times: nothing below can ever win
    fixed: bool  # ... and it is the only one: the answer never changes

    def fits(self, called: str, caller: str) -> bool:
        return self.length_min <= len(called) <= self.length_max and caller.startswith(self.origin)


@dataclass(frozen=True, slots=True)
class CardIndex:
    """A card prepared for rating. Build it once per card with `prepare`; it is read-only.

    `common_unit_s` is the least common multiple of the card's `unit_s`; `denominator` is the
    one denominator, in nanos, of every exact amount on this card (see `core.rating.pricing`).
    """

    card: RateCard
    zone: ZoneInfo
    clock: BandClock | None
    by_prefix: dict[str, tuple[Tier, ...]]
    lengths: tuple[int, ...]  # of the prefixes that occur, longest first
    last_resort: tuple[Tier, ...]
    bits: tuple[int, ...] = field(repr=False)  # per row, the bit of its band; 0: at all times
    common_unit_s: int
    denominator: int

    def tiers(self, called: str, caller: str, *, whole: bool = False) -> tuple[Tier, ...]:
        """The tiers that fit these numbers, best first, down to the first that always answers.

        `whole`: no prefix is for the number but all its digits, and none.
        """
        found: list[Tier] = []
        for tier in self.of_prefixes(called, whole=whole):
            if tier.fits(called, caller):
                found.append(tier)
                if tier.settled:
                    return tuple(found)
        return (*found, *self.last_resort)

    def of_prefixes(self, called: str, *, whole: bool = False) -> Iterator[Tier]:
        """All tiers whose prefix begins the called number, best first, whatever else they ask."""
        for length in self.lengths:
            if length == len(called) or length <= len(called) * (not whole):
                yield from self.by_prefix.get(called[:length], ())

    def row_at(self, tiers: tuple[Tier, ...], at: datetime) -> int:
        """Index of the row that holds at this instant; -1: none does."""
        mask = -1
        for tier in tiers:
            if tier.fixed:
                return tier.rows[0]
            for row in tier.rows:
                bit = self.bits[row]
                if bit and mask < 0 and self.clock:
                    mask = self.clock.active(at)
                if (not bit or mask & bit) and in_force(self.card.rates[row], at):
                    return row
        return -1

    def next_change(self, tiers: tuple[Tier, ...], at: datetime) -> datetime | None:
        """The first instant after `at` at which `row_at` may differ; None: it never will."""
        moments: list[datetime] = []
        banded = False
        for tier in tiers:
            for row in () if tier.fixed else tier.rows:
                rate = self.card.rates[row]
                banded = banded or self.bits[row] != 0
                moments += [m for m in (rate.effective_from, rate.effective_to) if m and m > at]
        if banded and self.clock:
            moments.append(self.clock.next_edge(at))
        return min(moments, default=None)


def in_force(rate: Rate, at: datetime) -> bool:
    """`effective_from` <= at < `effective_to`."""
    if rate.effective_from is not None and at < rate.effective_from:
        return False
    return rate.effective_to is None or at < rate.effective_to


def prepare(card: RateCard | CardIndex) -> CardIndex:
    """The card laid out for lookup; a prepared one is returned as it is."""
    if isinstance(card, CardIndex):
        return card
    zone = ZoneInfo(card.timezone)
    place = {band.name: place for place, band in enumerate(card.bands)}
    by_prefix = _tiers_by_prefix(card)
    common = lcm(*{rate.unit_s for rate in card.rates})
    return CardIndex(
        card=card,
        zone=zone,
        clock=band_clock(card.bands, zone) if card.bands else None,
        by_prefix=by_prefix,
        lengths=tuple(sorted({len(prefix) for prefix in by_prefix}, reverse=True)),
        last_resort=tuple(_last_resort(card)),
        bits=tuple(1 << place[rate.band] if rate.band is not None else 0 for rate in card.rates),
        common_unit_s=common,
        denominator=common * PPM,
    )


_Key = tuple[str, str, int, int]


def _key(rate: Rate) -> _Key:
    low = 0 if rate.length_min is None else rate.length_min
    high = MAX_DIGITS if rate.length_max is None else rate.length_max
    return rate.prefix, rate.origin_prefix, low, high


def _tiers_by_prefix(card: RateCard) -> dict[str, tuple[Tier, ...]]:
    groups: dict[_Key, list[int]] = {}
    for row, rate in enumerate(card.rates):
        groups.setdefault(_key(rate), []).append(row)
    by_prefix: dict[str, list[Tier]] = {}
    for key, rows in groups.items():
        by_prefix.setdefault(key[0], []).append(_tier(card, key, rows))
    return {
        prefix: tuple(sorted(tiers, key=_rank) if len(tiers) > 1 else tiers)
        for prefix, tiers in by_prefix.items()
    }


def _rank(tier: Tier) -> tuple[int, int, int, str]:
    width = tier.length_max - tier.length_min
    return -len(tier.origin), width, -tier.length_min, tier.origin


def _tier(card: RateCard, key: _Key, rows: list[int]) -> Tier:
    if len(rows) > 1:
        weight = {band.name: band.weight for band in card.bands}
        rows = sorted(rows, key=lambda row: _precedence(card.rates[row], weight), reverse=True)
    settled = _timeless(card.rates[rows[-1]])  # it ranks below all others
    return Tier(*key, tuple(rows), settled, fixed=settled and len(rows) == 1)


def _precedence(rate: Rate, weight: dict[str, int]) -> tuple[int, datetime]:
    return (
        BANDLESS if rate.band is None else weight[rate.band],
        rate.effective_from or ALWAYS,
    )


def _timeless(rate: Rate) -> bool:
    return rate.band is None and rate.effective_from is None and rate.effective_to is None


def _last_resort(card: RateCard) -> Iterator[Tier]:
    """With `unmatched: default`: the '' rows, whatever their origin and length conditions."""
    if card.unmatched != "default":
        return
    rows = [row for row, rate in enumerate(card.rates) if rate.prefix == ""]
    by_rank = sorted(
        {_key(card.rates[row]) for row in rows}, key=lambda k: (len(k[1]), k[2] - k[3])
    )
    for key in by_rank:  # the least particular row first: it was meant for anyone
        tier = _tier(card, key, [row for row in rows if _key(card.rates[row]) == key])
        yield Tier("", "", 0, MAX_DIGITS, tier.rows, tier.settled, tier.fixed)
