"""What calls cost, from the carrier's form to the margin, by the office's own pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from tests.integration.web.office.test_stories import CALLS, Office
from tests.support.switch import make_switch, master_csv
from tollwright.data.calls import Call, Charge
from tollwright.data.carriers import Carrier, CarrierCard, Trunk
from tollwright.data.rates import CardVersion, RateCard
from tollwright.data.reports import UsageDay
from tollwright.data.scope import tenant_scope

DECK = b"Prefix,Destination,Price\n44,United Kingdom,0.03\n"
DAYS = "?from=2026-11-01&to=2026-11-30"


@pytest.fixture
def office(db: None) -> Office:
    return Office(make_switch("north"))


def words(page: str) -> str:
    """A page's text."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_from_a_carriers_deck_to_the_margin(office: Office) -> None:
    """61 s and 30 s, sold at 1.20 and 0.60, bought at 0.03 a minute by the second: 0.0455."""
    office.upload(master_csv(CALLS))
    assert "No carrier has this trunk" in words(office.get(f"costs/{DAYS}"))
    assert "Spring sale 2 2 1.80 EUR – – –" in words(office.get(f"margins/{DAYS}"))

    office.post("cards/new/", code="TEL", name="Telco", side="buy", currency="EUR")
    with tenant_scope(office.switch.tenant_id):
        card = RateCard.objects.get(code="TEL")
    buy_from(office, card)
    page = words(office.get(f"costs/{DAYS}"))
    assert page.count("Can be priced now") == 2
    office.post(f"costs/{DAYS}")
    assert "Nothing matches the filter." in words(office.get(f"costs/{DAYS}"))
    assert "Every answered call of these days has its cost." in words(office.get("costs/"))

    page = words(office.get(f"margins/{DAYS}"))
    assert "Acme Ltd Spring sale 2 0 1.80 EUR 0.0455 EUR 1.7545 EUR 97" in page
    page = words(office.get(""))
    assert "Margin this month" not in page and "Calls today" in page  # it is December
    with tenant_scope(office.switch.tenant_id):
        call = Call.objects.get(answered_ms=61_000)
        assert Charge.objects.filter(call_id=call.pk).count() == 2
    page = words(office.get(f"calls/202611/{call.pk}/"))
    assert "Margin of this call: 1.1695 EUR" in page
    assert page.index("What the customer pays: 1.20 EUR") < page.index("What the carrier takes")
    assert page.count("replay equals the charge") == 2


def test_home_has_the_months_margin(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.upload(master_csv(CALLS))
    with tenant_scope(office.switch.tenant_id):
        UsageDay.objects.update(buy_micros=45_500, bought=1)
    monkeypatch.setattr(
        "tollwright.web.office.page.now", lambda: datetime(2026, 11, 3, 9, tzinfo=UTC)
    )
    page = words(office.get(""))
    assert "Margin this month 1.75 EUR cost: 0.05 EUR; 1 call without cost" in page
    assert "Calls today" not in page


def buy_from(office: Office, card: RateCard) -> None:
    """Telco, its trunk gw, and its card from October on."""
    office.post("carriers/new/", code="TEL", name="Telco")
    with tenant_scope(office.switch.tenant_id):
        carrier = Carrier.objects.get()
        draft_from_deck(card)
    where = f"carriers/{carrier.pk}"
    office.post(f"{where}/trunks/new/", value="gw", valid_from="2026-10-01T00:00", valid_to="")
    office.post(f"{where}/card/", card=card.pk, valid_from="2026-10-01T00:00")
    page = words(office.get(f"{where}/"))
    assert "gw" in page and "Telco" in page


def draft_from_deck(card: RateCard) -> CardVersion:
    from tests.integration.web.office.things import BY
    from tests.support.world import START
    from tollwright.domain.rates import operations as rates

    deck = rates.preview_deck(
        card=card, filename="telco.csv", content=DECK, mode="replace", at=START, by=BY
    )
    version = rates.apply_deck(deck_import=deck, at=START, by=BY)
    return rates.publish_version(version=version, effective_from=START, at=START, by=BY)


def test_a_carriers_pages_refuse_with_a_sentence(office: Office) -> None:
    office.post("carriers/new/", code="TEL", name="Telco")
    page = office.post("carriers/new/", status=200, code="TEL", name="Other")
    assert "There is a carrier with the code" in words(page)
    with tenant_scope(office.switch.tenant_id):
        carrier = Carrier.objects.get()
    where = f"carriers/{carrier.pk}"
    office.post(f"{where}/edit/", code="ONE", name="Telco One")
    page = office.post(
        f"{where}/trunks/new/", status=200, value="g*w", valid_from="2026-10-01T00:00"
    )
    assert "stands at the end only" in words(page)
    office.post(f"{where}/trunks/new/", value="gw", valid_from="2026-10-01T00:00")
    with tenant_scope(office.switch.tenant_id):
        trunk = Trunk.objects.get()
    office.post(f"trunks/{trunk.pk}/end/", valid_to="2026-12-01T00:00")
    assert "First add a rate card of side buy." in words(office.get(f"{where}/card/"))
    with tenant_scope(office.switch.tenant_id):
        sell = RateCard.objects.get(side="sell")
        assert not CarrierCard.objects.exists()
    page = office.post(f"{where}/card/", status=200, card=sell.pk, valid_from="2026-10-01T00:00")
    assert f"There is no card &#x27;{sell.pk}&#x27;." in words(page)
