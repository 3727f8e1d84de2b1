"""What publishing refuses beyond the form of a single field: bounds that need the whole card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from math import lcm

from tollwright.core.cards import card as c
from tollwright.core.cards.bands import gaps, overlaps, say_day, say_week
from tollwright.core.cards.read import Fault
from tollwright.core.money import NANO, show_price


def check_card(card: c.RateCard) -> list[Fault]:
    """All faults of a card whose fields are well formed; an empty list: it may be published."""
    faults = [
        fault for row, rate in enumerate(card.rates, 1) for fault in _rate_faults(card, row, rate)
    ]
    return [
        *faults,
        *_duplicates(card),
        *_card_faults(card),
        *_band_faults(card),
        *_allowance_faults(card),
    ]


def _card_faults(card: c.RateCard) -> Iterator[Fault]:
    common = lcm(*{rate.unit_s for rate in card.rates})
    if common > c.MAX_COMMON_UNIT_S:
        yield Fault(
            None,
            "rates",
            f"the unit_s of the rows have no common multiple up to {c.MAX_COMMON_UNIT_S}",
        )
    if card.unmatched == "default" and not any(rate.prefix == "" for rate in card.rates):
        yield Fault(None, "unmatched", '"default" needs a row with the prefix ""')


def _rate_faults(card: c.RateCard, row: int, rate: c.Rate) -> Iterator[Fault]:
    yield from _price_faults(card, row, rate)
    if rate.effective_from and rate.effective_to and rate.effective_from >= rate.effective_to:
        yield Fault(row, "effective_to", "is not after effective_from: the row would never apply")
    if rate.length_min is not None or rate.length_max is not None:
        yield from _length_faults(row, rate)
    if rate.max_charge_micros is not None and rate.max_charge_micros < rate.min_charge_micros:
        yield Fault(row, "max_charge", "is below min_charge")
    if rate.first_charge_micros is not None and rate.first_s == 0:
        yield Fault(row, "first_charge", "needs a first interval: first_s is 0")
    if rate.lift and rate.lift.to_s <= rate.lift.above_s:
        yield Fault(row, "lift.to_s", "is not after above_s: it would never lift")
    if rate.steps:
        yield from _step_faults(row, rate)


def _price_faults(card: c.RateCard, row: int, rate: c.Rate) -> Iterator[Fault]:
    most = c.MAX_PRICE_PER_MINUTE * NANO * rate.unit_s
    if not rate.steps and 0 <= rate.price_nanos * 60 <= most:
        return  # nearly every row, and a deck has hundreds of thousands
    named = [("price", rate.price_nanos)]
    named += [
        (f"steps[{place}].price", step.price_nanos)
        for place, step in enumerate(rate.steps, 1)
        if step.price_nanos is not None
    ]
    for name, price in named:
        if abs(price) * 60 > most:
            yield Fault(
                row, name, f"{show_price(price)} is more than {c.MAX_PRICE_PER_MINUTE} per minute"
            )
        if price < 0 and not card.allow_negative:
            yield Fault(
                row, name, f"{show_price(price)} is negative and the card has no allow_negative"
            )


def _length_faults(row: int, rate: c.Rate) -> Iterator[Fault]:
    if rate.length_width < 1:
        yield Fault(row, "length_max", "is below length_min")
    elif rate.length_max is not None and rate.length_max < len(rate.prefix):
        yield Fault(row, "length_max", "is shorter than the prefix: the row would never apply")


def _step_faults(row: int, rate: c.Rate) -> Iterator[Fault]:
    if len(rate.steps) > c.MAX_STEPS:
        yield Fault(row, "steps", f"are {len(rate.steps)}: at most {c.MAX_STEPS}")
    for place, (before, after) in enumerate(zip(rate.steps, rate.steps[1:], strict=False), 2):
        if after.from_s <= before.from_s:
            yield Fault(row, f"steps[{place}].from_s", "is not after the step before it")


_Key = tuple[str, str, int, int, str | None]


def _key(rate: c.Rate) -> _Key:
    highest = c.MAX_DIGITS if rate.length_max is None else rate.length_max
    return rate.prefix, rate.origin_prefix, rate.length_min or 0, highest, rate.band


def _duplicates(card: c.RateCard) -> Iterator[Fault]:
    """Two rows that nothing tells apart: which of them would price a call is anyone's guess."""
    seen: dict[tuple[_Key, datetime | None], int] = {}
    for row, rate in enumerate(card.rates, 1):
        first = seen.setdefault((_key(rate), rate.effective_from), row)
        if first != row:
            yield Fault(row, "prefix", f"{rate.prefix!r} is there already, in row {first}")


def _band_faults(card: c.RateCard) -> Iterator[Fault]:
    if len(card.bands) > c.MAX_BANDS:
        yield Fault(None, "bands", f"are {len(card.bands)}: at most {c.MAX_BANDS}")
    known = Counter(band.name for band in card.bands)
    for name, times in known.items():
        if times > 1:
            yield Fault(None, "bands", f"{name!r} is there {times} times")
    for row, rate in enumerate(card.rates, 1):
        if rate.band is not None and rate.band not in known:
            yield Fault(row, "band", f"{rate.band!r} is not a band of this card")
    for overlap in overlaps(card.bands):
        when = f"on {overlap.day} {say_day(overlap.spans)}" if overlap.day else ""
        yield Fault(
            None,
            "bands",
            f"{overlap.first!r} and {overlap.second!r} have the same weight and overlap: "
            + (when or say_week(overlap.spans)),
        )
    yield from _gap_faults(card)


def _gap_faults(card: c.RateCard) -> Iterator[Fault]:
    """Minutes of the week in no band, for a row that has a price in bands only.

    A row without band, of the same prefix, origin and length, holds at all times and closes them.
    """
    open_minutes = gaps(card.bands)
    if not card.bands or not open_minutes:
        return
    closed = {_key(rate)[:4] for rate in card.rates if rate.band is None}
    for row, rate in enumerate(card.rates, 1):
        if rate.band is not None and _key(rate)[:4] not in closed:
            yield Fault(row, "band", f"no band of the card holds on {say_week(open_minutes)}")
            return


def _allowance_faults(card: c.RateCard) -> Iterator[Fault]:
    names = Counter(allowance.name for allowance in card.allowances)
    units: dict[str, tuple[str, int, str]] = {}
    for place, allowance in enumerate(card.allowances, 1):
        path = f"allowances[{place}]"
        if not allowance.name:
            yield Fault(None, f"{path}.name", "is empty")
        elif names[allowance.name] > 1:
            yield Fault(None, f"{path}.name", f"{allowance.name!r} is there more than once")
        mine = (allowance.unit, allowance.amount, allowance.per)
        if units.setdefault(allowance.pool_name, mine) != mine:
            yield Fault(None, f"{path}.pool", "is shared with another unit, amount or per")
        starts, expires = allowance.starts_at, allowance.expires_at
        if starts and expires and starts >= expires:
            yield Fault(None, f"{path}.expires_at", "is not after starts_at")
