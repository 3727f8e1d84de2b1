"""The walk through a call and its exact amount.

Walk. Position p counts billed seconds from the answer. At each p the row that holds at the
instant `answered_at + p` and that row's step with the greatest `from_s` <= p give price and
increment; the increment begun at p is charged whole at that price and the next begins at its end,
until p reaches the call's seconds. The interval that begins with the call has the length
`card.first_interval_s`. A step's charge is due when an increment begins in the step and the
increment before it began ahead of the step's `from_s`.

Exact form. With L the least common multiple of the card's `unit_s` (<= 1 000 000) and
D = L * 10**6, every amount of the card is a whole number of D-ths of a nano:

    piece = billed_s * price_nanos * (10**6 - discount_ppm) * (L / unit_s)   over D
    fee   = fee_micros * 1000 * D                                            over D

They are added as integers, `min_charge` and `max_charge` compared in the same form, and one
division by D * 1000 rounds to micros. Nothing is rounded before.

The same in int64 (for a compiled twin). A numerator over D does not fit, its parts do:
  price_nanos = a * unit_s + b  (0 <= b < unit_s; |a| <= 1.7e12: the price per second)
  usage in nanos = billed * a + (billed * b) // unit_s, rest r = (billed * b) % unit_s over unit_s
  less discount, k = 10**6 - ppm, w = w1 * 10**6 + w0:
      whole = w1 * k + n // (unit_s * 10**6) with n = k * (w0 * unit_s + r), n < 1e6 * 1e6 * 86 400
      rest  = n % (unit_s * 10**6), times L / unit_s: over D <= 1e12
  whole nanos N and rests F < D are summed apart, F carrying into N at D.
  counted seconds <= 259 200 (an adding grace of a day and of 100 %), billed <= 345 600 (one
  increment beyond), so usage stays under 5.8e17, block and step charges under 2.6e18 each, fees
  under 1e16: the sum is below 5.8e18, and 2**63 is 9.2e18.
  Rounding needs N and (F > 0) only: with g the grid in nanos (a multiple of 1000, so even),
  N % g against g / 2 decides, and F > 0 breaks an apparent tie or exactness.
`tests/unit/core/test_int64.py` does this arithmetic at the bounds and compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tollwright.core.cards.card import PPM, Rate, first_interval_s
from tollwright.core.rating.rate_lookup import CardIndex, Tier

SECOND = timedelta(seconds=1)
NANOS_PER_MICRO = 1000


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of increments of one row and step, charged at one price."""

    rate_index: int
    step: int  # place in the row's steps; -1: the row's own price
    from_s: int
    billed_s: int
    increment_s: int
    price_nanos: int
    charge_micros: int = 0  # the step's charge, or the fixed amount of the first interval
    fixed: bool = False  # charge_micros stands in place of the price


@dataclass(frozen=True, slots=True)
class Usage:
    """What the time of a call costs: pieces, whole blocks, and their sum over the denominator.

    `stopped_s` is the elapsed second at which no open row held any more; then nothing counts.
    """

    pieces: tuple[Piece, ...]
    billed_s: int
    blocks: int
    numerator: int
    stopped_s: int = -1
    stopped_by: Literal["", "unmatched", "blocked"] = ""


NO_USAGE = Usage((), 0, 0, 0)


def price_usage(
    index: CardIndex,
    tiers: tuple[Tier, ...],
    row: int,
    at: datetime,
    *,
    begin_s: int,
    end_s: int,
) -> Usage:
    """Price the seconds [begin_s, end_s) of a call answered at `at`, whose answer found `row`.

    `begin_s` > 0 continues a call whose beginning an allowance paid: no first interval then.
    """
    pieces: list[Piece] = []
    p, previous, current = begin_s, begin_s - 1, row
    split = index.card.crossing == "split"
    while p < end_s:
        if split and p:
            current = index.row_at(tiers, at + p * SECOND)
            if current < 0:
                return Usage((), 0, 0, 0, p, "unmatched")
            if index.card.rates[current].blocked:
                return Usage((), 0, 0, 0, p, "blocked")
        edge = _edge_s(index, tiers, current, (at, p), end_s) if split else end_s
        for piece in _row_pieces(index, current, p, (edge, end_s), previous):
            pieces.append(piece)
            p = piece.from_s + piece.billed_s
            previous = p - piece.increment_s
    return _summed(index, index.card.rates[row], tuple(pieces), begin_s, end_s)


def _edge_s(
    index: CardIndex,
    tiers: tuple[Tier, ...],
    row: int,
    here: tuple[datetime, int],
    end_s: int,
) -> int:
    """The first elapsed second after `here` (answer, p) at which another row holds, or `end_s`."""
    at, p = here
    moment = at + p * SECOND
    while (change := index.next_change(tiers, moment)) is not None:
        elapsed = -((at - change) // SECOND)  # up: a fraction belongs to the row before
        if elapsed >= end_s:
            return end_s
        if index.row_at(tiers, change) != row:
            return elapsed
        moment = change
    return end_s


def _row_pieces(
    index: CardIndex, row: int, p: int, span: tuple[int, int], previous: int
) -> Iterator[Piece]:
    """Increments that begin in [p, edge) on one row, one piece per step; `span`: (edge, end)."""
    edge, end_s = span
    rate = index.card.rates[row]
    first_s = first_interval_s(rate, index.card.family, end_s) if p == 0 else 0
    if first_s:
        charge = rate.first_charge_micros
        yield Piece(row, -1, 0, first_s, first_s, rate.price_nanos, charge or 0, charge is not None)
        p, previous = first_s, 0
    while p < edge:
        step, price, next_s, limit = _regime(rate, p, edge)
        billed = -((p - limit) // next_s) * next_s
        entered = step >= 0 and rate.steps[step].from_s > previous
        charge = rate.steps[step].charge_micros if entered else 0
        yield Piece(row, step, p, billed, next_s, price, charge)
        p += billed
        previous = p - next_s


def _regime(rate: Rate, p: int, edge: int) -> tuple[int, int, int, int]:
    """(place of the step at p or -1, price, increment, where it ends at the latest)."""
    place, price, next_s = -1, rate.price_nanos, rate.next_s
    for step in rate.steps:
        if step.from_s > p:
            return place, price, next_s, min(edge, step.from_s)
        place += 1
        price = price if step.price_nanos is None else step.price_nanos
        next_s = step.next_s or next_s
    return place, price, next_s, edge


def _summed(
    index: CardIndex, answer_rate: Rate, pieces: tuple[Piece, ...], begin_s: int, end_s: int
) -> Usage:
    numerator = sum(piece_numerator(index, piece) for piece in pieces)
    blocks, block = 0, answer_rate.block_charge
    if block is not None:
        blocks = end_s // block.every_s - begin_s // block.every_s
        due = blocks * block.amount_micros * NANOS_PER_MICRO * index.common_unit_s
        numerator += due * (PPM - answer_rate.discount_ppm)
    return Usage(pieces, sum(piece.billed_s for piece in pieces), blocks, numerator)


def piece_numerator(index: CardIndex, piece: Piece) -> int:
    """The piece's amount in nanos, over `index.denominator`, after its row's discount."""
    rate = index.card.rates[piece.rate_index]
    due = piece.charge_micros * NANOS_PER_MICRO * rate.unit_s
    if not piece.fixed:
        due += piece.billed_s * piece.price_nanos
    return due * (PPM - rate.discount_ppm) * (index.common_unit_s // rate.unit_s)
