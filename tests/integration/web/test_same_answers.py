"""One question, one answer: office, portal and API name the same rows.

Acme's three calls of 5 October 2026 are from +49 30 123456 to +44 20 7946 0000, at 8, 9 and 10
o'clock UTC, the third not answered; its invoice is due on 15 November, 0.43 EUR of it open.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.integration.web.api.client import Program
from tests.support.shop import Shop, add_call, make_user
from tollwright.data.models import Invoice, Role, Tenant, User
from tollwright.data.scope import tenant_scope
from tollwright.domain.calls import queries as calls
from tollwright.domain.invoices import queries as invoices
from tollwright.domain.reports import queries as reports

OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}
SINCE, UNTIL = "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"


class Doors:
    """The same question at three doors, about Acme."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.office, self.portal, self.api = Client(), Client(), Program(shop.tenant_id)
        with tenant_scope(shop.tenant_id):
            self.office.force_login(make_user(shop.world, "owner@north.example", Role.OWNER))
        self.portal.force_login(shop.acme.user)
        self.customer = shop.acme.customer.pk

    def hours_of_calls(
        self, office: dict[str, str], portal: dict[str, str], api: dict[str, str]
    ) -> list[list[int]]:
        """By door: at which hours (UTC) the calls found began, in order."""
        mine = {"customer": str(self.customer)}
        told = self.api.get("/calls", since=SINCE, until=UNTIL, **mine, **api)
        assert told.status == 200, told.body
        starts = [
            [
                row["Started (Europe/Berlin)"]
                for row in rows(self.office, "/office/calls/", OCTOBER | mine | office)
            ],
            [
                row["Started (Europe/Berlin)"]
                for row in rows(self.portal, "/calls/", OCTOBER | portal)
            ],
            [item["started_at"] for item in told.body["items"]],
        ]
        return [sorted(datetime.fromisoformat(at).astimezone(UTC).hour for at in one)
                for one in starts]  # fmt: skip

    def numbers_of_invoices(self, state: str) -> list[list[str]]:
        """By door: the numbers of Acme's invoices in the state."""
        mine = {"customer": str(self.customer)}
        told = self.api.get("/invoices", status=state, **mine)
        office = rows(self.office, "/office/invoices/", mine | {"state": state})
        return [
            sorted(row["Number"] for row in office),
            sorted(row["Number"] for row in rows(self.portal, "/invoices/", {"status": state})),
            sorted(item["number"] for item in told.body["items"]),
        ]


def rows(client: Client, path: str, query: dict[str, str]) -> list[dict[str, str]]:
    """The rows of the table's CSV file."""
    response = client.get(path, query | {"format": "csv"})
    assert response.status_code == 200, (path, response.status_code)
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


@pytest.fixture
def doors(shop: Shop) -> Doors:
    return Doors(shop)


def at_moment(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr("tollwright.web.office.page.now", lambda: at)
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("+44 20 7946", [8, 9, 10]),  # the called one: international
        ("0044 (20) 79", [8, 9, 10]),
        ("4420", [8, 9, 10]),
        ("460000", [8, 9, 10]),  # its last digits
        ("030 123", [8, 9, 10]),  # the caller's, as it is dialled in the provider's country
        ("123456", [8, 9, 10]),
        ("7946", []),  # neither the first nor the last digits
        ("+44 30", []),
    ],
)
def test_a_number_is_found_alike(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, text: str, hours: list[int]
) -> None:
    at_moment(monkeypatch, datetime(2026, 12, 1, tzinfo=UTC))
    with tenant_scope(doors.shop.tenant_id):
        Tenant.objects.update(region="DE")
    query = {"number": text}
    assert doors.hours_of_calls(query, query, query) == [hours] * 3


