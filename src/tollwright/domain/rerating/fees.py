"""What plans' fees come to over a period: the part of a what-if that no call carries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Q

from tollwright.core.billing.fees import Piece, due_pieces, share_micros
from tollwright.core.billing.periods import Span, overlap
from tollwright.data.customers import Customer
from tollwright.data.plans import PlanFee, PlanVersion, Subscription
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
    customer's own ones count on the days on which none of the campaign's runs. Fees in another
    currency than the new version's are left out.
    """
    calendar = calendar_of(customer)
    period = Span(calendar.day(first), calendar.day(last - timedelta(microseconds=1)) + DAY)
    days = [(one, span) for one in held if (span := _days(one, period))]
    own = () if campaign_id is None else tuple(span for one, span in days if one.campaign_id)
    due_in = partial(due_pieces, cycle=calendar.terms(first).cycle, anchor=calendar.anchor)
    due = [
        (one.version, pieces)
        for one, span in days
        if one_for_all or one.version.plan_id == new.plan_id
        if (pieces := due_in(active=span, billed=() if one.campaign_id else own))
    ]
    replaced = [due_in(active=period, billed=())] if one_for_all else [of for _, of in due]
    fees = list(new.fees.all())
    old = [(version.fees.all(), of) for version, of in due if version.currency == new.currency]
    return Fees(
        sum(_recurring(list(its), pieces, new.currency) for its, pieces in old),
        sum(_recurring(fees, pieces, new.currency) for pieces in replaced),
        len(replaced) * sum(fee.amount_micros for fee in fees if fee.kind == "registration"),
    )


def _days(one: Subscription, period: Span) -> Span | None:
    end = period.end if one.ends_on is None else one.ends_on + DAY
    return overlap(Span(one.starts_on, end), period) if one.starts_on < end else None


def _recurring(fees: Sequence[PlanFee], pieces: Sequence[Piece], currency: str) -> int:
    return sum(
        share_micros(
            fee_micros=fee.amount_micros,
            days=piece.span.days,
            of_days=piece.of_days,
            currency=currency,
        )
        for fee in fees
        if fee.kind != "registration"
        for piece in pieces
    )
