"""A card file brought in by hand, on a telephone and at a desk."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESK, PHONE, Visitor
from tests.e2e.world import STAFF

FAULTY = b'{"rates": [{"prefix": "44"}, {"prefix": "33", "price": "1", "colour": "red"}]}'
CARD = b'{"bands": [{"name": "any"}], "rates": [{"prefix": "44", "band": "any", "price": "0.01"}]}'


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_card_file_from_its_faults_to_a_draft(
    visit: Callable[..., Visitor], size: tuple[int, int]
) -> None:
    visitor = visit(size)
    page = visitor.sign_in(STAFF)
    visitor.open("/office/cards/new/")
    for label, value in {"Code": f"W{size[0]}", "Name": "Key", "Currency": "EUR"}.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Save").click()
    for content, told in ((FAULTY, "row 2, colour: unknown key"), (CARD, "Key v1 is a draft now.")):
        page.get_by_label("card file (JSON)").set_input_files(
            {"name": "card.json", "mimeType": "application/json", "buffer": content}
        )
        page.get_by_label("Replace").check()
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_text(told)).to_be_visible()
        visitor.fits()
    expect(page.get_by_role("link", name="Publish")).to_be_visible()
    heading = page.get_by_role("heading", level=1).bounding_box()
    assert heading is not None and heading["height"] < 60  # beside the buttons it keeps its words
