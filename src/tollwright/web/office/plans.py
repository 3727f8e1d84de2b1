"""Plans: their versions with card and fees, and who is on which."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any, ClassVar

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect

from tollwright.core.rating.legs import CostPlus
from tollwright.domain.customers.queries import campaigns
from tollwright.domain.entities import (
    CallPlan,
    Campaign,
    Customer,
    PlanVersion,
    RateCard,
    Subscription,
)
from tollwright.domain.lookup import find
from tollwright.domain.plans import operations, queries
from tollwright.domain.plans.rows import plan_rows, subscriber_rows
from tollwright.web.office.fee_fields import fee_fields, fee_initial, read_fee
from tollwright.web.office.forms import (
    AmountField,
    ConfirmForm,
    DayField,
    Fold,
    OfficeForm,
    PercentField,
    as_decimal,
    choice,
    posted,
    set_choices,
)
from tollwright.web.office.links import row, to
from tollwright.web.office.page import StaffRequest, done, listing, page, show
from tollwright.web.office.permissions import may
from tollwright.web.office.pickers import PickerField
from tollwright.web.office.plan_changes import Compared
from tollwright.web.shared.labels import options
from tollwright.web.shared.tables import Column, Filter, Table, field_has, field_is

BOTH = ("GET", "POST")
FEES = 3  # places for fees on the form, or one more than the version it starts from has
LEAD = "Registration is billed once, the others for each interval, whatever the cycle."
COPY = "change what is to be different. Empty a fee's kind, name and amount to leave it out."
FROM_COST = ("markup_percent", "fixed", "floor", "cap")


class PlanForm(OfficeForm):
    """A new plan."""

    code = forms.CharField(max_length=40, label="Code")
    name = forms.CharField(max_length=200, label="Name")


class VersionForm(OfficeForm):
    """A version: the card, whether it or the cost prices calls, and the fees.

    It starts as a copy of `before`, the plan's newest version.
    """

    headings: ClassVar[dict[str, str]] = {
        "markup_percent": "Price from the cost",
    }

    card = PickerField(
        "sell-card",
        label="Card",
        help_text="Open destinations, billed seconds, rounding, currency.",
    )
    pricing = choice("Calls are priced by", options("pricing"), initial="card")
    routing_policy = choice("Routing", options("routing", operations.ROUTING))
    markup_percent = PercentField(
        required=False, label="Markup in %", help_text="Of the cost; 0 sells at cost."
    )
    fixed = AmountField(required=False, label="And a fixed part a call")
    floor = AmountField(required=False, label="At least, a call")
    cap = AmountField(required=False, label="At most, a call")

    def __init__(self, data: QueryDict | None, before: PlanVersion | None) -> None:
        super().__init__(data, initial=_initial(before))
        fees = 0 if before is None else len(before.fees.all())
        sent = sum(name.startswith("kind") for name in self.data)
        self.places = range(1, max(FEES, fees + 1, sent) + 1)
        for place in self.places:
            self.fields.update(fee_fields(place))

    @property
    def folds(self) -> list[Fold]:
        """A fieldset a fee; those that are off are folded."""
        return [
            Fold(f"Fee {place}", [self[name] for name in fee_fields(place)])
            for place in self.places
        ]

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """The fields that are of no fee."""
        of_fees = {name for place in self.places for name in fee_fields(place)}
        return [one for one in self.visible_fields() if one.name not in of_fees]

    def clean(self) -> None:
        """What makes a price of the cost is there where it is asked for, and nowhere else."""
        data = self.cleaned_data
        if data.get("pricing") == "card":
            for name in FROM_COST:
                if data.get(name) is not None:
                    self.add_error(name, "The card prices calls: leave this empty.")
        elif data.get("markup_percent") is None and "markup_percent" not in self.errors:
            self.add_error("markup_percent", "Say the markup: 0 sells at cost.")

    def cost_plus(self) -> CostPlus | None:
        """How the cost makes the price; None where the card does."""
        data = self.cleaned_data
        if data["pricing"] == "card":
            return None
        return CostPlus(data["markup_percent"], data["fixed"] or 0, data["floor"], data["cap"])

    def fees(self) -> list[dict[str, object]]:
        """The fees that were filled in."""
        told = [read_fee(self.cleaned_data, place) for place in self.places]
        return [fee for fee in told if fee is not None]


def _initial(version: PlanVersion | None) -> dict[str, object]:
    """What the form of a version shows: all that `version` says."""
    if version is None:
        return {}
    found: dict[str, object] = {
        "card": f"id-{version.card_id}",
        "pricing": version.pricing,
        "routing_policy": version.routing_policy,
    }
    terms = version.cost_plus
    if terms is not None:
        limits = {"fixed": terms.fixed_micros, "floor": terms.floor_micros, "cap": terms.cap_micros}
        found["markup_percent"] = as_decimal(terms.markup_ppm * 100)
        found |= {name: as_decimal(one) for name, one in limits.items() if one is not None}
    for place, fee in enumerate(version.fees.all(), 1):
        found |= fee_initial(fee, place)
    return found


class SubscribeForm(OfficeForm):
    """On which plan, for what, from when."""

    version = choice("Plan", ())
    campaign = choice("For", (), required=False)
    starts_on = DayField(label="First day", help_text="In the customer's zone.")
    ends_on = DayField(label="Last day", required=False, help_text="Empty: no end.")
    end_earlier = forms.BooleanField(required=False, label="End the plan that runs then")
    offers = 0

    def draw(self, customer: Customer) -> None:
        """Offer the published plans of the customer's currency, and its campaigns."""
        listed = queries.offered(customer.currency)
        set_choices(
            self, "version", [(str(one.pk), f"{one.plan.name} v{one.number}") for one in listed]
        )
        self.offers = len(listed)
        mine = [(str(one.pk), one.name) for one in campaigns(customer=customer)]
        field = self.fields["campaign"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "all campaigns"), *mine]


