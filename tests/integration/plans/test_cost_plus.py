"""Plans that price a call from what it costs: what they hold, and what they refuse."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from django.db import IntegrityError, transaction

from tests.integration.plans.test_plans import ANNA, AT, make_plan, priced_card
from tests.support.world import World
from tollwright.core.rating.legs import CostPlus
from tollwright.data.models import AuditEntry, CardVersion, PlanVersion, RateCard
from tollwright.data.scope import tenant_scope
from tollwright.domain.plans import operations, queries
from tollwright.domain.rates import operations as rates
from tollwright.domain.rates.errors import CardRefused
from tollwright.domain.validation import FieldInvalid

PLUS = CostPlus(markup_ppm=150_000, fixed_micros=1_000, floor_micros=5_000, cap_micros=1_000_000)
FREE_MINUTES = {"name": "100 free minutes", "prefixes": ["44"], "unit": "seconds", "amount": 6000}


def draft(card: RateCard, terms: CostPlus | None = PLUS, code: str = "PLUS") -> PlanVersion:
    return operations.draft_version(
        plan=make_plan(code), card=card, currency=card.currency, cost_plus=terms, at=AT, by=ANNA
    )


def draft_of_card(card: RateCard, *allowances: dict[str, object]) -> CardVersion:
    data = {"rates": [{"prefix": "44", "price": "0.01"}], "allowances": list(allowances)}
    return rates.save_draft(card=card, data=data, at=AT, by=ANNA)


def publish_of_card(card: RateCard, *allowances: dict[str, object]) -> None:
    version = draft_of_card(card, *allowances)
    rates.publish_version(version=version, effective_from=AT, at=AT, by=ANNA)


def test_a_plan_holds_how_its_price_comes_from_the_cost(world: World) -> None:
    with tenant_scope(world.tenant.id):
        drafted = draft(priced_card())
        kept = operations.publish_version(version=drafted, at=AT, by=ANNA)
        kept.refresh_from_db()
        assert (kept.pricing, kept.cost_plus) == ("cost_plus", PLUS)
        after = AuditEntry.objects.get(action="plan_version.published").after or {}
        assert [
            after[name]
            for name in ("pricing", "markup_ppm", "fixed_micros", "floor_micros", "cap_micros")
        ] == ["cost_plus", 150_000, 1_000, 5_000, 1_000_000]


def test_other_plans_price_by_their_card(world: World) -> None:
    with tenant_scope(world.tenant.id):
        by_card = draft(priced_card(), None)
        assert (by_card.pricing, by_card.cost_plus) == ("card", None)


@pytest.mark.parametrize(
    ("terms", "currency", "words"),
    [
        (None, "EUR", ""),
        (CostPlus(), "EUR", "the call's cost"),
        (CostPlus(markup_ppm=125), "EUR", "the call's cost + 0.0125 %"),
        (CostPlus(markup_ppm=-500_000), "EUR", "the call's cost - 50 %"),
        (CostPlus(fixed_micros=1_500_000), "EUR", "the call's cost + 1.50 EUR a call"),
        (CostPlus(floor_micros=0), "KWD", "the call's cost, at least 0.000 KWD a call"),
        (CostPlus(cap_micros=5_000_000), "JPY", "the call's cost, at most 5 JPY a call"),
        (
            PLUS, "EUR",
            "the call's cost + 15 % + 0.001 EUR, at least 0.005 EUR, at most 1.00 EUR a call",
        ),
    ],
)  # fmt: skip
def test_the_price_in_one_sentence(terms: CostPlus | None, currency: str, words: str) -> None:
    told = {"pricing": "cost_plus", **asdict(terms)} if terms else {}
    assert PlanVersion(currency=currency, **told).price_from_cost == words


@pytest.mark.parametrize(
    ("terms", "field", "sentence"),
    [
        (
            CostPlus(markup_ppm=-1_000_001),
            "markup_percent",
            "A markup of -100.0001 % is less than nothing: -100 % is the least.",
        ),
        (
            CostPlus(markup_ppm=1_000_000_001),
            "markup_percent",
            "A markup of 100000.0001 % is too large: at most 100000 % is possible.",
        ),
        (
            CostPlus(fixed_micros=-1),
            "fixed",
            "The fixed part is -0.000001: from 0 to 1000000000 EUR a call is possible.",
        ),
        (
            CostPlus(cap_micros=10**15 + 1),
            "cap",
            "The most is 1000000000.000001: from 0 to 1000000000 EUR a call is possible.",
        ),
        (
            CostPlus(floor_micros=20_000, cap_micros=10_000),
            "floor",
            "At least 0.02 and at most 0.01 EUR a call exclude each other: lower the one or raise"
            " the other.",
        ),
    ],
)
def test_what_no_price_can_be_is_refused(
    world: World, terms: CostPlus, field: str, sentence: str
) -> None:
    with tenant_scope(world.tenant.id), pytest.raises(FieldInvalid) as caught:
        draft(priced_card(), terms)
    assert (caught.value.field, str(caught.value)) == (field, sentence)


@pytest.mark.parametrize(
    "terms",
    [
        CostPlus(),
        CostPlus(markup_ppm=-1_000_000),
        CostPlus(1_000_000_000, 10**15, 10**15, 10**15),
        CostPlus(floor_micros=10_000, cap_micros=10_000),
    ],
)
def test_the_edges_of_what_a_price_can_be(world: World, terms: CostPlus) -> None:
    with tenant_scope(world.tenant.id):
        assert PlanVersion.objects.get(pk=draft(priced_card(), terms).pk).cost_plus == terms


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"pricing": "card", "markup_ppm": 1}, "plan_version_pricing"),
        ({"pricing": "card", "floor_micros": 0}, "plan_version_pricing"),
        ({"pricing": "luck"}, "plan_version_pricing"),
        ({"markup_ppm": -1_000_001}, "plan_version_markup"),
        ({"fixed_micros": -1}, "plan_version_per_call"),
        ({"cap_micros": 10**15 + 1}, "plan_version_per_call"),
        ({"floor_micros": 2, "cap_micros": 1}, "plan_version_floor_under_cap"),
    ],
)
def test_the_database_holds_it_too(world: World, wrong: dict[str, object], constraint: str) -> None:
    with tenant_scope(world.tenant.id):
        one = PlanVersion(
            tenant=world.tenant, plan=make_plan(), number=1, currency="EUR", card=priced_card(),
            created_at=AT, pricing="cost_plus",
        )  # fmt: skip
        for name, value in wrong.items():
            setattr(one, name, value)
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            one.save()


def test_a_card_with_allowances_does_not_go_with_it(world: World) -> None:
    """Whichever is published first, the other is refused; a plan by its card may have both."""
    with tenant_scope(world.tenant.id):
        giving, plain = priced_card("GIVING"), priced_card("PLAIN")
        publish_of_card(giving, FREE_MINUTES)
        with pytest.raises(operations.PlanRefused) as caught:
            operations.publish_version(version=draft(giving), at=AT, by=ANNA)
        assert str(caught.value) == (
            "Plan PLUS v1 prices from the cost, and GIVING v2 gives allowances: a plan does one or"
            " the other. Draft it with a card that never gave any."
        )
        operations.publish_version(version=draft(giving, None, "CARD"), at=AT, by=ANNA)

        other = draft(plain, code="OTHER")
        operations.publish_version(version=other, at=AT, by=ANNA)
        with pytest.raises(CardRefused) as refused:
            publish_of_card(plain, FREE_MINUTES)
        assert str(refused.value) == (
            "The version gives allowances, and Plan OTHER v1 prices calls from their cost with this"
            " card: a plan does one or the other. Give the allowances on a card of their own."
        )
        assert [list(queries.priced_from_cost(card)) for card in (giving, plain)] == [[], [other]]


def test_neither_an_empty_list_nor_a_draft_gives_allowances(world: World) -> None:
    """And a card goes on having versions while a plan prices from the cost with it."""
    with tenant_scope(world.tenant.id):
        card = priced_card()
        publish_of_card(card)
        draft_of_card(card, FREE_MINUTES)
        assert queries.gives_allowances(card) is None
        operations.publish_version(version=draft(card), at=AT, by=ANNA)
        publish_of_card(card)
        assert card.versions.filter(status="published").count() == 3
