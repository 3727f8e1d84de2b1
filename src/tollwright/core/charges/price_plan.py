"""What a window of a plan comes to: from facts to lines to a total, each line rounded once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from tollwright.core.billing.periods import Span
from tollwright.core.charges import plan as form
from tollwright.core.charges.agent_time import TimeReader, one_state_a_moment
from tollwright.core.charges.bundles import Grant, Spent, spend
from tollwright.core.charges.events import EventReader, days_used
from tollwright.core.charges.exact import show_amount, show_exact, to_minor
from tollwright.core.charges.facts import Facts, Fault
from tollwright.core.charges.outcomes import OutcomeReader
from tollwright.core.charges.plan_fees import fee_due
from tollwright.core.charges.price_models import Priced, price_quantity, price_values
from tollwright.core.charges.reading import NOUGHT, Reading
from tollwright.core.charges.seats import SeatReader
from tollwright.core.charges.selection import select
from tollwright.core.charges.sla import SlaReader, band_percent, credit_of, say
from tollwright.core.charges.totals import Line, close
from tollwright.core.charges.window import Window, cycle_span

HUNDRED = Fraction(100)
ONE_DAY = timedelta(days=1)


class Pause(form.FileForm, frozen=True, rename={"first": "from", "last": "to"}):
    """Days, both included, that cost `fee_percent` of the fees."""

    first: date
    last: date
    fee_percent: Fraction = NOUGHT


class Subscription(form.FileForm, frozen=True):
    """Its first day and its last, both included; pauses; a trial from the first day."""

    starts_on: date | None = None
    ends_on: date | None = None
    paused: tuple[Pause, ...] = ()
    trial_days: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be priced: the days [first, end), and what else is known of them.

    `profile`: quantities by item, in base units, instead of facts.
    """

    first: date
    end: date
    subscription: Subscription = field(default_factory=Subscription)
    grants: Sequence[Grant] = ()
    profile: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PricedPlan:
    """The lines in order, their total, what became of bundles, and facts that were not priced."""

    lines: Sequence[Line]
    total: Fraction
    grants: Mapping[str, Spent]
    faults: Sequence[Fault] = ()


class NothingToPrice(ValueError):
    """The subscription has no day in the window."""


def window_of(plan: form.Plan, asked: Asked) -> Window:
    """The window that a subscription has in the days that are asked for. Raises NothingToPrice."""
    told = asked.subscription
    starts_on = told.starts_on or asked.first
    end = asked.end if told.ends_on is None else min(asked.end, told.ends_on + ONE_DAY)
    if max(asked.first, starts_on) >= end:
        raise NothingToPrice("The subscription has no day between --from and --to.")
    span = Span(max(asked.first, starts_on), end)
    period = cycle_span(plan, asked.first, starts_on)
    whole = Span(min(period.first, asked.first), max(period.end, asked.end))
    days = told.trial_days or (plan.trial.days if plan.trial else 0)
    trial = Span(starts_on, starts_on + timedelta(days=days)) if days > 0 else None
    return Window(
        plan, span, whole.days, starts_on,
        tuple(Span(one.first, one.last + ONE_DAY) for one in told.paused),
        next((one.fee_percent for one in told.paused), NOUGHT), trial,
        plan.trial is not None and plan.trial.usage == "free",
    )  # fmt: skip


def price_plan(plan: form.Plan, facts: Facts, asked: Asked) -> PricedPlan:
    """Raises NothingToPrice."""
    window = window_of(plan, asked)
    return _Pricing(plan, window, facts, asked).run()


