"""The rows of a card as lines of eight words, and beside them what few rows have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import lcm

import numpy as np

from tollwright.core.card import MAX_DIGITS, Rate, RateCard, Step
from tollwright.kernel import layout as at
from tollwright.kernel.columns import epoch_us
from tollwright.kernel.layout import Int64
from tollwright.kernel.numbers import pack_numbers
from tollwright.kernel.seconds import ADD, FREE_SHIFT, SUBTRACT

GRACE_MODES = {"subtract": SUBTRACT, "add": ADD}
ONE_SECOND = 1


@dataclass(frozen=True, slots=True)
class RowTable:
    """One element, or one line of words, for each row in the order of the card."""

    lines: Int64  # (rows, LINE), without the leaf
    prefixes: Int64
    prefix_digits: Int64
    origins: Int64
    origin_digits: Int64
    length_min: Int64
    length_max: Int64
    valid_from: Int64
    valid_to: Int64
    bands: Int64  # place in card.bands, -1: at all times
    weights: Int64
    extra: Int64
    steps: Int64
    common_unit: int


def _column(values: Iterable[int], rows: int) -> Int64:
    return np.fromiter(values, np.int64, rows)


def row_table(card: RateCard) -> RowTable:
    """All rows of a card, column by column."""
    rates, count = card.rates, len(card.rates)
    place = {band.name: place for place, band in enumerate(card.bands)}
    weight = {None: -(10**9)} | {band.name: band.weight for band in card.bands}
    bands = _column((-1 if r.band is None else place[r.band] for r in rates), count)
    extra, steps, extra_of = _extras(rates)
    unit = _column((r.unit_s for r in rates), count)
    lines = _lines(card, unit, bands, extra_of)
    prefixes = [rate.prefix for rate in rates]
    origins = [rate.origin_prefix for rate in rates]
    return RowTable(
        lines=lines,
        prefixes=pack_numbers(prefixes),
        prefix_digits=_column(map(len, prefixes), count),
        origins=pack_numbers(origins),
        origin_digits=_column(map(len, origins), count),
        length_min=_column((r.length_min or 0 for r in rates), count),
        length_max=_column(
            (MAX_DIGITS if r.length_max is None else r.length_max for r in rates), count
        ),
        valid_from=_column(
            (at.NO_FROM if (f := r.effective_from) is None else epoch_us(f) for r in rates), count
        ),
        valid_to=_column(
            (at.NO_TO if (t := r.effective_to) is None else epoch_us(t) for r in rates), count
        ),
        bands=bands,
        weights=_column((weight[r.band] for r in rates), count),
        extra=extra,
        steps=steps,
        common_unit=lcm(*set(unit.tolist())),
    )


def _lines(card: RateCard, unit: Int64, bands: Int64, extra_of: Int64) -> Int64:
    rates, count = card.rates, len(card.rates)
    price = _column((r.price_nanos for r in rates), count)
    first = _column((r.first_s for r in rates), count)
    next_s = _column((r.next_s for r in rates), count)
    if card.family == "round_total":  # see core.card.first_interval_s
        first = -(-first // next_s) * next_s
    lines = np.empty((count, at.LINE), np.int64)
    lines[:, at.RATE_A] = price // unit
    lines[:, at.RATE_B] = price % unit | unit << 17 | (bands + 1) << at.BAND_SHIFT
    lines[:, at.RATE_B] |= np.where((extra_of >= 0) | (price < 0), at.SPECIAL, 0)
    lines[:, at.RATE_B] |= np.where(_column((r.blocked for r in rates), count), at.BLOCKED, 0)
    free = _column(map(_free_below, rates), count)
    lines[:, at.TIMES] = first | next_s << 18 | free << FREE_SHIFT
    lines[:, at.CONNECT] = _column((r.connect_fee_micros for r in rates), count)
    lines[:, at.MIN_CHARGE] = _column((r.min_charge_micros * 1000 for r in rates), count)
    lines[:, at.MAX_CHARGE] = _column(
        (at.NO_MAX if (m := r.max_charge_micros) is None else m * 1000 for r in rates), count
    )
    lines[:, at.ROW] = np.arange(count)
    lines[:, at.EXTRA] = extra_of
    return lines


def _free_below(rate: Rate) -> int:
    """Calls of fewer seconds cost nothing: `min_seconds` and a grace that is a threshold."""
    if rate.grace is None or rate.grace.mode != "threshold":
        return rate.min_seconds
    return max(rate.min_seconds, rate.grace.seconds + ONE_SECOND)


def _is_special(rate: Rate) -> bool:
    return bool(
        rate.steps
        or (rate.grace and rate.grace.mode != "threshold")
        or rate.lift
        or rate.discount_ppm
        or rate.first_charge_micros is not None
        or rate.block_charge
        or rate.disconnect_fee_micros
    )


def _extras(rates: tuple[Rate, ...]) -> tuple[Int64, Int64, Int64]:
    """Records of special rows, their steps, and the record of each row (-1: none)."""
    records: list[list[int]] = []
    steps: list[int] = []
    extra_of = np.full(len(rates), -1, np.int64)
    for row, rate in enumerate(rates):
        if _is_special(rate):
            extra_of[row] = len(records)
            first = len(steps) // at.STEP_WORDS
            steps += _step_words(rate)
            records.append(_extra_words(rate, first))
    return np.array(records, np.int64).reshape(-1), np.array(steps, np.int64), extra_of


def _extra_words(rate: Rate, first_step: int) -> list[int]:
    words = [0] * at.EXTRA_WORDS
    if rate.grace is not None:
        words[at.GRACE_MODE] = GRACE_MODES.get(rate.grace.mode, 0)
        words[at.GRACE_S], words[at.GRACE_PERCENT] = rate.grace.seconds, rate.grace.percent
    if rate.lift is not None:
        words[at.LIFT_ABOVE], words[at.LIFT_TO] = rate.lift.above_s, rate.lift.to_s
    charge = rate.first_charge_micros
    words[at.FIRST_CHARGE] = -1 if charge is None else charge
    if rate.block_charge is not None:
        words[at.BLOCK_EVERY] = rate.block_charge.every_s
        words[at.BLOCK_AMOUNT] = rate.block_charge.amount_micros
    words[at.DISCONNECT_FEE] = rate.disconnect_fee_micros
    words[at.DISCONNECT_AFTER] = rate.disconnect_after_s
    words[at.DISCOUNT] = rate.discount_ppm
    words[at.STEP_FIRST] = first_step
    words[at.STEP_END] = first_step + len(rate.steps)
    return words


def _step_words(rate: Rate) -> list[int]:
    """The steps of a row; what a step leaves open it takes from what held before."""
    words: list[int] = []
    price, next_s = rate.price_nanos, rate.next_s
    for step in rate.steps:
        price = price if step.price_nanos is None else step.price_nanos
        next_s = step.next_s or next_s
        words += _words(step, price, next_s, rate.unit_s)
    return words


def _words(step: Step, price: int, next_s: int, unit_s: int) -> tuple[int, ...]:
    return step.from_s, price // unit_s, price % unit_s, next_s, step.charge_micros
