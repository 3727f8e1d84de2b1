"""The provider's staff: from a number's price to a receipt, and a second factor."""

from __future__ import annotations

import base64
import hmac
import re
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import DESK, PHONE, Visitor
from tests.e2e.world import CLIENT, LONE, PASSWORD, STAFF, ZONE

DECK = b"""Harbour Carriers A-Z
Prefix;Destination;Rate
44;United Kingdom;0,012
4420;London;0,010
49;Germany;free
"""
MENU = [
    "/office/", "/office/customers/", "/office/plans/", "/office/cards/", "/office/rules/",
    "/office/calls/", "/office/files/", "/office/quarantine/", "/office/sources/",
    "/office/billing/", "/office/invoices/", "/office/payments/", "/office/company/",
    "/office/people/", "/office/keys/", "/office/jobs/", "/office/audit/",
]  # fmt: skip


def test_a_number_and_its_price(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.sign_in(STAFF)
    expect(page).to_have_url(re.compile("/office/$"))
    _card(visitor)
    page.get_by_label("Number").fill("+44 20 7946 0000")
    page.get_by_role("button", name="Look up").click()
    expect(page.get_by_text("prefix 44 (United Kingdom)").first).to_be_visible()


def test_a_deck_from_upload_to_published(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.sign_in(STAFF)
    visitor.open("/office/cards/")
    page.get_by_role("link", name=re.compile("New card|Add", re.IGNORECASE)).first.click()
    for label, value in {"Code": "HC", "Name": "Harbour carriers", "Currency": "EUR"}.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name=re.compile("Save|Create")).click()
    page.get_by_label("card file (JSON)").set_input_files(
        {"name": "deck.csv", "mimeType": "text/csv", "buffer": DECK}
    )
    page.locator("input[name=mode][value=replace]").check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="Deck deck.csv")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^5 Rate"))).to_be_visible()  # the bad line
    visitor.fits()
    page.get_by_role("link", name="Apply").click()
    page.get_by_role("checkbox").first.check()  # leave the bad row out
    page.locator("main form button.primary, form.form button").first.click()
    page.get_by_role("link", name="Publish").click()
    now = datetime.now(ZONE) + timedelta(minutes=5)
    page.get_by_label("Prices calls answered from").fill(f"{now:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name=re.compile("Publish")).click()
    expect(page.get_by_text("published").first).to_be_visible()


def test_a_call_and_why_it_costs_this(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.sign_in(STAFF)
    day = visitor.site.harbour.day.date()
    visitor.open(f"/office/calls/?from={day}&to={day}")
    row = page.get_by_role("row", name=re.compile("0:01:01"))
    row.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Explain this charge")).to_be_visible()
    expect(page.get_by_text("The call costs 1.200000 EUR.")).to_be_visible()
    expect(page.get_by_text("replay equals the charge")).to_be_visible()
    visitor.open("/office/quarantine/")
    expect(page.get_by_text("unknown account").first).to_be_visible()


def test_billing_from_draft_to_receipt(visit: Callable[..., Visitor]) -> None:
    """37.80 and 19 % tax: 44.98."""
    visitor = visit()
    page = visitor.sign_in(STAFF)
    visitor.open("/office/billing/")
    page.get_by_role("button", name="Draft").click()
    expect(page.get_by_role("row", name=re.compile("Acme Research Ltd.*44.98"))).to_be_visible()
    page.get_by_role("link", name="Acme Research Ltd").click()
    page.get_by_role("link", name="Finalise").click()
    page.get_by_role("button", name=re.compile("Finalise")).click()
    expect(page.get_by_text("HV-INV-").first).to_be_visible()
    pdf = visitor.download(page.get_by_role("link", name="PDF", exact=True).click)
    assert pdf.startswith(b"%PDF-")

    page.get_by_role("link", name="Record a payment").click()
    page.get_by_label("Amount in EUR").fill("44.98")
    page.get_by_label("Reference").fill("RF18 5390")
    page.get_by_role("button", name=re.compile("Record it")).click()
    expect(page.get_by_text("RF18 5390")).to_be_visible()
    receipt = visitor.download(page.get_by_role("link", name="Receipt as PDF").click)
    assert receipt.startswith(b"%PDF-")
    visitor.open("/office/invoices/?state=paid")
    expect(page.get_by_role("row", name=re.compile("HV-INV-.*44.98"))).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_of_the_menu_fits(
    visit: Callable[..., Visitor], size: tuple[int, int], dark: bool
) -> None:
    visitor = visit(size, dark=dark)
    visitor.sign_in(STAFF)
    for path in MENU:
        visitor.open(path)


def test_a_second_factor(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.sign_in(LONE)
    visitor.open("/accounts/2fa/totp/activate/")
    page.get_by_label("Password").fill(PASSWORD)  # such a change asks for it once more
    page.get_by_role("button", name="Confirm").click()
    secret = page.locator("#authenticator_secret").input_value()
    page.locator("input[name=code]").fill(_totp(secret, datetime.now(UTC)))
    page.get_by_role("button", name="Activate").click()
    visitor.open("/accounts/2fa/recovery-codes/")
    codes = page.locator("textarea").input_value().split()
    assert len(codes) == 10

    other = visit()
    asked = other.sign_in(LONE)
    expect(asked).to_have_url(re.compile("/accounts/2fa/authenticate/"))
    asked.goto(other.site.url + "/office/")
    expect(asked).to_have_url(re.compile("/accounts/2fa/authenticate/"))  # a password is not enough
    asked.locator("input[name=code]").first.fill(codes[0])
    asked.get_by_role("button", name=re.compile("Sign in", re.IGNORECASE)).first.click()
    expect(asked).to_have_url(re.compile("/office/$"))


def test_a_wrong_password(visit: Callable[..., Visitor]) -> None:
    page = visit().sign_in(STAFF, PASSWORD + "!")
    expect(page.get_by_text("not correct")).to_be_visible()


def test_a_customer_finds_no_office(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.sign_in(CLIENT)
    expect(page.get_by_role("heading", name="Acme Research Ltd", level=1)).to_be_visible()
    page.goto(visitor.site.url + "/office/customers/")
    assert page.url == visitor.site.url + "/"  # their own door


def _card(visitor: Visitor) -> Page:
    page = visitor.open("/office/cards/")
    page.get_by_role("link", name="A to Z").first.click()
    return page


def _totp(secret: str, at: datetime) -> str:
    """RFC 6238 with SHA-1, six digits, 30 seconds."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(at.timestamp()) // 30), "sha1")
    place = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[place : place + 4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"
