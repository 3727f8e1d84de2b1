"""The staff re-prices the past: a draft held against it, a report, its application, a decision."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESK, PHONE, Visitor
from tests.e2e.world import BY, STAFF
from tests.support.billing import as_data
from tollwright.data.models import RateCard
from tollwright.data.scope import tenant_scope
from tollwright.domain.invoices import operations as invoices
from tollwright.domain.rates import operations as rates


def _rows(price: str) -> list[dict[str, object]]:
    return [{"prefix": "44", "name": "United Kingdom", "price": price, "first_s": 60, "next_s": 60}]


def _draft(visitor: Visitor, price: str, *, publish: bool = False) -> None:
    """Another version of A to Z: 63 whole minutes to London at this price."""
    harbour = visitor.site.harbour
    with tenant_scope(harbour.tenant.pk):
        card = RateCard.objects.get(code="AZ")
        draft = rates.save_draft(card=card, data={"rates": _rows(price)}, at=harbour.at, by=BY)
        if publish:
            start = harbour.day - timedelta(days=30)
            rates.publish_version(version=draft, effective_from=start, at=harbour.at, by=BY)


SIZES = [
    pytest.param(DESK, False, id="desk light"),
    pytest.param(DESK, True, id="desk dark"),
    pytest.param(PHONE, False, id="phone light"),
    pytest.param(PHONE, True, id="phone dark"),
]


@pytest.mark.parametrize(("size", "dark"), SIZES)
def test_a_draft_over_past_calls(
    visit: Callable[..., Visitor], size: tuple[int, int], dark: bool
) -> None:
    visitor = visit(size, dark=dark)
    _draft(visitor, "0.9")
    page = visitor.sign_in(STAFF)
    visitor.open("/office/what-if/")
    labels = page.get_by_label("Prices of").locator("option").all_inner_texts()
    page.get_by_label("Prices of").select_option(
        label=next(label for label in labels if "draft" in label)
    )
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("18.90", exact=False).first).to_be_visible()  # 63 minutes, 0.30 more
    expect(page.get_by_role("cell", name="Acme Research Ltd")).to_be_visible()
    visitor.fits()


@pytest.mark.parametrize(("size", "dark"), SIZES)
def test_the_report_page(visit: Callable[..., Visitor], size: tuple[int, int], dark: bool) -> None:
    visitor = visit(size, dark=dark)
    page = visitor.sign_in(STAFF)
    visitor.open("/office/re-rating/")
    page.get_by_role("link", name="Difference report").click()
    page.get_by_role("button", name="Report").click()
    expect(page.get_by_text("Every call costs what it is charged")).to_be_visible()
    visitor.fits()


def test_from_report_to_credit_note(visit: Callable[..., Visitor]) -> None:
    """37.80 is issued; at 0.30 a minute the same calls are 18.90."""
    visitor = visit()
    harbour = visitor.site.harbour
    with tenant_scope(harbour.tenant.pk):
        run = invoices.run_billing(until=harbour.at, key="r", at=harbour.at, by=BY)
        for draft in run.invoices.filter(status="draft"):
            invoices.finalise(invoice=draft, at=harbour.at, by=BY, render=as_data)
    _draft(visitor, "0.3", publish=True)
    page = visitor.sign_in(STAFF)
    visitor.open("/office/re-rating/report/")
    page.get_by_role("button", name="Report").click()
    expect(page.get_by_text("are proposed as credit or debit notes")).to_be_visible()
    visitor.fits()
    page.get_by_role("button", name="Apply this report").click()
    expect(page.get_by_role("heading", name=re.compile("Re-rating \\d+"))).to_be_visible()
    visitor.fits()
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name=re.compile("Proposal \\d+"))).to_be_visible()
    visitor.fits()
    page.get_by_role("link", name="Accept").click()
    expect(page.get_by_text("A credit note of 18.90")).to_be_visible()
    page.get_by_role("button", name="Issue the credit note").click()
    expect(page.get_by_text(re.compile("Issued: HV-CN-"))).to_be_visible()
    visitor.open("/office/re-rating/report/")
    page.get_by_role("button", name="Report").click()
    expect(page.get_by_text("Every call costs what it is charged")).to_be_visible()