class EndForm(OfficeForm):
    """The last day."""

    ends_on = DayField(label="Last day, inclusive")


@page()
def index(request: StaffRequest) -> HttpResponse:
    """Every plan."""
    table = Table(
        "Plans",
        plan_rows(),
        [
            Column("code", "Code", lambda one: one.code, "code", row("plan")),
            Column("name", "Name", lambda one: one.name, "name", row("plan")),
            Column("published", "Published versions", lambda one: one.published, "published"),
            Column("drafts", "Drafts", lambda one: one.drafts, "drafts"),
            Column("created", "Added", lambda one: one.created_at, "created_at"),
        ],
        [Filter("q", "Name or code", field_has("name", "code"), kind="search")],
        order="name",
        empty="No plans yet. Add one: a rate card for calls, and the fees beside it.",
        filename="plans",
    )
    tools = [("Add a plan", to("plan-new"))] if _may(request) else []
    return listing(request, "Plans", table, tools=tools)


@page(needs="plans", methods=BOTH)
def new(request: StaffRequest) -> HttpResponse:
    """Add a plan."""
    form = PlanForm(posted(request))
    if form.is_valid():
        made = form.attempt(
            operations.create_plan, at=request.at, by=request.by, **form.cleaned_data
        )
        if made is not None:
            done(request, "The plan is added. Next: draft its first version.")
            return redirect(to("plan-version-new", made.pk))
    return show(
        request,
        "form.html",
        "Add a plan",
        form=form,
        back=to("plans"),
        crumbs=[("Plans", to("plans"))],
    )


@page()
def one(request: StaffRequest, pk: int) -> HttpResponse:
    """A plan: its versions, and who is on it."""
    plan = find(CallPlan, pk)
    listed = list(queries.versions(plan))
    table = Table(
        "Who is on it",
        subscriber_rows(plan),
        [
            Column(
                "customer",
                "Customer",
                lambda one: one.customer,
                "customer__name",
                row("customer", "customer_id"),
            ),
            Column("campaign", "Campaign", lambda one: one.campaign or "all"),
            Column("version", "Version", lambda one: f"v{one.version}", "version__number"),
            Column("starts", "First day", lambda one: one.starts_on, "starts_on"),
            Column("ends", "Last day", lambda one: one.ends_on, "ends_on"),
        ],
        [
            Filter("customer", "Customer", field_has("customer__name")),
            Filter("version", "Version", field_is("version__number"), kind="number"),
        ],
        order="customer",
        empty="Nobody is on this plan yet. Put a customer on it from the customer's page.",
        filename=f"plan-{plan.code}",
    )
    return listing(
        request,
        plan.name,
        table,
        template="plan.html",
        plan=plan,
        versions=[Compared(one, before) for one, before in zip_longest(listed, listed[1:])],
        crumbs=[("Plans", to("plans"))],
    )


