"""A customer's person looks at their account."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESK, PHONE, Site, Visitor
from tests.e2e.world import BY, CLIENT
from tollwright.data.models import Customer, Invoice
from tollwright.data.scope import tenant_scope
from tollwright.domain.invoices import operations as invoices
from tollwright.domain.payments import operations as payments
from tollwright.gateways.typst import render

PAGES = ["/", "/usage/", "/calls/", "/invoices/", "/payments/", "/statement/"]


@pytest.fixture(scope="module", autouse=True)
def billed(site: Site) -> Invoice:
    """Last month is billed: 37.80 and 19 % tax, 44.98; 4.98 of it is paid."""
    now = datetime.now(UTC)
    with tenant_scope(site.harbour.tenant.pk):
        run = invoices.run_billing(until=now, key="e2e", at=now, by=BY)
        (issued,) = [
            invoices.finalise(invoice=one, at=now, by=BY, render=render)
            for one in run.invoices.all()
        ]
        payments.record_payment(
            customer=Customer.objects.get(code="ACME"), amount_micros=4_980_000, currency="EUR",
            method="transfer", reference="RF18", received_at=now, key="e2e", at=now, by=BY,
            confirmed=True, render=render,
        )  # fmt: skip
    return issued


def test_balance_usage_invoice_call_statement(
    visit: Callable[..., Visitor], billed: Invoice
) -> None:
    visitor = visit()
    page = visitor.sign_in(CLIENT)
    expect(page.get_by_role("heading", name="Acme Research Ltd", level=1)).to_be_visible()
    expect(page.get_by_text("40.00 EUR").first).to_be_visible()

    page.get_by_role("link", name="Usage", exact=True).click()
    page.get_by_role("link", name=re.compile(r"^\w{3} \d{4}$")).first.click()  # last month
    expect(page.get_by_role("img", name=re.compile("Charges by day in"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Spring survey.*37.80"))).to_be_visible()

    page.get_by_role("link", name="Invoices", exact=True).click()
    page.get_by_role("link", name=str(billed.number)).click()
    expect(page.get_by_text("44.98 EUR").first).to_be_visible()
    pdf = visitor.download(page.get_by_role("link", name="Download PDF").click)
    assert pdf.startswith(b"%PDF-")

    page.get_by_role("link", name="Payments", exact=True).click()
    receipt = visitor.download(page.get_by_role("link", name=re.compile("HV")).click)
    assert receipt.startswith(b"%PDF-")

    page.get_by_role("link", name="Statement", exact=True).click()
    closing = page.get_by_role("row", name=re.compile("Closing balance"))
    expect(closing).to_contain_text("40.00 EUR")


def test_a_call_is_found_and_explained(visit: Callable[..., Visitor], site: Site) -> None:
    visitor = visit()
    page = visitor.sign_in(CLIENT)
    visitor.open("/calls/")
    day = site.harbour.day.date().isoformat()
    page.get_by_label("From day").fill(day)  # htmx looks at once, without a press of Search
    expect(page).to_have_url(re.compile(f"from={day}"))  # the answer is there, not on its way
    expect(page.get_by_text("3 of 3")).to_be_visible()
    page.get_by_label("Number").fill("no such")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("A filter cannot be read")).to_be_visible()
    page.get_by_label("Number").fill("+44 20 7946")
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile("number=%2B44"))  # a link to share
    row = page.get_by_role("row", name=re.compile("0:01:01"))
    expect(row).to_contain_text("1.20 EUR")
    row.get_by_role("link").click()
    why = page.get_by_role("region", name="Why it costs this")
    expect(why).to_contain_text("Answered for 61 s.")
    expect(why).to_contain_text(re.compile("The call costs 1.20.EUR, before tax."))


def test_calls_go_along_as_csv(visit: Callable[..., Visitor], site: Site) -> None:
    visitor = visit()
    page = visitor.sign_in(CLIENT)
    visitor.open(f"/calls/?from={site.harbour.day.date()}")
    told = visitor.download(page.get_by_role("link", name="CSV").click).decode("utf-8-sig")
    assert len(told.splitlines()) == 4
    assert "36.00,EUR" in told


def test_reading_needs_no_javascript(visit: Callable[..., Visitor], site: Site) -> None:
    visitor = visit(script=False)
    page = visitor.sign_in(CLIENT)
    page.get_by_role("link", name="Calls", exact=True).click()
    page.get_by_label("From day").fill(site.harbour.day.date().isoformat())
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("3 of 3")).to_be_visible()
    page.get_by_role("link", name="Talked").click()  # sorts
    expect(page.get_by_role("row").nth(1)).to_contain_text("0:00:30")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_fits(visit: Callable[..., Visitor], size: tuple[int, int], dark: bool) -> None:
    visitor = visit(size, dark=dark)
    visitor.sign_in(CLIENT)
    for path in PAGES:
        visitor.open(path)
    page = visitor.open("/invoices/")
    page.get_by_role("table").get_by_role("link", name=re.compile("^HV")).first.click()
    visitor.fits()
    day = visitor.site.harbour.day.date()
    visitor.open(f"/calls/?from={day}").get_by_role("table").get_by_role("link").nth(2).click()
    visitor.fits()


def test_the_keyboard_reaches_everything(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.sign_in(CLIENT)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_signing_out(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.sign_in(CLIENT)
    page.get_by_role("button", name="Sign out").click()
    visitor.page.goto(visitor.site.url + "/invoices/")
    assert "/accounts/login/" in page.url


def test_the_api_describes_itself(visit: Callable[..., Visitor]) -> None:
    """No file comes from elsewhere: the fixture refuses any other address."""
    page = visit().open("/api/v1/docs")
    expect(page.get_by_role("heading", name=re.compile("Tollwright API"))).to_be_visible()
    expect(page.get_by_text("/api/v1/calls/{call_id}/explain")).to_be_visible()
