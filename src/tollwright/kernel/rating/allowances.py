"""What a call takes from allowances: the compiled side of `core.rating.allowances`.

`pools` is the state: what each pool has left. `uses` has four words a use: the call, the
allowance, the amount taken, the seconds covered.
"""

from __future__ import annotations

from typing import Any

from tollwright.kernel.jit import compiled
from tollwright.kernel.numbers import TOP_BITS
from tollwright.kernel.rating import layout

USE_WORDS = 4


@compiled
def _longest_fit(words: Any, allowance: int, called: int) -> int:
    """Digits of the longest prefix of this allowance that the number has; -1: none."""
    base = words[layout.ALLOWANCES] + allowance * layout.ALLOWANCE_WORDS
    for place in range(words[base + layout.PREFIX_FIRST], words[base + layout.PREFIX_END]):
        at = words[layout.ALLOWANCE_PREFIXES] + place * layout.PREFIX_WORDS
        digits = words[at + 1]
        shift = TOP_BITS - 4 * digits
        if called >> shift == words[at] >> shift:
            return int(digits)
    return -1


@compiled
def _goes_before(words: Any, one: int, one_fit: int, other: int, other_fit: int) -> bool:
    """Whether `one`, which comes later in the words, is drawn on before `other`."""
    if one_fit != other_fit:
        return one_fit > other_fit
    first = words[layout.ALLOWANCES] + one * layout.ALLOWANCE_WORDS
    second = words[layout.ALLOWANCES] + other * layout.ALLOWANCE_WORDS
    if words[first + layout.WEIGHT] != words[second + layout.WEIGHT]:
        return bool(words[first + layout.WEIGHT] > words[second + layout.WEIGHT])
    return bool(words[first + layout.EXPIRES] < words[second + layout.EXPIRES])


@compiled
def matching(words: Any, called: int, at_us: int, order: Any, fits: Any) -> int:
    """Fill `order` with the allowances valid for this call, as drawn on; returns how many."""
    count = 0
    for allowance in range(words[layout.ALLOWANCES_COUNT]):
        base = words[layout.ALLOWANCES] + allowance * layout.ALLOWANCE_WORDS
        if at_us < words[base + layout.STARTS] or at_us >= words[base + layout.EXPIRES]:
            continue
        fit = _longest_fit(words, allowance, called)
        if fit < 0:
            continue
        place = count
        while place and _goes_before(words, allowance, fit, order[place - 1], fits[place - 1]):
            order[place], fits[place] = order[place - 1], fits[place - 1]
            place -= 1
        order[place], fits[place] = allowance, fit
        count += 1
    return count


@compiled
def _seconds_taken(words: Any, base: int, wanted_s: int, held: int) -> tuple[int, int]:
    """(what leaves the pool, seconds of the call that it covers)."""
    if held <= 0:
        return 0, 0
    if words[base + layout.UNIT] == layout.UNIT_CALLS:
        return 1, wanted_s
    step_s = words[base + layout.STEP_SIZE]
    needed = (wanted_s + step_s - 1) // step_s * step_s
    if needed <= held:
        return needed, wanted_s
    excess = words[base + layout.EXCESS]
    if excess == layout.PARTIAL:
        return held, min(wanted_s, held)
    return (held, wanted_s) if excess == layout.WHOLE_FREE else (0, 0)


@compiled
def _note(uses: Any, used: int, call: int, allowance: int, taken: int, covered: int) -> None:
    at = used * USE_WORDS
    uses[at], uses[at + 1], uses[at + 2], uses[at + 3] = call, allowance, taken, covered


@compiled
def cover_seconds(
    words: Any, order: Any, count: int, seconds: int, pools: Any, call: int, uses: Any, used: int
) -> tuple[int, int, bool, int]:
    """Draw on seconds and calls; returns (covered_s, taken_s, connect fee waived, uses so far)."""
    covered_s, taken_s, waives = 0, 0, False
    for place in range(count):
        base = words[layout.ALLOWANCES] + order[place] * layout.ALLOWANCE_WORDS
        if covered_s >= seconds or words[base + layout.UNIT] == layout.UNIT_MONEY:
            continue
        pool = words[base + layout.POOL]
        taken, covered = _seconds_taken(words, base, seconds - covered_s, pools[pool])
        if covered == 0:
            continue
        pools[pool] -= taken
        covered_s += covered
        taken_s += taken if words[base + layout.UNIT] == layout.UNIT_SECONDS else covered
        waives = waives or words[base + layout.WAIVES] == 1
        _note(uses, used, call, order[place], taken, covered)
        used += 1
    return covered_s, taken_s, waives, used


@compiled
def give_back(words: Any, pools: Any, uses: Any, first: int, end: int) -> None:
    """A call that found no price has used nothing."""
    for use in range(first, end):
        base = words[layout.ALLOWANCES] + uses[use * USE_WORDS + 1] * layout.ALLOWANCE_WORDS
        pools[words[base + layout.POOL]] += uses[use * USE_WORDS + 2]


@compiled
def cover_money(
    words: Any, order: Any, count: int, amount: int, connect: int, pools: Any, call: int,
    uses: Any, used: int,
) -> tuple[int, int]:  # fmt: skip
    """Pay a rounded amount from pools of money; returns (micros paid, uses so far)."""
    grid = words[layout.GRID_MICROS]
    paid = 0
    for place in range(count):
        base = words[layout.ALLOWANCES] + order[place] * layout.ALLOWANCE_WORDS
        if words[base + layout.UNIT] != layout.UNIT_MONEY:
            continue
        kept = 0 if words[base + layout.WAIVES] else connect
        wanted = (amount - paid - kept) // grid * grid
        pool = words[base + layout.POOL]
        pays = _pays(words[base + layout.EXCESS], wanted, pools[pool]) // grid * grid
        if pays == 0:
            continue
        taken = min(pays, pools[pool])
        pools[pool] -= taken
        paid += pays
        _note(uses, used, call, order[place], taken, 0)
        used += 1
    return paid, used


@compiled
def _pays(excess: int, wanted: int, held: int) -> int:
    if wanted <= 0 or held <= 0:
        return 0
    if excess == layout.WHOLE_FREE:
        return wanted
    if excess == layout.PARTIAL:
        return min(wanted, held)
    return wanted if wanted <= held else 0
