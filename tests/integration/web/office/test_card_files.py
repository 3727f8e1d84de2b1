"""A card file made a version of a card by the office's form."""

from __future__ import annotations

import io

import pytest

from tests.integration.web.office.test_stories import Office
from tests.support.switch import make_switch
from tollwright.data.rates import CardVersion, DeckImport, RateCard
from tollwright.data.scope import tenant_scope


@pytest.fixture
def office(db: None) -> Office:
    return Office(make_switch("harbour"))


def card_file(content: bytes) -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = "CARD.JSON"
    return file


def test_from_a_card_file_to_published_prices(office: Office) -> None:
    office.post("cards/new/", code="NEW", name="New card", side="sell", currency="EUR")
    card = office.one(RateCard, code="NEW")
    where = f"cards/{card.pk}/import/"
    file = b'{"rates": [{"prefix": "44", "name": "United Kingdom", "price": "0.5"}]}'
    assert "choose Replace" in office.post(where, status=200, file=card_file(file), mode="amend")
    assert not DeckImport.objects.exists()
    led = office.post(where, file=card_file(b"\xef\xbb\xbf" + file), mode="replace")
    version = office.one(CardVersion, card=card)
    assert (version.status, led) == ("draft", f"/office/card-versions/{version.pk}/")
    assert "Publish" in office.get(f"card-versions/{version.pk}/")
    office.post(f"card-versions/{version.pk}/publish/", effective_from="2026-10-01T00:00")
    found = office.get(f"cards/{card.pk}/?number=%2B44+20+7946+0000")
    assert "prefix 44 (United Kingdom), prices 442079460000" in found


@pytest.mark.parametrize(
    ("file", "sentences"),
    [
        (
            b'{"rates": [{"prefix": "44"}, {"prefix": "33", "price": "<b>"}]}',
            ["row 1, price: missing", "row 2, price: &#x27;&lt;b&gt;&#x27; is no"],
        ),
        (b'{"currency": "USD", "rates": []}', ["The file says currency USD, the card"]),
    ],
    ids=["two faults", "another currency"],
)
def test_a_card_file_that_is_refused(office: Office, file: bytes, sentences: list[str]) -> None:
    card = office.switch.card
    page = office.post(f"cards/{card.pk}/import/", status=200, file=card_file(file), mode="replace")
    assert [sentence for sentence in sentences if sentence not in page] == []
    with tenant_scope(office.switch.tenant_id):
        assert not card.versions.filter(status="draft").exists()
