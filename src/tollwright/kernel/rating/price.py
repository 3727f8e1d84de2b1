"""The exact amount of one call: the compiled side of `core.rating.pricing`, in int64.

An amount is `whole` nanos and `rest` parts of the card's denominator D, 0 <= rest < D, whole
rounded towards minus infinity. `core.rating.pricing` proves that every part stays below 2**63.
"""

from __future__ import annotations

from typing import Any

from tollwright.kernel.jit import WIDE, compiled
from tollwright.kernel.rating import layout
from tollwright.kernel.rating.rows import choose, terms_of

NANOS = 1000  # in a micro
PPM = 1_000_000
RUNNING, NO_ROW_LEFT, CAME_TO_BLOCKED = 0, 1, 2


@compiled
def _after_discount(words: Any, unit: int, ppm: int, nanos: int, over: int) -> tuple[int, int]:
    """(whole nanos, rest over D) of `nanos + over / unit` less the discount."""
    if ppm == 0:
        return nanos, over * (words[layout.DENOMINATOR] // unit)
    millions = nanos // PPM
    scaled = (PPM - ppm) * ((nanos - millions * PPM) * unit + over)
    divisor = unit * PPM
    whole = scaled // divisor
    rest = (scaled - whole * divisor) * (words[layout.COMMON_UNIT] // unit)
    return millions * (PPM - ppm) + whole, rest


@compiled
def _add(words: Any, sum_whole: int, sum_rest: int, whole: int, rest: int) -> tuple[int, int]:
    rest += sum_rest
    over = rest >= words[layout.DENOMINATOR]
    return sum_whole + whole + over, rest - over * words[layout.DENOMINATOR]


@compiled
def _price(words: Any, line: int) -> tuple[int, int]:
    """(whole nanos, rest over the line's unit) of one second."""
    price, unit = (
        words[words[layout.LINES] + line * layout.LINE + layout.PRICE],
        words[terms_of(words, line) + layout.UNIT_S],
    )
    whole = price // unit
    return whole, price - whole * unit


@compiled
def _regime(words: Any, line: int, p: int, edge: int) -> tuple[int, int, int, int, int]:
    """(step or -1, price a, price b, increment, where it ends) at the elapsed second p."""
    base = terms_of(words, line)
    step, (a, b) = -1, _price(words, line)
    next_s = (words[base + layout.TIMES] >> 18) & layout.SEVENTEEN
    extra = words[base + layout.EXTRA]
    if extra < 0:
        return step, a, b, next_s, edge
    for at in range(
        words[extra + layout.STEP_FIRST], words[extra + layout.STEP_END], layout.STEP_WORDS
    ):
        if words[at + layout.STEP_FROM] > p:
            return step, a, b, next_s, min(edge, words[at + layout.STEP_FROM])
        step, a, b = at, words[at + layout.STEP_A], words[at + layout.STEP_B]
        next_s = words[at + layout.STEP_NEXT]
    return step, a, b, next_s, edge


@compiled
def _piece(words: Any, line: int, billed: int, a: int, b: int, charge: int) -> tuple[int, int]:
    """(whole, rest) of billed seconds at the price a + b / unit, and a charge in micros."""
    base = terms_of(words, line)
    unit, extra = words[base + layout.UNIT_S], words[base + layout.EXTRA]
    ppm = words[extra + layout.DISCOUNT] if extra >= 0 else 0
    part = billed * b
    whole = part // unit
    return _after_discount(
        words, unit, ppm, charge * NANOS + billed * a + whole, part - whole * unit
    )


@compiled
def _first_interval(words: Any, line: int, first: int) -> tuple[int, int]:
    """(whole, rest) of the interval that begins with the call."""
    extra = words[terms_of(words, line) + layout.EXTRA]
    if extra >= 0 and words[extra + layout.FIRST_CHARGE] >= 0:
        return _piece(words, line, WIDE(0), WIDE(0), WIDE(0), words[extra + layout.FIRST_CHARGE])
    a, b = _price(words, line)
    return _piece(words, line, first, a, b, WIDE(0))


@compiled
def _run(
    words: Any, line: int, p: int, edge: int, end_s: int, previous: int, whole: int, rest: int
) -> tuple[int, int, int, int]:
    """Charge the increments of one line that begin in [p, edge) of a call of `end_s`.

    Returns the second after them, where the last of them began, and the sum so far.
    """
    base = terms_of(words, line)
    first, extra = words[base + layout.TIMES] & layout.EIGHTEEN, words[base + layout.EXTRA]
    if extra >= 0 and end_s <= words[extra + layout.FIRST_UNROUNDED]:
        first = words[extra + layout.FIRST_UNROUNDED]
    if p == 0 and first:
        more, over = _first_interval(words, line, first)
        whole, rest = _add(words, whole, rest, more, over)
        p, previous = first, 0
    while p < edge:
        step, a, b, next_s, limit = _regime(words, line, p, edge)
        billed = (limit - p + next_s - 1) // next_s * next_s
        charge = 0
        if step >= 0 and words[step + layout.STEP_FROM] > previous:
            charge = words[step + layout.STEP_CHARGE]
        more, over = _piece(words, line, billed, a, b, charge)
        whole, rest = _add(words, whole, rest, more, over)
        p += billed
        previous = p - next_s
    return p, previous, whole, rest


@compiled
def _blocks(words: Any, line: int, begin_s: int, end_s: int) -> tuple[int, int]:
    """(whole, rest) of the block charges of the line that held at the answer."""
    extra = words[terms_of(words, line) + layout.EXTRA]
    if extra < 0 or words[extra + layout.BLOCK_EVERY] == 0:
        return 0, 0
    every = words[extra + layout.BLOCK_EVERY]
    blocks = end_s // every - begin_s // every
    due = blocks * words[extra + layout.BLOCK_AMOUNT] * NANOS
    return _after_discount(words, WIDE(1), words[extra + layout.DISCOUNT], due, WIDE(0))


@compiled
def price_usage(
    words: Any,
    cells: Any,
    value: int,
    called: int,
    caller: int,
    at_us: int,
    memo: Any,
    line: int,
    begin_s: int,
    end_s: int,
) -> tuple[int, int, int, int, int]:
    """(how it ended, second it stopped, billed seconds, whole, rest) of the seconds [begin, end).

    A call that comes to a time without an open row stops there and has no price.
    """
    p, previous, current = begin_s, begin_s - 1, line
    whole, rest = WIDE(0), WIDE(0)
    while p < end_s:
        edge = end_s
        if words[layout.SPLIT]:
            instant = at_us + p * layout.US
            current, _, change = choose(words, cells, value, called, caller, instant, memo)
            if current < 0:
                return NO_ROW_LEFT, p, 0, 0, 0
            if words[terms_of(words, current) + layout.FLAGS] & layout.BLOCKED:
                return CAME_TO_BLOCKED, p, 0, 0, 0
            edge = min(end_s, p + (change - instant + layout.US - 1) // layout.US)
        p, previous, whole, rest = _run(words, current, p, edge, end_s, previous, whole, rest)
    more, over = _blocks(words, line, begin_s, end_s)
    whole, rest = _add(words, whole, rest, more, over)
    return RUNNING, 0, p - begin_s, whole, rest


@compiled
def connect_fee(words: Any, line: int, waived: bool) -> int:
    """Micros due for the call as such."""
    return 0 if waived else int(words[terms_of(words, line) + layout.CONNECT])


@compiled
def total(
    words: Any, line: int, counted_s: int, connect: int, covered: bool, whole: int, rest: int
) -> int:
    """Micros: usage and fees, lifted by `min_charge`, capped by `max_charge`, rounded once.

    A call that allowances cover as a whole owes no `min_charge`.
    """
    base = terms_of(words, line)
    fees = connect
    extra = words[base + layout.EXTRA]
    if extra >= 0 and counted_s >= words[extra + layout.DISCONNECT_AFTER]:
        fees += words[extra + layout.DISCONNECT_FEE]
    whole += fees * NANOS
    lowest, highest = words[base + layout.MIN_CHARGE], words[base + layout.MAX_CHARGE]
    if lowest and whole < lowest and not covered:
        whole, rest = lowest, 0
    elif whole >= highest:
        whole, rest = highest, 0
    if whole < 0:
        over = rest > 0
        return -rounded(words, -whole - over, over)
    return rounded(words, whole, rest > 0)


@compiled
def rounded(words: Any, whole: int, over: bool) -> int:
    """Micros of `whole` nanos (not negative) and, with `over`, a fraction more."""
    grid, mode = words[layout.GRID_NANOS], words[layout.MODE]
    if mode == layout.HALF_UP:
        return int((whole + grid // 2) // grid * words[layout.GRID_MICROS])
    units = whole // grid
    twice = 2 * (whole - units * grid)
    if mode == layout.UP:
        units += twice > 0 or over
    elif mode != layout.DOWN:  # half to even
        units += twice > grid or (twice == grid and (over or units % 2 == 1))
    return int(units * words[layout.GRID_MICROS])
