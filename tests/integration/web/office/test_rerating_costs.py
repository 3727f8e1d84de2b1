"""What carriers take, re-rated in the office: 91 s at 0.06 a minute are 0.091, then 0.04."""

from __future__ import annotations

import pytest

from tests.integration.rerating.test_costs import buys, costs_by, price_missing, telco
from tests.integration.web.office.test_stories import CALLS, Office
from tests.support.switch import make_switch, master_csv
from tollwright.data.models import Carrier, ImportBatch
from tollwright.data.rerating import Rerating
from tollwright.data.scope import tenant_scope
from tollwright.domain.rerating.scope import CallScope
from tollwright.web.office.callscope import scope_text

DAYS = "since=2026-11-01&until=2026-11-30"


@pytest.fixture
def office(db: None) -> Office:
    found = Office(make_switch("harbour"))
    found.upload(master_csv(CALLS))
    with tenant_scope(found.switch.tenant_id):
        buys("TEL", "gw", "0.06")
        price_missing()
        costs_by(telco(), "0.04")
    return found


def test_a_report_of_costs_and_its_application(office: Office) -> None:
    page = office.get(f"re-rating/report/?{DAYS}&leg=cost")
    assert "Carriers, those whose calls cost you more first" in page
    assert "Cost" in page and ">Charged<" not in page
    assert "2 calls get a new cost: 0.030333\u00a0EUR less. No document is made" in page
    (fingerprint,) = (one.split('"')[1] for one in page.split('name="fingerprint" value=')[1:])
    place = office.post(
        f"re-rating/apply/?{DAYS}&leg=cost", fingerprint=fingerprint, key="office-1"
    )
    assert place == f"/office/re-rating/{office.one(Rerating).pk}/"
    page = office.get(place.removeprefix("/office/"))
    told = "what carriers take, from 2026-11-01 to 2026-11-30"
    assert f"<dt>Which calls</dt><dd>{told}</dd>" in page
    assert "0.091\u00a0EUR" in page
    assert "nothing to apply" in office.get(f"re-rating/report/?{DAYS}&leg=cost")


def test_the_form_asks_what_customers_pay_first(office: Office) -> None:
    page = office.get(f"re-rating/report/?{DAYS}")
    assert "those who would pay more first" in page and "Carriers, those" not in page
    told = office.get(f"re-rating/report/?{DAYS}&carrier={office.one(Carrier).pk}")
    assert "name a carrier with the leg cost only" in told


def test_a_scope_is_said_by_names(office: Office) -> None:
    world = office.switch.world
    with tenant_scope(office.switch.tenant_id):
        batch, carrier = ImportBatch.objects.get(), Carrier.objects.get()
        assert [
            scope_text(scope.told())
            for scope in (
                CallScope(),
                CallScope(customer_id=world.customer.pk, campaign_id=world.campaign.pk),
                CallScope(card_id=office.switch.card.pk, batch_id=batch.pk, prefix="+4420"),
                CallScope(leg="cost", carrier_id=carrier.pk),
            )
        ] == [
            "all",
            f"customer {world.customer.name}, campaign {world.campaign.name}",
            f"card {office.switch.card.name}, file Master.csv, numbers that begin with +4420",
            "what carriers take, carrier Tel",
        ]
        assert scope_text({"records": "7..9 (3)"}) == "records 7..9 (3) of the quarantine"
