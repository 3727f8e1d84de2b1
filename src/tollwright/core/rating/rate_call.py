"""What one call costs on one card, exactly: the contract of `docs/rating.md` for a single leg.

`rate_call` is the short way to the amount; `reckon` gives the same with all that led to it, which
`explain` turns into sentences. Prepare a card once (`rate_lookup.prepare`) when rating in bulk:
a bare `RateCard` is prepared anew at each call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from tollwright.core.cards.card import MAX_CALL_MS, MAX_DIGITS, Allowance, Rate, RateCard
from tollwright.core.money import POWERS, round_ratio
from tollwright.core.rating.allowances import (
    NO_COVER,
    NO_MONEY,
    AllowanceUse,
    Cover,
    MoneyCover,
    cover_money,
    cover_seconds,
    draw,
    full_pools,
    matching,
)
from tollwright.core.rating.pricing import NANOS_PER_MICRO, NO_USAGE, Usage, price_usage
from tollwright.core.rating.rate_lookup import CardIndex, Tier, prepare
from tollwright.core.rating.seconds import Seconds, count_seconds

Status = Literal["rated", "blocked", "unmatched", "invalid"]
YEARS = range(1970, 2201)


@dataclass(frozen=True, slots=True)
class CallInput:
    """One answered call: `answered_at` is aware, numbers are E.164 digits without +.

    `caller` may be empty (withheld); `called` may not. `whole`: it is a short number, for which
    no row is but one of all its digits, or the default row.
    """

    call_key: str
    answered_at: datetime
    answered_ms: int
    caller: str
    called: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class ExplainStep:
    """One step of the reckoning: `kind` and `facts` for a program, `text` for a reader."""

    kind: str
    text: str
    facts: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """What a call costs. Only with status `rated` is `amount_micros` a price."""

    status: Status
    reason: str = ""
    prefix: str = ""
    rate_index: int = -1  # place in card.rates, of the row that held at the answer
    band: str = ""
    billed_s: int = 0  # seconds charged in money
    amount_micros: int = 0
    allowance_s: int = 0  # seconds taken from allowances; of a pool of calls, the seconds covered
    uses: tuple[AllowanceUse, ...] = ()
    steps: tuple[ExplainStep, ...] = ()  # filled by explain


@dataclass(frozen=True, slots=True)
class Total:
    """From usage to the amount: numerators are nanos over the card's denominator."""

    connect_fee_micros: int = 0
    disconnect_fee_micros: int = 0
    sum_numerator: int = 0
    limited_by: Literal["", "min_charge", "max_charge"] = ""
    exact_numerator: int = 0
    rounded_micros: int = 0
    money: MoneyCover = NO_MONEY

    @property
    def amount_micros(self) -> int:
        return self.rounded_micros - self.money.paid_micros


@dataclass(frozen=True, slots=True)
class Reckoning:
    """A charge with everything that led to it."""

    charge: Charge
    tiers: tuple[Tier, ...] = ()
    seconds: Seconds | None = None
    cover: Cover = NO_COVER
    usage: Usage = NO_USAGE
    total: Total = Total()


def rate_call(
    call: CallInput,
    card: RateCard | CardIndex,
    *,
    remaining: Mapping[str, int] | None = None,
) -> Charge:
    """The charge of one call; never an exception for what the call says.

    `remaining` is what each allowance pool has left (seconds, calls or micros); a pool it does not
    name is full. The charge says in `uses` what to take away afterwards.
    """
    return reckon(call, prepare(card), remaining or {}).charge


def rate_calls(
    calls: Sequence[CallInput],
    card: RateCard | CardIndex,
    *,
    remaining: dict[str, int] | None = None,
) -> list[Charge]:
    """Charges in the order given; allowances are consumed by answer time, then call key.

    So the order of the input never matters. `remaining` is updated in place when given.
    """
    index, left = prepare(card), {} if remaining is None else remaining
    if not index.card.allowances:
        return [reckon(call, index, left).charge for call in calls]
    full = full_pools(index.card.allowances)
    charges: list[Charge | None] = [None] * len(calls)
    for place in consumption_order(calls):
        charge = reckon(calls[place], index, left).charge
        draw(left, charge.uses, full)
        charges[place] = charge
    return [charge for charge in charges if charge is not None]


def consumption_order(calls: Sequence[CallInput]) -> list[int]:
    """Places of the calls by answer time, then call key (then number and length, to be total)."""
    valid = [place for place, call in enumerate(calls) if call.answered_at.tzinfo is not None]
    rest = [place for place, call in enumerate(calls) if call.answered_at.tzinfo is None]
    return sorted(valid, key=lambda place: _turn(calls[place])) + rest


def _turn(call: CallInput) -> tuple[datetime, str, str, str, int]:
    return _utc(call.answered_at), call.call_key, call.called, call.caller, call.answered_ms


def _utc(at: datetime) -> datetime:
    """The same instant in UTC: seconds added to a time in a zone with summer time go astray."""
    if at.tzinfo is UTC:
        return at
    try:
        return at.astimezone(UTC)
    except OverflowError:  # in the first or last hours of the calendar
        return at.replace(tzinfo=UTC)


def invalid_reason(call: CallInput) -> str:
    """Why this cannot be the record of a call; empty when it can."""
    if call.answered_at.tzinfo is None:
        return "answered_at has no time zone"
    year = _utc(call.answered_at).year
    if year not in YEARS:
        return f"answered_at is in the year {year}"
    if call.answered_ms < 0:
        return f"the duration is negative ({call.answered_ms} ms)"
    if call.answered_ms > MAX_CALL_MS:
        return f"the duration is over 24 hours ({call.answered_ms} ms)"
    if not call.called:
        return "the called number is missing"
    return _number_reason("called", call.called) or _number_reason("caller", call.caller)