class _Pricing:
    def __init__(self, plan: form.Plan, window: Window, facts: Facts, asked: Asked) -> None:
        self._plan, self._window, self._facts, self._asked = plan, window, facts, asked
        self._linear = one_state_a_moment(facts.states)
        drawn = frozenset(draw.item for one in plan.bundles for draw in one.draws)
        self._time = TimeReader(window, self._linear, facts.states, drawn)
        self._seats = SeatReader(window, facts.sessions, facts.assignments)
        self._events = EventReader(window, facts.contacts, facts.counts, facts.calls)
        self._outcomes = OutcomeReader(window, facts.outcomes)
        self._selections = select(plan)

    def run(self) -> PricedPlan:
        items = {item.code: item for item in self._plan.items}
        readings = {
            code: self._reading(item) for code, item in items.items() if item.per == "customer"
        }
        spent = {
            bundle.code: spend(bundle, self._window, self._asked.grants, items, readings)
            for bundle in self._plan.bundles
        }
        lines = list(self._fees())
        for code, item in items.items():
            if item.per == "customer":
                paid = sum((one.paid.get(code, NOUGHT) for one in spent.values()), NOUGHT)
                lines += self._item(item, readings[code], "", paid)
                continue
            for campaign in self._campaigns(item):
                lines += self._item(item, self._reading(item, campaign), campaign, NOUGHT)
        lines += close(self._plan, self._window, lines, self._credit(lines))
        kept = [line for line in lines if line.quantity or line.amount]
        total = sum((line.amount for line in kept), NOUGHT)
        return PricedPlan(kept, total, spent, [*self._facts.faults, *self._without_value()])

    def _reading(self, item: form.Item, campaign: str | None = None) -> Reading:
        if item.code in self._asked.profile:
            return Reading(self._asked.profile[item.code], how="as stated")
        selection, measure = self._selections[item.code], item.measure
        if isinstance(measure, form.Seats):
            return self._seats.read(selection, measure, campaign)
        if isinstance(measure, form.Time):
            return self._time.read(selection, measure, campaign)
        if isinstance(measure, form.Outcomes):
            return self._outcomes.read(selection, measure, campaign)
        return self._events.read(selection, measure, campaign)

    def _campaigns(self, item: form.Item) -> list[str]:
        """The campaigns that facts name, or those that the item does."""
        if item.measure.campaigns:
            return list(item.measure.campaigns)
        facts = self._facts
        rows = (
            facts.sessions, facts.states, facts.contacts, facts.assignments, facts.counts,
            facts.calls, [told[-1] for told in facts.outcomes.values()],
        )  # fmt: skip
        return sorted({one.campaign for kind in rows for one in kind})

    def _fees(self) -> Iterator[Line]:
        ends = self._asked.subscription.ends_on
        end = None if ends is None else ends + ONE_DAY
        facts = self._facts
        moments = [
            *(one.since for kind in (facts.contacts, facts.counts, facts.states) for one in kind),
            *(one.answered for one in facts.calls if one.answered is not None),
        ]  # fmt: skip
        for fee in self._plan.fees:
            due = fee_due(
                fee, self._window, end, lambda days: days_used(self._window, days, moments)
            )
            yield self._line(fee.code, Fraction(due.days), due.amount, due.how, fee=fee.code)

    def _item(
        self, item: form.Item, reading: Reading, campaign: str, paid: Fraction
    ) -> Iterator[Line]:
        window, quantity = self._window, reading.quantity - paid
        priced = self._priced(item, reading, quantity)
        amount, how = priced.amount, priced.how
        if reading.by_days and window.share != 1:
            amount *= window.share
            how += f", {window.span.days} of {window.period_days} days"
        if paid:
            how += f", {show_exact(paid)} by bundles"
        line = self._line(
            item.code, reading.quantity, amount, f"{reading.how}: {how}".lstrip(": "),
            campaign, item=item.code, campaigns=reading.campaigns,
        )  # fmt: skip
        yield line
        yield from self._limited(item, line)
        for premium in item.premiums:
            units = reading.premiums.get(premium.name, NOUGHT)
            more = units / item.price.unit * item.price.price * premium.percent / HUNDRED
            said = f"{show_exact(premium.percent)} % on {show_exact(units / item.price.unit)}"
            yield self._line(premium.name, units, more, said, campaign, item=item.code)
        yield from self._clawback(item, reading, campaign)

    def _priced(self, item: form.Item, reading: Reading, quantity: Fraction) -> Priced:
        if item.price.model == "percentage" and reading.values:
            return price_values(item.price, reading.values)
        return price_quantity(
            item.price, quantity, share=self._window.active_share, promised=self._promised(item)
        )

    def _promised(self, item: form.Item) -> Fraction | None:
        """The quantity of its commitment in this window."""
        commit, window = item.price.commit, self._window
        if commit is None:
            return None
        promised = commit.quantity
        place = self._place()
        for step in commit.ramp:
            if place < step.periods:
                promised = step.quantity
                break
            place -= step.periods
        else:
            promised = commit.ramp[-1].quantity if promised is None else promised
        return promised * (window.share if commit.proration == "day" else 1)

    def _place(self) -> int:
        """Which period of the contract it is, from 0."""
        window, place = self._window, 0
        span = cycle_span(self._plan, window.starts_on, window.starts_on)
        while span.end <= window.span.first:
            span, place = cycle_span(self._plan, span.end, window.starts_on), place + 1
        return place

    def _limited(self, item: form.Item, line: Line) -> Iterator[Line]:
        least, most = item.minimum, item.maximum
        if least is not None:
            bound = self._bound(least, self._window.active_share)
            if line.amount < bound:
                said = f"at least {show_exact(bound)}"
                yield self._line(
                    f"{item.code}:minimum", Fraction(1), bound - line.amount, said, line.campaign,
                    item=item.code,
                )  # fmt: skip
        if most is not None:
            bound = self._bound(most, self._window.share)
            if line.amount > bound:
                said = f"at most {show_exact(bound)}"
                yield self._line(
                    f"{item.code}:maximum", Fraction(1), bound - line.amount, said, line.campaign,
                    item=item.code,
                )  # fmt: skip

    def _bound(self, limit: form.Limit, share: Fraction) -> Fraction:
        amount = limit.amount * (share if limit.proration == "day" else 1)
        return to_minor(amount, self._plan.currency)

    def _clawback(self, item: form.Item, reading: Reading, campaign: str) -> Iterator[Line]:
        """What earlier windows lose, each by its own price."""
        gone, amount = 0, NOUGHT
        for one in reading.clawbacks:
            gone += len(one.before) - len(one.after)
            amount += self._stood(item, one.after) - self._stood(item, one.before)
        if gone:
            said = f"{gone} void since they were billed"
            code = f"{item.code}:clawback"
            yield self._line(code, Fraction(-gone), amount, said, campaign, item=item.code)

    def _stood(self, item: form.Item, values: Sequence[Fraction]) -> Fraction:
        if item.price.model == "percentage":
            return price_values(item.price, values).amount
        return price_quantity(item.price, Fraction(len(values))).amount

    def _credit(self, lines: Sequence[Line]) -> Line | None:
        """Service levels, on what items come to before discounts."""
        states = [one for one in self._linear if one.until > self._window.since]
        reader = SlaReader(self._window, self._facts.contacts, states)
        found, said = [], []
        for promise in self._plan.sla:
            reached = reader.reached(promise)
            said.append(say(promise, reached))
            if reached.value is None or promise.claim != "automatic":
                continue
            base = sum(
                (
                    line.amount for line in lines
                    if (line.item and not promise.items)
                    or {line.item, line.fee} & set(promise.items)
                ),
                NOUGHT,
            )  # fmt: skip
            found.append((base, band_percent(promise, reached.value)))
        amount, percent = credit_of(found, self._plan.sla_limits)
        if not percent:
            return None
        return self._line("sla", percent, amount, "; ".join(said))

    def _without_value(self) -> Iterator[Fault]:
        """Outcomes that a percentage is of, and that tell no value."""
        wanted = {
            code for item in self._plan.items
            if item.price.model == "percentage" and isinstance(item.measure, form.Outcomes)
            for code in item.measure.outcomes
        }  # fmt: skip
        for key, told in self._facts.outcomes.items():
            if told[-1].value is None and told[-1].outcome in wanted:
                yield Fault(0, key, "value_missing", f"{told[-1].outcome} tells no value.")

    def _line(
        self, code: str, quantity: Fraction, amount: Fraction, how: str, campaign: str = "", *,
        item: str = "", fee: str = "", campaigns: Mapping[str, Fraction] | None = None,
    ) -> Line:  # fmt: skip
        rounded = to_minor(amount, self._plan.currency)
        return Line(code, campaign, quantity, rounded, how, item, fee, campaigns or {})


def as_data(priced: PricedPlan, currency: str) -> dict[str, object]:
    """The answer as JSON says it; amounts are texts, quantities whole where they can be."""
    spent = priced.grants
    return {
        "lines": [line.as_data(currency) for line in priced.lines],
        "total": show_amount(priced.total, currency),
        "grants": {
            name: _units(sum((getattr(one, name) for one in spent.values()), NOUGHT))
            for name in ("left", "over", "carry")
        }
        | {
            "bundles": {
                code: {name: _units(getattr(one, name)) for name in ("left", "over", "carry")}
                for code, one in spent.items()
            }
        },
    }


def _units(number: Fraction) -> int | str:
    return int(number) if number.denominator == 1 else show_exact(number)


__all__ = ["Asked", "NothingToPrice", "PricedPlan", "Subscription", "as_data", "price_plan"]
