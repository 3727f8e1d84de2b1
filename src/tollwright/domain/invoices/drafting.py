"""Drafts: for each period of a customer that ended, what is due and on no finalised invoice.

Drafting again is harmless: a draft keeps its row, its fee lines are reckoned anew and its usage
lines take in what has arrived since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from django.db.models import QuerySet

from tollwright.core.billing.periods import Calendar, Period, Span, without
from tollwright.core.rules import RuleRow
from tollwright.core.tax.history import TaxHistory
from tollwright.core.tax.totals import Taxable, totals
from tollwright.data.models import (
    BillingRun,
    Customer,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    Subscription,
)
from tollwright.domain.database import database
from tollwright.domain.invoices.events import tell
from tollwright.domain.invoices.fees import Frame, fee_lines
from tollwright.domain.invoices.terms import (
    DAY,
    INSTANT,
    Terms,
    calendar_of,
    held_campaigns,
    taxes_of,
    terms_at,
    terms_before,
)
from tollwright.domain.rules.queries import rules_of
from tollwright.engine.billing.usage import gather_usage
from tollwright.store import billing

EPOCH = datetime(1990, 1, 1, tzinfo=UTC)  # no call is older (a check in the schema)


@dataclass(frozen=True, slots=True)
class Account:
    """One customer in one currency, as this run sees them."""

    run: BillingRun
    customer: Customer
    currency: str
    calendar: Calendar
    taxes: TaxHistory
    held: tuple[int, ...]
    first_call: datetime | None
    rules: Sequence[RuleRow]  # of the customer and its campaigns
    began: Sequence[date]  # first days of its plans
    drafts: Sequence[Invoice]  # those that there were
    at: datetime


def draft_customer(run: BillingRun, customer: Customer, at: datetime) -> list[Invoice]:
    """The customer's drafts for the periods that ended by `run.until`, oldest first.

    Drafts of such periods for which nothing is due any more are dropped.
    """
    Customer.objects.select_for_update().get(pk=customer.pk)
    before = {draft.pk: draft for draft in _drafts(customer, run.until)}
    kept = _draft_all(run, customer, at)
    here = {draft.pk for draft in kept}
    stale = [draft for draft in _drafts(customer, run.until) if draft.pk not in here]
    if stale:  # what it let go of belongs on the others
        for draft in stale:
            drop(draft)
        kept = _draft_all(run, customer, at)
    _tell_of_change(before, kept, at)
    return kept


def _tell_of_change(before: Mapping[int, Invoice], kept: Sequence[Invoice], at: datetime) -> None:
    for draft in kept:
        if draft.pk not in before:
            tell("drafted", draft, at)
    for pk in before.keys() - {draft.pk for draft in kept}:
        tell("deleted", before[pk], at)


def _draft_all(run: BillingRun, customer: Customer, at: datetime) -> list[Invoice]:
    """Every account's drafts. Fees start over: no draft may count on what another may lose."""
    drafts = list(_drafts(customer, run.until))
    if drafts:
        old = InvoiceLine.objects.filter(invoice__in=drafts).exclude(kind="usage")
        old.filter(kind="correction").delete()  # first, since it points at what it corrects
        old.delete()
    kept: list[Invoice] = []
    for account in _accounts(run, customer, drafts, at):
        kept += _draft_account(account)
    return kept


def _drafts(customer: Customer, until: datetime) -> QuerySet[Invoice]:
    return Invoice.objects.filter(
        customer=customer,
        status="draft",
        document_type__in=["invoice", "debit_note"],
        run__isnull=False,
        period_to__lte=until,
    ).order_by("id")


def _accounts(
    run: BillingRun, customer: Customer, drafts: Sequence[Invoice], at: datetime
) -> list[Account]:
    first = billing.fetch_unbilled_since(database(), customer_id=customer.pk, until=run.until)
    rules = rules_of(customer)
    plans = Subscription.objects.filter(customer=customer).order_by("id")
    began = list(plans.values_list("version__currency", "starts_on"))
    calendar, taxes = calendar_of(customer, rules), taxes_of(customer, rules)
    held = held_campaigns(customer, run.until, at, rules=rules)
    return [
        Account(
            run=run,
            customer=customer,
            currency=code,
            calendar=calendar,
            taxes=taxes,
            held=held,
            first_call=first.get(code),
            rules=rules,
            began=[day for currency, day in began if currency == code],
            drafts=[draft for draft in drafts if draft.currency == code],
            at=at,
        )
        for code in sorted({*first, *dict(began), *(draft.currency for draft in drafts)})
    ]


