"""Fee lines of a draft: what the customer's subscriptions owe up to a period's end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet

from tollwright.core.billing.fees import Billed, due_pieces, refunds, share_micros, standing
from tollwright.core.billing.periods import (
    Calendar,
    Cycle,
    Period,
    Span,
    day_of,
    moments,
    period_of,
)
from tollwright.data.models import Invoice, InvoiceLine, PlanFee, Subscription
from tollwright.domain.invoices.terms import Terms


@dataclass(frozen=True, slots=True)
class Frame:
    """What the fee lines of one draft are reckoned in."""

    invoice: Invoice
    period: Period
    calendar: Calendar
    terms: Terms
    held: tuple[int, ...]

    @property
    def cycle(self) -> Cycle:
        """The cycle in force for the period."""
        return self.calendar.terms(self.period.since).cycle

    @property
    def anchor(self) -> date:
        """The customer's first day."""
        return self.calendar.anchor


def fee_lines(frame: Frame, position: int) -> list[InvoiceLine]:
    """The fee lines that the draft still lacks, numbered from `position`; nothing is saved."""
    found = [
        line
        for subscription in _subscriptions(frame)
        for fee in subscription.version.fees.all()
        for line in _lines_of(frame, subscription, fee)
        if line.amount_micros
    ]
    for place, line in enumerate(found, start=position):
        line.position = place
    return found


def _subscriptions(frame: Frame) -> QuerySet[Subscription]:
    bound = Q(campaign=None) | ~Q(campaign_id__in=frame.held)
    return (
        Subscription.objects.filter(
            bound,
            customer=frame.invoice.customer_id,
            version__currency=frame.invoice.currency,
            starts_on__lt=frame.period.days.end,
        )
        .select_related("version__plan")
        .prefetch_related("version__fees")
        .order_by("starts_on", "id")
    )


def _lines_of(frame: Frame, subscription: Subscription, fee: PlanFee) -> Iterator[InvoiceLine]:
    earlier = InvoiceLine.objects.filter(
        subscription=subscription, fee=fee, invoice__document_type="invoice"
    ).exclude(invoice__status="void")
    if fee.kind == "registration":
        if not earlier.exists():
            yield _line(frame, subscription, fee, fee.amount_micros)
        return
    billed = tuple(
        Billed(_days(line), line.amount_micros)
        for line in earlier.select_related("invoice").order_by("id")  # as they were billed
    )
    yield from _periods(frame, subscription, fee, billed)
    yield from _given_back(frame, subscription, fee, billed)


def _periods(
    frame: Frame, subscription: Subscription, fee: PlanFee, billed: tuple[Billed, ...]
) -> Iterator[InvoiceLine]:
    active = _active(frame, subscription, fee)
    if active is None:
        return
    covered = tuple(span for _, span in standing(billed))
    pieces = due_pieces(active=active, billed=covered, cycle=frame.cycle, anchor=frame.anchor)
    for piece in pieces:
        amount = share_micros(
            fee_micros=fee.amount_micros,
            days=piece.span.days,
            of_days=piece.of_days,
            currency=frame.invoice.currency,
        )
        line = _line(frame, subscription, fee, amount, piece.span)
        line.days, line.of_days = piece.span.days, piece.of_days
        yield line


def _active(frame: Frame, subscription: Subscription, fee: PlanFee) -> Span | None:
    """The days up to which the fee is due on this draft: in advance, one period more."""
    end = frame.period.days.end
    if fee.timing == "advance":
        end = period_of(end, frame.cycle, frame.anchor).end
    if subscription.ends_on is not None:
        end = min(end, subscription.ends_on + timedelta(days=1))
    return Span(subscription.starts_on, end) if subscription.starts_on < end else None


def _given_back(
    frame: Frame, subscription: Subscription, fee: PlanFee, billed: tuple[Billed, ...]
) -> Iterator[InvoiceLine]:
    if subscription.ends_on is None:
        return
    ends = subscription.ends_on + timedelta(days=1)
    for back in refunds(billed=billed, ends=ends, currency=frame.invoice.currency):
        line = _line(frame, subscription, fee, back.amount_micros, back.span)
        line.kind = "correction"
        yield line


def _line(
    frame: Frame,
    subscription: Subscription,
    fee: PlanFee,
    amount_micros: int,
    span: Span | None = None,
) -> InvoiceLine:
    since, until = moments(span, frame.period.zone) if span else (None, None)
    return InvoiceLine(
        tenant_id=frame.invoice.tenant_id,
        invoice=frame.invoice,
        kind=fee.kind,
        campaign_id=subscription.campaign_id,
        subscription=subscription,
        fee=fee,
        description=_named(subscription.version.plan.name, fee.name),
        period_from=since,
        period_to=until,
        amount_micros=amount_micros,
        tax_category=frame.terms.tax_category,
        tax_rate=frame.terms.tax_rate,
    )


def _named(plan: str, fee: str) -> str:
    """`Gold: Support`; a fee that already names its plan stands alone."""
    return (fee if fee.startswith(plan) else f"{plan}: {fee}")[:300]


def _days(line: InvoiceLine) -> Span:
    """The days of a billed recurring fee; its moments are midnights of the zone of its invoice."""
    if line.period_from is None or line.period_to is None:
        raise ValueError(f"fee line {line.pk} has no period")
    zone = line.invoice.period_zone
    return Span(day_of(line.period_from, zone), day_of(line.period_to, zone))
