"""Late records of calls on a plan that prices from the cost: by what the told call costs.

Telco sells +44 at 0.06 a minute by the second; PLUS is cost + 25 % + 0.001. Call 1 was 61 s: it
cost 0.061 and was billed at 0.07725.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.integration.rerating.conftest import DECEMBER, Story
from tests.integration.rerating.test_corrections import accept, late
from tests.integration.rerating.test_costs import COSTS, buys, costs_by, price_missing, telco
from tests.integration.rerating.test_from_cost import BY_CARD, draft, sold, subscribe
from tests.support.billing import ANNA
from tests.support.switch import NOON, Row
from tollwright.data.models import Charge, Quarantine, RerateProposal, Trunk
from tollwright.domain.calls.queries import explain_charge, open_ids
from tollwright.domain.carriers import operations as carriers
from tollwright.domain.invoices.queries import check_sums
from tollwright.domain.rerating import operations
from tollwright.domain.rerating.corrections import CostMoved, correct


@pytest.fixture
def billed(story: Story) -> Story:
    """November's invoices are issued, Acme's calls priced from their cost."""
    buys("TEL", "gw", "0.06")
    price_missing()
    subscribe(story, draft(story))
    story.apply("plan")
    story.bill()
    return story


def in_order() -> None:
    """Every figure is its rows; what stands replays."""
    assert check_sums() == []
    for charge in Charge.objects.filter(is_current=True):
        assert explain_charge(charge.pk, charge.started_at).equal


@pytest.mark.parametrize(
    ("row", "amount", "net"),
    [
        pytest.param(Row(key=1, seconds=121), 152_250, 75_000, id="60 s more"),
        pytest.param(Row(key=1, seconds=31), 39_750, -37_500, id="30 s less"),
        pytest.param(Row(key=1, seconds=0), 0, -77_250, id="no answer at all"),
    ],
)
def test_a_note_bills_what_the_told_call_costs(
    billed: Story, row: Row, amount: int, net: int
) -> None:
    made = late(billed, row)
    assert (made.proposed, made.refused) == (1, 0)
    assert accept() == [net]
    expected = BY_CARD | {"1": amount, "2": 38_500}
    assert sold() == {key: micros for key, micros in expected.items() if key != "1" or amount}
    in_order()
    assert (billed.report(COSTS, at=DECEMBER).changed, billed.report(at=DECEMBER).changed) == (0, 0)


def test_a_call_that_costs_the_same_is_no_note(billed: Story) -> None:
    assert late(billed, Row(key=1, caller="+4930111111")).same == 1


def test_a_call_without_a_cost_is_never_at_the_cards_price(billed: Story) -> None:
    """Another number, that no buy card prices: the record does not even come in. A trunk that is
    nobody's by the time of the correction: it waits on."""
    assert late(billed, Row(key=1, called="+4930987654")).others == 1
    assert Quarantine.objects.get(status="open").reason == "unknown_cost"
    billed.take(Row(key=1, seconds=121))
    carriers.end_trunk(trunk=Trunk.objects.get(), valid_to=NOON, at=DECEMBER, by=ANNA)
    made = correct(ids=open_ids(reason="late_correction"), at=DECEMBER, by=ANNA)
    assert (made.proposed, made.refused) == (0, 1)
    assert Quarantine.objects.get(reason="late_correction").detail == (
        "The corrected call cannot be priced: the plan prices from what a call costs, and that is"
        " not known."
    )
    assert sold()["1"] == 77_250


def test_a_cost_that_moved_since_is_not_accepted(billed: Story) -> None:
    """0.04 a minute by now: the proposal has to be made again, 121 s at 0.101834."""
    late(billed, Row(key=1, seconds=121))
    costs_by(telco(), "0.04")
    with pytest.raises(CostMoved, match="reject the proposal"):
        accept()
    assert sold()["1"] == 77_250
    operations.reject(proposal=RerateProposal.objects.get(), reason="again", at=DECEMBER, by=ANNA)
    at = DECEMBER + timedelta(days=1)
    assert correct(ids=open_ids(), at=at, by=ANNA).proposed == 1
    assert accept() == [24_584]
    assert sold()["1"] == 101_834
    in_order()
