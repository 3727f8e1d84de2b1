"""The contract reckoned a second time, from `docs/rating.md` alone: increment by increment, in
fractions of a currency unit. Of the core it knows the card and the call as values, no function:
whoever changes a rule changes it in both places, and says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fractions import Fraction
from math import ceil, floor
from zoneinfo import ZoneInfo

from tollwright.core.cards.card import Allowance, Band, Rate, RateCard, Window
from tollwright.core.rating.rate_call import CallInput

NANO = Fraction(1, 10**9)
MICRO = Fraction(1, 10**6)
POWERS = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
Pools = dict[str, int]
Later = tuple[datetime, RateCard] | None  # the card's next version, and when it begins


@dataclass(frozen=True)
class Price:
    """What a call costs; status alone where it has no price."""

    status: str
    amount_micros: int = 0
    billed_s: int = 0
    allowance_s: int = 0


class NoRow(Exception):
    """There is no price: its argument is the status."""


def prices_of(calls: Sequence[CallInput], card: RateCard) -> tuple[list[Price], Pools]:
    """The price of each call, and what the allowances have left after all of them."""
    pools = {allowance.pool or allowance.name: allowance.amount for allowance in card.allowances}
    found: dict[int, Price] = {}
    for place in sorted(range(len(calls)), key=lambda p: (calls[p].answered_at, calls[p].call_key)):
        left = dict(pools)
        try:
            found[place] = price_of(calls[place], card, left)
            pools = left
        except NoRow as refusal:
            found[place] = Price(str(refusal))
    return [found[place] for place in range(len(calls))], pools


def price_of(call: CallInput, card: RateCard, pools: Pools, later: Later = None) -> Price:
    rate = row_at(card, call, 0, later)
    s = call.answered_ms // 1000 + (call.answered_ms % 1000 >= card.second_from_ms)
    counted = counted_seconds(s, rate)
    if counted is None:
        return Price("rated")
    drawn_on = order_of(card.allowances, call)
    free, taken, waived = draw_seconds(drawn_on, counted, pools)
    usage, billed = walk(card, call, free, counted, later)
    if rate.block_charge:
        every = rate.block_charge.every_s
        blocks = counted // every - free // every
        usage += blocks * rate.block_charge.amount_micros * MICRO * kept(rate)
    connect = 0 if waived else rate.connect_fee_micros
    total = usage + connect * MICRO
    if counted >= rate.disconnect_after_s:
        total += rate.disconnect_fee_micros * MICRO
    if rate.min_charge_micros and not 0 < counted <= free:
        total = max(total, rate.min_charge_micros * MICRO)
    if rate.max_charge_micros is not None:
        total = min(total, rate.max_charge_micros * MICRO)
    amount = rounded(total, card)
    return Price("rated", amount - pay(card, drawn_on, amount, connect, pools), billed, taken)


def counted_seconds(s: int, rate: Rate) -> int | None:
    """Seconds after threshold, grace and lift; None: the call costs nothing at all."""
    if s == 0 or s < rate.min_seconds:
        return None
    if rate.grace and rate.grace.mode == "threshold" and s <= rate.grace.seconds:
        return None
    if rate.grace and rate.grace.mode == "subtract":
        s = max(0, s - rate.grace.seconds)
    if rate.grace and rate.grace.mode == "add":
        s += rate.grace.seconds + ceil(Fraction(s * rate.grace.percent, 100))
    return rate.lift.to_s if rate.lift and rate.lift.above_s < s < rate.lift.to_s else s


def walk(card: RateCard, call: CallInput, p: int, end: int, later: Later) -> tuple[Fraction, int]:
    """What the increments that begin in [p, end) cost, and how many seconds they are."""
    total, begin, before = Fraction(0), p, p - 1
    while p < end:
        rate = row_at(card, call, p if card.crossing == "split" else 0, later)
        cost, length = increment(card, rate, p, before, end)
        total += cost * kept(rate)
        p, before = p + length, p
    return total, p - begin


def increment(card: RateCard, rate: Rate, p: int, before: int, end: int) -> tuple[Fraction, int]:
    """Cost and length of the increment that begins at p, after one that began at `before`, in a
    call of `end` seconds."""
    price, length, charge = rate.price_nanos, rate.next_s, 0
    for step in rate.steps:
        if step.from_s <= p:
            price = price if step.price_nanos is None else step.price_nanos
            length = step.next_s or length
            charge = step.charge_micros if step.from_s > before else 0
    first = rate.first_s
    if card.family == "round_total" and end > first:
        first = ceil(Fraction(first, rate.next_s)) * rate.next_s
    if p == 0 and first:
        length = first
        if rate.first_charge_micros is not None:
            return rate.first_charge_micros * MICRO, length
    return price * NANO * length / rate.unit_s + charge * MICRO, length


def kept(rate: Rate) -> Fraction:
    """The part of the usage that the discount leaves."""
    return 1 - Fraction(rate.discount_ppm, 10**6)


def rounded(exact: Fraction, card: RateCard) -> int:
    """Micros, a multiple of the card's last decimal."""
    grid = POWERS[6 - card.rounding.decimals]
    units = abs(exact) * 10**6 / grid
    whole, rest = floor(units), units - floor(units)
    more = {
        "half_up": rest >= Fraction(1, 2),
        "up": rest > 0,
        "down": False,
        "half_even": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1),
    }[card.rounding.mode]
    return (whole + more) * (grid if exact > 0 else -grid)


