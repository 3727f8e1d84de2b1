"""Tables: filters, order, pages, links, and files that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone
from openpyxl import load_workbook

from tests.integration.web.office.things import AT, BY, Things
from tollwright.data.customers import Campaign, Customer
from tollwright.data.scope import tenant_scope
from tollwright.domain.customers import operations
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
        ("page=99&sort=code", ["ACME", "BETA"]),
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


@pytest.mark.parametrize("as_list", [False, True])
@pytest.mark.parametrize(
    ("query", "codes", "pages"),
    [
        ("", ["C0", "C1"], 3),
        ("page=2", ["C2", "C3"], 3),
        ("page=3", ["SPRING"], 3),
        ("sort=-code", ["SPRING", "C3"], 3),
        ("code=C&page=2", ["C2", "C3"], 2),
        ("kind=queue", ["C1", "C3"], 1),
        ("id=x", [], 1),
    ],
)
def test_pages_of_rows_and_of_a_queryset_are_alike(
    things: Things, as_list: bool, query: str, codes: list[str], pages: int
) -> None:
    shop = things.shop
    with tenant_scope(shop.tenant_id):
        for number in range(4):
            kind = "queue" if number % 2 else "dialler"
            operations.create_campaign(
                customer=shop.acme.customer, code=f"C{number}", name="n", kind=kind, at=AT, by=BY
            )
        rows = Campaign.objects.filter(customer=shop.acme.customer)
        page = _table(list(rows) if as_list else rows).page(RequestFactory().get(f"/?{query}"))
    assert ([row.cells[0].text for row in page.rows], page.pages) == (codes, pages)


def test_links_keep_the_filter_and_drop_the_page() -> None:
    page = _table([]).page(RequestFactory().get("/?code=C&page=1&sort=code"))
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
