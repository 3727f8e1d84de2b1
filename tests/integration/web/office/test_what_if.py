"""A card file held against past calls by the office's form."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tests.integration.web.office.test_stories import CALLS, Office
from tests.support.switch import make_switch, master_csv
from tollwright.web.office import whatif

DAYS = {"since": "2026-11-01", "until": "2026-11-30"}


@pytest.fixture
def office(db: None) -> Office:
    found = Office(make_switch("harbour"))
    found.upload(master_csv(CALLS))
    return found


def ask(office: Office, content: bytes, *, refused: bool = False, **fields: object) -> str:
    file = io.BytesIO(content)
    file.name = "card.json"
    sent: dict[str, Any] = {"card_file": file, **DAYS, **fields}
    if refused:
        return office.post("what-if/file/", status=200, **sent)
    place = office.post("what-if/file/", **sent)
    assert "?job=" in place
    return office.get(place.removeprefix("/office/"))


def test_a_card_file_tells_who_would_pay_more(office: Office) -> None:
    """1.20 and 0.60 for two minutes and one; 0.90 a minute is 0.90 more."""
    card = {"rates": [{"prefix": "44", "price": "0.90", "first_s": 60, "next_s": 60}]}
    page = ask(office, b"\xef\xbb\xbf" + json.dumps(card).encode())
    assert "The card file" in page and "Acme Ltd" in page
    assert "now 1.80\u00a0EUR, then 2.70\u00a0EUR" in page and "0.90\u00a0EUR" in page


def test_calls_that_the_file_does_not_price_are_named(office: Office) -> None:
    page = ask(office, json.dumps({"rates": [{"prefix": "49", "price": "0.90"}]}).encode())
    assert "2 of 2 calls would not be priced: no row of the card is for the number." in page
    assert "+44 20 7946" in page.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(
            b'{"rates": [{"prefix": "4", "price": "1"}, {"prefix": "", "price": "1.0123456789"}]}',
            "row 2, price: 1.0123456789 has more than 9 decimals",
            id="faults with their rows",
        ),
        pytest.param(b'{"rates": [}', "is not JSON: Expecting value in line 1", id="no JSON"),
        pytest.param(b"\x00\x01\xff", "is not UTF-8 text", id="binary"),
        pytest.param(b"  \n", "card: is empty", id="blank"),
        pytest.param(b"[]", "must be one JSON object", id="a list"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_card_says_what_and_where(
    office: Office, content: bytes, sentence: str
) -> None:
    assert sentence in ask(office, content, refused=True)


def test_a_large_file_goes_to_the_command_line(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whatif.FileForm.base_fields["card_file"], "megabytes", 0)
    assert "at most 0 MB fit here. Split it, or use the command line." in ask(
        office, b"{}", refused=True
    )


def test_a_customer_of_others_is_no_choice(office: Office) -> None:
    page = ask(office, b'{"rates": []}', refused=True, customer="999999")
    assert "There is no customer &#x27;999999&#x27;." in page
