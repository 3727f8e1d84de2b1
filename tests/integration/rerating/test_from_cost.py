"""Re-rating and what-if where a call plan prices from what calls cost.

Telco sells +44 at 0.06 a minute by the second: Acme's calls of 61 s and 30 s cost 0.061 and 0.03,
Beta's of 60 s 0.06; Acme's to +49 has no cost. PLUS is cost + 25 % + 0.001.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.integration.rerating.conftest import CHEAPER, DECEMBER, LATER, Story
from tests.integration.rerating.test_costs import (
    COSTS,
    buys,
    costs_by,
    paid,
    price_missing,
    telco,
)
from tests.support.billing import ANNA, as_data
from tests.support.switch import NOON, RATES, Row, add_version, set_rule
from tests.support.world import START
from tollwright.core.rating.legs import CostPlus
from tollwright.data.models import CallPlan, Charge, PlanVersion, RateCard
from tollwright.domain.calls.queries import explain_charge
from tollwright.domain.invoices.queries import check_sums
from tollwright.domain.plans import operations as plans
from tollwright.domain.rates.operations import save_draft
from tollwright.domain.rerating import operations, queries
from tollwright.domain.rerating.scope import CallScope
from tollwright.domain.rerating.whatif import WhatIfRequest, what_if

TERMS = CostPlus(markup_ppm=250_000, fixed_micros=1_000)
BY_CARD = {"1": 1_200_000, "2": 600_000, "3": 240_000, "4": 600_000}
FROM_COST = BY_CARD | {"1": 77_250, "2": 38_500}
NOVEMBER = CallScope(
    first=datetime(2026, 10, 31, 23, tzinfo=UTC), last=datetime(2026, 11, 30, 23, tzinfo=UTC)
)
FREE = {"name": "60 s", "prefixes": ["44"], "unit": "seconds", "amount": 60, "step_s": 60}


@pytest.fixture
def bought(story: Story) -> Story:
    """The story's calls, bought from Telco."""
    buys("TEL", "gw", "0.06")
    price_missing()
    return story


@pytest.fixture
def plus(bought: Story) -> Story:
    """Acme is on PLUS since October: its calls were taken in before."""
    subscribe(bought, draft(bought))
    return bought


def draft(story: Story, terms: CostPlus = TERMS, card: RateCard | None = None) -> PlanVersion:
    """A draft of the plan PLUS, on RETAIL."""
    plan = CallPlan.objects.filter(code="PLUS").first() or plans.create_plan(
        code="PLUS", name="Plus", at=START, by=ANNA
    )
    return plans.draft_version(
        plan=plan, card=card or story.switch.card, currency="EUR", cost_plus=terms, at=START,
        by=ANNA,
    )  # fmt: skip


def subscribe(story: Story, version: PlanVersion, day: int = 1) -> None:
    plans.subscribe(
        customer=story.switch.world.customer, starts_on=date(2026, 10, day), end_earlier=day > 1,
        version=plans.publish_version(version=version, at=START, by=ANNA), at=START, by=ANNA,
    )  # fmt: skip


def sold() -> dict[str, int]:
    """What stands for each call's customer, in micros."""
    rows = Charge.objects.filter(is_current=True, leg="sell").select_related("call")
    return dict(sorted((one.call.call_key.rsplit("/", 1)[1], one.amount_micros) for one in rows))


def replays() -> bool:
    """Whether every charge there ever was replays to its amount."""
    charges = Charge.objects.filter(started_at__gte=START)
    return all(explain_charge(one.pk, one.started_at).equal for one in charges)


def test_calls_that_came_in_before_the_plan_are_priced_from_their_cost(plus: Story) -> None:
    report = plus.report()
    assert (report.calls, report.changed, report.refused) == (4, 2, {"unknown_cost": 1})
    assert report.sentences == (
        "1 calls keep their charge until somebody decides: the plan prices from what a call costs,"
        " and that is not known.",
    )
    plus.apply("a")
    assert sold() == FROM_COST
    assert sum(FROM_COST.values()) - sum(BY_CARD.values()) == report.totals[0].difference_micros
    assert plus.report().changed == 0
    assert replays()


