"""What a recurring fee comes to: which days are still to be billed, and at which share.

A fee is due for whole periods of the customer's cycle. A part of a period costs its share of days;
the piece keeps both numbers (days, of_days), so that paper and check can say it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tollwright.core.billing.periods import Cycle, Span, overlap, period_of, without
from tollwright.core.money import Rounding, minor_decimals, round_ratio, show


@dataclass(frozen=True, slots=True)
class Piece:
    """Days of one period that a fee is due for: `days` of the period's `of_days`."""

    span: Span
    of_days: int

    @property
    def whole(self) -> bool:
        """It covers its whole period."""
        return self.span.days == self.of_days


@dataclass(frozen=True, slots=True)
class Billed:
    """A fee line on an earlier invoice; a negative amount is one that was given back."""

    span: Span
    amount_micros: int


def due_pieces(
    *, active: Span, billed: tuple[Span, ...], cycle: Cycle, anchor: date
) -> tuple[Piece, ...]:
    """The pieces of `active` that no earlier invoice covers, cut at the cycle's boundaries."""
    pieces: list[Piece] = []
    for left in without(active, billed):
        day = left.first
        while day < left.end:
            period = period_of(day, cycle, anchor)
            span = Span(day, min(period.end, left.end))
            pieces.append(Piece(span, period.days))
            day = span.end
    return tuple(pieces)


def share_micros(*, fee_micros: int, days: int, of_days: int, currency: str) -> int:
    """`fee x days / of_days`, rounded once half up to what the currency can pay, in micros.

    A fee that is itself finer than the minor unit keeps its own fineness; a whole period costs
    the fee exactly.
    """
    if days == of_days:
        return fee_micros
    own = len(show(fee_micros).partition(".")[2])
    rounding = Rounding("half_up", max(minor_decimals(currency), own))
    return round_ratio(fee_micros * days, of_days, rounding)


@dataclass(frozen=True, slots=True)
class Refund:
    """Days billed in advance that the subscription did not last; the amount is negative."""

    span: Span
    amount_micros: int


def standing(billed: tuple[Billed, ...]) -> tuple[tuple[Billed, Span], ...]:
    """The days that were billed and not given back, each with its line; in order of billing.

    `billed` is in order of billing too: days given back may have been billed again since.
    """
    left: list[tuple[Billed, Span]] = []
    for line in billed:
        if line.amount_micros > 0:
            left.append((line, line.span))
        else:
            left = [(owner, rest) for owner, span in left for rest in without(span, (line.span,))]
    return tuple(left)


def refunds(*, billed: tuple[Billed, ...], ends: date, currency: str) -> tuple[Refund, ...]:
    """What must be given back of `billed` when the last active day is the day before `ends`.

    Days given back before (negative lines) are not given back again. A billed line of d days that
    loses n of them gives back n/d of its amount.
    """
    found: list[Refund] = []
    for line, span in standing(billed):
        lost = overlap(span, Span(ends, date.max))
        if lost is not None:
            back = share_micros(
                fee_micros=line.amount_micros,
                days=lost.days,
                of_days=line.span.days,
                currency=currency,
            )
            found.append(Refund(lost, -back))
    return tuple(found)