def test_answered_is_the_same_question(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that was answered for 0 seconds was answered, whatever its status word."""
    at_moment(monkeypatch, datetime(2026, 12, 1, tzinfo=UTC))
    shop = doors.shop
    with tenant_scope(shop.tenant_id):
        start = datetime(2026, 10, 6, 11, tzinfo=UTC)
        short = add_call(shop.acme.calls[0].batch, shop.acme.campaign, start, 0)
        type(short).objects.filter(pk=short.pk).update(answered_at=start)
    found = doors.hours_of_calls({"status": "answered"}, {"answered": "yes"}, {"answered": "true"})
    assert found == [[8, 9, 11]] * 3
    found = doors.hours_of_calls(
        {"status": "unanswered"}, {"answered": "no"}, {"answered": "false"}
    )
    assert found == [[10]] * 3


@pytest.mark.parametrize(
    ("at", "overdue"),
    [
        (datetime(2026, 11, 15, 22, 59, tzinfo=UTC), []),  # 23:59 in Berlin, where the provider is
        (datetime(2026, 11, 15, 23, 0, tzinfo=UTC), ["NC-2026-00001"]),
    ],
)
@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/New_York"])
def test_overdue_is_a_matter_of_the_providers_day(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, at: datetime, overdue: list[str], zone: str
) -> None:
    at_moment(monkeypatch, at)
    User.objects.update(timezone=zone)
    assert doors.numbers_of_invoices("overdue") == [overdue] * 3
    with tenant_scope(doors.shop.tenant_id):
        micros = [one.micros for one in reports.overdue(at=at, customer=doors.shop.acme.customer)]
    assert micros == [430_000] * len(overdue)
    listed = rows(doors.portal, "/invoices/", {})
    assert [row["Status"] for row in listed] == ["Overdue" if overdue else "Open"]
    home = doors.portal.get("/").content.decode()
    assert ("0.43\u00a0EUR is overdue" in home or 'danger">overdue</span>' in home) == bool(overdue)


def test_a_settled_invoice_and_a_credit_note_are_never_overdue(shop: Shop) -> None:
    """A debit note is; each asked with one query and the day, however many rows."""
    at = datetime(2026, 12, 1, tzinfo=UTC)
    with tenant_scope(shop.tenant_id):
        first = shop.acme.invoice
        for kind, micros, number in (("debit_note", 500_000, "D1"), ("credit_note", -100_000, "C1"),
                                     ("debit_note", 0, "D2")):  # fmt: skip
            note = Invoice.objects.create(
                tenant=shop.world.tenant, legal_entity=shop.world.entity, corrects=first,
                customer=shop.acme.customer, currency="EUR", document_type=kind,
                period_from=first.period_from, period_to=first.period_to,
                period_zone="Europe/Berlin", created_at=at, net_micros=micros, total_micros=micros,
            )  # fmt: skip
            note.status, note.number = "finalised", number
            note.issued_on = note.due_on = date(2026, 11, 20)
            note.finalised_at = at
            note.save()
        with CaptureQueriesContext(connection) as captured:
            late = list(invoices.overdue(at=at, customer=shop.acme.customer))
        assert len(captured) == 2  # the provider's zone, the invoices
        found = [(one.number, one.open_micros) for one in late]  # type: ignore[attr-defined]
        assert found == [("NC-2026-00001", 330_000), ("D1", 500_000)]
        with CaptureQueriesContext(connection) as captured:
            sums = reports.overdue(at=at, customer=shop.acme.customer)
        assert len(captured) == 2
        assert [(one.micros, one.count) for one in sums] == [(830_000, 2)]
        assert not invoices.overdue(at=at, customer=shop.other.customer).filter(number="D1")


@pytest.mark.parametrize("count", [1, 3])
def test_a_search_by_number_is_two_queries(shop: Shop, count: int) -> None:
    with tenant_scope(shop.tenant_id):
        first = datetime(2026, 10, 5, 8, tzinfo=UTC)
        wanted = calls.CallFilters(
            first=first, last=first.replace(hour=7 + count, minute=30),
            customer_id=shop.acme.customer.pk, number="+44", 
        )  # fmt: skip
        with CaptureQueriesContext(connection) as captured:
            assert len(list(calls.search(wanted))) == count
    assert len(captured) == 2  # the provider's country, the calls
