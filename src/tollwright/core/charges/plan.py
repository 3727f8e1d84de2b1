"""A plan as its file says it: fees, items, bundles, limits, discounts, service levels.

The structures of the file form, each value exact. `read_plan` is in `plan_file`.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Literal

from msgspec import Struct, field

RoundMode = Literal["nearest", "up", "down"]
Proration = Literal["day", "none"]
ONE = Fraction(1)
NOUGHT = Fraction(0)


class FileForm(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is read from a file: a key that it does not know is an error."""


class Window(FileForm, frozen=True):
    """Wall-clock time of weekdays (1 = Monday): [start, end), over midnight where `end` is less."""

    start: str = "00:00"
    end: str = "24:00"
    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)


class When(FileForm, frozen=True):
    """All that is named must hold. `*_over_s`: an agent's counted time beyond that, by local day
    or ISO week; only a premium of time can say it."""

    windows: tuple[Window, ...] = ()
    dates: tuple[date, ...] = ()
    holidays: str = ""
    languages: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    agent_day_over_s: int | None = None
    agent_week_over_s: int | None = None

    @property
    def over_s(self) -> bool:
        """Whether it asks how long an agent worked."""
        return self.agent_day_over_s is not None or self.agent_week_over_s is not None


class Measured(FileForm, frozen=True, kw_only=True):
    """What every measure can say: `campaign` (one or several; none: all) and `when` narrow it."""

    campaign: str | tuple[str, ...] = ()
    when: When | None = None

    @property
    def campaigns(self) -> tuple[str, ...]:
        """The campaigns that it is narrowed to; none: all."""
        if isinstance(self.campaign, str):
            return (self.campaign,) if self.campaign else ()
        return self.campaign


class Seats(Measured, frozen=True, tag_field="kind", tag="seats"):
    """Seats held (`named`), logged in at once (`concurrent`), used (`active`), or their hours."""

    of: Literal["named", "concurrent", "active", "hours"] = "named"
    named: Literal["peak", "ever", "daily"] = "peak"
    ignore_shorter_s: int = 0
    held: Literal["total", "contiguous"] = "total"
    min_s: int = 0


class Counted(FileForm, frozen=True):
    """A state on the list: pauses by their codes, with a weight and a cap."""

    state: str
    codes: tuple[str, ...] = ()
    weight_percent: Fraction = Fraction(100)
    cap_s: int | None = None
    cap_per: Literal["contact", "day", "agent"] | None = None


class Time(Measured, frozen=True, tag_field="kind", tag="time"):
    """Seconds of the listed states; a word stands for a ready list."""

    count: tuple[Counted | str, ...]
    overlap: Literal["linear", "sum"] = "linear"


class Contacts(Measured, frozen=True, tag_field="kind", tag="contacts"):
    """Handled interactions."""

    results: tuple[str, ...] = ("answered",)
    channels: tuple[str, ...] = ()
    direction: str = ""
    min_talk_s: int = 0


class Dedupe(FileForm, frozen=True):
    """Once for a lead, phone or contact: in days from the first billed one, a period, or ever."""

    by: Literal["lead", "phone", "contact"]
    window: int | Literal["period", "ever"] = "period"


class Outcomes(Measured, frozen=True, tag_field="kind", tag="outcomes"):
    """Dispositions that are sold."""

    outcomes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    min_talk_s: int = 0
    dedupe: Dedupe | None = None
    hold_days: int = 0
    clawback_days: int | None = None


class Calls(Measured, frozen=True, tag_field="kind", tag="calls"):
    """Rated calls: their money (in micros), seconds, or number."""

    of: Literal["money", "seconds", "count"]


class ShortCalls(Measured, frozen=True, tag_field="kind", tag="short_calls"):
    """Short calls beyond a share of all; with `of: attempts`, unanswered ones."""

    share_percent: Fraction
    under_s: Fraction | None = None
    at_most_s: Fraction | None = None
    of: Literal["answered", "attempts"] = "answered"
    compare: Literal["more_than", "at_least"] = "more_than"
    min_calls: int = 0
    applies_to: Literal["short", "excess", "all"] = "short"


class Count(Measured, frozen=True, tag_field="kind", tag="count"):
    """Other metered usage."""

    meter: str
    mode: Literal["sum", "max", "last"] = "sum"


Measure = Seats | Time | Contacts | Outcomes | Calls | ShortCalls | Count


