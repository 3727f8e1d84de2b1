"""A deck brought in by hand: its questions, the answers, the preview, on a telephone and a desk."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.sync_api import expect

from tests.e2e.conftest import DESK, PHONE, Visitor
from tests.e2e.world import STAFF

SHOTS = os.environ.get("TOLLWRIGHT_SHOTS", "")  # a folder for pictures to look at


def deck() -> bytes:
    """National codes, a status that nobody knows, a fee column, and a sheet with a cover."""
    book = Workbook()
    cover, rates = book.worksheets[0], book.create_sheet("Rates")
    cover.append(["Dear customer,"])
    rates.append(["Code", "Destination", "Rate", "Interval", "Status", "Port surcharge"])
    for code, state, price, status in (
        (201200, "New Jersey", 0.004, "Current"),
        (212555, "New York", 0.4, "Current"),
        (604555, "British Columbia", 0.006, "Frozen"),
    ):
        rates.append([code, state, price, "60/6", status, 0.1])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_deck_from_its_questions_to_its_preview(
    visit: Callable[..., Visitor], size: tuple[int, int]
) -> None:
    visitor = visit(size)
    page = visitor.sign_in(STAFF)
    visitor.open("/office/cards/new/")
    for label, value in {"Code": f"D{size[0]}", "Name": "Deck", "Currency": "EUR"}.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Save").click()
    page.get_by_label("card file (JSON)").set_input_files(
        {"name": "us.xlsx", "mimeType": "application/octet-stream", "buffer": deck()}
    )
    page.get_by_label("Replace").check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("say which country's they are")).to_be_visible()
    expect(page.get_by_text("Column Port surcharge may carry money")).to_be_visible()
    visitor.fits()
    picture(visitor, f"deck-asked-{size[0]}")
    page.get_by_role("link", name="Answer the questions").click()
    page.get_by_label("Country of codes without +").fill("US")
    page.get_by_label("Port surcharge").check()
    page.get_by_label("Words of the status column").fill("Frozen = blocked")
    visitor.fits()
    picture(visitor, f"deck-columns-{size[0]}")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("1212555")).to_be_visible()
    expect(page.get_by_text("say which country's they are")).to_have_count(0)
    expect(page.get_by_text("60/6").first).to_be_visible()
    visitor.fits()
    picture(visitor, f"deck-preview-{size[0]}")


def picture(visitor: Visitor, name: str) -> None:
    """The whole page, where somebody wants to look at it."""
    if SHOTS:
        visitor.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
