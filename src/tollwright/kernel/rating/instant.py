"""Which bands hold at an instant, and until when: the compiled side of `core.cards.bands`.

Which line a plain leaf gives depends on two small numbers only, the date interval and the set of
bands that hold: the context.
"""

from __future__ import annotations

from typing import Any

from tollwright.kernel.jit import U, compiled, inlined
from tollwright.kernel.rating import layout

DAY_S = 86_400

# memo: for stretches of time that follow each other, since when and till when (in us) which
# context holds. An entry serves every instant that lies in it, whatever was asked for before.
SINCE, TILL, CONTEXT = 0, 1, 2
MEMO_WORDS = 4
STRETCH_BITS = 31  # microseconds: 36 minutes
STRETCHES = 2048  # 51 days
MEMO_SIZE = STRETCHES * MEMO_WORDS


@compiled
def zone_at(words: Any, second: int) -> int:
    """Where in `words` the stretch of one offset stands that holds this second (UTC)."""
    low, high = 0, words[layout.ZONE_COUNT]
    while high - low > 1:
        middle = (low + high) // 2
        if words[words[layout.ZONE] + 2 * middle] <= second:
            low = middle
        else:
            high = middle
    return int(words[layout.ZONE] + 2 * low)


@compiled
def stretch_end(words: Any, stretch: int) -> int:
    """The second at which the stretch that stands there ends."""
    behind = stretch + 2
    last = words[layout.ZONE] + 2 * words[layout.ZONE_COUNT]
    return int(words[behind]) if behind < last else layout.NO_TO


@compiled
def dates_before(words: Any, at_us: int) -> int:
    """How many of the card's dated changes lie at or before this instant."""
    low, high = 0, words[layout.DATES_COUNT]
    while low < high:
        middle = (low + high) // 2
        if words[words[layout.DATES] + middle] <= at_us:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def clock_at(words: Any, cells: Any, at_us: int) -> tuple[int, int]:
    """(number of the set of bands that holds, the first instant in us at which it may change)."""
    second = at_us // layout.US
    stretch = zone_at(words, second)
    local = second + words[stretch + 1]
    day = local // DAY_S
    in_day = local - day * DAY_S
    template = cells[words[layout.DAYS] + day - layout.FIRST_DAY]
    word = cells[words[layout.MINUTES] + template * layout.DAY_MIN + in_day // 60]
    edge = second + (word & layout.UNTIL) * 60 - in_day % 60
    return word >> layout.UNTIL_BITS, min(edge, stretch_end(words, stretch)) * layout.US


@compiled
def _context(words: Any, cells: Any, at_us: int) -> tuple[int, int]:
    """(date interval and set of bands as one number, the first instant at which it may change)."""
    context, till = 0, layout.NO_TO
    if words[layout.BANDED]:
        context, till = clock_at(words, cells, at_us)
    if words[layout.DATED]:
        interval = dates_before(words, at_us)
        context += interval * words[layout.MASKS_COUNT]
        if interval < words[layout.DATES_COUNT]:
            till = min(till, words[words[layout.DATES] + interval])
    return context, till


@compiled
def remember(words: Any, cells: Any, at_us: int, memo: Any, place: int) -> None:
    """Make the memo's entry at `place` one in which the instant lies."""
    since = at_us >> STRETCH_BITS << STRETCH_BITS
    context, till = _context(words, cells, since)
    if till <= at_us:
        since = at_us
        context, till = _context(words, cells, since)
    memo[place + SINCE], memo[place + TILL], memo[place + CONTEXT] = since, till, context


@inlined
def recall(words: Any, cells: Any, at_us: int, memo: Any) -> int:
    """The place in the memo of a stretch in which the instant lies."""
    place = ((at_us >> STRETCH_BITS) & (STRETCHES - 1)) * MEMO_WORDS
    if at_us < memo[U(place + SINCE)] or at_us >= memo[U(place + TILL)]:
        remember(words, cells, at_us, memo, place)
    return place
