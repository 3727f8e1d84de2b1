"""What carriers take, by other prices: a report first, then new revisions of the costs.

Telco has the trunk `gw` and sells +44 at 0.06 a minute by the second; Acme's calls of 61 s and 30 s
cost 0.061 and 0.03, Beta's of 60 s 0.06. +49 is on no card of Telco's: that call has no cost.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import Sum

from tests.integration.rerating.conftest import DECEMBER, LATER, Story
from tests.support.billing import ANNA
from tests.support.switch import NOON, Row, Switch, make_switch, set_rule
from tests.support.world import START
from tollwright.data.models import (
    AuditEntry,
    Carrier,
    Charge,
    ImportBatch,
    RateCard,
    Trunk,
    UsageDay,
)
from tollwright.data.scope import tenant_scope
from tollwright.domain.calls import operations as calls
from tollwright.domain.calls.queries import explain_charge
from tollwright.domain.carriers import costs
from tollwright.domain.carriers import operations as carriers
from tollwright.domain.errors import KeyReused, NotFound
from tollwright.domain.invoices.queries import check_sums
from tollwright.domain.rates import operations as rates
from tollwright.domain.rerating import operations
from tollwright.domain.rerating.scope import CallScope
from tollwright.domain.validation import FieldInvalid

COSTS = CallScope(leg="cost")
FREE = {"name": "never drawn", "prefixes": ["44"], "unit": "seconds", "amount": 600}
OLD = {"1": 61_000, "2": 30_000, "4": 60_000}
NEW = {"1": 40_667, "2": 20_000, "4": 40_000}  # at 0.04 a minute


def buys(
    code: str, trunk: str, price: str, *, currency: str = "EUR", since: datetime = START
) -> Carrier:
    """A carrier that takes so much a minute to +44, by the second."""
    carrier = carriers.create_carrier(code=code, name=code.title(), at=START, by=ANNA)
    carriers.add_trunk(carrier=carrier, value=trunk, valid_from=since, at=START, by=ANNA)
    card = rates.create_card(
        code=code, name=code.title(), side="buy", currency=currency, at=START, by=ANNA
    )
    costs_by(card, price)
    carriers.assign_card(carrier=carrier, card=card, valid_from=START, at=START, by=ANNA)
    return carrier


def costs_by(
    card: RateCard, price: str, since: datetime = START, published_at: datetime = START
) -> None:
    """Another version of a buy card."""
    rows = [{"prefix": "44", "name": "UK", "price": price}]
    data = {"timezone": "UTC", "rates": rows, "allowances": [FREE]}
    draft = rates.save_draft(card=card, data=data, at=published_at, by=ANNA)
    rates.publish_version(version=draft, effective_from=since, at=published_at, by=ANNA)


@pytest.fixture
def bought(story: Story) -> Story:
    """The story's calls, bought from Telco."""
    buys("TEL", "gw", "0.06")
    price_missing()
    assert paid(story) == OLD
    return story


def price_missing() -> int:
    return costs.price_missing(first=START, last=DECEMBER, at=START, by=ANNA).charged


def telco() -> RateCard:
    return RateCard.objects.get(code="TEL")


def paid(story: Story) -> dict[str, int]:
    """What stands as the cost of each call, in micros; the days' sums are those."""
    rows = Charge.objects.filter(is_current=True, leg="buy").select_related("call")
    found = {one.call.call_key.rsplit("/", 1)[1]: one.amount_micros for one in rows}
    days = UsageDay.objects.aggregate(cost=Sum("buy_micros"), calls=Sum("bought"))
    assert (days["cost"], days["calls"]) == (sum(found.values()), len(found))
    return dict(sorted(found.items()))


