"""Allowances before money: what a call takes from free seconds, calls and money.

Order: longest matching destination prefix, then weight, then soonest expiry, then place in the
card. Seconds and calls come first, in that order; money pays from what then remains to be paid.

- A pool gives `min(up(s, step_s), what is left)`; a last remainder smaller than a step still
  covers its own seconds.
- `partial`: what is left covers the beginning of the call; the rest is priced as its
  continuation: in `next_s`, without first interval, first charge or the charges of steps passed.
- `whole_free`: anything left covers the whole call. `all_or_nothing`: a call that exceeds what is
  left takes nothing.
- One call takes 1 from a pool of calls and is covered whole.
- Money pays the rounded amount, in multiples of the card's rounding so that the result stays on
  it; not the connect fee, unless the allowance waives that.
- A call covered whole owes its fees, but no `min_charge`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tollwright.core.cards.card import Allowance, Excess
from tollwright.core.rating.rate_lookup import ALWAYS

NEVER = datetime.max.replace(tzinfo=ALWAYS.tzinfo)


@dataclass(frozen=True, slots=True)
class AllowanceUse:
    """What a call took from a pool: seconds, calls or micros by the allowance's unit."""

    name: str
    pool: str
    amount: int
    covered_s: int


@dataclass(frozen=True, slots=True)
class Cover:
    """The seconds of a call that allowances paid for, from its beginning, and from which pools."""

    covered_s: int = 0
    taken_s: int = 0  # as consumed: covered seconds rounded up to the step of their allowance
    uses: tuple[AllowanceUse, ...] = ()
    waives_connect_fee: bool = False


NO_COVER = Cover()


def matching(
    allowances: Sequence[Allowance], called: str, at: datetime, *, whole: bool = False
) -> tuple[Allowance, ...]:
    """The allowances valid for this call, in the order they are drawn on.

    `whole`: no prefix is for the number but all its digits, and none.
    """
    ranked = []
    for place, allowance in enumerate(allowances):
        heads = {"", called} if whole else {called[:size] for size in range(len(called) + 1)}
        fit = [len(prefix) for prefix in allowance.prefixes if prefix in heads]
        if fit and _valid(allowance, at):
            rank = (-max(fit), -allowance.weight, allowance.expires_at or NEVER, place)
            ranked.append((rank, allowance))
    return tuple(allowance for _, allowance in sorted(ranked, key=lambda pair: pair[0]))


def _valid(allowance: Allowance, at: datetime) -> bool:
    if allowance.starts_at is not None and at < allowance.starts_at:
        return False
    return allowance.expires_at is None or at < allowance.expires_at


def cover_seconds(
    allowances: Sequence[Allowance], seconds: int, remaining: Mapping[str, int]
) -> Cover:
    """Cover the first seconds of a call from pools of seconds and calls.

    `remaining` holds what each pool has left; a pool it does not name is full.
    """
    cover, left = Cover(), dict(remaining)
    for allowance in allowances:
        if cover.covered_s >= seconds or allowance.unit == "money":
            continue
        pool = allowance.pool_name
        held = left.get(pool, allowance.amount)
        take = _calls_taken if allowance.unit == "calls" else _seconds_taken
        taken, covered = take(allowance, seconds - cover.covered_s, held)
        if not covered:
            continue
        left[pool] = held - taken
        cover = Cover(
            cover.covered_s + covered,
            cover.taken_s + (taken if allowance.unit == "seconds" else covered),
            (*cover.uses, AllowanceUse(allowance.name, pool, taken, covered)),
            cover.waives_connect_fee or allowance.waives_connect_fee,
        )
    return cover


def _calls_taken(_allowance: Allowance, wanted_s: int, held: int) -> tuple[int, int]:
    return (1, wanted_s) if held >= 1 else (0, 0)


def _seconds_taken(allowance: Allowance, wanted_s: int, held: int) -> tuple[int, int]:
    """(seconds that leave the pool, seconds of the call they cover)."""
    if held <= 0:
        return 0, 0
    needed = -(-wanted_s // allowance.step_s) * allowance.step_s
    if needed <= held:
        return needed, wanted_s
    covered: dict[Excess, int] = {
        "partial": min(wanted_s, held),
        "whole_free": wanted_s,
        "all_or_nothing": 0,
    }
    return (held if covered[allowance.excess] else 0), covered[allowance.excess]


@dataclass(frozen=True, slots=True)
class MoneyCover:
    """Micros of an amount that money allowances paid."""

    paid_micros: int = 0
    uses: tuple[AllowanceUse, ...] = ()


NO_MONEY = MoneyCover()


def cover_money(
    allowances: Sequence[Allowance],
    amount_micros: int,
    connect_fee_micros: int,
    *,
    remaining: Mapping[str, int],
    grid: int,
) -> MoneyCover:
    """Pay a rounded amount from pools of money, in multiples of `grid` micros."""
    result, left = MoneyCover(), dict(remaining)
    for allowance in allowances:
        if allowance.unit != "money":
            continue
        kept = 0 if allowance.waives_connect_fee else connect_fee_micros
        open_micros = (amount_micros - result.paid_micros - kept) // grid * grid
        held = left.get(allowance.pool_name, allowance.amount)
        if open_micros <= 0 or held <= 0:
            continue
        pays = _PAYS[allowance.excess](open_micros, held) // grid * grid
        if pays:
            taken = min(pays, held)
            left[allowance.pool_name] = held - taken
            use = AllowanceUse(allowance.name, allowance.pool_name, taken, 0)
            result = MoneyCover(result.paid_micros + pays, (*result.uses, use))
    return result


_PAYS: dict[Excess, Callable[[int, int], int]] = {
    "partial": min,
    "whole_free": lambda wanted, _held: wanted,
    "all_or_nothing": lambda wanted, held: wanted if wanted <= held else 0,
}


def draw(remaining: dict[str, int], uses: Sequence[AllowanceUse], full: Mapping[str, int]) -> None:
    """Take what a call used out of `remaining`; `full` holds what untouched pools begin with."""
    for use in uses:
        remaining[use.pool] = remaining.get(use.pool, full[use.pool]) - use.amount


def full_pools(allowances: Sequence[Allowance]) -> dict[str, int]:
    """What each pool begins with: the allowances that share one name the same amount."""
    return {allowance.pool_name: allowance.amount for allowance in allowances}
