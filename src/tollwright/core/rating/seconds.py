"""From milliseconds to the seconds that are priced: the first step of the reckoning."""

from __future__ import annotations

from dataclasses import dataclass

from tollwright.core.cards.card import Grace, Rate


@dataclass(frozen=True, slots=True)
class Seconds:
    """`answered_s` by the card's second rounding; `counted_s` after threshold, grace and lift.

    `due` is False where the call costs nothing at all, not even a fee; then `why` says so.
    With a subtracting grace a call may be `due` with 0 seconds: the connect fee remains.
    """

    answered_s: int
    counted_s: int
    due: bool
    why: str = ""


def whole_seconds(milliseconds: int, from_ms: int) -> int:
    """A fraction of `from_ms` ms or more counts as one: 1 is up, 500 nearest, 1000 down."""
    seconds, fraction = divmod(milliseconds, 1000)
    return seconds + (fraction >= from_ms)


def count_seconds(milliseconds: int, from_ms: int, rate: Rate) -> Seconds:
    """`min_seconds`, then `grace`, then `lift`, in this order."""
    s = whole_seconds(milliseconds, from_ms)
    if s == 0:
        return Seconds(0, 0, False, "a call of 0 seconds costs nothing")
    if s < rate.min_seconds:
        return Seconds(s, 0, False, f"{s} s is under the minimum of {rate.min_seconds} s")
    grace, counted = rate.grace, s
    if grace is not None:
        if grace.mode == "threshold" and s <= grace.seconds:
            return Seconds(s, 0, False, f"{s} s is within the grace of {grace.seconds} s")
        counted = after_grace(s, grace)
    lift = rate.lift
    if lift is not None and lift.above_s < counted < lift.to_s:
        counted = lift.to_s
    return Seconds(s, counted, True)


def after_grace(s: int, grace: Grace) -> int:
    """Seconds after a `subtract` or `add` grace; a `threshold` that was passed changes nothing."""
    if grace.mode == "subtract":
        return max(0, s - grace.seconds)
    if grace.mode == "add":
        return s + grace.seconds + -(-s * grace.percent // 100)
    return s