def _number_reason(which: str, number: str) -> str:
    if number and not (number.isascii() and number.isdigit()):
        return f"the {which} number {number!r} is not made of digits only"
    if len(number) > MAX_DIGITS:
        return f"the {which} number {number!r} has more than {MAX_DIGITS} digits"
    return ""


def reckon(call: CallInput, index: CardIndex, remaining: Mapping[str, int]) -> Reckoning:
    """`rate_call` with its working."""
    reason = invalid_reason(call)
    if reason:
        return Reckoning(Charge("invalid", reason))
    if call.answered_at.tzinfo is not UTC:
        call = replace(call, answered_at=_utc(call.answered_at))
    tiers = index.tiers(call.called, call.caller, whole=call.whole)
    row = index.row_at(tiers, call.answered_at)
    if row < 0:
        return Reckoning(Charge("unmatched", _unmatched(call, tiers)), tiers)
    rate = index.card.rates[row]
    found = Charge("rated", "", rate.prefix, row, rate.band or "")
    if rate.blocked:
        reason = f"the destination {rate.prefix or 'of the default row'} is blocked"
        return Reckoning(replace(found, status="blocked", reason=reason), tiers)
    seconds = count_seconds(call.answered_ms, index.card.second_from_ms, rate)
    if not seconds.due:
        return Reckoning(found, tiers, seconds)
    return _priced(call, index, remaining, Reckoning(found, tiers, seconds))


def _unmatched(call: CallInput, tiers: tuple[Tier, ...]) -> str:
    if tiers:
        return f"no row for {call.called} holds at this time: dates or bands leave it out"
    if call.whole:
        return (
            f"{call.called} is a short number or an extension, and no row is for exactly it. Add"
            " one, or name the switch's own numbers in its Source"
        )
    return f"no row for {call.called}"


def _priced(
    call: CallInput, index: CardIndex, remaining: Mapping[str, int], found: Reckoning
) -> Reckoning:
    """The reckoning of a call that an open row prices."""
    charge, seconds = found.charge, found.seconds
    counted_s = seconds.counted_s if seconds else 0
    allowances: tuple[Allowance, ...] = ()
    cover = NO_COVER
    if index.card.allowances:
        allowances = matching(
            index.card.allowances, call.called, call.answered_at, whole=call.whole
        )
        cover = cover_seconds(allowances, counted_s, remaining)
    usage = price_usage(
        index,
        found.tiers,
        charge.rate_index,
        call.answered_at,
        begin_s=cover.covered_s,
        end_s=counted_s,
    )
    if usage.stopped_by:
        return _stopped(found, usage)
    total = _total(index, charge.rate_index, counted_s, cover, usage)
    if allowances:
        total = _after_money(index, allowances, remaining, total)
    charge = Charge(
        status="rated",
        prefix=charge.prefix,
        rate_index=charge.rate_index,
        band=charge.band,
        billed_s=usage.billed_s,
        amount_micros=total.amount_micros,
        allowance_s=cover.taken_s,
        uses=cover.uses + total.money.uses,
    )
    return Reckoning(charge, found.tiers, seconds, cover, usage, total)


def _stopped(found: Reckoning, usage: Usage) -> Reckoning:
    """A call that ran on into a time without an open row is not priced: it waits for a decision."""
    why = "no row holds" if usage.stopped_by == "unmatched" else "the destination is blocked"
    reason = f"{usage.stopped_s} s after the answer {why}"
    status: Status = "unmatched" if usage.stopped_by == "unmatched" else "blocked"
    return replace(found, charge=replace(found.charge, status=status, reason=reason), usage=usage)


def _total(index: CardIndex, row: int, counted_s: int, cover: Cover, usage: Usage) -> Total:
    """Usage, fees, then `min_charge` lifts and `max_charge` caps, then the one rounding."""
    rate = index.card.rates[row]
    connect = 0 if cover.waives_connect_fee else rate.connect_fee_micros
    disconnect = rate.disconnect_fee_micros if counted_s >= rate.disconnect_after_s else 0
    micro = NANOS_PER_MICRO * index.denominator
    added = usage.numerator + (connect + disconnect) * micro
    wholly_covered = 0 < counted_s <= cover.covered_s
    exact, limited_by = _limited(rate, added, micro, wholly_covered)
    rounded = round_ratio(exact, micro, index.card.rounding)
    return Total(connect, disconnect, added, limited_by, exact, rounded)


def _limited(
    rate: Rate, added: int, micro: int, wholly_covered: bool
) -> tuple[int, Literal["", "min_charge", "max_charge"]]:
    """A `min_charge` of 0 is none: it does not lift what a negative price gives."""
    lowest, highest = rate.min_charge_micros, rate.max_charge_micros
    if lowest and added < lowest * micro and not wholly_covered:
        return lowest * micro, "min_charge"
    if highest is not None and added > highest * micro:
        return highest * micro, "max_charge"
    return added, ""


def _after_money(
    index: CardIndex,
    allowances: tuple[Allowance, ...],
    remaining: Mapping[str, int],
    total: Total,
) -> Total:
    """Pools of money, which no allowance of seconds or calls shares, pay the rounded amount."""
    money = cover_money(
        allowances,
        total.rounded_micros,
        total.connect_fee_micros,
        remaining=remaining,
        grid=POWERS[6 - index.card.rounding.decimals],
    )
    return replace(total, money=money)