def test_the_report_says_whose_calls_cost_more_and_writes_nothing(bought: Story) -> None:
    costs_by(telco(), "0.12", since=NOON + timedelta(minutes=2))
    before = bought.written()
    report = bought.report(COSTS)
    assert bought.written() == before
    assert (report.calls, report.changed, report.refused, report.priced_individually) == (
        3,
        1,
        {},
        0,
    )
    assert [(one.name, one.difference_micros) for one in report.customers] == [
        ("Beta Ltd", 60_000), ("Acme Ltd", 0),
    ]  # fmt: skip
    for rows in (report.carriers, report.totals):
        assert [(one.figures.old_micros, one.figures.new_micros) for one in rows] == [
            (151_000, 211_000)
        ]
    assert [(one.name, one.figures.calls) for one in report.carriers] == [("Tel", 3)]
    assert [(one.name, one.figures.changed) for one in report.destinations] == [("44", 1)]
    assert [(part.calls, part.difference_micros) for part in report.open] == [(1, 60_000)]
    assert (report.invoiced, report.without_cost) == ((), 1)
    assert report.sentences == (
        "1 answered calls have no cost yet and are no part of this: Calls without cost says why,"
        " and prices what can be priced.",
    )


def test_applying_gives_costs_their_next_revision_once(bought: Story) -> None:
    """Also on issued invoices: a cost is on no paper, and what customers pay stays."""
    bought.bill()
    days = bought.days()
    costs_by(telco(), "0.04")
    report = bought.report(COSTS, at=DECEMBER)
    rerating = bought.apply("first", COSTS, at=DECEMBER)
    assert (rerating.calls, rerating.revised, rerating.proposed) == (3, 3, 0)
    assert rerating.scope == {"leg": "cost"}
    assert paid(bought) == NEW
    assert sum(NEW.values()) - sum(OLD.values()) == report.totals[0].difference_micros
    assert (bought.days(), check_sums()) == (days, [])
    old, new = [one for one in bought.history("1") if one.leg == "buy"]
    assert (old.revision, old.is_current, new.revision, new.is_current) == (0, False, 1, True)
    assert (new.level, new.billed_s, new.prefix, new.rated_at) == (0, 61, "44", DECEMBER)
    again = bought.report(COSTS, at=DECEMBER)
    assert (again.changed, again.totals[0].difference_micros) == (0, 0)
    with pytest.raises(operations.NothingChanges):
        bought.apply("second", COSTS, at=DECEMBER)
    audit = AuditEntry.objects.filter(action="rerating.applied", after__scope={"leg": "cost"})
    assert audit.get().subject_id == str(rerating.pk)


def test_the_same_key_is_done_once_and_is_no_other_legs(bought: Story) -> None:
    costs_by(telco(), "0.04")
    report = bought.report(COSTS)

    def apply(key: str, scope: CallScope = COSTS) -> int:
        return operations.apply(
            scope=scope, fingerprint=report.fingerprint, key=key, at=LATER, by=ANNA
        ).pk

    first = apply("a")
    written = bought.written()
    assert (apply("a"), apply("b")) == (first, first)
    assert bought.written() == written
    with pytest.raises(KeyReused):
        apply("a", CallScope())


@pytest.mark.parametrize(
    ("narrow", "keys"),
    [
        pytest.param(lambda s: {}, "124", id="everything"),
        pytest.param(lambda s: {"customer_id": s.beta.customer_id}, "4", id="a customer"),
        pytest.param(lambda s: {"campaign_id": s.world.campaign.pk}, "12", id="a campaign"),
        pytest.param(lambda s: {"card_id": telco().pk}, "124", id="the buy card"),
        pytest.param(lambda s: {"prefix": "+44 20"}, "124", id="a prefix"),
        pytest.param(lambda s: {"prefix": "49"}, "", id="a prefix of nobody"),
        pytest.param(lambda s: {"last": NOON + timedelta(minutes=1)}, "1", id="before then"),
        pytest.param(lambda s: {"carrier_id": Carrier.objects.get().pk}, "124", id="the carrier"),
    ],
)  # fmt: skip
def test_a_scope_changes_its_costs_only(
    bought: Story, narrow: Callable[[Switch], dict[str, Any]], keys: str
) -> None:
    costs_by(telco(), "0.04")
    scope = CallScope(leg="cost", **narrow(bought.switch))
    assert bought.report(scope).calls == len(keys)
    if keys:
        bought.apply("scope", scope)
    assert paid(bought) == {key: (NEW if key in keys else OLD)[key] for key in OLD}


