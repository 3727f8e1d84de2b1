"""Status and reason codes of the kernel, and the sentences of `core.rating.rate_call` for them."""

from __future__ import annotations

from tollwright.core.cards.card import MAX_DIGITS
from tollwright.core.instants import moment_of
from tollwright.core.rating.rate_call import Status

STATUSES: tuple[Status, ...] = ("rated", "blocked", "unmatched", "invalid")

NONE = 0
NO_TIME_ZONE = 1
YEAR = 2
NEGATIVE = 3
OVER_A_DAY = 4
CALLED_MISSING = 5
CALLED_NOT_DIGITS = 6
CALLED_TOO_LONG = 7
CALLER_NOT_DIGITS = 8
CALLER_TOO_LONG = 9
NO_ROW = 10
NO_ROW_NOW = 11
BLOCKED_ROW = 12
RAN_OUT_OF_ROWS = 13
RAN_INTO_BLOCKED = 14
COST_UNKNOWN = 14  # + status of the buy leg: 15 blocked, 16 unmatched, 17 invalid


def reason_text(
    code: int,
    *,
    called: str = "",
    caller: str = "",
    answered_at_us: int = 0,
    answered_ms: int = 0,
    prefix: str = "",
    stopped_s: int = 0,
) -> str:
    """The sentence for a reason code, word for word as `core.rating` says it; '' for NONE."""
    if code == YEAR:
        return f"answered_at is in the year {_year(answered_at_us)}"
    return (
        "",
        "answered_at has no time zone",
        "",
        f"the duration is negative ({answered_ms} ms)",
        f"the duration is over 24 hours ({answered_ms} ms)",
        "the called number is missing",
        f"the called number {called!r} is not made of digits only",
        f"the called number {called!r} has more than {MAX_DIGITS} digits",
        f"the caller number {caller!r} is not made of digits only",
        f"the caller number {caller!r} has more than {MAX_DIGITS} digits",
        f"no row for {called}",
        f"no row for {called} holds at this time: dates or bands leave it out",
        f"the destination {prefix or 'of the default row'} is blocked",
        f"{stopped_s} s after the answer no row holds",
        f"{stopped_s} s after the answer the destination is blocked",
        *(f"the cost is not known: the buy leg is {status}" for status in STATUSES[1:]),
    )[code]


def _year(at_us: int) -> int:
    try:
        return moment_of(at_us).year
    except OverflowError:
        return 1 if at_us < 0 else 9999