def _draft_account(account: Account) -> list[Invoice]:
    issued = _issued(account)
    start = _start(account, issued)
    if start is None:
        return []
    terms = terms_at(account.customer, account.run.until, account.rules)
    found: list[Invoice | None] = []
    since = EPOCH
    if issued and terms.own_invoice_for_late:
        since = account.calendar.begins(start)
        found.append(_late_draft(account, start))
    for period in _periods(account, start, issued):
        found.append(_draft(account, period, since, "invoice"))
    if terms.bill_at_start:
        found += [_start_draft(account, day) for day in _begun(account)]
    return [draft for draft in found if draft is not None]


def _issued(account: Account) -> list[Invoice]:
    invoices = Invoice.objects.filter(
        customer=account.customer,
        currency=account.currency,
        document_type="invoice",
        at_start=False,
    )
    return list(invoices.exclude(status="draft").order_by("period_from", "id"))


def _start(account: Account, issued: Sequence[Invoice]) -> date | None:
    """The first day to bill: after the last invoice, or where a void one left a gap or an earlier
    draft still waits, or the first day on which there is anything at all. None: there is nothing.
    """
    standing = [invoice.days for invoice in issued if invoice.status != "void"]
    drafts = [draft for draft in account.drafts if not draft.at_start]
    gaps = [invoice.days.first for invoice in issued if invoice.status == "void"]
    gaps += [draft.days.first for draft in drafts if draft.document_type == "invoice"]
    gaps = [day for day in gaps if not any(span.first <= day < span.end for span in standing)]
    if standing:
        return min([max(span.end for span in standing), *gaps])
    days = [*gaps, *account.began]
    days += [draft.days.first for draft in drafts]
    if account.first_call is not None:
        days.append(account.calendar.day(account.first_call))
    return account.calendar.on(min(days)).days.first if days else None


def _periods(account: Account, start: date, issued: Sequence[Invoice]) -> Iterator[Period]:
    """The periods from `start` that ended by the run's `until` and that no invoice covers.

    Where an invoice in this currency covers a part of one, the rest.
    """
    calendar = account.calendar
    taken = tuple(invoice.days for invoice in issued if invoice.status != "void")
    for period in calendar.periods(calendar.on(start).since, account.run.until):
        for days in without(period.days, taken):
            until = period.until if days.end == period.days.end else calendar.begins(days.end)
            yield replace(period, since=calendar.begins(days.first), until=until, days=days)


def _begun(account: Account) -> list[date]:
    """First days of plans in the period that has not ended yet, but those invoiced already."""
    now, until = account.calendar.at(account.run.until), account.run.until
    days = sorted({day for day in account.began if now.days.first <= day < now.days.end})
    if not days:
        return []
    first_days = Invoice.objects.filter(
        customer=account.customer, currency=account.currency, at_start=True
    ).exclude(status__in=["draft", "void"])
    done = set(first_days.values_list("period_first", flat=True))
    return [day for day in days if day not in done and account.calendar.begins(day) <= until]


def _start_draft(account: Account, day: date) -> Invoice | None:
    """Registration and fees in advance of the plans that began on the day, before it is billed."""
    first = account.calendar.begins(day)
    period = Period(first, first, Span(day, day + DAY), account.calendar.on(day).zone)
    invoice, is_new = _row(account, period, "invoice", at_start=True)
    if not is_new:
        InvoiceTax.objects.filter(invoice=invoice).delete()
        InvoiceLine.objects.filter(invoice=invoice).delete()
    return _filled(account, invoice, period, _terms_of(account, invoice))


def _late_draft(account: Account, start: date) -> Invoice | None:
    """Calls of closed periods on a debit note of their own, where the rules want it so."""
    calendar = account.calendar
    days = [one.days.first for one in account.drafts if one.document_type == "debit_note"]
    if account.first_call is not None:
        days.append(calendar.day(account.first_call))
    if not days or min(days) >= start:
        return None
    until = calendar.begins(start)
    zone = calendar.at(until - INSTANT).zone
    closed = Period(calendar.begins(min(days)), until, Span(min(days), start), zone)
    return _draft(account, closed, EPOCH, "debit_note")


