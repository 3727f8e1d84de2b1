"""What plans' fees come to over a period: the part of a what-if that no call carries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from tollwright.core.billing.fees import due_pieces
from tollwright.core.billing.periods import Span, overlap, without
from tollwright.data.customers import Customer
from tollwright.data.plans import PlanVersion, Subscription
from tollwright.data.scope import current_tenant_id
from tollwright.domain.invoices.terms import calendar_of

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Fees:
    """Fees of the period in micros; `once` is what a change of plan costs a single time."""

    old_micros: int = 0
    new_micros: int = 0
    once_micros: int = 0


NO_FEES = Fees()


def subscriptions(
    *, plan_id: int | None = None, campaign_id: int | None = None
) -> Sequence[Subscription]:
    """All subscriptions with their fees: those to one plan, or those that can hold for a campaign,
    its own and its customer's."""
    found = Subscription.objects.filter(tenant_id=current_tenant_id())
    if plan_id is not None:
        found = found.filter(version__plan_id=plan_id)
    if campaign_id is not None:
        found = found.filter(customer__campaigns=campaign_id)
        found = found.filter(Q(campaign=None) | Q(campaign=campaign_id))
    related = found.select_related("version", "customer").prefetch_related("version__fees")
    return list(related.order_by("starts_on", "id"))


def compare(
    customer: Customer,
    held: Iterable[Subscription],
    new: PlanVersion,
    *,
    first: datetime,
    last: datetime,
    campaign_id: int | None = None,
    one_for_all: bool,
) -> Fees:
    """The customer's fees by the subscriptions `held`, and by `new` in their place.

    Each subscription to the new version's plan is taken to have that version for its own days; with
    `one_for_all` a single one takes the place of all, for the whole period. With a campaign, the
    customer's own ones count on the days on which none of the campaign's runs. What is due once is
    not due again for who is on that plan already. Fees in another currency than the new version's
    are left out.
    """
    calendar = calendar_of(customer)
    period = Span(calendar.day(first), calendar.day(last - timedelta(microseconds=1)) + DAY)
    bill_day = calendar.bill_day(first)
    days = [(one, span) for one in held if (span := _days(one, period))]
    own = () if campaign_id is None else tuple(span for one, span in days if one.campaign_id)
    due = [
        (one, left)
        for one, span in days
        if one_for_all or one.version.plan_id == new.plan_id
        if (left := without(span, () if one.campaign_id else own))
    ]
    old = sum(
        _recurring(one.version, left, one.starts_on, bill_day)
        for one, left in due
        if one.version.currency == new.currency
    )
    starts_on = min((one.starts_on for one, _ in due), default=period.first)
    replaced = [(starts_on, (period,))] if one_for_all else [(one.starts_on, of) for one, of in due]
    on_it = any(one.version.plan_id == new.plan_id for one, _ in days)
    once = sum(fee.amount_micros for fee in new.fees.all() if fee.interval == "once")
    return Fees(
        old,
        sum(_recurring(new, left, since, bill_day) for since, left in replaced),
        0 if on_it else len(replaced) * once,
    )


def _days(one: Subscription, period: Span) -> Span | None:
    end = period.end if one.ends_on is None else one.ends_on + DAY
    return overlap(Span(one.starts_on, end), period) if one.starts_on < end else None


def _recurring(version: PlanVersion, days: Sequence[Span], starts_on: date, bill_day: int) -> int:
    """What the version's recurring fees come to for these days, whenever they are billed."""
    found = 0
    for fee in version.fees.all():
        if fee.interval == "once":
            continue
        anchor = fee.terms.counts_from(starts_on=starts_on, bill_day=bill_day)
        for place, span in enumerate(days):
            pieces = due_pieces(
                fee=fee.terms,
                active=span,
                billed=tuple(days[:place]),
                anchor=anchor,
                currency=version.currency,
            )
            found += sum(piece.amount_micros for piece in pieces)
    return found
