"""Where everything lies in a compiled card: the arrays, their words, and the numbers between them.

Two read-only arrays hold everything: `words` (int64) and `cells` (int32). The head of `words` says
where each section begins; record r of w words begins w * r after that. Two, and not one array a
section: compiled functions hand them on, and every array they hand on costs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tollwright.kernel.arrays import Int32, Int64
from tollwright.kernel.numbers import unpack_number

FORMAT = 5  # changes when a compiled card of an older release could not be read

# Times: microseconds since 1970-01-01T00:00:00Z.
US = 1_000_000
NO_FROM = -62_135_596_800 * US  # the first instant of the calendar
NO_TO = 253_402_300_799 * US + 999_999  # the last one
TIME_LIMIT = 7_289_654_400 * US  # 2201-01-01: no call is answered from here on
FIRST_DAY = -2  # of `days`, counted from 1970-01-01: a zone west of Greenwich begins before it
LAST_DAY = 84_371 + 8  # 2201-01-01 and what a call may last beyond it

# The head of `words`: settings of the card, then where each section begins in `words` or `cells`.
SPLIT = 0  # 1: crossing = split
FROM_MS = 1  # 1000 - second_from_ms: what is added before dividing by 1000
MODE = 2  # HALF_UP ...
GRID_NANOS = 3  # the rounding grid in nanos
GRID_MICROS = 4
COMMON_UNIT = 5  # L
DENOMINATOR = 6  # D = L * 10**6
ROOT_SHIFT = 7  # called >> this are the digits of the trie's root
PAIRED = 8  # 1: the trie's nodes are of two digits
LAST_LEAF = 9  # the leaf of the last resort; -1: none
BANDED = 10  # 1: the wall clock matters
MASKS_COUNT = 11  # how many masks there are: the width of one date interval in `choice`
CONTEXTS = 12  # date intervals * masks: the width of one shape in `choice`
DATED = 13  # 1: some plain leaf depends on a date
ZONE_COUNT = 14
DATES_COUNT = 15
ALLOWANCES_COUNT = 16
TERMS = 17
NO_LINE = 18
LINES = 19
LINE_FROM = 20
LINE_TO = 21
TIERS = 22
EXTRAS = 23
STEPS = 24
MASKS = 25
ZONE = 26
DATES = 27
ALLOWANCES = 28
ALLOWANCE_PREFIXES = 29
TRIE = 30  # from here on: in `cells`
CHOICE = 31
LINE_LEAF = 32
LEAVES = 33
DAYS = 34
MINUTES = 35
HEAD = 64  # words; a multiple of 8, so that terms begin on cache lines

HALF_UP, UP, DOWN, HALF_EVEN = 0, 1, 2, 3

# lines: what each row of the card has of its own, in leaves and tiers
LINE = 2
PRICE = 0  # nanos a unit
ROW = 1  # place in card.rates | place in `words` of its terms << ROW_BITS
ROW_BITS = 32
ROW_MASK = (1 << ROW_BITS) - 1

# terms: all else that a row says; many rows say the same. The first eight are the short way's.
TERMS_WORDS = 16
FLAGS = 0  # band, -1: none, in the lowest bits | BLOCKED; negative: not for the short way
TIMES = 1  # first interval | next_s << 18 | free_below << 35, at least 1: no seconds are free
NEXT_INVERSE = 2  # see `inverse`
BIAS = 3  # added to price * seconds: the connect fee, and what makes a division round
UNIT_INVERSE = 4
UNIT_SHIFT = 5
LOWEST = 6  # micros, as rounded: min_charge
HIGHEST = 7  # micros, as rounded: max_charge, or NO_MAX
UNIT_S = 8
CONNECT = 9  # micros
MIN_CHARGE = 10  # nanos, 0: none
MAX_CHARGE = 11  # nanos, NO_MAX: none
EXTRA = 12  # place of the record in `extra`, -1: none
SEVENTEEN = (1 << 17) - 1
EIGHTEEN = (1 << 18) - 1
BAND_MASK = (1 << 16) - 1
BLOCKED = 1 << 16
LONG_WAY = -(1 << 63)  # blocked, or with an extra record, or with a price out of bounds
NO_MAX = 1 << 62

# extra: what few rows have
EXTRA_WORDS = 16
GRACE_MODE = 0  # 0 none (a threshold is in free_below), 1 subtract, 2 add
GRACE_S = 1
GRACE_PERCENT = 2
LIFT_ABOVE = 3
LIFT_TO = 4  # 0: none
FIRST_CHARGE = 5  # micros, -1: none
BLOCK_EVERY = 6  # 0: none
BLOCK_AMOUNT = 7
DISCONNECT_FEE = 8
DISCONNECT_AFTER = 9
DISCOUNT = 10  # ppm
STEP_FIRST = 11
STEP_END = 12
FIRST_UNROUNDED = 13  # seconds that a call of no more is billed, 0: as a longer one

# steps: with what they inherit written out
STEP_WORDS = 5
STEP_FROM, STEP_A, STEP_B, STEP_NEXT, STEP_CHARGE = 0, 1, 2, 3, 4

# leaves (one a prefix) and tiers (one an origin and length range of it)
LEAF_WORDS = 3
TIER_FIRST, TIER_END, PARENT = 0, 1, 2
TIER_WORDS = 6
ORIGIN, ORIGIN_SHIFT, LENGTH_MIN, LENGTH_MAX, LINE_FIRST, LINE_END = 0, 1, 2, 3, 4, 5

# Answers of the trie: ~value with value = place << SHAPE_BITS | shape; value 0: no prefix.
# shape COMPLEX: place is the leaf + 1; any other: place is the leaf's first line.
SHAPE_BITS = 5
SHAPES = 1 << SHAPE_BITS
COMPLEX = 0

# minutes: of each day template, mask id << 11 | minutes until the mask changes or the day ends
UNTIL_BITS = 11
UNTIL = (1 << UNTIL_BITS) - 1
DAY_MIN = 1440

# allowances
ALLOWANCE_WORDS = 12
UNIT, STEP_SIZE, WEIGHT, WAIVES, EXCESS, POOL, STARTS, EXPIRES, PREFIX_FIRST, PREFIX_END = range(10)
UNIT_SECONDS, UNIT_CALLS, UNIT_MONEY = 0, 1, 2
PARTIAL, WHOLE_FREE, ALL_OR_NOTHING = 0, 1, 2
PREFIX_WORDS = 2  # packed prefix, digits: the longest of an allowance first


class Sections(NamedTuple):
    """The parts of a compiled card before they are laid into two arrays, in the order there."""

    terms: Int64
    no_line: Int64  # before the lines: what stands there for a call without one, to be looked at
    lines: Int64
    line_from: Int64
    line_to: Int64
    tiers: Int64
    extra: Int64
    steps: Int64
    masks: Int64
    zone: Int64  # start (s since 1970), offset (s): ascending
    dates: Int64  # instants at which rows begin or end to hold, ascending
    allowances: Int64
    allowance_prefixes: Int64
    trie: Int32
    choice: Int32  # per shape and context: line offset << 1 | never changes; -1: the long way
    line_leaf: Int32
    leaves: Int32
    days: Int32  # template of each day from FIRST_DAY
    minutes: Int32

    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """The sections, to be treated alike."""
        return tuple(self)


@dataclass(frozen=True, slots=True)
class CompiledCard:
    """A card version as arrays, complete without the card it came from.

    `content_hash` is the sha256 of the card's canonical form: the identity of "which prices".
    `rate_prefixes` are the packed prefixes by place in `card.rates`.
    """

    words: Int64
    cells: Int32
    rate_prefixes: Int64
    content_hash: str
    band_names: tuple[str, ...]
    allowance_names: tuple[str, ...]
    pool_names: tuple[str, ...]
    pool_amounts: tuple[int, ...]
    currency: str
    decimals: int
    timezone: str

    @property
    def second_from_ms(self) -> int:
        """From which millisecond on a begun second counts."""
        return 1000 - int(self.words[FROM_MS])

    def prefix_of(self, rate_index: int) -> str:
        """The prefix of a row of the card; '' for -1."""
        return "" if rate_index < 0 else unpack_number(int(self.rate_prefixes[rate_index]))

    def band_of(self, band: int) -> str:
        """The name of a band of the card; '' for -1."""
        return "" if band < 0 else self.band_names[band]

    def pool_of(self, allowance: int) -> str:
        """The pool that an allowance of the card is drawn from."""
        record = int(self.words[ALLOWANCES]) + allowance * ALLOWANCE_WORDS
        return self.pool_names[int(self.words[record + POOL])]

    def full_pools(self) -> Int64:
        """What every pool begins with, in the order of `pool_names`; the kernel writes into it."""
        return np.array(self.pool_amounts, np.int64)