def _draft(account: Account, period: Period, since: datetime, kind: str) -> Invoice | None:
    """The draft of a period, filled; None, and no row, when nothing is due."""
    invoice, is_new = _row(account, period, kind)
    terms = _terms_of(account, invoice)
    if not is_new:
        InvoiceTax.objects.filter(invoice=invoice).delete()
        InvoiceLine.objects.filter(invoice=invoice).exclude(kind="usage").delete()
    baskets = [
        billing.Basket(
            invoice_id=invoice.pk,
            customer_id=account.customer.pk,
            currency=account.currency,
            since=span.since,
            until=span.until,
            own_since=invoice.period_from if kind == "invoice" else invoice.period_to,
            held=account.held,
            tax_category=span.treatment.category,
            tax_rate=span.treatment.rate,
        )
        for span in account.taxes.spans(since, invoice.period_to)
    ]
    gather_usage(database(), baskets)
    return _filled(account, invoice, period, terms)


def _filled(account: Account, invoice: Invoice, period: Period, terms: Terms) -> Invoice | None:
    """The draft with its fees, placed and added up.

    None, and no row, when nothing is due, or too little for an invoice (rule minimum_invoice).
    """
    if invoice.document_type == "invoice":
        frame = Frame(invoice, period, account.calendar, account.taxes, account.held)
        InvoiceLine.objects.bulk_create(fee_lines(frame, 1_000_000))
    if not InvoiceLine.objects.filter(invoice=invoice).exclude(amount_micros=0).exists():
        drop(invoice)
        return None
    billing.number_lines(database(), invoice_id=invoice.pk)
    total_up(invoice)
    if 0 <= invoice.total_micros < terms.minimum_micros:
        drop(invoice)  # the next draft finds its calls and fees due
        return None
    return invoice


def _terms_of(account: Account, invoice: Invoice) -> Terms:
    """By the last instant of its period; of a plan's first day by its first."""
    end = invoice.period_to + INSTANT if invoice.at_start else invoice.period_to
    return terms_before(account.customer, end, account.rules)


def _row(
    account: Account, period: Period, kind: str, *, at_start: bool = False
) -> tuple[Invoice, bool]:
    """The draft's row, and whether it is new."""
    values = {
        "run": account.run,
        "legal_entity_id": account.customer.legal_entity_id,
        "period_to": period.until,
        "period_zone": period.zone,
        "period_first": period.days.first,
        "period_last": period.days.end - DAY,
        "detail": terms_before(account.customer, period.until, account.rules).detail,
    }
    return Invoice.objects.update_or_create(
        tenant_id=account.customer.tenant_id,
        customer=account.customer,
        currency=account.currency,
        document_type=kind,
        status="draft",
        period_from=period.since,
        at_start=at_start,
        defaults=values,
        create_defaults=values | {"created_at": account.at},
    )


def total_up(invoice: Invoice) -> None:
    """Write net, tax per rate, rounding and total of a draft from its lines."""
    lines = InvoiceLine.objects.filter(invoice=invoice)
    rows = lines.order_by().values_list("amount_micros", "tax_category", "tax_rate")
    sums = totals([Taxable(*row) for row in rows], invoice.currency)
    InvoiceTax.objects.bulk_create(
        InvoiceTax(
            tenant_id=invoice.tenant_id,
            invoice=invoice,
            category=tax.category,
            rate=tax.rate,
            base_micros=tax.base_micros,
            tax_micros=tax.tax_micros,
        )
        for tax in sums.taxes
    )
    invoice.net_micros, invoice.tax_micros = sums.net_micros, sums.tax_micros
    invoice.rounding_micros, invoice.total_micros = sums.rounding_micros, sums.total_micros
    invoice.save(update_fields=["net_micros", "tax_micros", "rounding_micros", "total_micros"])


def drop(draft: Invoice) -> None:
    """Delete a draft; its charges are unbilled again."""
    billing.release_charges(database(), invoice_id=draft.pk, until=draft.period_to)
    InvoiceTax.objects.filter(invoice=draft).delete()
    InvoiceLine.objects.filter(invoice=draft).delete()
    draft.delete()
