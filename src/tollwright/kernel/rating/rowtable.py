"""The rows of a card: what each has of its own, the terms that many share, what few rows have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import lcm

import numpy as np

from tollwright.core.cards.card import DAY_S, MAX_DIGITS, Family, Rate, RateCard, Step
from tollwright.core.money import round_ratio
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import epoch_us
from tollwright.kernel.numbers import pack_numbers
from tollwright.kernel.rating import layout as at
from tollwright.kernel.rating.price import NANOS
from tollwright.kernel.rating.reciprocal import AMOUNT_BITS, next_inverse, unit_inverse
from tollwright.kernel.rating.seconds import ADD, FREE_SHIFT, SUBTRACT

GRACE_MODES = {"subtract": SUBTRACT, "add": ADD}
ONE_SECOND = 1
# On the short way price * seconds + fee stays below 2**63: a quarter of it each, and the rest.
SHORT_PRICE = (1 << AMOUNT_BITS - 2) // (2 * DAY_S)
SHORT_FEE = 1 << AMOUNT_BITS - 2


@dataclass(frozen=True, slots=True)
class RowTable:
    """One element for each row in the order of the card; and what rows refer to.

    `terms_of[row]` is the row's record in `terms`.
    """

    prices: Int64
    terms_of: Int64
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
    terms: Int64
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
    extra, steps, extra_of = _extras(card)
    prices = _column((r.price_nanos for r in rates), count)
    unit = _column((r.unit_s for r in rates), count)
    said = _said(card, prices, unit, bands, extra_of)
    distinct, terms_of = _distinct(said)
    prefixes = [rate.prefix for rate in rates]
    origins = [rate.origin_prefix for rate in rates]
    return RowTable(
        prices=prices,
        terms_of=terms_of,
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
        terms=_terms(card, said[distinct]).reshape(-1),
        extra=extra,
        steps=steps,
        common_unit=lcm(*set(unit.tolist())),
    )


def _said(card: RateCard, prices: Int64, unit: Int64, bands: Int64, extra_of: Int64) -> Int64:
    """Terms of each row as the card says them, int64[rows, TERMS_WORDS]."""
    rates, count = card.rates, len(card.rates)
    first = _column((r.first_s for r in rates), count)
    next_s = _column((r.next_s for r in rates), count)
    if card.family == "round_total":  # see core.card.first_interval_s
        first = -(-first // next_s) * next_s
    connect = _column((r.connect_fee_micros for r in rates), count)
    special = (extra_of >= 0) | (prices < 0) | (prices > SHORT_PRICE)
    special |= connect > SHORT_FEE // (NANOS * unit)
    blocked = _column((r.blocked for r in rates), count)
    flags = blocked * at.BLOCKED | (special | (blocked == 1)) * at.LONG_WAY
    said = np.zeros((count, at.TERMS_WORDS), np.int64)
    said[:, at.FLAGS] = bands & at.BAND_MASK | flags
    said[:, at.TIMES] = first | next_s << 18 | _column(map(_free_below, rates), count) << FREE_SHIFT
    said[:, at.UNIT_S] = unit
    said[:, at.CONNECT] = connect
    said[:, at.MIN_CHARGE] = _column((r.min_charge_micros * NANOS for r in rates), count)
    said[:, at.MAX_CHARGE] = _column(
        (at.NO_MAX if (m := r.max_charge_micros) is None else m * NANOS for r in rates), count
    )
    said[:, at.EXTRA] = extra_of
    return said


def _distinct(records: Int64) -> tuple[Int64, Int64]:
    """Places of the distinct records, and which of these each record equals."""
    code = np.zeros(len(records), np.int64)
    for column in records.T:
        if (column[1:] != column[:-1]).any():
            values, place = np.unique(column, return_inverse=True)
            _, code = np.unique(code * len(values) + place, return_inverse=True)
    _, first, code = np.unique(code, return_index=True, return_inverse=True)
    return first, code


def _terms(card: RateCard, said: Int64) -> Int64:
    """Distinct terms, with what the short way reckons with: see `layout`."""
    terms, unit = said.copy(), said[:, at.UNIT_S]
    grid = 10 ** (6 - card.rounding.decimals)
    divisor = unit * grid * NANOS
    rounds = {"half_up": divisor // 2, "half_even": divisor // 2, "up": divisor - 1, "down": 0}
    short = said[:, at.FLAGS] >= 0
    fee = np.where(short, said[:, at.CONNECT], 0) * NANOS * unit
    terms[:, at.BIAS] = fee + rounds[card.rounding.mode]
    next_s = (said[:, at.TIMES] >> 18) & at.SEVENTEEN
    terms[:, at.NEXT_INVERSE] = _each(next_inverse, next_s)
    terms[:, at.UNIT_INVERSE] = _each(lambda d: unit_inverse(d)[0], divisor)
    terms[:, at.UNIT_SHIFT] = _each(lambda d: unit_inverse(d)[1], divisor)
    for rounded, limit in ((at.LOWEST, at.MIN_CHARGE), (at.HIGHEST, at.MAX_CHARGE)):
        terms[:, rounded] = _each(
            lambda nanos: round_ratio(nanos, NANOS, card.rounding), said[:, limit]
        )
    return terms


def _each(function: Callable[[int], int], column: Int64) -> Int64:
    """The function of each element, asked once for equal ones."""
    values, place = np.unique(column, return_inverse=True)
    return np.array([function(value) for value in values.tolist()], np.int64)[place]


def _free_below(rate: Rate) -> int:
    """Calls of fewer seconds cost nothing: `min_seconds` and a grace that is a threshold."""
    if rate.grace is None or rate.grace.mode != "threshold":
        return max(rate.min_seconds, ONE_SECOND)
    return max(rate.min_seconds, rate.grace.seconds + ONE_SECOND)


def _first_unrounded(rate: Rate, family: Family) -> int:
    """The first interval where a call within it is not billed in whole increments; else 0."""
    return rate.first_s if family == "round_total" and rate.first_s % rate.next_s else 0


def _is_special(rate: Rate, family: Family) -> bool:
    return bool(
        rate.steps
        or _first_unrounded(rate, family)
        or (rate.grace and rate.grace.mode != "threshold")
        or rate.lift
        or rate.discount_ppm
        or rate.first_charge_micros is not None
        or rate.block_charge
        or rate.disconnect_fee_micros
    )


def _extras(card: RateCard) -> tuple[Int64, Int64, Int64]:
    """Records of special rows, their steps, and the record of each row (-1: none)."""
    records: list[list[int]] = []
    steps: list[int] = []
    extra_of = np.full(len(card.rates), -1, np.int64)
    for row, rate in enumerate(card.rates):
        if _is_special(rate, card.family):
            extra_of[row] = len(records)
            first = len(steps) // at.STEP_WORDS
            steps += _step_words(rate)
            words = _extra_words(rate, first)
            words[at.FIRST_UNROUNDED] = _first_unrounded(rate, card.family)
            records.append(words)
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
