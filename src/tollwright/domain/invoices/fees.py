"""Fee lines of a draft: what the customer's subscriptions owe up to a period's end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tollwright.core.billing.fees import (
    Due,
    Entry,
    FeeTerms,
    Piece,
    cut_piece,
    due_pieces,
    give_back,
    standing,
    take_back,
)
from tollwright.core.billing.periods import Calendar, Period, Span, moments
from tollwright.core.tax.history import TaxHistory, Treatment
from tollwright.data.models import Invoice, InvoiceLine, PlanFee, Subscription
from tollwright.domain.invoices.fee_lines import fee_entries

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Frame:
    """What the fee lines of one draft are reckoned in."""

    invoice: Invoice
    period: Period
    calendar: Calendar
    taxes: TaxHistory
    held: tuple[int, ...]

    @property
    def bill_day(self) -> int:
        """The day of the month on which the customer's months begin, for fees by the calendar."""
        return self.calendar.bill_day(self.period.since)


def fee_lines(frame: Frame, position: int) -> list[InvoiceLine]:
    """The fee lines that the draft still lacks, numbered from `position`; nothing is saved."""
    all_plans = _plans(frame)
    here = [one for one in all_plans if _is_here(frame, one)]
    mine = [one for one in here if _is_due(frame, one)]
    left = [one for one in here if _has_left(frame, one)]
    entries = fee_entries(one.pk for one in {*mine, *left})
    made = list(_once(frame, mine, all_plans))
    for one in mine:
        for fee in _recurring(_fees_of(frame, one)):
            made += _pieces(frame, one, fee, entries[one.pk, fee.pk])
    made = [line for line in made if line.amount_micros]
    if made or not frame.invoice.at_start:
        for one in left:
            for fee in _recurring(one.version.fees.all()):
                made += _corrections(frame, one, fee, entries[one.pk, fee.pk])
    _tax_as_corrected(made)
    for place, line in enumerate(made, start=position):
        line.position = place
    return made


def _plans(frame: Frame) -> list[Subscription]:
    """All of the customer's subscriptions that have begun by then, by first day."""
    found = Subscription.objects.filter(
        customer=frame.invoice.customer_id, starts_on__lt=frame.period.days.end
    )
    related = found.select_related("version__plan").prefetch_related("version__fees")
    return list(related.order_by("starts_on", "id"))


def _is_here(frame: Frame, subscription: Subscription) -> bool:
    same = subscription.version.currency == frame.invoice.currency
    return same and subscription.campaign_id not in frame.held


def _is_due(frame: Frame, subscription: Subscription) -> bool:
    """On a plan's first day those that begin on it are, else all."""
    return not frame.invoice.at_start or subscription.starts_on == frame.period.days.first


def _has_left(frame: Frame, subscription: Subscription) -> bool:
    """What was billed of it is corrected here: on a plan's first day of those that ended before.

    Nobody is asked for the whole of a new plan while what is left of the old one waits.
    """
    if not frame.invoice.at_start:
        return True
    return subscription.ends_on is not None and subscription.ends_on < frame.period.days.first


def _recurring(fees: Iterable[PlanFee]) -> list[PlanFee]:
    return [fee for fee in fees if fee.interval != "once"]


def _fees_of(frame: Frame, subscription: Subscription) -> list[PlanFee]:
    """Those that the draft may bill: on a plan's first day what is due in advance."""
    fees = subscription.version.fees.all()
    return [fee for fee in fees if not frame.invoice.at_start or fee.timing == "advance"]


def _once(
    frame: Frame, mine: Sequence[Subscription], all_plans: Sequence[Subscription]
) -> Iterator[InvoiceLine]:
    """What is due once for a customer (or campaign) and plan: with its first subscription.

    Another version, or a return, is no first one. What stands on a void document is due again.
    """
    first: dict[tuple[int, int | None], int] = {}
    for one in all_plans:
        first.setdefault((one.version.plan_id, one.campaign_id), one.pk)
    begun = [one for one in mine if one.pk == first[one.version.plan_id, one.campaign_id]]
    billed = _billed_once(frame) if begun else {}
    for one in begun:
        before = billed.get((one.version.plan_id, one.campaign_id), set())
        if any(subscription != one.pk for subscription, _ in before):
            continue
        done = {fee for _, fee in before}
        due = [fee for fee in _fees_of(frame, one) if fee.interval == "once"]
        tax = frame.taxes.on(one.starts_on, frame.period.zone)
        yield from (
            _line(frame, one, fee, fee.amount_micros, tax) for fee in due if fee.pk not in done
        )


