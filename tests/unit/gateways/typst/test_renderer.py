"""Documents as PDF: the same bytes for the same words, and no word is ever markup."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from tests.unit.gateways.typst.payloads import NASTY, invoice, receipt
from tollwright.gateways.typst import RenderError, render, render_pages

ARCHIVABLE = "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>"


def text_of(content: bytes) -> str:
    pages = PdfReader(BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def metadata_of(content: bytes) -> str:
    root: Any = PdfReader(BytesIO(content)).root_object
    return str(root["/Metadata"].get_data().decode())


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("invoice", invoice()),
        ("invoice", invoice(calls=3)),
        ("credit_note", invoice() | {"title": "Credit note", "note": "Outage"}),
        ("debit_note", invoice()),
        ("receipt", receipt()),
    ],
    ids=["summary", "itemised", "credit-note", "debit-note", "receipt"],
)
def test_the_same_payload_gives_the_same_bytes(kind: str, payload: dict[str, Any]) -> None:
    content = render(kind, payload)
    assert content.startswith(b"%PDF-1.7")
    assert render(kind, payload) == content


def test_a_document_tells_what_it_is() -> None:
    content = render("invoice", invoice())
    reader = PdfReader(BytesIO(content))
    assert reader.metadata is not None
    assert reader.metadata.title == "Invoice NC-INV-2026-000001"
    assert reader.metadata.author == "North Calls GmbH"
    assert str(reader.metadata.creation_date).startswith("2026-11-02 00:00:00")
    catalogue: Any = reader.root_object
    assert catalogue["/Lang"] == "en"
    assert catalogue["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in catalogue
    assert ARCHIVABLE in metadata_of(content)


@pytest.mark.parametrize("build", [invoice, receipt], ids=["invoice", "receipt"])
def test_what_users_wrote_is_printed_as_they_wrote_it(
    build: Callable[[str], dict[str, Any]],
) -> None:
    kind = build.__name__
    text = text_of(render(kind, build(NASTY)))
    assert NASTY in text


@pytest.mark.parametrize(
    "name", ["Ελληνική Εταιρεία", "ООО «Звонки»", "Łódź Ğöçüş Ñandú", "שלום"], ids=ascii
)
def test_names_in_scripts_of_the_built_in_font_stay_archivable(name: str) -> None:
    assert ARCHIVABLE in metadata_of(render("invoice", invoice(name)))


def test_a_script_that_no_font_has_does_not_stop_the_invoice() -> None:
    """Linear A is in no font of the wheel, nor likely on the machine; the figures still print."""
    content = render("invoice", invoice("\U00010600\U00010601"))
    assert "1.19" in text_of(content)


def test_pages_are_counted_and_headers_repeat() -> None:
    reader = PdfReader(BytesIO(render("invoice", invoice(lines=90))))
    pages = [page.extract_text() for page in reader.pages]
    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page
    assert all("Billed time" in page for page in pages[:-1])
    assert "NC-INV-2026-000001" in pages[1]


def test_thousands_of_calls_are_a_document() -> None:
    content = render("invoice", invoice(calls=5_000))
    reader = PdfReader(BytesIO(content))
    assert len(content) < 1_000_000
    assert "2026-10-15 12:00:00" in reader.pages[-1].extract_text()
    assert "/StructTreeRoot" not in reader.root_object  # long lists go without tags


def test_a_preview_is_a_picture_a_page() -> None:
    pages = render_pages("invoice", invoice(lines=60), ppi=30)
    assert len(pages) == 2
    assert all(page.startswith(b"\x89PNG") for page in pages)
    assert len(render_pages("receipt", receipt(), ppi=30)) == 1


def test_two_threads_share_the_compiler() -> None:
    expected = render("receipt", receipt())
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: render("receipt", receipt()), range(8)))
    assert found == [expected] * 8


def test_what_cannot_be_set_is_named() -> None:
    with pytest.raises(RenderError, match="no template for 'letter'"):
        render("letter", receipt())
    broken = receipt()
    del broken["totals"]
    with pytest.raises(RenderError, match="receipt NC-INV-2026-000001"):
        render("receipt", broken)
