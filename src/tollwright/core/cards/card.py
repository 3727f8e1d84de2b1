"""The rate card as values: what a published version says, and the bounds it keeps.

Prices are nanos per `unit_s`, fees micros, datetimes aware UTC or None (= open). A card that came
through `file.load_card` keeps every bound below; `core.rating.pricing` proves from them that the
arithmetic of one call fits int64.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from tollwright.core.money import Rounding

Side = Literal["sell", "buy"]
Family = Literal["initial_then_increment", "round_total"]
Crossing = Literal["split", "at_start"]
Unmatched = Literal["reject", "default"]
GraceMode = Literal["threshold", "subtract", "add"]
Unit = Literal["seconds", "calls", "money"]
Excess = Literal["partial", "whole_free", "all_or_nothing"]
Per = Literal["customer", "campaign"]

DAY_S = 86_400
MAX_CALL_MS = DAY_S * 1000
MAX_DIGITS = 15  # E.164
MAX_PRICE_PER_MINUTE = 100_000  # currency units
MAX_FEE = 1_000_000  # currency units, for what is due at most once a call
MAX_REPEATED_CHARGE = 10_000  # currency units, for what may be due every second
MAX_STEPS = 32  # in one row
MAX_BANDS = 62  # in one card: the set that holds is one int64 of bits in the kernel
MAX_COMMON_UNIT_S = 1_000_000  # least common multiple of all `unit_s` of one card
PPM = 10**6  # a discount of 100 %


@dataclass(frozen=True, slots=True)
class Window:
    """Wall-clock minutes of a day, `end_min` exclusive; `end_min < start_min` runs over midnight.

    `days` are the ISO weekdays (1 = Monday) on which the window starts.
    """

    start_min: int = 0
    end_min: int = 1440
    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)


@dataclass(frozen=True, slots=True)
class Band:
    """A named time of the week or of dated days in the card's zone; the higher weight wins."""

    name: str
    weight: int = 0
    windows: tuple[Window, ...] = (Window(),)
    dates: tuple[date, ...] = ()  # not empty: its windows start on these days only


@dataclass(frozen=True, slots=True)
class Step:
    """From the elapsed second `from_s` on: another price, increment, or a charge on entering it.

    None keeps what held before.
    """

    from_s: int
    price_nanos: int | None = None
    next_s: int | None = None
    charge_micros: int = 0


@dataclass(frozen=True, slots=True)
class Grace:
    """`threshold`: s <= g costs 0; `subtract`: s - g; `add`: s + g.

    With `add`, `percent` of s (rounded up) comes on top.
    """

    mode: GraceMode = "threshold"
    seconds: int = 0
    percent: int = 0


@dataclass(frozen=True, slots=True)
class Lift:
    """`above_s < s < to_s` becomes `to_s`."""

    above_s: int
    to_s: int


@dataclass(frozen=True, slots=True)
class BlockCharge:
    """An amount for each whole block of elapsed seconds."""

    every_s: int
    amount_micros: int


@dataclass(frozen=True, slots=True)
class Rate:
    """One row of a card. Its place in `RateCard.rates` is its index."""

    prefix: str
    price_nanos: int
    name: str = ""
    band: str | None = None
    connect_fee_micros: int = 0
    unit_s: int = 60
    first_s: int = 1
    next_s: int = 1
    steps: tuple[Step, ...] = ()  # by from_s, ascending
    grace: Grace | None = None  # None: no grace
    min_seconds: int = 0
    min_charge_micros: int = 0
    max_charge_micros: int | None = None
    disconnect_fee_micros: int = 0
    disconnect_after_s: int = 0
    first_charge_micros: int | None = None
    block_charge: BlockCharge | None = None
    lift: Lift | None = None
    discount_ppm: int = 0  # parts in a million of the usage, 0 to PPM
    blocked: bool = False
    origin_prefix: str = ""
    length_min: int | None = None
    length_max: int | None = None
    effective_from: datetime | None = None  # inclusive
    effective_to: datetime | None = None  # exclusive

    @property
    def length_width(self) -> int:
        """How many lengths the row admits: the narrowest wins."""
        low = 0 if self.length_min is None else self.length_min
        high = MAX_DIGITS if self.length_max is None else self.length_max
        return high - low + 1


@dataclass(frozen=True, slots=True)
class Allowance:
    """Free seconds, calls or money (micros) before a call costs.

    Allowances with one `pool` name are drawn from one account; without it the name is the pool.
    `per` customer: all campaigns of a customer share the pool; per campaign: each has its own.
    """

    name: str
    unit: Unit
    amount: int  # seconds, calls or micros
    prefixes: tuple[str, ...] = ("",)
    step_s: int = 1
    weight: int = 0
    waives_connect_fee: bool = False
    excess: Excess = "partial"
    pool: str = ""
    per: Per = "customer"
    starts_at: datetime | None = None  # inclusive
    expires_at: datetime | None = None  # exclusive

    @property
    def pool_name(self) -> str:
        return self.pool or self.name


@dataclass(frozen=True, slots=True)
class RateCard:
    """One published version: the rules that hold for every row, and the rows."""

    rates: tuple[Rate, ...]
    bands: tuple[Band, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    side: Side = "sell"
    currency: str = "USD"
    timezone: str = "UTC"
    family: Family = "initial_then_increment"
    crossing: Crossing = "split"
    unmatched: Unmatched = "reject"
    second_from_ms: int = (
        1  # a fraction of so many ms counts as a second: 1 up, 500 nearest, 1000 down
    )
    rounding: Rounding = field(default_factory=Rounding)
    allow_negative: bool = False


def first_interval_s(rate: Rate, family: Family, seconds: int) -> int:
    """Length of the interval that begins with a call of so many; 0: it begins in `next_s`.

    `round_total` bills a call of at most `first_s` as just these, and a longer one as up(s, next):
    a first interval of up(first, next) followed by increments of `next`. One walk serves both
    families.
    """
    if family == "round_total" and seconds > rate.first_s:
        return -(-rate.first_s // rate.next_s) * rate.next_s
    return rate.first_s
