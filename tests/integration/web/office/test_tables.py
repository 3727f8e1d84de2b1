"""Tables: filters, order, pages, links, and files that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from html import unescape
from operator import attrgetter
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import Case, CharField, F, QuerySet, When
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from tests.integration.web.office.things import AT, BY, Things
from tests.support.shop import Shop
from tollwright.data.customers import Campaign, Customer
from tollwright.data.scope import tenant_scope
from tollwright.domain.customers import operations
from tollwright.domain.listing import Listed
from tollwright.web.shared.formatting import Money, Phone, Seconds, exported, harmless, text
from tollwright.web.shared.tables import Column, Filter, Table, TooManyRows, field_has, field_is

EVIL = '=HYPERLINK("http://evil.example","pay")'


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", "' =1"),
        ("\t=1", "'\t=1"),
        ("\r", "'\r"),
        ("＝1", "'＝1"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_no_cell_runs_as_a_formula(written: str, kept: str) -> None:
    assert harmless(written) == kept


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Money(1_234_560_000, "EUR"), "1,234.56\u00a0EUR"),
        (Money(26_975, "EUR"), "0.026975\u00a0EUR"),
        (Money(-1_000_000, "JPY"), "-1\u00a0JPY"),
        (Seconds(3723), "1:02:03"),
        (Seconds(0), "0:00:00"),
        (Seconds(360_000), "100:00:00"),
        (Phone("442079460000"), "+44\u00a020\u00a07946\u00a00000"),
        (Phone("1004"), "1004"),
        (None, "–"),
        (True, "yes"),
        (29_459, "29,459"),
    ],
)
def test_values_as_people_read_them(value: object, shown: str) -> None:
    assert text(value) == shown  # type: ignore[arg-type]  # every kind of cell


def test_moments_are_in_the_viewers_zone_with_its_name() -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        winter, summer = datetime(2026, 1, 5, 8, tzinfo=UTC), datetime(2026, 7, 5, 8, tzinfo=UTC)
        assert text(winter) == "2026-01-05\u00a009:00:00\u00a0CET"
        assert text(summer) == "2026-07-05\u00a010:00:00\u00a0CEST"
        assert str(exported(winter)) == "2026-01-05 09:00:00+01:00"


def test_a_csv_file_is_disarmed_and_has_numbers(things: Things, owner: Client) -> None:
    customer = things.shop.acme.customer
    with tenant_scope(things.shop.tenant_id):
        operations.update_customer(customer=customer, name=EVIL, at=AT, by=BY)
    answer = owner.get("/office/customers/?format=csv&sort=code")
    assert answer["Content-Disposition"] == 'attachment; filename="customers.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    acme = next(row for row in rows if row["Code"] == "ACME")
    assert acme["Name"] == f"'{EVIL}"
    assert (acme["Owes"], acme["Owes currency"]) == ("0.43", "EUR")


def test_a_workbook_holds_texts_as_texts(things: Things, owner: Client) -> None:
    with tenant_scope(things.shop.tenant_id):
        operations.update_customer(customer=things.shop.acme.customer, name=EVIL, at=AT, by=BY)
    answer = owner.get("/office/customers/?format=xlsx&q=hyperlink")
    sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    cells = {cell.value: cell.data_type for row in sheet.iter_rows() for cell in row}
    assert cells[f"'{EVIL}"] == "s"
    assert "f" not in cells.values()


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("sort=code", ["ACME", "BETA"]),
        ("sort=-code", ["BETA", "ACME"]),
        ("q=bet", ["BETA"]),
        ("status=closed", []),
        ("sort=nothing", ["ACME", "BETA"]),
    ],
)
def test_the_address_is_the_whole_state(
    things: Things, owner: Client, query: str, codes: list[str]
) -> None:
    answer = owner.get(f"/office/customers/?{query}&format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["Code"] for row in rows] == codes
    page = owner.get(f"/office/customers/?{query}").content.decode()
    assert all(f">{code}</a>" in page for code in codes)


def _table(rows: object) -> Table:
    return Table(
        "Campaigns",
        rows,  # type: ignore[arg-type]  # a queryset or a list
        [
            Column("code", "Code", lambda one: one.code, "code"),
            Column("customer", "Customer", lambda one: one.customer.name, "customer__name"),
        ],
        [
            Filter("code", "Code", field_has("code")),
            Filter("kind", "Kind", field_is("kind")),
            Filter("id", "Id", field_is("customer_id")),
        ],
        order="code",
        per_page=2,
    )


def _pages(table: Table, query: str) -> list[list[str]]:
    """The codes of the pages, by following the links from one to the next."""
    pages = []
    while query:
        page = table.page(RequestFactory().get(f"/?{query}"))
        pages.append([row.cells[0].text for row in page.rows])
        query = page.following.lstrip("?")
    return pages


def _add_campaigns(shop: Shop) -> QuerySet[Campaign]:
    """SPRING, which is there, and C0 to C3, of which C1 and C3 are queues."""
    for number in range(4):
        kind = "queue" if number % 2 else "dialler"
        operations.create_campaign(
            customer=shop.acme.customer, code=f"C{number}", name="n", kind=kind, at=AT, by=BY
        )
    return Campaign.objects.filter(customer=shop.acme.customer).select_related("customer")


@pytest.mark.parametrize("as_list", [False, True])
@pytest.mark.parametrize(
    ("query", "pages"),
    [
        ("sort=code", [["C0", "C1"], ["C2", "C3"], ["SPRING"]]),
        ("sort=-code", [["SPRING", "C3"], ["C2", "C1"], ["C0"]]),
        ("sort=customer", [["SPRING", "C0"], ["C1", "C2"], ["C3"]]),  # all alike: by id
        ("code=C", [["C0", "C1"], ["C2", "C3"]]),
        ("kind=queue", [["C1", "C3"]]),
        ("id=x", [[]]),
        ("after=nothing", [[]]),
    ],
)
def test_pages_of_rows_and_of_a_query_are_alike(
    things: Things, as_list: bool, query: str, pages: list[list[str]]
) -> None:
    with tenant_scope(things.shop.tenant_id):
        rows = _add_campaigns(things.shop)
        table = _table(list(rows.order_by("pk")) if as_list else rows)
        assert _pages(table, query) == pages


def test_rows_that_arrive_meanwhile_neither_repeat_nor_hide_one(things: Things) -> None:
    with tenant_scope(things.shop.tenant_id):
        table = _table(_add_campaigns(things.shop))
        first = table.page(RequestFactory().get("/?sort=code"))
        operations.create_campaign(
            customer=things.shop.acme.customer, code="A0", name="n", kind="dialler", at=AT, by=BY
        )
        second = table.page(RequestFactory().get(f"/{first.following}"))
        back = table.page(RequestFactory().get(f"/{second.previous}"))
        top = table.page(RequestFactory().get(f"/{back.previous}"))
    shown = [[row.cells[0].text for row in page.rows] for page in (first, second, back, top)]
    assert shown == [["C0", "C1"], ["C2", "C3"], ["C0", "C1"], ["A0", "C0"]]
    assert (top.previous, top.first) == ("", "")
    assert (back.first, second.first) == ("?sort=code", "?sort=code")


@pytest.mark.parametrize("down", [False, True])
def test_rows_without_a_value_have_their_page_too(things: Things, down: bool) -> None:
    """What is not known is last, or first of a descending order, as PostgreSQL puts it."""
    with tenant_scope(things.shop.tenant_id):
        rows = _add_campaigns(things.shop).annotate(
            known=Case(When(code__in=["C0", "C2"], then=F("code")), output_field=CharField())
        )
        table = Table(
            "C",
            Listed(rows, attrgetter("code")),
            [Column("code", "Code", str, "known")],
            per_page=1,
        )
        pages = _pages(table, f"sort={'-' if down else ''}code")
    unknown = [["SPRING"], ["C1"], ["C3"]]
    assert pages == ([*unknown[::-1], ["C2"], ["C0"]] if down else [["C0"], ["C2"], *unknown])


@pytest.mark.parametrize("rows", [1, 3])
def test_a_page_asks_twice_however_many_rows(things: Things, rows: int) -> None:
    with tenant_scope(things.shop.tenant_id):
        found = _add_campaigns(things.shop).filter(code__in=["C0", "C1", "C2"][:rows])
        with CaptureQueriesContext(connection) as asked:
            page = _table(found).page(RequestFactory().get("/?sort=code"))
    assert len(page.rows) == min(rows, 2)
    assert len(asked) == 2  # how many, and which
    assert not any("OFFSET" in query["sql"] for query in asked)


@pytest.mark.parametrize(
    "cursor",
    ["x", "-1", "é", "W10", "bnVsbA", "W1siY29kZSIsInBrIl0sWyJcdTAwMDAiLDFdXQ", "e30", "=" * 9],
)
def test_a_link_to_a_page_that_is_not_whole_finds_nothing_and_says_so(
    things: Things, owner: Client, cursor: str
) -> None:
    for side in ("after", "before"):
        page = owner.get("/office/payments/", {side: cursor}).content.decode()
        assert "This link to a page is not whole." in page
        assert 'href="?">First page' in page


def test_links_keep_the_filter_and_drop_the_page() -> None:
    page = _table([]).page(RequestFactory().get("/?code=C&after=0&sort=code"))
    assert page.headers[0].link == "?code=C&sort=-code"
    assert page.headers[0].direction == "ascending"
    assert page.csv == "?code=C&sort=code&format=csv"
    assert page.bare == "?"


def test_an_export_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollwright.web.shared.tables.EXPORTED_UP_TO", 2)
    rows = [Customer(code=f"C{number}") for number in range(3)]
    table = Table("Rows", rows, [Column("code", "Code", lambda one: one.code)])
    with pytest.raises(TooManyRows, match="more than 2 rows"):
        table.respond(RequestFactory().get("/?format=csv"))


def test_files_are_named_by_any_code() -> None:
    table = Table("T", [], [Column("a", "A", str)], filename='card-[A]/"Ü"-v1')
    for kind in ("csv", "xlsx"):
        answer = table.respond(RequestFactory().get(f"/?format={kind}"))
        assert answer is not None
        named = answer["Content-Disposition"]
        assert named.startswith("attachment; filename") and "/" not in named


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/office/calls/?number=abc", "'abc' is not a telephone number"),
        ("/office/calls/?status=lost", "Status: 'lost' is not one of the choices."),
        ("/office/calls/?batch=1e3", "File no.: '1e3' is not a number."),
        ("/office/calls/?from=5.10.2026&to=2026-10-31", "From day: '5.10.2026' is not a day"),
        ("/office/invoices/?state=lost", "Status: 'lost' is not one of the choices."),
        ("/office/payments/?from=x", "Received from: 'x' is not a day, such as 2026-10-05."),
        ("/office/audit/?subject_id=x&from=9999-99-99", "From: '9999-99-99' is not a day"),
        ("/office/margins/?from=x", "From day: 'x' is not a day"),
    ],
)
def test_a_filter_that_cannot_be_read_finds_nothing_and_says_so(
    things: Things, owner: Client, address: str, sentence: str
) -> None:
    page = unescape(owner.get(address).content.decode())
    assert "A filter cannot be read, so nothing is shown:" in page
    assert page.count(sentence) == 2  # below its field, and in the place of the rows
    assert "<tbody" not in page
    refused = owner.get(f"{address}&format=csv")
    assert refused.status_code == 422
    assert sentence in unescape(refused.content.decode())


@pytest.mark.parametrize("text", ["+44", "44", "4 4"])
def test_a_prefix_is_read_as_it_is_written(things: Things, owner: Client, text: str) -> None:
    version = things.shop.version.pk
    page = owner.get(f"/office/card-versions/{version}/", {"prefix": text}).content.decode()
    assert ">44<" in page
    refused = owner.get(f"/office/card-versions/{version}/", {"prefix": "uk"}).content.decode()
    assert "is not a prefix" in refused