def row_at(card: RateCard, call: CallInput, elapsed: int, later: Later) -> Rate:
    """The row that prices the number so many seconds after the answer."""
    at = call.answered_at + timedelta(seconds=elapsed)
    if later and at >= later[0]:
        card = later[1]
    holding = [rate for rate in card.rates if holds(card, rate, at)]
    fitting = [rate for rate in holding if fits(rate, call)]
    weights = {band.name: band.weight for band in card.bands} | {None: -(10**9)}
    if fitting:
        best = max(fitting, key=lambda rate: rank(rate, weights))
    elif card.unmatched == "default" and (rest := [r for r in holding if r.prefix == ""]):
        # meant for anyone: the row that asks least, then as ever
        best = max(rest, key=lambda r: (-len(r.origin_prefix), width(r), rank(r, weights)))
    else:
        raise NoRow("unmatched")
    if best.blocked:
        raise NoRow("blocked")
    return best


def fits(rate: Rate, call: CallInput) -> bool:
    low, high = lengths(rate)
    return (
        call.called.startswith(rate.prefix)
        and call.caller.startswith(rate.origin_prefix)
        and low <= len(call.called) <= high
    )


def rank(rate: Rate, weights: dict[str | None, int]) -> tuple[int, int, int, int, int, float]:
    begins = rate.effective_from.timestamp() if rate.effective_from else float("-inf")
    key = (len(rate.prefix), len(rate.origin_prefix), -width(rate), lengths(rate)[0])
    return (*key, weights[rate.band], begins)


def lengths(rate: Rate) -> tuple[int, int]:
    return rate.length_min or 0, 15 if rate.length_max is None else rate.length_max


def width(rate: Rate) -> int:
    return lengths(rate)[1] - lengths(rate)[0]


def holds(card: RateCard, rate: Rate, at: datetime) -> bool:
    if rate.effective_from and at < rate.effective_from:
        return False
    if rate.effective_to and at >= rate.effective_to:
        return False
    wall = at.astimezone(ZoneInfo(card.timezone)).replace(tzinfo=None)
    bands = [band for band in card.bands if band.name == rate.band]
    return rate.band is None or any(in_window(b, w, wall) for b in bands for w in b.windows)


def in_window(band: Band, window: Window, wall: datetime) -> bool:
    """Whether a window that starts on the day before or on this one holds."""
    for back in (0, 1):
        day = (wall - timedelta(days=back)).date()
        begin = datetime.combine(day, time()) + timedelta(minutes=window.start_min)
        over = 1440 if window.end_min <= window.start_min else 0
        length = timedelta(minutes=window.end_min + over - window.start_min)
        starts_then = day in band.dates if band.dates else True
        if starts_then and day.isoweekday() in window.days and begin <= wall < begin + length:
            return True
    return False


def order_of(allowances: Sequence[Allowance], call: CallInput) -> list[Allowance]:
    """Those that are for this call: longest prefix, weight, soonest expiry, place in the card."""
    valid = [
        allowance
        for allowance in allowances
        if any(call.called.startswith(prefix) for prefix in allowance.prefixes)
        and (allowance.starts_at is None or allowance.starts_at <= call.answered_at)
        and (allowance.expires_at is None or call.answered_at < allowance.expires_at)
    ]

    def before(allowance: Allowance) -> tuple[int, int, float]:
        longest = max(len(p) for p in allowance.prefixes if call.called.startswith(p))
        expires = allowance.expires_at
        return -longest, -allowance.weight, expires.timestamp() if expires else float("inf")

    return sorted(valid, key=before)


def draw_seconds(drawn_on: list[Allowance], end: int, pools: Pools) -> tuple[int, int, bool]:
    """(seconds covered from the answer on, seconds taken, connect fee waived)."""
    free, taken, waived = 0, 0, False
    for allowance in drawn_on:
        pool, wanted = allowance.pool or allowance.name, end - free
        held = pools[pool]
        if allowance.unit == "money" or not wanted or held <= 0:
            continue
        if allowance.unit == "calls":
            gives, covers, counts = 1, wanted, wanted
        else:
            gives = ceil(Fraction(wanted, allowance.step_s)) * allowance.step_s
            covers = wanted
            if gives > held:
                gives = held
                partly = {"partial": min(held, wanted), "whole_free": wanted, "all_or_nothing": 0}
                covers = partly[allowance.excess]
            counts = gives
        if covers:
            pools[pool] -= gives
            free, taken = free + covers, taken + counts
            waived = waived or allowance.waives_connect_fee
    return free, taken, waived


def pay(card: RateCard, drawn_on: list[Allowance], amount: int, connect: int, pools: Pools) -> int:
    """Micros that pools of money pay, in whole steps of the card's last decimal."""
    grid, paid = POWERS[6 - card.rounding.decimals], 0
    for allowance in drawn_on:
        pool = allowance.pool or allowance.name
        owed = amount - paid - (0 if allowance.waives_connect_fee else connect)
        owed -= owed % grid
        if allowance.unit != "money" or owed <= 0 or pools[pool] <= 0:
            continue
        gives = {
            "partial": min(owed, pools[pool]) // grid * grid,
            "whole_free": owed,
            "all_or_nothing": owed if owed <= pools[pool] else 0,
        }[allowance.excess]
        paid += gives
        pools[pool] -= min(gives, pools[pool])
    return paid
