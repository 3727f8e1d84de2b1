"""The rules that one customer is billed by, read together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min

from tollwright.core.billing.period_rules import period_history
from tollwright.core.billing.periods import Calendar, Period, anchor_day
from tollwright.core.money import micros
from tollwright.core.rules import RuleRow, applicable, resolve
from tollwright.core.tax.history import TaxHistory, tax_history
from tollwright.data.models import Campaign, Customer, Invoice, Subscription
from tollwright.domain.rules.queries import rules_of, rules_of_all

INSTANT, DAY = timedelta(microseconds=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Terms:
    """A customer's billing rules at a moment: what is less than `minimum_micros` is carried on."""

    detail: str
    due_days: int
    grace_days: int
    own_invoice_for_late: bool
    bill_at_start: bool
    minimum_micros: int


def terms_at(customer: Customer, at: datetime, rules: Sequence[RuleRow] | None = None) -> Terms:
    """What the rules say for this customer at `at`. One query, none with `rules_of` it."""
    chain = chain_of(customer, rules)

    def said(setting: str) -> object:
        return resolve(chain, setting, at).value

    return Terms(
        detail=str(said("invoice_detail")),
        due_days=int(str(said("due_days"))),
        grace_days=int(str(said("finalise_grace_days"))),
        own_invoice_for_late=said("late_usage") == "own_invoice",
        bill_at_start=bool(said("bill_at_start")),
        minimum_micros=micros(str(said("minimum_invoice"))),
    )


def terms_before(
    customer: Customer, end: datetime, rules: Sequence[RuleRow] | None = None
) -> Terms:
    """What the rules say in the last instant of a period that ends at `end`."""
    return terms_at(customer, end - INSTANT, rules)


def chain_of(customer: Customer, rules: Sequence[RuleRow] | None) -> list[RuleRow]:
    """The rules of the customer itself. One query, none with `rules_of` it."""
    return applicable(rules_of(customer) if rules is None else rules, customer_id=customer.pk)


def taxes_of(customer: Customer, rules: Sequence[RuleRow] | None = None) -> TaxHistory:
    """Which tax holds from when on. One query, none with `rules_of` it."""
    return tax_history(chain_of(customer, rules))


def calendar_of(customer: Customer, rules: Sequence[RuleRow] | None = None) -> Calendar:
    """The customer's billing periods: by the rules and its first day, and by what is issued.

    Three queries, two with `rules_of` it.
    """
    history = period_history(chain_of(customer, rules), customer.timezone)
    first = Subscription.objects.filter(customer=customer).aggregate(first=Min("starts_on"))
    anchor = anchor_day(
        history,
        stored=customer.billing_anchor,
        first_plan=first["first"],
        entered=customer.created_at,
    )
    issued = Invoice.objects.filter(customer=customer, document_type="invoice", at_start=False)
    standing = issued.exclude(status__in=["draft", "void"]).order_by("period_from", "id")
    return Calendar(history, anchor, [period_of_invoice(one) for one in standing])


def keep_anchor(invoice: Invoice, rules: Sequence[RuleRow] | None = None) -> None:
    """Store the day that anniversaries count from when the first such invoice is issued.

    One query, none with `rules_of` the customer, where no rule ever spoke of anniversaries.
    """
    customer = invoice.customer
    if customer.billing_anchor is None and invoice.document_type == "invoice":
        chain = chain_of(customer, rules)
        cycles = {terms.cycle for _, terms in period_history(chain, customer.timezone)}
        if "anniversary" not in cycles:
            return
        calendar = calendar_of(customer, chain)
        if calendar.terms(invoice.period_from).cycle == "anniversary":
            customer.billing_anchor = calendar.anchor
            customer.save(update_fields=["billing_anchor"])


def period_of_invoice(invoice: Invoice) -> Period:
    """The period that the document stands for."""
    return Period(invoice.period_from, invoice.period_to, invoice.days, invoice.period_zone)


def held_campaigns(
    customer: Customer, *moments: datetime, rules: Sequence[RuleRow] | None = None
) -> tuple[int, ...]:
    """Ids of the campaigns that are not billed at one of the moments; their calls and fees wait.

    Two queries, one with `rules_of` the customer.
    """
    rules = rules_of(customer) if rules is None else rules
    campaigns = Campaign.objects.filter(customer=customer).order_by("id")
    return tuple(
        number
        for number in campaigns.values_list("id", flat=True)
        if not _enabled(applicable(rules, customer_id=customer.pk, campaign_id=number), moments)
    )


def is_billed(
    customer: Customer, *moments: datetime, rules: Sequence[RuleRow] | None = None
) -> bool:
    """Whether invoices are made for the customer at each of the moments. One query, none with
    `rules_of` it."""
    return _enabled(chain_of(customer, rules), moments)


def billed(customers: Iterable[Customer], *moments: datetime) -> list[Customer]:
    """Those for whom invoices are made at each of the moments. One query for the rules."""
    rules = rules_of_all("billing_enabled")
    return [
        customer
        for customer in customers
        if _enabled(applicable(rules, customer_id=customer.pk), moments)
    ]


def _enabled(chain: Sequence[RuleRow], moments: Sequence[datetime]) -> bool:
    return all(resolve(chain, "billing_enabled", moment).value for moment in moments)