def test_what_came_in_on_the_plan_stays(plus: Story) -> None:
    """Also by a rule's rounding, a call that a rule makes free, one over a new card version."""
    set_rule(plus.switch.world, "amount_rounding", "up 3", since=NOON + timedelta(minutes=20))
    set_rule(plus.switch.world, "minimum_seconds", 45, since=NOON + timedelta(minutes=30))
    add_version(plus.switch.card, 2, NOON + timedelta(minutes=40, seconds=35), CHEAPER)
    batch = plus.take(*(
        Row(key=minute, seconds=seconds, minute=minute)
        for minute, seconds in ((10, 61), (20, 61), (30, 30), (40, 61), (41, 61))
    ))  # fmt: skip
    report = plus.report(CallScope(batch_id=batch))
    assert (report.calls, report.changed, report.refused) == (5, 0, {})
    new = {key: micros for key, micros in sold().items() if len(key) == 2}
    assert new == {"10": 77_250, "20": 78_000, "30": 0, "40": 78_000, "41": 78_000}


def test_what_carriers_take_comes_first_then_what_customers_pay(plus: Story) -> None:
    """At 0.04 a minute the calls cost 0.040667 and 0.02: 0.051834 and 0.026."""
    plus.apply("plan")
    costs_by(telco(), "0.04")
    assert plus.report().changed == 0  # what stands as the cost did not move yet
    plus.apply("costs", COSTS, at=LATER + timedelta(days=1))
    report = plus.report(at=LATER + timedelta(days=2))
    assert (report.changed, report.totals[0].difference_micros) == (2, -25_416 - 12_500)
    plus.apply("prices", at=LATER + timedelta(days=2))
    assert sold() == BY_CARD | {"1": 51_834, "2": 26_000}
    assert replays()
    assert plus.report(at=LATER + timedelta(days=3)).changed == 0


def test_an_issued_charge_keeps_the_cost_of_its_proposal(plus: Story) -> None:
    """What the proposal says is accepted, though the cost moved meanwhile; then that is next."""
    plus.bill()
    rerating = plus.apply("plan", at=DECEMBER)
    (proposal,) = queries.proposals(rerating=rerating)
    costs_by(telco(), "0.04")
    plus.apply("costs", COSTS, at=DECEMBER + timedelta(days=1))
    at = DECEMBER + timedelta(days=2)
    operations.accept(proposal=proposal, at=at, by=ANNA, render=as_data)
    assert sold() == FROM_COST
    assert replays()
    again = plus.apply("prices", at=at)
    assert (again.revised, again.proposed) == (0, 2)
    assert check_sums() == []


def test_a_cost_in_another_currency_says_so(story: Story) -> None:
    buys("TEL", "gw", "0.06", currency="USD")
    price_missing()
    subscribe(story, draft(story))
    assert story.report().refused == {"unknown_cost": 1, "cost_other_currency": 2}
    with pytest.raises(operations.NothingChanges):
        story.apply("a")


def test_what_the_card_refuses_is_refused(plus: Story) -> None:
    blocked = (("44", "UK", 600_000_000, False), ("442", "London", 600_000_000, True))
    add_version(plus.switch.card, 2, START, blocked)
    report = plus.report(CallScope(customer_id=plus.switch.world.customer.pk))
    assert report.refused == {"blocked": 2, "unmatched": 1}


def test_a_card_with_allowances_prices_nothing_from_the_cost(plus: Story) -> None:
    add_version(plus.switch.card, 2, START, RATES, [FREE])
    report = plus.report(CallScope(customer_id=plus.switch.world.customer.pk))
    assert (report.changed, report.refused) == (0, {"cost_plus_allowances": 3})


def test_calls_that_drew_on_allowances_give_them_back(bought: Story) -> None:
    """Both customers' card gave Acme 60 s free: of 61 s one minute. Then Acme is on PLUS, of a
    card without: 0.07725 and 0.0385, and nothing is drawn by calls that are priced so."""
    add_version(bought.switch.card, 2, START, RATES, [FREE])
    bought.apply("free")
    assert sold() == BY_CARD | {"1": 600_000, "4": 0}
    card = RateCard.objects.create(
        tenant=bought.switch.world.tenant, code="PLAIN", name="Plain", currency="EUR",
        created_at=START,
    )  # fmt: skip
    add_version(card, 1, START, RATES)
    subscribe(bought, draft(bought, card=card))
    report = bought.report(at=LATER + timedelta(days=1))
    assert report.refused == {"unknown_cost": 1}
    bought.apply("plus", at=LATER + timedelta(days=1))
    assert sold() == FROM_COST | {"4": 0}
    assert bought.report(at=LATER + timedelta(days=2)).changed == 0
    assert replays()
    costs_by(telco(), "0.04")
    bought.apply("costs", COSTS, at=LATER + timedelta(days=3))
    bought.apply("less", at=LATER + timedelta(days=4))
    assert sold() == BY_CARD | {"1": 51_834, "2": 26_000, "4": 0}


