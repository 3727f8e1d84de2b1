"""What a plan cannot say, each with the sentence that helps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tollwright.core.charges import plan as form
from tollwright.core.charges.exact import exact
from tollwright.core.charges.states import READY, STATES
from tollwright.core.charges.window import instant_ms
from tollwright.core.money import MoneyError

MOST_HOLD_DAYS = 366
TIERED = {"graduated", "volume", "stair_step"}
COUNTED_UNITS = (form.Time, form.Contacts, form.Outcomes, form.Count)


def refusals(plan: form.Plan) -> tuple[str, ...]:
    """All that is wrong with a plan whose structure is right."""
    return tuple(_all(plan))


def _all(plan: form.Plan) -> Iterator[str]:
    try:
        ZoneInfo(plan.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"timezone: {plan.timezone!r} is no time zone; write it as Europe/Berlin."
    if not (len(plan.currency) == 3 and plan.currency.isascii() and plan.currency.isupper()):
        yield f"currency: {plan.currency!r} is no currency code; write it as EUR."
    if plan.cycle == "four_weekly" and plan.cycle_anchor is None:
        yield "cycle: four_weekly needs cycle_anchor, the first day of a period."
    yield from _codes(plan)
    for item in plan.items:
        for fault in _of_item(plan, item):
            yield f"items ({item.code}): {fault}"
    for bundle in plan.bundles:
        for fault in _of_bundle(plan, bundle):
            yield f"bundles ({bundle.code}): {fault}"
    for one in plan.discounts:
        yield from (f"discounts ({one.code}): {fault}" for fault in _of_discount(plan, one))
    for promise in plan.sla:
        yield from (f"sla ({promise.code}): {fault}" for fault in _of_sla(plan, promise))
    for fee in plan.fees:
        yield from (f"fees ({fee.code}): {fault}" for fault in _of_fee(plan, fee))
    yield from _limits("the plan", plan.minimum, plan.maximum)


def _codes(plan: form.Plan) -> Iterator[str]:
    for name, rows in (("items", plan.items), ("fees", plan.fees), ("bundles", plan.bundles)):
        counted = Counter(row.code for row in rows)
        for code, times in counted.items():
            if times > 1:
                yield f"{name}: {code!r} is there {times} times; each has a code of its own."


def _of_item(plan: form.Plan, item: form.Item) -> Iterator[str]:
    yield from _of_price(item)
    yield from _of_measure(plan, item)
    yield from _limits("the item", item.minimum, item.maximum)
    if item.premiums and item.price.model != "per_unit":
        yield f"a premium needs the model per_unit, not {item.price.model}."
    if item.premiums and not isinstance(item.measure, COUNTED_UNITS):
        yield "a premium is on time, contacts, outcomes or counts only."
    for premium in item.premiums:
        yield from _percent(f"premium {premium.name}", premium.percent)
        if premium.when.over_s and not isinstance(item.measure, form.Time):
            yield f"premium {premium.name}: hours beyond a limit are of agent time only."
        yield from _of_when(plan, premium.when)
    if item.rest and not item.family:
        yield "rest takes what the others of its family do not name: name the family."
    for rule in item.forgive:
        if (rule.first is None) == (rule.percent is None):
            yield "forgive names either first, or percent with percent_of."


def _of_price(item: form.Item) -> Iterator[str]:
    price = item.price
    if price.unit <= 0 or price.size <= 0:
        yield "a unit and a package's size are greater than 0."
    if price.model in TIERED:
        yield from _of_tiers(price.tiers)
    elif price.tiers:
        yield f"the model {price.model} has no tiers."
    if price.commit is not None and price.model != "per_unit":
        yield f"a commitment needs the model per_unit, not {price.model}."
    if price.commit is not None:
        if price.commit.quantity is None and not price.commit.ramp:
            yield "a commitment says its quantity, or a ramp of quantities."
        if price.commit.above != "not_billed":
            try:
                exact(price.commit.above)
            except MoneyError as error:
                yield f"commit, above: {error}; write not_billed or a factor."
    yield from _percent("percent", price.percent)
    if price.least is not None and price.most is not None and price.least > price.most:
        yield "least is greater than most."


def _of_tiers(tiers: Sequence[form.Tier]) -> Iterator[str]:
    if not tiers:
        yield "the price model needs tiers."
        return
    if tiers[-1].up_to is not None:
        yield "the last tier has no up_to: it prices all that is above."
    bounds = [tier.up_to for tier in tiers[:-1]]
    known = [bound for bound in bounds if bound is not None]
    if len(known) < len(bounds):
        yield "only the last tier goes without up_to."
    if any(later <= earlier for earlier, later in pairwise(known)):
        yield "tiers ascend: each up_to is greater than the one before."


def _of_measure(plan: form.Plan, item: form.Item) -> Iterator[str]:
    measure = item.measure
    if measure.when is not None:
        if measure.when.over_s:
            yield "when: hours beyond a limit are for premiums."
        yield from _of_when(plan, measure.when)
    if isinstance(measure, form.Time):
        for entry in measure.count:
            yield from _of_counted(entry)
    if isinstance(measure, form.Outcomes) and measure.hold_days > MOST_HOLD_DAYS:
        yield f"hold_days is at most {MOST_HOLD_DAYS}."
    if isinstance(measure, form.Outcomes) and not (measure.outcomes or measure.flags):
        yield "outcomes or flags say what is billed."
    if isinstance(measure, form.ShortCalls):
        yield from _percent("share_percent", measure.share_percent)
        if (measure.under_s is None) == (measure.at_most_s is None) and measure.of == "answered":
            yield "a short call is under_s or at_most_s so many seconds: say one of them."
    is_share = item.price.model == "percentage"
    has_value = isinstance(measure, form.Outcomes) or (
        isinstance(measure, form.Calls) and measure.of == "money"
    )
    if is_share and not has_value:
        yield "a percentage is of the value of outcomes, or of the money of calls."


def _of_counted(entry: form.Counted | str) -> Iterator[str]:
    if isinstance(entry, str):
        if entry not in READY:
            yield f"count: {entry!r} is no ready list; there are {', '.join(READY)}."
        return
    if entry.state not in STATES:
        yield f"count: {entry.state!r} is no state; there are {', '.join(STATES)}."
    if (entry.cap_s is None) != (entry.cap_per is None):
        yield f"count, {entry.state}: cap_s and cap_per go together."
    yield from _percent(f"count, {entry.state}", entry.weight_percent)


def _of_when(plan: form.Plan, when: form.When) -> Iterator[str]:
    if when.holidays and when.holidays not in plan.holidays:
        yield f"when: the plan has no list of holidays {when.holidays!r}."
    for window in when.windows:
        for text in (window.start, window.end):
            if minutes_of(text) is None:
                yield f"when: {text!r} is no time of day; write it as 22:00."
        if not window.days or not set(window.days) <= set(range(1, 8)):
            yield "when: days are 1 (Monday) to 7."


def minutes_of(text: str) -> int | None:
    """`22:30` in minutes of the day; `24:00` is its end."""
    hours, colon, minutes = text.partition(":")
    if not (colon and hours.isascii() and hours.isdigit() and minutes.isdigit()):
        return None
    found = int(hours) * 60 + int(minutes)
    return found if int(minutes) < 60 and found <= 1440 and len(minutes) == 2 else None


def _of_bundle(plan: form.Plan, bundle: form.Bundle) -> Iterator[str]:
    if plan.pricing.kind != "card":
        yield "a plan that prices calls from their cost has no bundles."
    if bool(bundle.item) == bool(bundle.items):
        yield "a bundle names its item, or items."
        return
    codes = {item.code: item for item in plan.items}
    for draw in bundle.draws:
        if draw.item not in codes:
            yield f"there is no item {draw.item!r}."
        elif codes[draw.item].per == "campaign":
            yield f"{draw.item} is counted by campaign: a bundle's items are counted together."
        elif bundle.items and codes[draw.item].price.model != "per_unit":
            yield f"{draw.item} is not priced per_unit: only such items share a bundle."
        if draw.weight <= 0:
            yield f"the weight of {draw.item} is greater than 0."


def _of_discount(plan: form.Plan, discount: form.Discount) -> Iterator[str]:
    if (discount.percent is None) == (discount.amount is None):
        yield "a discount is a percent or an amount."
    if discount.percent is not None:
        yield from _percent("percent", discount.percent)
    yield from _named(plan, discount.items)


def _of_sla(plan: form.Plan, promise: form.Sla) -> Iterator[str]:
    inner = promise.of if promise.metric == "intervals_met" else promise
    if inner is None:
        yield "intervals_met needs `of`, the metric and its target, and interval_s."
    elif inner.metric == "service_level" and not inner.formula:
        yield "a service level names its formula: " + ", ".join(FORMULAS) + "."
    elif inner.formula and inner.formula not in FORMULAS:
        yield f"{inner.formula!r} is no formula; there are {', '.join(FORMULAS)}."
    if promise.metric == "intervals_met" and not promise.interval_s:
        yield "intervals_met needs interval_s."
    last = promise.bands[-1] if promise.bands else None
    if last is None or last.at_least is not None or last.at_most is not None:
        yield "the last band has no bound: it holds for all that is left."
    if any(band.percent < 0 for band in promise.bands) and plan.sla_limits.bonus_percent is None:
        yield "a bonus needs a limit: sla_limits, bonus_percent."
    for band in promise.bands:
        yield from _percent("a band", band.percent)
    spans = [(one.since, one.until) for one in promise.exclude]
    for since, until in spans + [(one.since, one.until) for one in promise.forecast]:
        try:
            if instant_ms(until, "UTC") <= instant_ms(since, "UTC"):
                yield f"a span ends after it begins, not at {until}."
        except (ValueError, OverflowError):
            yield f"{since} to {until}: write instants as 2026-11-20T10:00:00-05:00."
    yield from _named(plan, promise.items)


FORMULAS = ("answered", "abandons_in_time_good", "less_in_time", "less_short", "offered")


def _of_fee(plan: form.Plan, fee: form.Fee) -> Iterator[str]:
    if (fee.amount * 1_000_000).denominator != 1:
        yield "its amount has more than 6 decimals."
    if fee.count < 1:
        yield "count is 1 or more."
    if fee.of is not None and not 1 <= fee.of <= 366:
        yield "of is a number of days, such as 30."
    if fee.on == "holidays" and fee.holidays not in plan.holidays:
        yield f"the plan has no list of holidays {fee.holidays!r}."


def _named(plan: form.Plan, codes: Sequence[str]) -> Iterator[str]:
    known = {item.code for item in plan.items} | {fee.code for fee in plan.fees}
    for code in codes:
        if code not in known:
            yield f"there is no item or fee {code!r}."


def _limits(what: str, least: form.Limit | None, most: form.Limit | None) -> Iterator[str]:
    if least is not None and most is not None and least.amount > most.amount:
        yield f"the minimum of {what} is greater than its maximum."


def _percent(what: str, percent: Fraction) -> Iterator[str]:
    if not -100 <= percent <= 100_000:
        yield f"{what}: a percentage is between -100 and 100 000."
