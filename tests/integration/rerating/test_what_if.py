"""Other prices over past calls: who would pay more, and nothing is written.

Acme has 1.20 + 0.60 to London and 0.24 to Berlin, Beta 0.60 to London, on RETAIL.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.integration.rerating.conftest import CHEAPER, LATER, Story
from tests.support.billing import ANNA
from tests.support.switch import NOON, make_card, make_switch
from tests.support.world import START
from tollwright.data.models import (
    CallPlan,
    Campaign,
    CardVersion,
    Charge,
    Customer,
    ImportBatch,
    PlanFee,
    PlanVersion,
    RateCard,
    Subscription,
)
from tollwright.data.scope import tenant_scope
from tollwright.domain.errors import NotFound
from tollwright.domain.rates.errors import CardRefused
from tollwright.domain.rates.operations import save_draft
from tollwright.domain.rerating import whatif
from tollwright.domain.rerating.fees import NO_FEES
from tollwright.domain.rerating.scope import CallScope
from tollwright.domain.rerating.whatif import WhatIfRequest, what_if

NOVEMBER = CallScope(
    first=datetime(2026, 10, 31, 23, tzinfo=UTC), last=datetime(2026, 11, 30, 23, tzinfo=UTC)
)


def draft(story: Story, rates: list[dict[str, object]]) -> CardVersion:
    """A draft of RETAIL."""
    return save_draft(card=story.switch.card, data={"rates": rates}, at=LATER, by=ANNA)


def minute(prefix: str, price: str, **more: object) -> dict[str, object]:
    return {"prefix": prefix, "price": price, "first_s": 60, "next_s": 60, **more}


def test_a_draft_card_over_past_calls_losers_first(story: Story) -> None:
    version = draft(story, [minute("44", "0.30"), minute("49", "0.48"), minute("4930", "3")])
    before = story.written()
    found = what_if(WhatIfRequest(version=version), NOVEMBER, at=LATER)
    assert story.written() == before
    assert [
        (one.customer, one.usage.calls, one.old_micros, one.new_micros, one.difference_micros)
        for one in found.lines
    ] == [
        ("Acme Ltd", 3, 2_040_000, 6_900_000, 4_860_000),
        ("Beta Ltd", 1, 600_000, 300_000, -300_000),
    ]
    assert (found.calls, found.losers, found.winners, found.uncovered_ppm) == (4, 1, 1, 0)
    assert [line.difference_micros for line in found.totals] == [4_560_000]
    assert found.title == "RETAIL version 2 (draft)"


def test_rows_that_begin_later_are_held_against_calls_of_before(story: Story) -> None:
    version = draft(story, [
        minute("44", "0.60", effective_to="2027-01-01T00:00:00Z"),
        minute("44", "0.90", effective_from="2027-01-01T00:00:00Z"),
        minute("49", "0.12"),
    ])  # fmt: skip
    found = what_if(WhatIfRequest(version=version), NOVEMBER, at=LATER)
    assert found.totals[0].difference_micros == 1_200_000  # four minutes to London
    now = what_if(WhatIfRequest(version=version, as_of=LATER), NOVEMBER, at=LATER)
    assert now.totals[0].difference_micros == 0


def test_calls_that_would_not_be_priced_are_told_and_count_alike(story: Story) -> None:
    version = draft(story, [minute("44", "0.30")])
    found = what_if(WhatIfRequest(version=version), NOVEMBER, at=LATER)
    assert (found.refused, found.uncovered_ppm) == ({"unmatched": 1}, 250_000)
    assert "1 of 4 calls would not be priced" in found.sentences[0]
    assert found.totals[0].difference_micros == -1_200_000


def test_a_card_file_is_held_against_all_calls(story: Story) -> None:
    card = whatif.card_of_file({"rates": [minute("", "0.06")]})
    assert card.currency == "EUR"
    found = what_if(WhatIfRequest(card=card), NOVEMBER, at=LATER)
    assert found.totals[0].new_micros == 60_000 * (2 + 1 + 2 + 1)
    with pytest.raises(CardRefused):
        whatif.card_of_file({"rates": [{"prefix": "44"}]})


def test_the_margin_follows_where_the_carriers_charges_are_known(story: Story) -> None:
    sell = Charge.objects.filter(is_current=True, prefix="44").order_by("call_id").first()
    assert sell is not None
    Charge.objects.create(
        id=1, tenant_id=sell.tenant_id, call_id=sell.call_id, started_at=sell.started_at,
        leg="buy", customer_id=sell.customer_id, campaign_id=sell.campaign_id,
        card_version_id=sell.card_version_id, rate_no=0, prefix="44", billed_s=61,
        amount_micros=700_000, currency="EUR", rated_at=LATER,
    )  # fmt: skip
    story.rate_by(CHEAPER)
    version = CardVersion.objects.get(number=2)
    acme, beta = what_if(WhatIfRequest(version=version), NOVEMBER, at=LATER).lines[::-1]
    assert (acme.customer, acme.old_margin_micros, acme.new_margin_micros) == (
        "Acme Ltd", 1_340_000, 680_000,
    )  # fmt: skip
    assert (beta.customer, beta.old_margin_micros) == ("Beta Ltd", None)


def plan(
    story: Story, code: str, fees: dict[str, int], card: RateCard | None = None
) -> PlanVersion:
    """A plan on RETAIL (or `card`) with these fees in micros."""
    tenant = story.switch.world.tenant
    made = CallPlan.objects.create(tenant=tenant, code=code, name=code.title(), created_at=START)
    version = PlanVersion.objects.create(
        tenant=tenant, plan=made, number=1, currency="EUR",
        card=card or story.switch.card, created_at=START,
    )  # fmt: skip
    for kind, amount in fees.items():
        PlanFee.objects.create(
            tenant=tenant, version=version, kind=kind, name=kind, amount_micros=amount,
            interval="once" if kind == "registration" else "month",
        )  # fmt: skip
    return version


def test_a_plan_is_compared_with_its_fees(story: Story) -> None:
    """Acme pays 30.00 a month from 16 November (15 of 30 days); LARGE is 40.00, its calls half."""
    basic = plan(story, "BASIC", {"subscription": 30_000_000, "registration": 5_000_000})
    acme = story.switch.world.customer
    Subscription.objects.create(
        tenant=acme.tenant, version=basic, customer=acme, starts_on=date(2026, 11, 16),
        created_at=START,
    )  # fmt: skip
    card, _ = make_card(story.switch.world, "HALF", CHEAPER)
    large = plan(story, "LARGE", {"subscription": 40_000_000, "registration": 9_000_000}, card)
    found = what_if(WhatIfRequest(plan=large), NOVEMBER, everyone=True, at=LATER)
    assert [
        (one.customer, one.fees.old_micros, one.fees.new_micros, one.fees.once_micros,
         one.difference_micros)
        for one in found.lines
    ] == [
        ("Beta Ltd", 0, 40_000_000, 9_000_000, 40_000_000 - 300_000),
        ("Acme Ltd", 15_000_000, 40_000_000, 9_000_000, 25_000_000 - 660_000),
    ]  # fmt: skip
    same = what_if(WhatIfRequest(plan=basic), NOVEMBER, at=LATER)
    assert [(one.customer, one.usage.calls, one.difference_micros) for one in same.lines] == [
        ("Acme Ltd", 0, 0)
    ]
    with pytest.raises(whatif.PeriodNeeded):
        what_if(WhatIfRequest(plan=large), CallScope(), at=LATER)


def test_with_a_campaign_only_what_holds_for_it_is_compared(story: Story) -> None:
    """Acme is on BASIC (30.00); SPRING on its own plan (60.00) until 15 November, 15 of 30 days.

    Beta's and the other campaign's fees are nobody's here: SPRING is half a month of each.
    """
    basic = plan(story, "BASIC", {"subscription": 30_000_000})
    own = plan(story, "OWN", {"subscription": 60_000_000, "registration": 1_000_000})
    other = plan(story, "OTHER", {"subscription": 900_000_000})
    world = story.switch.world
    beta = Customer.objects.get(code="BETA")
    winter = Campaign.objects.create(
        tenant=world.tenant, customer=world.customer, code="WINTER", name="Winter", created_at=START
    )
    first, ides = date(2026, 11, 1), date(2026, 11, 15)
    for version, customer, campaign, ends in (
        (basic, world.customer, None, None),
        (own, world.customer, world.campaign, ides),
        (other, world.customer, winter, None),
        (basic, beta, None, None),
    ):
        Subscription.objects.create(
            tenant=world.tenant, version=version, customer=customer, campaign=campaign,
            starts_on=first, ends_on=ends, created_at=START,
        )  # fmt: skip
    spring = replace(NOVEMBER, campaign_id=world.campaign.pk)
    large = plan(story, "LARGE", {"subscription": 40_000_000, "registration": 9_000_000})
    everyone = what_if(WhatIfRequest(plan=large), spring, everyone=True, at=LATER)
    assert fees_of(everyone) == [("Acme Ltd", 45_000_000, 40_000_000, 9_000_000)]
    assert fees_of(what_if(WhatIfRequest(plan=own), spring, at=LATER)) == [
        ("Acme Ltd", 30_000_000, 30_000_000, 0)  # registered already
    ]
    assert fees_of(what_if(WhatIfRequest(plan=basic), spring, at=LATER)) == [
        ("Acme Ltd", 15_000_000, 15_000_000, 0)
    ]
    strange = replace(spring, customer_id=beta.pk)
    assert fees_of(what_if(WhatIfRequest(plan=large), strange, everyone=True, at=LATER)) == []


def fees_of(found: whatif.WhatIf) -> list[tuple[str, int, int, int]]:
    return [
        (one.customer, one.fees.old_micros, one.fees.new_micros, one.fees.once_micros)
        for one in found.lines
    ]


def test_fees_are_left_out_where_they_are_not_those_calls_alone(story: Story) -> None:
    large = plan(story, "LARGE", {"subscription": 40_000_000})
    batch = ImportBatch.objects.get()
    for narrowed in (
        replace(NOVEMBER, prefix="+44"),
        replace(NOVEMBER, batch_id=batch.pk),
        replace(NOVEMBER, card_id=story.switch.card.pk),
        CallScope(prefix="44"),
    ):
        found = what_if(WhatIfRequest(plan=large), narrowed, everyone=True, at=LATER)
        assert {one.fees for one in found.lines} == {NO_FEES}
        assert (found.calls > 0, found.with_fees) == (True, False)
        assert found.sentences == (
            "Fees are left out on both sides: they are due for all calls, not for those of a"
            " prefix, a file or a card alone.",
        )
    whole = what_if(WhatIfRequest(plan=large), NOVEMBER, everyone=True, at=LATER)
    assert (whole.with_fees, whole.sentences) == (True, ())


def test_one_thing_is_compared_with(story: Story) -> None:
    card = whatif.card_of_file({"rates": [minute("", "0.06")]})
    for payload in (WhatIfRequest(), WhatIfRequest(card=card, version=story.switch.version)):
        with pytest.raises(whatif.OneOfThese):
            what_if(payload, NOVEMBER, at=LATER)


def test_another_provider_sees_none_of_it(story: Story) -> None:
    other = make_switch("south")
    strange = CallScope(customer_id=story.switch.world.customer.pk)
    with tenant_scope(other.tenant_id):
        found = what_if(WhatIfRequest(version=other.version), NOVEMBER, everyone=True, at=LATER)
        assert found.calls == 0
        assert "No calls found" in found.sentences[0]
        with pytest.raises(NotFound):
            what_if(WhatIfRequest(version=other.version), strange, at=LATER)


def test_a_period_is_half_open(story: Story) -> None:
    card = whatif.card_of_file({"rates": [minute("", "0.06")]})
    scope = CallScope(first=NOON, last=NOON.replace(minute=1))
    assert what_if(WhatIfRequest(card=card), scope, at=LATER).calls == 1
