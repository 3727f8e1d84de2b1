"""What is counted one by one: contacts, metered events, calls, and short calls beyond a share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import floor
from typing import Protocol

from tollwright.core.charges import plan as form
from tollwright.core.charges.agent_time import stepped
from tollwright.core.charges.exact import many
from tollwright.core.charges.facts import SECOND_MS, Contact, Metered, RatedCall
from tollwright.core.charges.reading import NOUGHT, Reading, Use
from tollwright.core.charges.selection import Selection, WhenClock
from tollwright.core.charges.window import Window

MICROS = 1_000_000
ONE = Fraction(1)


class Event(Protocol):
    """What contacts, outcomes and metered events have in common."""

    @property
    def key(self) -> str:
        """Its key."""

    @property
    def campaign(self) -> str:
        """Its campaign."""

    @property
    def since(self) -> int:
        """When it was, in ms."""

    @property
    def language(self) -> str:
        """Its language."""


@dataclass(frozen=True, slots=True)
class EventReader:
    """Reads items of contacts, counts and calls in one window."""

    window: Window
    contacts: Sequence[Contact]
    counts: Sequence[Metered]
    calls: Sequence[RatedCall]

    def read(
        self,
        selection: Selection,
        measure: form.Contacts | form.Count | form.Calls | form.ShortCalls,
        campaign: str | None = None,
    ) -> Reading:
        """The reading of an item; of one campaign where its `per` says so."""
        if isinstance(measure, form.Contacts):
            return self._contacts(selection, measure, campaign)
        if isinstance(measure, form.Count):
            return self._counts(selection, measure, campaign)
        if isinstance(measure, form.Calls):
            return self._calls(selection, measure, campaign)
        return self._short(selection, measure, campaign)

    def _contacts(
        self, selection: Selection, measure: form.Contacts, campaign: str | None
    ) -> Reading:
        found = sorted(
            (
                one for one in self.contacts
                if self._takes(selection, one, campaign)
                and one.result in measure.results
                and (not measure.channels or one.channel in measure.channels)
                and (not measure.direction or one.direction == measure.direction)
                and one.talk_ms >= measure.min_talk_s * SECOND_MS
            ),
            key=lambda one: (one.since, one.key),
        )  # fmt: skip
        kept = forgiven(found, selection.item.forgive, self._granted(selection.item.code))
        uses = [Use(one.since, one.key, ONE) for one in kept]
        left = f", {len(found) - len(kept)} forgiven" if len(kept) < len(found) else ""
        return Reading(
            Fraction(len(kept)), by_campaign(kept), uses,
            premiums=premiums_of(selection.item, self.window.plan, [(one, ONE) for one in kept]),
            how=f"{many(len(kept), 'contact')}{left}",
        )  # fmt: skip

    def _granted(self, code: str) -> Fraction:
        """What the bundles of an item grant in a period."""
        bundles = self.window.plan.bundles
        mine = [one for one in bundles if code in {draw.item for draw in one.draws}]
        return sum((one.amount * one.unit for one in mine), NOUGHT)

    def _counts(self, selection: Selection, measure: form.Count, campaign: str | None) -> Reading:
        found = sorted(
            (
                one for one in self.counts
                if one.meter == measure.meter
                and self._takes(selection, one, campaign)
            ),
            key=lambda one: (one.since, one.key),
        )  # fmt: skip
        if not found:
            return Reading(NOUGHT)
        rule = selection.item.round
        per_record = rule is not None and rule.per == "record"
        values = [
            (one, stepped(one.quantity, rule) if rule and per_record else one.quantity)
            for one in found
        ]
        quantity = {
            "sum": sum((value for _, value in values), NOUGHT),
            "max": max(value for _, value in values),
            "last": values[-1][1],
        }[measure.mode]
        if rule is not None and not per_record:
            quantity = stepped(quantity, rule)
        campaigns: dict[str, Fraction] = defaultdict(lambda: NOUGHT)
        for one, value in values:
            campaigns[one.campaign] += value
        uses = [Use(one.since, one.key, value) for one, value in values]
        return Reading(
            quantity, dict(campaigns), uses if measure.mode == "sum" else (),
            premiums=premiums_of(selection.item, self.window.plan, values),
            how=f"{many(len(found), 'record')} of {measure.meter}",
        )  # fmt: skip

    def _takes(self, selection: Selection, one: Contact | Metered, only: str | None) -> bool:
        if not self.window.holds(one.since) or (only is not None and one.campaign != only):
            return False
        return selection.takes(one.campaign, one.since, one.language, one.code)

    def _answered(self, selection: Selection, only: str | None) -> list[RatedCall]:
        """The answered calls that began in the window."""
        return [
            one
            for one in self.calls
            if one.answered is not None
            and self.window.holds(one.answered)
            and (only is None or one.campaign == only)
            and selection.takes(one.campaign, one.answered)
        ]

    def _calls(self, selection: Selection, measure: form.Calls, campaign: str | None) -> Reading:
        calls, rule = self._answered(selection, campaign), selection.item.round
        uses = [Use(one.answered or 0, one.key, _size(one, measure.of)) for one in calls]
        quantity = sum((use.quantity for use in uses), NOUGHT)
        if rule is not None:
            quantity = stepped(quantity, rule)
        campaigns: dict[str, Fraction] = defaultdict(lambda: NOUGHT)
        for one, use in zip(calls, uses, strict=True):
            campaigns[one.campaign] += use.quantity
        values = [one.amount for one in calls] if measure.of == "money" else ()
        return Reading(quantity, dict(campaigns), uses, values, how=many(len(calls), "call"))

    def _short(
        self, selection: Selection, measure: form.ShortCalls, campaign: str | None
    ) -> Reading:
        answered = self._answered(selection, campaign)
        if measure.of == "attempts":
            wanted = selection.item.measure.campaigns
            missed = sum(
                one.answered is None and (not wanted or one.campaign in wanted)
                and (campaign is None or one.campaign == campaign)
                for one in self.calls
            )  # fmt: skip
            total, short = len(answered) + missed, missed
        else:
            total, short = len(answered), sum(_is_short(one, measure) for one in answered)
        how = f"{short} short of {many(total, 'call')}"
        if total < measure.min_calls or not _is_due(total, short, measure):
            return Reading(NOUGHT, how=how)
        allowed = floor(total * measure.share_percent / 100)
        quantity = {"short": short, "excess": short - allowed, "all": total}[measure.applies_to]
        return Reading(Fraction(quantity), how=how)


def _size(call: RatedCall, of: str) -> Fraction:
    if of == "money":
        return call.amount * MICROS
    return Fraction(call.length_ms, SECOND_MS) if of == "seconds" else ONE


def _is_short(call: RatedCall, measure: form.ShortCalls) -> bool:
    if measure.under_s is not None:
        return call.length_ms < measure.under_s * SECOND_MS
    return measure.at_most_s is not None and call.length_ms <= measure.at_most_s * SECOND_MS


def _is_due(total: int, short: int, measure: form.ShortCalls) -> bool:
    share, bound = short * 100, measure.share_percent * total
    return bool(total) and (share > bound or (measure.compare == "at_least" and share == bound))


def forgiven(
    found: Sequence[Contact], rules: Sequence[form.Forgive], granted: Fraction = NOUGHT
) -> list[Contact]:
    """What is left of contacts in order of time when each rule has taken its own. `granted`: by
    the bundles of the item."""
    kept = list(found)
    for rule in rules:
        if rule.by == "customer":
            continue
        fits = [one for one in kept if _forgivable(one, rule)]
        most = rule.first
        if most is None:
            whole = granted if rule.percent_of == "bundle" else Fraction(len(found))
            most = floor(whole * (rule.percent or NOUGHT) / 100)
        gone = {one.key for one in fits[:most]}
        kept = [one for one in kept if one.key not in gone]
    return kept


def _forgivable(one: Contact, rule: form.Forgive) -> bool:
    return (
        (rule.under_s is None or one.talk_ms < rule.under_s * SECOND_MS)
        and (not rule.results or one.result in rule.results)
        and (not rule.codes or one.code in rule.codes)
    )


def by_campaign(events: Sequence[Event]) -> dict[str, Fraction]:
    """How many are of each campaign."""
    found: dict[str, Fraction] = defaultdict(lambda: NOUGHT)
    for one in events:
        found[one.campaign] += 1
    return dict(found)


def premiums_of(
    item: form.Item, plan: form.Plan, events: Sequence[tuple[Event, Fraction]]
) -> dict[str, Fraction]:
    """Units under each premium; of several on one unit the greatest, or all."""
    clocks = [(one, WhenClock(one.when, plan)) for one in item.premiums]
    sums = {one.name: NOUGHT for one in item.premiums}
    for event, quantity in events if clocks else ():
        code = str(getattr(event, "code", ""))
        held = [
            one for one, clock in clocks
            if clock.fits(event.language, code) and clock.holds(event.since)
        ]  # fmt: skip
        if item.premium_stack == "best" and held:
            held = [max(held, key=lambda one: one.percent)]
        for one in held:
            sums[one.name] += quantity
    return sums


def days_used(window: Window, days: Sequence[date], moments: Sequence[int]) -> set[date]:
    """Which of some days have a fact on them."""
    wanted = set(days)
    return {window.day_of(moment) for moment in moments if window.holds(moment)} & wanted