def _billed_once(frame: Frame) -> dict[tuple[int, int | None], set[tuple[int, int]]]:
    """By plan and campaign: which fees, of which subscriptions, were billed once. One query."""
    lines = InvoiceLine.objects.filter(
        subscription__customer=frame.invoice.customer_id,
        fee__isnull=False,
        period_from=None,
        invoice__document_type="invoice",
    ).exclude(invoice__status="void")
    found: dict[tuple[int, int | None], set[tuple[int, int]]] = defaultdict(set)
    for plan, campaign, subscription, fee in lines.values_list(
        "subscription__version__plan_id", "subscription__campaign_id", "subscription_id", "fee_id"
    ):
        found[plan, campaign].add((subscription or 0, fee or 0))
    return found


def _pieces(
    frame: Frame, subscription: Subscription, fee: PlanFee, entries: Sequence[Entry]
) -> Iterator[InvoiceLine]:
    """Days that are due and on no invoice."""
    terms, currency = fee.terms, frame.invoice.currency
    anchor = terms.counts_from(starts_on=subscription.starts_on, bill_day=frame.bill_day)
    active = _active(frame, subscription, terms, anchor)
    if active is None:
        return
    stands = standing(entries)
    for piece in due_pieces(
        fee=terms,
        active=active,
        billed=tuple(span for one in stands for span in one.spans),
        anchor=anchor,
        currency=currency,
        stands=stands,
        zone=frame.period.zone,
    ):
        for part, tax in _taxed(frame, terms, piece):
            line = _line(frame, subscription, fee, part.amount_micros, tax, part.span)
            if fee.proration == "day":
                line.days = part.span.days
                line.of_days = piece.of_days if piece.whole else terms.of_days or piece.of_days
            if piece.interval is not None and fee.proration != "none":
                line.interval_first, line.interval_end = piece.interval.first, piece.interval.end
            yield line


def _taxed(frame: Frame, terms: FeeTerms, piece: Piece) -> Iterator[tuple[Piece, Treatment]]:
    """The piece by the tax of its days: cut where another rate begins, in whole by its last day."""
    zone = frame.period.zone
    days = frame.taxes.changes_within(piece.span, zone)
    for part in cut_piece(terms, piece, days, frame.invoice.currency, zone):
        yield part, frame.taxes.on(part.span.last, zone)


def _corrections(
    frame: Frame, subscription: Subscription, fee: PlanFee, entries: Sequence[Entry]
) -> Iterator[InvoiceLine]:
    """What of billed days is given back, or taken back again."""
    terms, currency = fee.terms, frame.invoice.currency
    back = take_back(entries)
    if subscription.ends_on is not None:
        ends = subscription.ends_on + DAY
        back += give_back(fee=terms, entries=entries, ends=ends, currency=currency)
    for due in back:
        yield _correction(frame, subscription, fee, due)


def _active(frame: Frame, subscription: Subscription, fee: FeeTerms, anchor: date) -> Span | None:
    """The days for which the fee is due on an invoice made when the period has ended.

    In advance: to the end of the interval that has begun by then. In arrears: of intervals that
    are over, and all when the plan has ended.
    """
    made_on = frame.period.days.first if frame.invoice.at_start else frame.period.days.end
    end = fee.due_until(made_on, anchor)
    if subscription.ends_on is not None:
        ends = subscription.ends_on + DAY
        end = ends if ends <= made_on else min(end, ends)
    return Span(subscription.starts_on, end) if subscription.starts_on < end else None


def _correction(frame: Frame, subscription: Subscription, fee: PlanFee, due: Due) -> InvoiceLine:
    tax = frame.taxes.on(due.span.last, frame.period.zone)
    line = _line(frame, subscription, fee, due.amount_micros, tax, due.span)
    line.kind, line.corrects_id = "correction", due.of
    return line


def _tax_as_corrected(lines: Sequence[InvoiceLine]) -> None:
    """What gives back, or takes that back, has the tax of the line that it is of, not today's."""
    of = {line.corrects_id for line in lines if line.corrects_id is not None}
    found = InvoiceLine.objects.in_bulk(of) if of else {}
    for line in lines:
        if line.corrects_id is not None:
            original = found[line.corrects_id]
            line.tax_category, line.tax_rate = original.tax_category, original.tax_rate


def _line(
    frame: Frame,
    subscription: Subscription,
    fee: PlanFee,
    amount_micros: int,
    tax: Treatment,
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
        tax_category=tax.category,
        tax_rate=tax.rate,
    )


def _named(plan: str, fee: str) -> str:
    """`Gold: Support`; a fee that already names its plan stands alone."""
    return (fee if fee.startswith(plan) else f"{plan}: {fee}")[:300]
