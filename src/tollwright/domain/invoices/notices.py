"""What a reviewer of drafts is told: who is billed although suspended or closed."""

from __future__ import annotations

from tollwright.core.labels import phrase, rule_name
from tollwright.data.models import BillingRun, Campaign, Customer, Invoice

NOT_ACTIVE = ("suspended", "closed")


def notice_of(draft: Invoice) -> str:
    """A sentence on a draft's customer and campaigns; '' where all are active, or it is issued."""
    if draft.status != "draft":
        return ""
    lines = draft.lines.filter(campaign__status="closed").order_by()
    closed = Campaign.objects.filter(pk__in=lines.values("campaign_id")).order_by("name")
    return " ".join([*_of_customer(draft.customer), *map(_of_campaign, closed)])


def notices_of(run: BillingRun) -> list[str]:
    """A sentence for each customer of the run's drafts who is suspended or closed, by name."""
    drafts = Invoice.objects.filter(run=run, status="draft")
    customers = Customer.objects.filter(
        status__in=NOT_ACTIVE, pk__in=drafts.order_by().values("customer_id")
    )
    return [text for one in customers.order_by("name", "id") for text in _of_customer(one)]


def _of_customer(customer: Customer) -> list[str]:
    if customer.status not in NOT_ACTIVE:
        return []
    return [
        f"{customer.name} is {phrase('status', customer.status)} and billed all the same: end"
        f" the plans, or switch billing off ({rule_name('billing_enabled')}), if that is not meant."
    ]


def _of_campaign(campaign: Campaign) -> str:
    return f"The campaign {campaign.name} is closed and billed all the same."
