"""What the rules say at a moment, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Literal

from django.db.models import Q, QuerySet

from tollwright.core.rules import SETTINGS, Resolved, RuleRow, Setting, applicable, resolve
from tollwright.core.settings import SCOPES, Scope
from tollwright.data.customers import Campaign, Customer
from tollwright.data.rules import Rule
from tollwright.data.scope import current_tenant_id

_COLUMNS = tuple(column.name for column in fields(RuleRow))
Place = Literal["platform", "tenant"] | Customer | Campaign


def resolve_for(
    setting: str,
    *,
    customer: Customer | None = None,
    campaign: Campaign | None = None,
    at: datetime,
) -> Resolved:
    """What `setting` is for a campaign, a customer, or the provider (neither given), and why.

    Raises core's SettingError for an unknown name.
    """
    rows = _chain(customer, campaign, {"setting": setting})
    return resolve(rows, setting, at)


def rules_in_force(
    *, customer: Customer | None = None, campaign: Campaign | None = None, at: datetime
) -> list[tuple[Setting, Resolved]]:
    """Every setting with what it is and why, in the registry's order. One query."""
    rows = _chain(customer, campaign, {})
    return [(known, resolve(rows, known.name, at)) for known in SETTINGS.values()]


def rules_of_all(setting: str) -> list[RuleRow]:
    """What this provider's rules say of a setting to anybody, for `core.rules.applicable`."""
    return _rows(_visible().filter(setting=setting))


def rules_of(customer: Customer) -> list[RuleRow]:
    """The rules that reach the customer or one of its campaigns, of all settings and times. One
    query, to be asked by `core.rules.applicable` for each of them."""
    campaigns = Campaign.objects.filter(customer=customer).values("id")
    return _rows(
        _visible().filter(
            Q(customer=None) | Q(customer=customer), Q(campaign=None) | Q(campaign__in=campaigns)
        )
    )


def history(setting: str = "") -> QuerySet[Rule]:
    """The provider's own and the platform's rules, newest first."""
    rules = _visible().select_related("customer", "campaign").order_by("-set_at", "-id")
    return rules.filter(setting=setting) if setting else rules


def said_at(setting: str, *, scope: Place, at: datetime) -> RuleRow | None:
    """The rule with which `scope` itself answers at `at`; None when it says nothing."""
    trace = _resolve_at(setting, scope, at).trace
    steps = [step for step in trace if step.scope == scope_of(scope)]
    return steps[0].rule if steps else None


def lock_above(setting: str, *, scope: Place, at: datetime) -> RuleRow | None:
    """The rule of a wider scope that keeps `scope` from setting it; None when it is free to."""
    lock = _resolve_at(setting, scope, at).locked_by
    if lock is None or SCOPES.index(lock.scope) >= SCOPES.index(scope_of(scope)):
        return None
    return lock


def _resolve_at(setting: str, scope: Place, at: datetime) -> Resolved:
    customer = scope if isinstance(scope, Customer) else None
    campaign = scope if isinstance(scope, Campaign) else None
    return resolve_for(setting, customer=customer, campaign=campaign, at=at)


def scope_of(scope: Place) -> Scope:
    """The name of a scope."""
    if isinstance(scope, Customer):
        return "customer"
    return "campaign" if isinstance(scope, Campaign) else scope


def _visible() -> QuerySet[Rule]:
    return Rule.objects.filter(Q(tenant=None) | Q(tenant_id=current_tenant_id())).order_by("id")


def _chain(
    customer: Customer | None,
    campaign: Campaign | None,
    wanted: Mapping[str, str | tuple[str, ...]],
) -> list[RuleRow]:
    customer_id = customer.pk if customer is not None else None
    if campaign is not None:
        customer_id = campaign.customer_id
    campaign_id = campaign.pk if campaign is not None else None
    rules = _visible().filter(
        Q(customer=None) | Q(customer_id=customer_id),
        Q(campaign=None) | Q(campaign_id=campaign_id),
        **wanted,
    )
    return applicable(_rows(rules), customer_id=customer_id, campaign_id=campaign_id)


def _rows(rules: QuerySet[Rule]) -> list[RuleRow]:
    """As core's values, without a model for each."""
    return [RuleRow(**row) for row in rules.values(*_COLUMNS)]
