"""What a plan's fees come to in a window: each by its own interval, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tollwright.core.billing.fees import FeeTerms
from tollwright.core.billing.periods import Span, overlap, without
from tollwright.core.charges import plan as form
from tollwright.core.charges.exact import many
from tollwright.core.charges.window import Window

DAY = timedelta(days=1)
HUNDRED = Fraction(100)


@dataclass(frozen=True, slots=True)
class FeeDue:
    """An exact amount and its days (of a fee that is due once, 1); negative: given back."""

    days: int
    amount: Fraction
    how: str


def fee_due(
    fee: form.Fee, window: Window, ends: date | None, used: Callable[[Sequence[date]], set[date]]
) -> FeeDue:
    """`ends`: the day after the subscription's last; `used`: those of some days with a fact."""
    if fee.on == "holidays":
        return _on_holidays(fee, window, used)
    if fee.kind == "registration" or fee.interval == "once":
        first = window.span.first <= window.starts_on < window.span.end
        return FeeDue(1, fee.amount, "once") if first else FeeDue(0, Fraction(0), "billed before")
    terms = FeeTerms(
        amount_micros=int(fee.amount * 1_000_000), interval=fee.interval, count=fee.count,
        anchor=fee.anchor, timing=fee.timing, proration=fee.proration, of_days=fee.of,
        unused=fee.unused,
    )  # fmt: skip
    return _IntervalFee(fee, terms, window, ends).due()


def _on_holidays(
    fee: form.Fee, window: Window, used: Callable[[Sequence[date]], set[date]]
) -> FeeDue:
    listed = window.plan.holidays[fee.holidays]
    days = sorted({one.day if isinstance(one, form.Holiday) else one for one in listed})
    days = [day for day in days if window.span.first <= day < window.span.end]
    if fee.if_used:
        days = sorted(used(days))
    return FeeDue(len(days), fee.amount * len(days), many(len(days), "holiday"))


@dataclass(frozen=True, slots=True)
class _IntervalFee:
    fee: form.Fee
    terms: FeeTerms
    window: Window
    ends: date | None

    def due(self) -> FeeDue:
        since, until = self._bounds()
        days, amount = 0, Fraction(0)
        for interval, span in self._by_interval(since, until):
            count, part = self._part(interval, span)
            days, amount = days + count, amount + part
        if self.ends is not None and self.ends < since and self.fee.timing == "advance":
            lost, back = self._given_back(since)
            days, amount = days - lost, amount - back
        return FeeDue(days, amount, f"{many(days, 'day')}, {self.terms.words}")

    def _anchor(self) -> date:
        bill_day = 1
        return self.terms.counts_from(starts_on=self.window.starts_on, bill_day=bill_day)

    def _bounds(self) -> tuple[date, date]:
        """The days that fall due in the window: [since, until)."""
        window, anchor = self.window, self._anchor()
        first, last = window.span.first, window.span.end
        if self.fee.timing == "advance":
            first, last = first - DAY, last - DAY
        since = window.starts_on
        if window.starts_on <= first:
            since = max(since, self.terms.due_until(first, anchor))
        until = self.terms.due_until(last, anchor)
        ended = self.ends is not None and self.ends <= window.span.end
        if self.ends is not None and (ended or until > self.ends):
            until = self.ends
        return since, until

    def _by_interval(self, since: date, until: date) -> Iterator[tuple[Span, Span]]:
        while since < until:
            interval = self.terms.interval_at(since, self._anchor())
            end = min(interval.end, until)
            yield interval, Span(since, end)
            since = end

    def _part(self, interval: Span, span: Span) -> tuple[int, Fraction]:
        """(days, amount) of the part of an interval that falls due."""
        trial = () if self.window.trial is None else (self.window.trial,)
        active = without(span, trial)
        days = sum(one.days for one in active)
        if self.fee.proration == "none":
            first = max(interval.first, self.window.starts_on)
            return days, self.fee.amount if days and span.first == first else Fraction(0)
        zone = self.window.plan.timezone
        weight = Fraction(sum(self.terms.size(one, zone) for one in active))
        for paused in self.window.paused:
            parts = [part for one in active if (part := overlap(one, paused)) is not None]
            lost = sum(self.terms.size(part, zone) for part in parts)
            weight -= lost * (HUNDRED - self.window.pause_percent) / HUNDRED
        return days, self._share(interval, weight)

    def _share(self, interval: Span, weight: Fraction) -> Fraction:
        whole = self.terms.size(interval, self.window.plan.timezone)
        if weight == whole:
            return self.fee.amount
        return self.fee.amount * weight / (self.terms.of_days or whole)

    def _given_back(self, billed_until: date) -> tuple[int, Fraction]:
        """(days, amount) of what was billed in advance beyond the end."""
        if self.fee.unused == "keep" or self.fee.proration == "none" or self.ends is None:
            return 0, Fraction(0)
        days, amount = 0, Fraction(0)
        for interval, span in self._by_interval(
            max(self.ends, self.window.starts_on), billed_until
        ):
            count, part = self._part(interval, span)
            days, amount = days + count, amount + part
        return days, amount
