"""What the pages say. Acme: three calls on 5 October (61 s, 30 s, one not answered) at 0.60 a
minute in whole minutes: 1.20, invoiced with 19 % tax as 1.43, of which 1.00 is paid; and 0.60
that no invoice holds yet."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.integration.web.portal.conftest import Person, text_of
from tests.support.shop import Shop
from tests.support.world import START
from tollwright.data.models import Campaign, User
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.payments.operations import reverse_payment

OCTOBER = "from=2026-10-01&to=2026-10-31"


def test_the_overview(shop: Shop, person: Person) -> None:
    page = person.page("/")
    assert "You owe 0.43 EUR" in page
    assert "Not yet billed 0.60 EUR Usage since 1 November 2026, before tax." in page
    assert "NC-2026-00001" in page


def test_usage_of_a_month(shop: Shop, person: Person) -> None:
    page = person.page("/usage/?month=2026-10")
    assert "Usage in October 2026" in page
    assert "Charges, before tax 1.80 EUR" in page
    assert "Spring sale 3 2 (67 %) 0:03:00 1.80 EUR" in page  # 120 s and 60 s
    assert "Mon 5 Oct 2026 3 2 0:03:00 1.80 EUR" in page


def test_what_calls_cost_the_provider_is_nowhere(shop: Shop, person: Person) -> None:
    call = shop.acme.calls[0]
    paths = ["/", "/usage/?month=2026-10", f"/calls/2026-10/{call.pk}/"]
    for path in [*paths, "/usage/?month=2026-10&format=csv"]:
        assert b"0.777" not in person.file(path)  # the buy side of the day


def test_a_month_without_calls_says_where_they_are(shop: Shop, person: Person) -> None:
    page = person.page("/usage/?month=2024-02")
    assert "No calls in this time." in page
    assert "Your calls run from 5 October 2026 to 5 October 2026." in page


def test_the_chart_is_drawn_and_told(shop: Shop, person: Person) -> None:
    html = person.file("/usage/?month=2026-10").decode()
    (svg,) = re.findall(r"(?s)<svg.*?</svg>", html)
    assert 'role="img"' in svg and 'aria-label="Charges by day in October 2026"' in svg
    assert svg.count('<g class="bar">') == 31
    assert "Mon 5 Oct 2026: 1.80\u00a0EUR, 3 calls" in svg


def test_calls_in_words_people_use(shop: Shop, person: Person) -> None:
    page = person.page(f"/calls/?{OCTOBER}")
    assert (
        "2026-10-05 10:00:00 CEST +49 30 123456 +44 20 7946 0000 Spring sale Answered "
        "0:01:01 0:02:00 1.20 EUR"
    ) in page
    assert "Not answered 0:00:00 – –" in page
    assert " 3 of 3 " in page


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("number=7946 0000", 3),
        ("number=460000", 3),
        ("number=030 123", 3),
        ("number=7946", 0),  # neither the first nor the last digits
        ("number=%2B44 20", 3),
        ("number=0044", 3),
        ("number=999999", 0),
        ("answered=yes", 2),
        ("answered=no", 1),
    ],
)
def test_call_search(query: str, count: int, shop: Shop, person: Person) -> None:
    page = person.page(f"/calls/?{OCTOBER}&{query}")
    assert (f" {count} of {count} " in page) if count else ("Nothing matches the filter" in page)


def test_days_are_the_viewers(shop: Shop, person: Person) -> None:
    """Calls at 8:00, 9:00 and 10:00 UTC are of the next day in Auckland (UTC+13) from 11:00 on."""
    User.objects.filter(pk=shop.acme.user.pk).update(timezone="Pacific/Auckland")
    page = person.page("/calls/?from=2026-10-05&to=2026-10-05")
    assert "2026-10-05 21:00:00 NZDT" in page
    assert "Times are in Pacific/Auckland. Days of usage are counted in Europe/Berlin." in page
    assert "Nothing matches the filter" in person.page("/calls/?from=2026-10-06&to=2026-10-06")


def test_a_call_explained(shop: Shop, person: Person) -> None:
    page = person.page(f"/calls/2026-10/{shop.acme.calls[0].pk}/")
    assert "Charge, before tax 1.20 EUR On invoice NC-2026-00001" in page
    assert "Talked 0:01:01" in page
    assert "Answered for 61 s." in page
    assert (
        "Calls to numbers that begin with +44 (United Kingdom) cost 0.60 EUR per minute; "
        "each 60 s begun counts whole."
    ) in page
    assert "The call costs 1.20 EUR, before tax." in page
    for inside in ("AZ", "initial_then_increment", "SPRING"):
        assert inside not in page
    assert "Worked out again just now" in page


def test_a_call_that_was_not_answered(shop: Shop, person: Person) -> None:
    page = person.page(f"/calls/2026-10/{shop.acme.calls[2].pk}/")
    assert "Not charged." in page
    assert "The call was not answered, so nothing was charged." in page


def test_calls_as_csv_run_no_formula(shop: Shop, person: Person) -> None:
    with tenant_scope(shop.tenant_id):
        Campaign.objects.filter(pk=shop.acme.campaign.pk).update(name="=HYPERLINK(1)")
    rows = list(
        csv.reader(io.StringIO(person.file(f"/calls/?{OCTOBER}&format=csv").decode("utf-8-sig")))
    )
    assert len(rows) == 4
    told = dict(zip(rows[0], rows[3], strict=True))
    assert told["Campaign"] == "'=HYPERLINK(1)"
    assert (told["Charge"], told["Charge currency"], told["Billed (s)"]) == ("1.20", "EUR", "120")
    assert told["Started (Europe/Berlin)"] == "2026-10-05 10:00:00+02:00"


def test_a_name_is_no_markup(shop: Shop, person: Person) -> None:
    with tenant_scope(shop.tenant_id):
        Campaign.objects.filter(pk=shop.acme.campaign.pk).update(name="<script>alert(1)</script>")
    for path in (
        "/usage/?month=2026-10",
        f"/calls/?{OCTOBER}",
        f"/invoices/{shop.acme.invoice.pk}/",
    ):
        assert b"<script>alert(1)" not in person.file(path)
        assert b"&lt;script&gt;alert(1)" in person.file(path)


def test_an_invoice(shop: Shop, person: Person) -> None:
    page = person.page(f"/invoices/{shop.acme.invoice.pk}/")
    assert "Period 1 October 2026 to 31 October 2026" in page
    assert "Net 1.20 EUR Tax 19 % of 1.20 EUR 0.23 EUR Total 1.43 EUR" in page
    assert "Still open 0.43 EUR" in page
    assert "1.00 EUR Receipt NCR-2026-00001" in page


def test_the_papers_are_the_bytes_that_were_issued(shop: Shop, person: Person) -> None:
    assert person.file(f"/invoices/{shop.acme.invoice.pk}/pdf/") == b"%PDF invoice 1"
    assert person.file(f"/receipts/{shop.acme.receipt.pk}/pdf/") == b"%PDF receipt 1"


def test_the_statement_adds_up(shop: Shop, person: Person) -> None:
    page = person.page("/statement/?from=2026-10-01&to=2026-11-30")
    assert "Opening balance 0.00 EUR" in page
    assert "Invoice NC-2026-00001 1.43 EUR 1.43 EUR" in page
    assert "Payment -1.00 EUR 0.43 EUR" in page
    assert "Closing balance 0.43 EUR" in page
    later = person.page("/statement/?from=2026-11-02&to=2026-11-30")
    assert "Opening balance 0.43 EUR" in later


@pytest.mark.parametrize(
    "path",
    [
        "/usage/?month=2026-99", "/usage/?month=", "/usage/?campaign=%00", "/calls/?from=x&to=y",
        "/calls/?from=0001-01-01&to=9999-12-31", "/calls/?page=-1", "/calls/?page=9999999999",
        "/calls/?sort=nothing", "/calls/?campaign=99999999999999999999",
        "/statement/?from=9999-12-31", "/invoices/?status=nothing", "/invoices/?number=%00",
    ],
)  # fmt: skip
def test_an_address_somebody_bent(path: str, person: Person) -> None:
    assert person.status(path) in {200, 404, 422}


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        (f"/calls/?{OCTOBER}&number=abc", "'abc' is not a telephone number: write its first or its"
         " last digits, such as +44 20 or 7946."),
        (f"/calls/?{OCTOBER}&campaign=x", "Campaign: 'x' is not one of the choices."),
        (f"/calls/?{OCTOBER}&answered=x", "Answered: 'x' is not one of the choices."),
        ("/calls/?from=x&to=2026-10-31", "From day: 'x' is not a day, such as 2026-10-05."),
        ("/invoices/?status=nothing", "Status: 'nothing' is not one of the choices."),
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_read_finds_nothing_and_says_so(
    path: str, sentence: str, person: Person
) -> None:
    page = person.page(path)
    assert f"A filter cannot be read, so nothing is shown: {sentence}" in page
    assert "1 to " not in page
    refused = person.client.get(f"{path}&format=csv")
    assert refused.status_code == 422
    assert sentence in text_of(refused.content.decode())


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/usage/?month=2026-99", "'2026-99' is not a month, such as 2026-10."),
        ("/usage/?campaign=0", "There is no such campaign."),
        ("/statement/?from=yesterday", "'yesterday' is not a day, such as 2026-10-05."),
    ],
)
def test_a_page_of_a_day_that_cannot_be_read_says_so(
    path: str, sentence: str, person: Person
) -> None:
    refused = person.client.get(path)
    assert refused.status_code == 422
    assert sentence in text_of(refused.content.decode())


def test_the_number_of_queries_does_not_grow_with_the_rows(shop: Shop, person: Person) -> None:
    counts = []
    for answered in ("no", ""):  # one call, three calls
        with CaptureQueriesContext(connection) as queries:
            person.page(f"/calls/?{OCTOBER}&answered={answered}")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_payment_that_was_taken_back_says_so(shop: Shop, foreign: Shop, person: Person) -> None:
    changes = []
    for of in (shop, foreign):
        with tenant_scope(of.tenant_id):
            changes.append(reverse_payment(
                payment=of.acme.payment, reason="Bounced", key="r", at=START, by=By("test"),
                render=lambda _kind, _payload: b"%PDF reversal",
            ))  # fmt: skip
    assert f"reversed: {changes[0].number}" in person.page("/payments/")
    path = f"/payment-changes/{changes[0].pk}/pdf/"
    assert person.file(path) == b"%PDF reversal"
    assert person.status(f"/payment-changes/{changes[1].pk}/pdf/") == 404
    assert "Reversal of payment" in person.page("/statement/?from=2026-01-01&to=2026-12-31")
