"""Plans, their versions, and one plan at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.support.world import World, make_world
from tollwright.data.models import AuditEntry, CallPlan, Campaign, PlanVersion, RateCard
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.errors import DomainError, NotFound
from tollwright.domain.invoices.terms import calendar_of
from tollwright.domain.plans import operations, queries
from tollwright.domain.rates import operations as rates
from tollwright.domain.validation import FieldInvalid

AT = datetime(2026, 10, 1, tzinfo=UTC)
OCT, NOV, DEC = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
ANNA = By("anna@north.example")
FEES: list[dict[str, object]] = [
    {"kind": "registration", "name": "Set-up", "amount_micros": 150_000_000},
    {"kind": "subscription", "name": "Monthly", "amount_micros": 49_000_000},
    {"kind": "support", "name": "Care", "amount_micros": 25_000_000, "timing": "arrears"},
]


def make_card(code: str = "AZ", *, side: str = "sell", currency: str = "EUR") -> RateCard:
    return rates.create_card(code=code, name=code, side=side, currency=currency, at=AT, by=ANNA)


def priced_card(code: str = "AZ", currency: str = "EUR") -> RateCard:
    card = make_card(code, currency=currency)
    data = {"rates": [{"prefix": "44", "price": "0.01"}]}
    draft = rates.save_draft(card=card, data=data, at=AT, by=ANNA)
    rates.publish_version(version=draft, effective_from=AT, at=AT, by=ANNA)
    return card


def make_plan(code: str = "PRO") -> CallPlan:
    return operations.create_plan(code=code, name=f"Plan {code}", at=AT, by=ANNA)


def draft(plan: CallPlan, card: RateCard, fees: list[dict[str, object]] = FEES) -> PlanVersion:
    return operations.draft_version(
        plan=plan, card=card, currency=card.currency, fees=fees, at=AT, by=ANNA
    )


def published(code: str = "PRO", card: RateCard | None = None) -> PlanVersion:
    version = draft(make_plan(code), card or priced_card(f"CARD-{code}"))
    return operations.publish_version(version=version, at=AT, by=ANNA)


def test_a_plan_has_versions_with_fees(world: World) -> None:
    with tenant_scope(world.tenant.id):
        plan, card = make_plan(), priced_card()
        first = operations.publish_version(version=draft(plan, card), at=AT, by=ANNA)
        second = draft(plan, card, FEES[:1])
        assert [(one.number, one.status) for one in queries.versions(plan)] == [
            (2, "draft"),
            (1, "published"),
        ]
        assert [(fee.kind, fee.amount_micros, fee.timing) for fee in first.fees.all()] == [
            ("registration", 150_000_000, "advance"),
            ("subscription", 49_000_000, "advance"),
            ("support", 25_000_000, "arrears"),
        ]
        operations.discard_draft(version=second, at=AT, by=ANNA)
        assert queries.versions(plan).count() == 1
        assert queries.plan_by_code("PRO") == plan
        assert list(queries.plans()) == [plan]
        with pytest.raises(NotFound, match="no plan with the code 'X'"):
            queries.plan_by_code("X")
        with pytest.raises(operations.PlanCodeTaken, match="a plan with the code 'PRO' already"):
            make_plan()


@pytest.mark.parametrize(
    ("fee", "sentence"),
    [
        ({"kind": "tip"}, "Kind 'tip' is unknown: choose registration, subscription, support."),
        ({"name": ""}, "Name is empty"),
        ({"amount_micros": 1.5}, "Fee 1 needs amount_micros, a whole number."),
        ({"amount_micros": -1}, "Fee 1 is -0.000001: from 0 to 1000000000 is possible."),
        ({"timing": "later"}, "Timing 'later' is unknown: choose advance, arrears."),
        ({"colour": "red"}, "Fee 1 has unknown keys: colour."),
    ],
)
def test_a_wrong_fee_is_named(world: World, fee: dict[str, object], sentence: str) -> None:
    with tenant_scope(world.tenant.id), pytest.raises(FieldInvalid) as caught:
        draft(make_plan(), make_card(), [FEES[0] | fee])
    assert sentence in str(caught.value)


def test_a_plan_sells_by_a_sell_card_in_its_currency(world: World) -> None:
    with tenant_scope(world.tenant.id):
        with pytest.raises(operations.PlanRefused, match="BUY is a card to buy by"):
            draft(make_plan("A"), make_card("BUY", side="buy"))
        with pytest.raises(operations.PlanRefused, match="AZ is in EUR, the plan would be in USD"):
            operations.draft_version(
                plan=make_plan("B"), card=make_card(), currency="USD", at=AT, by=ANNA
            )
        with pytest.raises(FieldInvalid, match="Routing policy 'luck' is unknown"):
            operations.draft_version(
                plan=make_plan("C"),
                card=make_card("C"),
                currency="EUR",
                routing_policy="luck",
                at=AT,
                by=ANNA,
            )


def test_a_plan_without_prices_is_not_published(world: World) -> None:
    with tenant_scope(world.tenant.id):
        version = draft(make_plan(), make_card())
        with pytest.raises(operations.PlanRefused, match="AZ has no published version"):
            operations.publish_version(version=version, at=AT, by=ANNA)


def test_a_published_version_stays(world: World) -> None:
    with tenant_scope(world.tenant.id):
        version = published()
        with pytest.raises(operations.PlanVersionPublished, match="Plan PRO v1 is published"):
            operations.publish_version(version=version, at=AT, by=ANNA)
        with pytest.raises(operations.PlanVersionPublished):
            operations.discard_draft(version=version, at=AT, by=ANNA)


def test_a_campaigns_own_plan_comes_before_its_customers(world: World) -> None:
    with tenant_scope(world.tenant.id):
        wide, own = published("WIDE"), published("OWN")
        for version, campaign in ((wide, None), (own, world.campaign)):
            operations.subscribe(
                customer=world.customer,
                version=version,
                campaign=campaign,
                starts_on=OCT,
                at=AT,
                by=ANNA,
            )
        customers = queries.subscription_on(NOV, customer=world.customer)
        campaigns = queries.subscription_on(NOV, customer=world.customer, campaign=world.campaign)
        assert customers and customers.version == wide
        assert campaigns and campaigns.version == own
        before = OCT - timedelta(days=1)
        assert queries.subscription_on(before, customer=world.customer) is None


def test_a_later_plan_ends_the_earlier_one_only_when_told(world: World) -> None:
    """On PRO from October; the change to MAX in December must be said, not guessed."""
    with tenant_scope(world.tenant.id):
        pro, big = published("PRO"), published("MAX")
        first = operations.subscribe(
            customer=world.customer, version=pro, starts_on=OCT, at=AT, by=ANNA
        )
        with pytest.raises(operations.SubscriptionOverlaps) as caught:
            operations.subscribe(
                customer=world.customer, version=big, starts_on=DEC, at=AT, by=ANNA
            )
        assert str(caught.value) == (
            "Acme Ltd is on Plan PRO v1 from 2026-10-01: say that it is to end on 2026-11-30, "
            "or choose another first day."
        )
        operations.subscribe(
            customer=world.customer, version=big, starts_on=DEC, end_earlier=True, at=AT, by=ANNA
        )
        first.refresh_from_db()
        assert first.ends_on == date(2026, 11, 30)
        found = [queries.subscription_on(day, customer=world.customer) for day in (NOV, DEC)]
        assert [one and one.version for one in found] == [pro, big]
        assert [row.action for row in AuditEntry.objects.order_by("seq")][-2:] == [
            "subscription.ended",
            "subscription.begun",
        ]
        with pytest.raises(operations.SubscriptionOverlaps, match="On 2026-12-01 Plan MAX v1"):
            operations.end_subscription(subscription=first, ends_on=DEC, at=AT, by=ANNA)


def test_a_plan_before_a_later_one_must_end_before_it(world: World) -> None:
    with tenant_scope(world.tenant.id):
        pro = published("PRO")
        operations.subscribe(customer=world.customer, version=pro, starts_on=DEC, at=AT, by=ANNA)
        with pytest.raises(operations.SubscriptionOverlaps, match="from 2026-12-01: end that"):
            operations.subscribe(
                customer=world.customer,
                version=pro,
                starts_on=OCT,
                end_earlier=True,
                at=AT,
                by=ANNA,
            )
        operations.subscribe(
            customer=world.customer,
            version=pro,
            starts_on=OCT,
            ends_on=date(2026, 11, 30),
            at=AT,
            by=ANNA,
        )


def refusals(world: World) -> list[tuple[dict[str, object], type[DomainError], str]]:
    other = make_world("south-customer").campaign
    return [
        (
            {"version": draft(make_plan("D"), priced_card("D"))},
            operations.PlanRefused,
            "is a draft",
        ),
        (
            {"version": published("U", priced_card("U", "USD"))},
            operations.PlanRefused,
            "Plan U v1 is in USD, Acme Ltd pays in EUR.",
        ),
        ({"campaign": other}, operations.PlanRefused, "SPRING is not one of Acme Ltd"),
        ({"ends_on": date(2026, 9, 1)}, FieldInvalid, "would end before it begins"),
    ]


def test_what_does_not_suit_is_refused(world: World) -> None:
    with tenant_scope(world.tenant.id):
        good: dict[str, object] = {"version": published("GOOD"), "campaign": None, "ends_on": None}
        for changes, error, sentence in refusals(world):
            told = good | changes
            version, campaign, ends = told["version"], told["campaign"], told["ends_on"]
            assert isinstance(version, PlanVersion)
            assert campaign is None or isinstance(campaign, Campaign)
            assert ends is None or isinstance(ends, date)
            with pytest.raises(error, match=sentence):
                operations.subscribe(
                    customer=world.customer,
                    version=version,
                    campaign=campaign,
                    starts_on=OCT,
                    ends_on=ends,
                    at=AT,
                    by=ANNA,
                )


def test_a_subscription_does_not_end_before_it_begins(world: World) -> None:
    with tenant_scope(world.tenant.id):
        made = operations.subscribe(
            customer=world.customer, version=published(), starts_on=NOV, at=AT, by=ANNA
        )
        with pytest.raises(FieldInvalid, match="begins on 2026-11-01: it cannot end before"):
            operations.end_subscription(subscription=made, ends_on=OCT, at=AT, by=ANNA)


def test_the_anniversary_counts_from_the_first_plan_and_stays(world: World) -> None:
    """First from 11 October; a plan that is entered later, for September, moves nothing."""
    with tenant_scope(world.tenant.id):
        version, customer = published(), world.customer
        for starts_on, ends_on in (
            (date(2026, 10, 11), None),
            (date(2026, 9, 3), date(2026, 9, 30)),
        ):
            operations.subscribe(
                customer=customer, version=version, starts_on=starts_on, ends_on=ends_on,
                at=AT, by=ANNA,
            )  # fmt: skip
            customer.refresh_from_db()
            assert customer.billing_anchor == date(2026, 10, 11)
        assert calendar_of(customer).anchor == date(2026, 10, 11)
