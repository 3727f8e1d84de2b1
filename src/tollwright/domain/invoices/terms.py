"""The rules that one customer is billed by, read together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import cast

from django.db.models import Min

from tollwright.core.billing.periods import Cycle, day_of
from tollwright.core.rules import RuleRow, applicable, resolve
from tollwright.core.tax.totals import rate_of
from tollwright.data.models import Campaign, Customer, Subscription
from tollwright.domain.rules.queries import resolve_for, rule_rows, rules_in_force

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Terms:
    """A customer's billing rules at a moment. `tax_rate` is a percentage."""

    cycle: Cycle
    detail: str
    due_days: int
    grace_days: int
    own_invoice_for_late: bool
    tax_category: str
    tax_rate: Decimal


def terms_at(customer: Customer, at: datetime) -> Terms:
    """What the rules say for this customer at `at`. One query."""
    rules = {known.name: found.value for known, found in rules_in_force(customer=customer, at=at)}
    category = str(rules["tax_category"])
    return Terms(
        cycle=cast(Cycle, rules["cycle"]),
        detail=str(rules["invoice_detail"]),
        due_days=int(str(rules["due_days"])),
        grace_days=int(str(rules["finalise_grace_days"])),
        own_invoice_for_late=rules["late_usage"] == "own_invoice",
        tax_category=category,
        tax_rate=rate_of(category, Decimal(str(rules["tax_rate"]))),
    )


def terms_before(customer: Customer, end: datetime) -> Terms:
    """What the rules say in the last instant of a period that ends at `end`."""
    return terms_at(customer, end - INSTANT)


def zone_of(customer: Customer, at: datetime) -> str:
    """The zone whose midnights bound the customer's periods."""
    found = resolve_for("timezone", customer=customer, at=at).value
    return str(found) if found else customer.timezone


def anchor_of(customer: Customer, zone: str) -> date:
    """The customer's first day: of the first subscription, else the day they were entered."""
    first = Subscription.objects.filter(customer=customer).aggregate(first=Min("starts_on"))
    return first["first"] or day_of(customer.created_at, zone)


def held_campaigns(customer: Customer, *moments: datetime) -> tuple[int, ...]:
    """Ids of the campaigns that are not billed at one of the moments; their calls and fees wait.

    Two queries.
    """
    rules = [rule for rule in rule_rows() if rule.setting == "billing_enabled"]
    campaigns = Campaign.objects.filter(customer=customer).order_by("id")
    return tuple(
        number
        for number in campaigns.values_list("id", flat=True)
        if not _enabled(applicable(rules, customer_id=customer.pk, campaign_id=number), moments)
    )


def _enabled(chain: Sequence[RuleRow], moments: Sequence[datetime]) -> bool:
    return all(resolve(chain, "billing_enabled", moment).value for moment in moments)


def billed(customers: Iterable[Customer], *moments: datetime) -> list[Customer]:
    """Those for whom invoices are made at each of the moments. One query for the rules."""
    rules = [rule for rule in rule_rows() if rule.setting == "billing_enabled"]
    return [
        customer
        for customer in customers
        if _enabled(applicable(rules, customer_id=customer.pk), moments)
    ]