@page(needs="plans", methods=BOTH)
def version_new(request: StaffRequest, pk: int) -> HttpResponse:
    """Draft the plan's next version."""
    plan = find(CallPlan, pk)
    before = queries.newest_version(plan)
    form = VersionForm(posted(request), before)
    if form.is_valid():
        card = find(RateCard, form.cleaned_data["card"])
        made = form.attempt(
            operations.draft_version,
            plan=plan,
            card=card,
            currency=card.currency,
            routing_policy=form.cleaned_data["routing_policy"],
            cost_plus=form.cost_plus(),
            fees=form.fees(),
            at=request.at,
            by=request.by,
        )
        if made is not None:
            done(request, f"{made} is a draft. Publish it, then put customers on it.")
            return redirect(to("plan", pk))
    return show(
        request,
        "form.html",
        f"Draft a version of {plan.name}",
        form=form,
        lead=LEAD if before is None else f"This is a copy of v{before.number}: {COPY} {LEAD}",
        back=to("plan", pk),
        crumbs=[("Plans", to("plans")), (plan.name, to("plan", pk))],
    )


@page(needs="plans", methods=BOTH)
def publish(request: StaffRequest, pk: int) -> HttpResponse:
    """Let customers subscribe to a draft."""
    return _act(
        request,
        pk,
        operations.publish_version,
        "Publish",
        "primary",
        "Customers can be put on it. A published version never changes.",
        "is published",
    )


@page(needs="plans", methods=BOTH)
def discard(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a draft away."""
    return _act(
        request,
        pk,
        operations.discard_draft,
        "Discard",
        "danger",
        "The draft and its fees are deleted.",
        "is deleted",
    )


def _act(
    request: StaffRequest, pk: int, operation: Any, verb: str, tone: str, lead: str, told: str
) -> HttpResponse:
    version = queries.version_by_id(pk)
    form, name, plan = ConfirmForm(posted(request)), str(version), version.plan
    if request.method == "POST" and form.is_valid():
        operation(version=version, at=request.at, by=request.by)
        done(request, f"{name} {told}.")
        return redirect(to("plan", plan.pk))
    return show(
        request,
        "plan_publish.html",
        f"{verb} {name}",
        form=form,
        compared=Compared(version, queries.version_before(version)),
        lead=lead,
        button=verb,
        button_tone=tone,
        back=to("plan", plan.pk),
        crumbs=[("Plans", to("plans")), (plan.name, to("plan", plan.pk))],
    )


@page(needs="plans", methods=BOTH)
def subscribe(request: StaffRequest, pk: int) -> HttpResponse:
    """Put a customer, or one of its campaigns, on a plan."""
    customer = find(Customer, pk)
    form = SubscribeForm(posted(request))
    form.draw(customer)
    if form.is_valid():
        data = dict(form.cleaned_data)
        campaign = data.pop("campaign")
        made = form.attempt(
            operations.subscribe,
            customer=customer,
            version=find(PlanVersion, int(data.pop("version")), "plan"),
            campaign=find(Campaign, int(campaign)) if campaign else None,
            at=request.at,
            by=request.by,
            **data,
        )
        if made is not None:
            done(request, f"{customer.name} is on {made.version} from {made.starts_on}.")
            return redirect(to("customer", pk))
    return show(
        request,
        "form.html",
        f"Put {customer.name} on a plan",
        form=form,
        lead="" if form.offers else "No plan is published in their currency yet.",
        back=to("customer", pk),
        crumbs=[("Customers", to("customers")), (customer.name, to("customer", pk))],
    )


@page(needs="plans", methods=BOTH)
def subscription_end(request: StaffRequest, pk: int) -> HttpResponse:
    """Let a subscription end."""
    subscription = find(Subscription, pk, "customer", "campaign", "version__plan")
    customer = subscription.customer
    form = EndForm(posted(request))
    if form.is_valid() and form.succeeds(
        operations.end_subscription,
        subscription=subscription,
        at=request.at,
        by=request.by,
        **form.cleaned_data,
    ):
        done(request, "The plan ends then. Later calls are priced by what the rules say.")
        return redirect(to("customer", customer.pk))
    return show(
        request,
        "form.html",
        f"End {subscription.version} of {customer.name}",
        form=form,
        lead="Fees stop, and calls answered after that day find no plan.",
        button="End it",
        button_tone="danger",
        back=to("customer", customer.pk),
        crumbs=[("Customers", to("customers")), (customer.name, to("customer", customer.pk))],
    )


def _may(request: StaffRequest) -> bool:
    return may(request.membership.role, "plans")