class Round(FileForm, frozen=True):
    """Up to steps of `to_s` seconds (`to` units of a count), at a level.

    `add_s` seconds are added to each first; what is less than `first_s` counts as that.
    """

    to_s: int | None = None
    to: Fraction | None = None
    mode: RoundMode = "nearest"
    per: Literal["line", "contact", "agent_day", "agent", "record"] = "line"
    first_s: int = 0
    add_s: int = 0

    @property
    def step(self) -> Fraction:
        """The step in base units."""
        return self.to or Fraction(self.to_s or 1)


class Tier(FileForm, frozen=True):
    """Up to and with its last unit `up_to`; the last tier has none."""

    up_to: Fraction | None = None
    price: Fraction = NOUGHT
    flat: Fraction = NOUGHT
    amount: Fraction | None = None


class Commit(FileForm, frozen=True):
    """A forecast that binds both sides: billed from floor to ceiling, beyond by a factor."""

    quantity: Fraction | None = None
    floor_percent: Fraction = Fraction(100)
    ceiling_percent: Fraction | None = None
    above: str = "1"  # a factor of the price, or `not_billed`
    ramp: tuple[Ramp, ...] = ()
    proration: Proration = "day"


class Ramp(FileForm, frozen=True):
    """So many periods of the contract, with this quantity."""

    periods: int
    quantity: Fraction


class Price(FileForm, frozen=True):
    """A price model; q is the quantity in `unit`s, less `free` ones."""

    model: Literal[
        "per_unit", "graduated", "volume", "package", "stair_step", "percentage", "baseline"
    ] = "per_unit"
    price: Fraction = NOUGHT
    unit: Fraction = ONE
    free: Fraction = NOUGHT
    tiers: tuple[Tier, ...] = ()
    flat_at_zero: bool = False
    size: Fraction = ONE
    percent: Fraction = NOUGHT
    fixed: Fraction = NOUGHT
    least: Fraction | None = None
    most: Fraction | None = None
    baseline: Fraction = NOUGHT
    dead_band_percent: Fraction = NOUGHT
    amount: Fraction = NOUGHT
    above: Fraction = NOUGHT
    below: Fraction = NOUGHT
    beyond: Literal["edge", "baseline"] = field(name="from", default="edge")
    commit: Commit | None = None


class Premium(FileForm, frozen=True):
    """A share of the price more for what is counted under a condition."""

    name: str
    percent: Fraction
    when: When


class Limit(FileForm, frozen=True):
    """A minimum or maximum of a window; it shrinks with the window unless `proration` is none."""

    amount: Fraction
    counts: Literal["before_discounts", "after_discounts"] = "before_discounts"
    proration: Proration = "day"
    counts_fees: bool = False


class Forgive(FileForm, frozen=True):
    """What is not billed, in order of time: the first so many, or a share of the facts or of what
    the item's bundles grant. What the customer may take off is not taken off by itself."""

    under_s: int | None = None
    results: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    first: int | None = None
    percent: Fraction | None = None
    percent_of: Literal["facts", "bundle"] = "facts"
    by: Literal["source", "customer"] = "source"


class Item(FileForm, frozen=True):
    """One thing a version counts and prices."""

    code: str
    measure: Measure
    price: Price
    name: str = ""
    per: Literal["customer", "campaign"] = "customer"
    round: Round | None = None
    premiums: tuple[Premium, ...] = ()
    premium_stack: Literal["best", "sum"] = "best"
    minimum: Limit | None = None
    maximum: Limit | None = None
    forgive: tuple[Forgive, ...] = ()
    family: str = ""
    rest: bool = False


class Fee(FileForm, frozen=True):
    """A fee of an interval; `on: holidays` is due on each day of that list, used or not."""

    code: str
    amount: Fraction
    kind: Literal["registration", "subscription", "support"] = "subscription"
    name: str = ""
    interval: Literal["once", "day", "week", "month", "quarter", "half_year", "year"] = "month"
    count: int = 1
    anchor: Literal["calendar", "start"] = "calendar"
    timing: Literal["advance", "arrears"] = "advance"
    proration: Literal["day", "second", "none"] = "day"
    of: int | None = None
    unused: Literal["give_back", "keep"] = "give_back"
    on: Literal["holidays"] | None = None
    holidays: str = ""
    if_used: bool = False


class Rollover(FileForm, frozen=True):
    """What is left of a grant lives on for so many periods, up to a cap."""

    periods: int
    cap: Fraction | None = None


class BundleItem(FileForm, frozen=True):
    """An item that draws on a bundle; one unit of it takes `weight` of the bundle's."""

    item: str
    weight: Fraction = ONE