def test_a_draft_plan_over_past_calls_with_margin(bought: Story) -> None:
    """Beta's 0.06 would be 0.076; the call to +49 would not be priced."""
    before = bought.written()
    found = what_if(WhatIfRequest(plan=draft(bought)), NOVEMBER, everyone=True, at=LATER)
    assert bought.written() == before
    assert [
        (one.customer, one.old_micros, one.new_micros, one.old_margin_micros, one.new_margin_micros)
        for one in found.lines
    ] == [
        ("Beta Ltd", 600_000, 76_000, 540_000, 16_000),
        ("Acme Ltd", 2_040_000, 355_750, 1_949_000, 264_750),
    ]
    assert found.refused == {"unknown_cost": 1}
    assert "1 of 4 calls would not be priced: the plan prices from what" in found.sentences[0]


def test_a_draft_card_of_such_a_plan_keeps_its_prices(plus: Story) -> None:
    """Acme's calls are made of their cost whatever the card says; Beta pays twice as much."""
    plus.apply("plan")
    rates = [{"prefix": "44", "price": "1.20", "first_s": 60, "next_s": 60}]
    version = save_draft(card=plus.switch.card, data={"rates": rates}, at=LATER, by=ANNA)
    found = what_if(WhatIfRequest(version=version), NOVEMBER, at=LATER)
    assert [(one.customer, one.difference_micros) for one in found.lines] == [
        ("Beta Ltd", 600_000), ("Acme Ltd", 0),
    ]  # fmt: skip
    allowing = save_draft(
        card=plus.switch.card, data={"rates": rates, "allowances": [FREE]}, at=LATER, by=ANNA
    )
    found = what_if(WhatIfRequest(version=allowing), NOVEMBER, at=LATER)
    assert found.refused == {"cost_plus_allowances": 3}


def test_other_terms_of_the_plan_are_a_difference(plus: Story) -> None:
    """PLUS at cost + 50 %, at least 0.05."""
    plus.apply("plan")
    terms = CostPlus(markup_ppm=500_000, floor_micros=50_000)
    other = draft(plus, terms)
    found = what_if(WhatIfRequest(plan=other), NOVEMBER, at=LATER)
    assert [(one.usage.changed, one.new_micros) for one in found.lines] == [(2, 91_500 + 50_000)]
    subscribe(plus, other, day=2)
    plus.apply("terms", at=LATER + timedelta(days=1))
    assert sold() == BY_CARD | {"1": 91_500, "2": 50_000}
    assert replays()
    assert paid(plus) == {"1": 61_000, "2": 30_000, "4": 60_000}


def test_issued_calls_of_a_pool_come_to_be_made_of_their_cost(bought: Story) -> None:
    """Acme's 60 s went to its first call, all is invoiced; on PLUS nobody draws on them."""
    add_version(bought.switch.card, 2, START, RATES, [FREE])
    bought.apply("free")
    bought.bill()
    card = RateCard.objects.create(
        tenant=bought.switch.world.tenant, code="PLAIN", name="Plain", currency="EUR",
        created_at=START,
    )  # fmt: skip
    add_version(card, 1, START, RATES)
    subscribe(bought, draft(bought, card=card))
    acme = CallScope(customer_id=bought.switch.world.customer.pk)
    rerating = bought.apply("plus", acme, at=DECEMBER)
    assert (rerating.proposed, rerating.refused) == (2, 1)
    (proposal,) = queries.proposals(rerating=rerating)
    operations.accept(proposal=proposal, at=DECEMBER, by=ANNA, render=as_data)
    assert sold() == FROM_COST | {"4": 0}
    assert bought.report(acme, at=DECEMBER).changed == 0
    assert replays()
    assert check_sums() == []