def test_a_file_is_a_scope_of_costs(bought: Story) -> None:
    batch = bought.take(Row(key=9, seconds=60, minute=9))
    costs_by(telco(), "0.04")
    bought.apply("file", CallScope(batch_id=batch, leg="cost"))
    assert paid(bought) == OLD | {"9": 40_000}


def test_a_trunk_that_became_anothers_is_bought_there(bought: Story) -> None:
    """From 12:02 on `gw` is Cheap's, at 0.03: only Beta's call was answered after that."""
    carriers.end_trunk(
        trunk=Trunk.objects.get(), valid_to=NOON + timedelta(minutes=2), at=LATER, by=ANNA
    )
    cheap = buys("CHP", "g*", "0.03", since=NOON + timedelta(minutes=2))
    report = bought.report(COSTS)
    assert [(one.name, one.figures.calls, one.difference_micros) for one in report.carriers] == [
        ("Tel", 2, 0), ("Chp", 1, -30_000),
    ]  # fmt: skip
    of_cheap = CallScope(leg="cost", carrier_id=cheap.pk)
    assert bought.report(of_cheap).calls == 1
    bought.apply("cheap", of_cheap)
    assert paid(bought) == OLD | {"4": 30_000}
    assert bought.report(COSTS).changed == 0


def end_trunk(story: Story) -> None:
    carriers.end_trunk(trunk=Trunk.objects.get(), valid_to=NOON, at=LATER, by=ANNA)


def block(story: Story) -> None:
    rows = [{"prefix": "44", "price": "0.04"}, {"prefix": "442", "blocked": True}]
    draft = rates.save_draft(
        card=telco(), data={"timezone": "UTC", "rates": rows}, at=START, by=ANNA
    )
    rates.publish_version(version=draft, effective_from=START, at=START, by=ANNA)


def in_dollars(story: Story) -> None:
    RateCard.objects.filter(code="TEL").update(currency="USD")


def assign_an_empty_card(story: Story) -> None:
    card = rates.create_card(code="NEW", name="New", side="buy", currency="EUR", at=START, by=ANNA)
    carriers.assign_card(
        carrier=Carrier.objects.get(), card=card, valid_from=NOON, at=LATER, by=ANNA
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(end_trunk, "unknown_trunk", id="the carrier has the trunk no more"),
        pytest.param(assign_an_empty_card, "no_buy_version", id="no version holds"),
        pytest.param(block, "blocked", id="the card blocks"),
        pytest.param(in_dollars, "other_currency", id="another currency"),
    ],
)
def test_what_cannot_be_bought_now_keeps_its_cost_and_is_told(
    bought: Story, change: Callable[[Story], None], reason: str
) -> None:
    change(bought)
    report = bought.report(COSTS)
    assert (report.changed, report.refused) == (0, {reason: 3})
    assert report.sentences[0].startswith("3 calls keep their charge until somebody decides: ")
    assert [one.figures.refused_micros for one in report.totals] == [151_000]
    with pytest.raises(operations.NothingChanges):
        bought.apply("a", COSTS)
    assert paid(bought) == OLD


def test_rules_for_customers_leave_costs_alone(bought: Story) -> None:
    set_rule(bought.switch.world, "minimum_seconds", 120)
    set_rule(bought.switch.world, "amount_rounding", "up 0")
    assert bought.report(COSTS).changed == 0
    assert bought.report().changed == 4


