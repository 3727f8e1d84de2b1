"""Numbers as they are dialled, a column at a time: the compiled twin of `core.numbers.normalise`.

What is dialled plainly is read by the same tables: a national number of the plan with or without
its trunk digits, E.164 behind the international prefix or without its +. Every other text (an
extension, a service number, separators, a technical prefix) is left to the readable rule.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from tollwright.core.digit_automaton import DEAD, NOTHING, START, Automaton, build_automaton
from tollwright.core.number_ranges import MAX_DIGITS, SHORT_DIGITS
from tollwright.core.numbering_plan import (
    LEAST_BARE,
    NumberingPlan,
    plan_of_region,
)
from tollwright.core.numbers import Dialling, plain_head
from tollwright.kernel.arrays import Flags, Int64, frozen
from tollwright.kernel.jit import entry, plain

WIDTH = 20  # bytes of one text in the result
ZERO = ord("0")
CLOSER_DIGITS = 3  # digits that tell whether something else may be dialled
HEAD = 4  # digits that tell whether a number is E.164 as it stands
NO_PLAN, HOME_FIRST, CODE_FIRST = 0, 1, 2
BY_READABLE_RULE = -2  # where a number begins that the readable rule has to look at


# The head of a table, one array for all because each that a compiled function hands on costs it:
# the order, then where each section begins, which itself begins with how long it is.
ORDER, CODE, TRUNK, ABROAD, BARE, BY_RULE, HEADS, CLOSER = range(8)
NUMBERS, FREE, SERVICES, SERVICES_FREE = range(8, 12)
SECTIONS = 12


@lru_cache(maxsize=256)
def dial_table(region: str, dialling: Dialling) -> Int64:
    """The tables of a region and of one switch's habits. Raises UnknownRegionError.

    BARE: for each length whether digits of it, no number at home, can be E.164 without its +.
    BY_RULE: for each first byte whether the readable rule has to look. HEADS: for each four digits
    whether a number that begins so is E.164 as it stands. CLOSER: see `_closer`.
    """
    by_rule = np.zeros(256, bool)
    firsts = [prefix[0] for prefix in dialling.strip if prefix]
    long = [one for one in dialling.internal if not one.digits or one.digits > SHORT_DIGITS]
    for first in firsts + [one.low[0] for one in long]:
        by_rule[first.encode()[0]] = True
    plan = plan_of_region(region) if region else None
    if plan is None:
        return _table(NO_PLAN, None, ("00", "011"), np.ones(WIDTH + 1, bool), by_rule)
    order = CODE_FIRST if dialling.bare == "international" else HOME_FIRST
    bare = np.ones(WIDTH + 1, bool)
    bare[[length for length in plan.lengths if length <= WIDTH]] = False
    if plan.code == "1":
        bare[10:12] = False  # as `core.numbers` takes every number of the shape as one of its own
    abroad = (plan.plain_abroad,) if plan.plain_abroad else ()
    return _table(order, plan, abroad, bare, by_rule)


def _closer(plan: NumberingPlan | None) -> Flags:
    """For each three digits whether more than trunk and plain prefix may be dialled so."""
    found = np.zeros(10**CLOSER_DIGITS, bool)
    if plan is None:
        return found
    for pattern, plain_one in (
        (plan.local.pattern, plan.trunk),
        (plan.abroad.pattern, plan.plain_abroad),
    ):
        if pattern in (plain_one, "(?!)"):
            continue
        dialled = build_automaton([pattern.replace("$", "")])
        for head in range(10**CLOSER_DIGITS):
            found[head] |= _goes_on(dialled, f"{head:03}", plain_one)
    return found


def _goes_on(dialled: Automaton, head: str, plain_one: str) -> bool:
    state = START
    for place, digit in enumerate(head, 1):
        state = dialled.following[10 * state + int(digit)]
        if dialled.accepts[state] and head[:place] != plain_one:
            return True
    return state != DEAD


def _table(
    order: int, plan: NumberingPlan | None, abroad: tuple[str, ...], bare: Flags, by_rule: Flags
) -> Int64:
    numbers, services = (plan.numbers, plan.services) if plan else (NOTHING, NOTHING)
    prefixes = [prefix.ljust(WIDTH, "\0") for prefix in abroad]
    code, trunk = (plan.code, plan.trunk) if plan else ("", "")
    sections: list[npt.ArrayLike] = [
        _bytes(code), _bytes(trunk), _bytes("".join(prefixes)), bare, by_rule, plain_heads(),
        _closer(plan), numbers.following, numbers.free, services.following, services.free,
    ]  # fmt: skip
    columns = [np.asarray(section).astype(np.int64) for section in sections]
    laid = [np.append(np.int64(len(column)), column) for column in columns]
    ends = np.cumsum([SECTIONS, *map(len, laid)])
    return frozen(np.concatenate([np.array([order, *ends[:-1]], np.int64), *laid]))


def _bytes(text: str) -> npt.ArrayLike:
    return np.frombuffer(text.encode(), np.uint8)


@lru_cache(maxsize=1)
def plain_heads() -> Flags:
    """For each four digits whether a number that begins + and so is E.164 as it stands."""
    return frozen(np.array([plain_head(f"+{head:04}") for head in range(10_000)]))


@plain
def _begins(table: Any, text: int, most: int, data: Any, at: int, length: int) -> int:
    """How long the text at this place of the table is, if digits go on behind it; else 0."""
    size = 0
    while size < most and table[text + size] != 0:
        if size >= length or data[at + size] != table[text + size]:
            return 0
        size += 1
    return size if size < length else 0


@plain
def _accepts(table: Any, numbers: int, data: Any, at: int, length: int) -> bool:
    """Whether these digits are a whole number of the automaton at NUMBERS or SERVICES."""
    state, following, free = START, table[numbers] + 1, table[numbers + 1] + 1
    for place in range(length):
        lengths = table[free + state]
        if lengths >= 0:
            return bool((lengths >> (length - place)) & 1)
        state = table[following + 10 * state + data[at + place] - ZERO]
    return bool(table[free + state] >= 0 and table[free + state] & 1)


@plain
def _head(data: Any, at: int, digits: int) -> int:
    head = 0
    for place in range(at, at + digits):
        head = 10 * head + data[place] - ZERO
    return head


@plain
def _is_e164(table: Any, data: Any, at: int, length: int) -> bool:
    """Whether digits are E.164 as they stand."""
    if not LEAST_BARE <= length <= MAX_DIGITS:
        return False
    return bool(table[table[HEADS] + 1 + _head(data, at, HEAD)])


@plain
def _is_plain_text(table: Any, data: Any, at: int, length: int) -> bool:
    """Whether a text is more digits than a short number has, and nothing else."""
    if not SHORT_DIGITS < length < WIDTH or table[table[BY_RULE] + 1 + data[at]]:
        return False
    digits = True
    for place in range(at, at + length):
        digits &= ZERO <= data[place] <= ZERO + 9
    return bool(digits)


@plain
def _at_home(table: Any, data: Any, at: int, length: int, taken: int) -> int:
    """Where the national number begins in digits of which the trunk takes `taken`; -1: none."""
    if taken and _accepts(table, NUMBERS, data, at + taken, length - taken):
        return at + taken
    return at if _accepts(table, NUMBERS, data, at, length) else -1


@plain
def _abroad(table: Any, data: Any, at: int, length: int, taken: int) -> int:
    """Where E.164 begins in digits that are no number at home; -1: by the readable rule."""
    services = _accepts(table, SERVICES, data, at, length)
    if services or table[table[CLOSER] + 1 + _head(data, at, CLOSER_DIGITS)]:
        return -1
    prefix = table[ABROAD] + 1
    for _ in range(table[table[ABROAD]] // WIDTH):
        skip = _begins(table, prefix, WIDTH, data, at, length)
        if skip:
            return at + skip if _is_e164(table, data, at + skip, length - skip) else -1
        prefix += WIDTH
    bare = data[at] != ZERO and taken == 0 and table[table[BARE] + 1 + length]
    return at if bare and _is_e164(table, data, at, length) else -1


@plain
def _read(table: Any, data: Any, at: int, length: int, out: Any, row: int) -> int:
    """The size of the E.164 number of some digits, written into a row; 0: by the readable rule."""
    code, begin = 0, -1
    if table[ORDER] == CODE_FIRST and data[at] != ZERO and length >= LEAST_BARE:
        begin = at if _is_e164(table, data, at, length) else BY_READABLE_RULE
    if begin == -1:
        taken = _begins(table, table[TRUNK] + 1, table[table[TRUNK]], data, at, length)
        begin = _at_home(table, data, at, length, taken)
        code = table[table[CODE]] if begin >= 0 else 0
        if begin < 0:
            begin = _abroad(table, data, at, length, taken)
    digits = at + length - begin
    if begin < 0 or code + digits > MAX_DIGITS:
        return 0
    to = row * WIDTH
    for place in range(code):
        out[to + place] = table[table[CODE] + 1 + place]
    for place in range(digits):
        out[to + code + place] = data[begin + place]
    return int(code + digits)


@entry
def read_dialled(
    table: Any, data: Any, first: Any, size: Any, known: Any, out: Any, sizes: Any
) -> None:
    """The texts that are `known`, and the numbers read, into rows of `out`, uint8[n * WIDTH].

    `known` becomes whether a row is told; `sizes`: how long its text is.
    """
    for row in range(len(known)):
        at, length = first[row], size[row]
        sizes[row] = 0
        if known[row]:
            for place in range(length):
                out[row * WIDTH + place] = data[at + place]
            sizes[row] = length
        elif _is_plain_text(table, data, at, length):
            sizes[row] = _read(table, data, at, length, out, row)
            known[row] = sizes[row] > 0


ENTRIES: tuple[Any, ...] = (read_dialled,)
