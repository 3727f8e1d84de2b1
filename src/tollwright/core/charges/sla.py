"""Service levels: what was reached, which band that is, and what it credits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from tollwright.core.charges import plan as form
from tollwright.core.charges.exact import show_exact
from tollwright.core.charges.facts import SECOND_MS, Contact, State
from tollwright.core.charges.window import Window, instant_ms

HUNDRED = Fraction(100)
HANDLING, WAITING = {"talk", "hold", "wrap"}, {"wait"}


@dataclass(frozen=True, slots=True)
class Reached:
    """A metric's value: a percentage, or seconds; None: nothing was offered. `how` says of what."""

    value: Fraction | None
    how: str


@dataclass(frozen=True, slots=True)
class SlaReader:
    """Reads promises in one window; `states` are cut to one a moment."""

    window: Window
    contacts: Sequence[Contact]
    states: Sequence[State]

    def reached(self, promise: form.Sla) -> Reached:
        """What a promise measures, without what it excludes."""
        offered, left_out = self._offered(promise)
        if promise.metric == "occupancy":
            return self._occupancy(promise)
        if promise.metric == "intervals_met":
            found = self._intervals(promise, offered)
        else:
            found = _metric(promise, offered)
        out = f", {left_out} left out" if left_out else ""
        return Reached(found.value, f"{found.how}{out}")

    def _offered(self, promise: form.Sla) -> tuple[list[Contact], int]:
        zone = self.window.plan.timezone
        mine = [
            one for one in self.contacts
            if self.window.since <= one.since < self.window.until
            and (not promise.campaign or one.campaign == promise.campaign)
        ]  # fmt: skip
        spans = [
            (instant_ms(one.since, zone), instant_ms(one.until, zone)) for one in promise.exclude
        ]
        above = promise.forecast_above_percent
        for one in promise.forecast if above is not None else ():
            since, until = instant_ms(one.since, zone), instant_ms(one.until, zone)
            came = sum(since <= contact.since < until for contact in mine)
            if came * HUNDRED > one.contacts * (HUNDRED + (above or 0)):
                spans.append((since, until))
        kept = [
            one for one in mine if not any(since <= one.since < until for since, until in spans)
        ]
        return kept, len(mine) - len(kept)

    def _intervals(self, promise: form.Sla, offered: Sequence[Contact]) -> Reached:
        metric, interval_s = promise.of, promise.interval_s
        if metric is None or interval_s is None:
            raise ValueError("intervals_met without its metric was refused before")
        groups: dict[int, list[Contact]] = defaultdict(list)
        for one in offered:
            groups[(one.since - self.window.since) // (interval_s * SECOND_MS)].append(one)
        values = [_metric(metric, mine).value for mine in groups.values()]
        judged = [value for value in values if value is not None]
        if not judged:
            return Reached(None, "nothing was offered")
        lower = metric.metric in {"abandon_rate", "asa_s"}
        met = sum(value <= metric.target if lower else value >= metric.target for value in judged)
        return Reached(Fraction(met * 100, len(judged)), f"{met} of {len(judged)} intervals")

    def _occupancy(self, promise: form.Sla) -> Reached:
        sums = {"busy": 0, "free": 0}
        for one in self.states:
            since, until = max(one.since, self.window.since), min(one.until, self.window.until)
            if until <= since or (promise.campaign and one.campaign != promise.campaign):
                continue
            if one.state in HANDLING:
                sums["busy"] += until - since
            elif one.state in WAITING:
                sums["free"] += until - since
        total = sums["busy"] + sums["free"]
        if not total:
            return Reached(None, "nobody was logged in")
        return Reached(Fraction(sums["busy"] * 100, total), f"{sums['busy'] // 1_000} s busy")


def _metric(promise: form.Sla | form.Metric, offered: Sequence[Contact]) -> Reached:
    answered = [one for one in offered if one.result == "answered"]
    abandoned = [one for one in offered if one.result == "abandoned"]
    how = f"{len(answered)} answered, {len(abandoned)} abandoned"
    short = sum(one.wait_ms < promise.short_s * SECOND_MS for one in abandoned)
    if promise.metric == "asa_s":
        if not answered:
            return Reached(None, "nothing was answered")
        waited = sum(one.wait_ms for one in answered)
        return Reached(Fraction(waited, SECOND_MS * len(answered)), how)
    if promise.metric == "abandon_rate":
        top, bottom = len(abandoned) - short, len(answered) + len(abandoned) - short
        return Reached(Fraction(top * 100, bottom) if bottom else None, how)
    limit = promise.within_s * SECOND_MS
    in_time = sum(one.wait_ms <= limit for one in answered)
    gone_in_time = sum(one.wait_ms <= limit for one in abandoned)
    both = len(answered) + len(abandoned)
    top, bottom = {
        "answered": (in_time, len(answered)),
        "abandons_in_time_good": (in_time + gone_in_time, both),
        "less_in_time": (in_time, both - gone_in_time),
        "less_short": (in_time, both - short),
        "offered": (in_time, both),
    }[promise.formula]
    if not bottom:
        return Reached(None, "nothing was offered")
    return Reached(Fraction(top * 100, bottom), f"{how}, {in_time} in time")


def band_percent(promise: form.Sla, value: Fraction) -> Fraction:
    """What the first band that fits credits; negative: a bonus."""
    for band in promise.bands:
        low = band.at_least is None or value >= band.at_least
        high = band.at_most is None or value <= band.at_most
        if low and high:
            return band.percent
    return Fraction(0)  # the last has no bound


def credit_of(
    reached: Sequence[tuple[Fraction, Fraction]], limits: form.SlaLimits
) -> tuple[Fraction, Fraction]:
    """(amount, percent) of promises by (amounts of their items, percent), within the limits.

    The amount is what is added: negative for a credit.
    """
    percent = sum((one for _, one in reached), Fraction(0))
    capped = min(max(percent, -(limits.bonus_percent or Fraction(0))), limits.credit_percent)
    if not percent:
        return Fraction(0), Fraction(0)
    whole = sum((base * one for base, one in reached), Fraction(0)) / HUNDRED
    return -whole * capped / percent, capped


def say(promise: form.Sla, reached: Reached) -> str:
    """`sl: 82.69 of 1 000 answered, ...`."""
    if reached.value is None:
        return f"{promise.code}: {reached.how}"
    return f"{promise.code}: {show_exact(round(reached.value, 2))} ({reached.how})"