def test_a_call_over_a_new_version_is_bought_by_both(bought: Story) -> None:
    """Answered at 12:00:05 for 61 s: 30 s at 0.06 and 31 s at 0.12 a minute."""
    costs_by(telco(), "0.12", since=NOON + timedelta(seconds=35), published_at=LATER)
    report = bought.report(COSTS)
    assert report.priced_individually == 1
    bought.apply("a", COSTS)
    assert paid(bought) == {"1": 92_000, "2": 60_000, "4": 120_000}
    assert bought.report(COSTS).changed == 0


def test_every_revision_of_a_cost_replays_to_its_own_amount(bought: Story) -> None:
    for number, price in enumerate(("0.04", "0.12", "0.06")):
        at = LATER + timedelta(days=number)
        costs_by(telco(), price, published_at=at)
        costs_by(telco(), price, since=NOON + timedelta(seconds=50), published_at=at)
        bought.apply(price, COSTS, at=at)
    end_trunk(bought)
    revisions = [one for one in bought.history("1") if one.leg == "buy"]
    assert [one.amount_micros for one in revisions] == [61_000, 40_667, 122_000, 61_000]
    assert all(explain_charge(one.pk, one.started_at).equal for one in revisions)


def test_a_report_of_costs_that_is_no_longer_true_is_refused(bought: Story) -> None:
    costs_by(telco(), "0.04")
    report = bought.report(COSTS)
    costs_by(telco(), "0.05")
    with pytest.raises(operations.ReportOutdated):
        operations.apply(scope=COSTS, fingerprint=report.fingerprint, key="a", at=LATER, by=ANNA)
    assert paid(bought) == OLD


def test_calls_corrected_afterwards_have_one_cost(bought: Story) -> None:
    costs_by(telco(), "0.04")
    bought.apply("a", COSTS)
    bought.take(Row(key=1, seconds=120))
    assert paid(bought) == NEW | {"1": 80_000}
    assert bought.report(COSTS).changed == 0


def test_a_correction_rolled_back_leaves_the_cost_of_the_last_re_rating(bought: Story) -> None:
    costs_by(telco(), "0.04")
    bought.apply("a", COSTS)
    batch = bought.take(Row(key=1, seconds=120))
    calls.roll_back_batch(batch=ImportBatch.objects.get(pk=batch), at=LATER, by=ANNA)
    assert paid(bought) == NEW
    assert all(explain_charge(one.pk, one.started_at).equal for one in bought.history("1"))
    assert bought.report(COSTS).changed == 0


@pytest.mark.parametrize(
    ("scope", "sentence"),
    [
        pytest.param(CallScope(leg="gift"), "no leg 'gift'", id="no such leg"),
        pytest.param(CallScope(carrier_id=1), "leg cost only", id="customers' charges by carrier"),
    ],
)
def test_a_scope_of_costs_that_is_none(story: Story, scope: CallScope, sentence: str) -> None:
    with pytest.raises(FieldInvalid, match=sentence):
        story.report(scope)


def test_a_card_is_of_the_leg(bought: Story) -> None:
    with pytest.raises(FieldInvalid, match="Retail is a sell card"):
        bought.report(CallScope(leg="cost", card_id=bought.switch.card.pk))
    with pytest.raises(FieldInvalid, match="Tel is a buy card"):
        bought.report(CallScope(card_id=telco().pk))


def test_costs_of_another_provider_are_not_there(bought: Story) -> None:
    other, carrier_id = make_switch("south"), Carrier.objects.get().pk
    with tenant_scope(other.tenant_id):
        assert bought.report(COSTS).calls == 0
        with pytest.raises(NotFound):
            bought.report(CallScope(leg="cost", carrier_id=carrier_id))


def test_what_just_came_in_costs_what_re_rating_says(story: Story) -> None:
    """Also a call over a change of price."""
    buys("TEL", "*", "0.06")
    costs_by(telco(), "0.12", since=NOON + timedelta(minutes=20, seconds=35))
    batch = story.take(*(Row(key=key, seconds=61, minute=key) for key in (18, 19, 20, 21)))
    report = story.report(CallScope(batch_id=batch, leg="cost"))
    assert (report.calls, report.changed) == (4, 0)