class Bundle(FileForm, frozen=True):
    """Units granted each period; `amount` in `unit`s of the item's base unit."""

    code: str
    amount: Fraction
    item: str = ""
    items: tuple[BundleItem, ...] = ()
    unit: Fraction = ONE
    rollover: Rollover | None = None
    expires_days: int | None = None
    shared: Literal["customer", "campaign", "group"] = "customer"
    spend: Literal["time", "dearest", "cheapest", "evenly", "share"] = "time"
    refund: bool = False

    @property
    def draws(self) -> tuple[BundleItem, ...]:
        """The items that draw on it."""
        return self.items or (BundleItem(self.item),)


class Discount(FileForm, frozen=True):
    """A coupon: a percent or an amount off items (none named: all), and off fees that it names."""

    code: str
    name: str = ""
    percent: Fraction | None = None
    amount: Fraction | None = None
    items: tuple[str, ...] = ()
    first_day: date | None = field(name="from", default=None)
    last_day: date | None = field(name="to", default=None)
    times: int | None = None
    redemptions: int | None = None


class Metric(FileForm, frozen=True):
    """What is measured in each interval, and what it must reach."""

    metric: Literal["service_level", "abandon_rate", "asa_s", "occupancy"]
    target: Fraction
    formula: str = ""
    within_s: Fraction = NOUGHT
    short_s: Fraction = NOUGHT


class SlaBand(FileForm, frozen=True):
    """The first that fits decides; a negative percent is a bonus."""

    percent: Fraction
    at_least: Fraction | None = None
    at_most: Fraction | None = None


class Excluded(FileForm, frozen=True):
    """A span that does not count, and why."""

    since: str = field(name="from")
    until: str = field(name="to")
    reason: str = ""


class Forecast(FileForm, frozen=True):
    """Contacts expected in a span."""

    since: str = field(name="from")
    until: str = field(name="to")
    contacts: int


class Sla(FileForm, frozen=True):
    """A promised level and what a miss credits."""

    code: str
    metric: Literal["service_level", "abandon_rate", "asa_s", "occupancy", "intervals_met"]
    bands: tuple[SlaBand, ...]
    formula: str = ""
    within_s: Fraction = NOUGHT
    short_s: Fraction = NOUGHT
    interval_s: int | None = None
    of: Metric | None = None
    items: tuple[str, ...] = ()
    campaign: str = ""
    exclude: tuple[Excluded, ...] = ()
    forecast: tuple[Forecast, ...] = ()
    forecast_above_percent: Fraction | None = None
    claim: Claim | Literal["automatic"] = "automatic"


class Claim(FileForm, frozen=True):
    """The credit waits as proposed until it is claimed."""

    within_days: int


class SlaLimits(FileForm, frozen=True):
    """At most so much of the amounts is credited, or added."""

    credit_percent: Fraction = Fraction(100)
    bonus_percent: Fraction | None = None


class Holiday(FileForm, frozen=True):
    """A holiday that begins at an hour."""

    day: date
    start: str = "00:00"


class Trial(FileForm, frozen=True):
    """Days without fees from the first; `usage: free` bills none of their facts."""

    days: int
    usage: Literal["billed", "free"] = "billed"


class Pricing(FileForm, frozen=True):
    """What a call costs the customer: the card, or what its routing cost."""

    kind: Literal["card", "cost_plus", "saving_share", "route_class"] = "card"
    basis: Literal["chosen", "first", "cheapest"] = "chosen"
    markup_percent: Fraction = NOUGHT
    fixed: Fraction = NOUGHT
    floor: Fraction | None = None
    cap: Fraction | None = None
    share_percent: Fraction = NOUGHT


class Plan(FileForm, frozen=True):
    """A version of a plan."""

    code: str
    currency: str
    name: str = ""
    timezone: str = "UTC"
    cycle: Literal["weekly", "fortnightly", "four_weekly", "monthly", "anniversary", "day"] = (
        "monthly"
    )
    cycle_anchor: date | None = None
    card: str = ""
    pricing: Pricing = Pricing()
    routing_policy: str = ""
    fees: tuple[Fee, ...] = ()
    items: tuple[Item, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    minimum: Limit | None = None
    maximum: Limit | None = None
    discounts: tuple[Discount, ...] = ()
    sla: tuple[Sla, ...] = ()
    sla_limits: SlaLimits = SlaLimits()
    holidays: dict[str, tuple[date | Holiday, ...]] = {}
    trial: Trial | None = None
