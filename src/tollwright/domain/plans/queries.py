"""Plans, their versions, and who is on which."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Q, QuerySet

from tollwright.data.customers import Campaign, Customer
from tollwright.data.plans import CallPlan, PlanVersion, Subscription
from tollwright.data.rates import CardVersion, RateCard
from tollwright.data.scope import current_tenant_id
from tollwright.domain.errors import NotFound
from tollwright.domain.lookup import by_id


def plans() -> QuerySet[CallPlan]:
    """The provider's plans by name."""
    return CallPlan.objects.filter(tenant_id=current_tenant_id()).order_by("name", "id")


def plan_by_code(code: str) -> CallPlan:
    """Raises NotFound."""
    found = plans().filter(code=code).first()
    if found is None:
        raise NotFound(f"There is no plan with the code {code!r}.")
    return found


def plan_by_id(pk: int) -> CallPlan:
    """Raises NotFound."""
    return by_id(plans(), pk, "plan")


def version_by_id(pk: int) -> PlanVersion:
    """With its plan, card and fees. Raises NotFound."""
    found = PlanVersion.objects.select_related("plan", "card").prefetch_related("fees")
    return by_id(found, pk, "plan version")


def versions(plan: CallPlan) -> QuerySet[PlanVersion]:
    """A plan's versions with their cards and fees, the latest first."""
    return (
        PlanVersion.objects.filter(plan=plan)
        .select_related("plan", "card")
        .prefetch_related("fees")
        .order_by("-number")
    )


def newest_version(plan: CallPlan) -> PlanVersion | None:
    """The latest version, draft or published, with card and fees; None where there is none."""
    return versions(plan).first()


def version_before(version: PlanVersion) -> PlanVersion | None:
    """The plan's version before this one, with card and fees; None for the first."""
    return versions(version.plan).filter(number__lt=version.number).first()


def gives_allowances(card: RateCard) -> CardVersion | None:
    """The latest published version of a card that has allowances; None where none has."""
    found = card.versions.filter(status="published", options__allowances__0__isnull=False)
    return found.order_by("-number").first()


def priced_from_cost(card: RateCard) -> QuerySet[PlanVersion]:
    """Published plan versions that take this card's seconds, and their prices from the cost."""
    found = PlanVersion.objects.filter(card=card, status="published", pricing="cost_plus")
    return found.select_related("plan").order_by("plan__name", "number", "id")


def subscriptions(*, customer: Customer | None = None) -> QuerySet[Subscription]:
    """Who is on which plan, all or one customer's, by first day."""
    found = Subscription.objects.filter(tenant_id=current_tenant_id())
    if customer is not None:
        found = found.filter(customer=customer)
    return found.select_related("version__plan", "customer", "campaign").order_by("starts_on", "id")


def subscription_on(
    day: date, *, customer: Customer, campaign: Campaign | None = None
) -> Subscription | None:
    """The plan on a day of the customer's zone: the campaign's own, else the customer's."""
    running = subscriptions(customer=customer).filter(
        Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day
    )
    if campaign is not None:
        own = running.filter(campaign=campaign).first()
        if own is not None:
            return own
    return running.filter(campaign=None).first()


def overlapping(
    customer: Customer, campaign: Campaign | None, starts_on: date, ends_on: date | None
) -> QuerySet[Subscription]:
    """Subscriptions of exactly this customer or campaign that share a day with the given ones."""
    found = subscriptions(customer=customer).filter(
        Q(ends_on=None) | Q(ends_on__gte=starts_on), campaign=campaign
    )
    return found if ends_on is None else found.filter(starts_on__lte=ends_on)


def plans_with_counts() -> QuerySet[CallPlan]:
    """The plans by name, each with its numbers of `published` and `drafts`."""
    return plans().annotate(
        published=Count("versions", filter=Q(versions__status="published"), distinct=True),
        drafts=Count("versions", filter=Q(versions__status="draft"), distinct=True),
    )


def offered(currency: str) -> QuerySet[PlanVersion]:
    """Published versions of a currency, by plan, the latest first."""
    found = PlanVersion.objects.filter(tenant_id=current_tenant_id(), status="published")
    found = found.filter(currency=currency).select_related("plan")
    return found.order_by("plan__name", "-number")


def all_versions() -> QuerySet[PlanVersion]:
    """Every version of every plan, by status, plan and number, the latest first."""
    found = PlanVersion.objects.filter(tenant_id=current_tenant_id()).select_related("plan")
    return found.order_by("status", "plan__name", "-number")


def subscribers(plan: CallPlan) -> QuerySet[Subscription]:
    """Who is on the plan, whatever its version, by first day."""
    return subscriptions().filter(version__plan=plan)


def subscriptions_with_terms(
    *, customer: Customer | None = None, campaign: Campaign | None = None
) -> QuerySet[Subscription]:
    """A customer's or a campaign's plans with card and fees, by first day."""
    found = subscriptions(customer=customer).select_related("version__card")
    if campaign is not None:
        found = found.filter(campaign=campaign)
    return found.prefetch_related("version__fees")
