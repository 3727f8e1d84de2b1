"""A customer's person sees their customer and nobody else: not the neighbour of the same provider,
not another provider's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.integration.web.portal.conftest import Person
from tests.support.shop import Books, Shop, make_user
from tests.support.world import START
from tollwright.data.models import Role
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.payments.operations import reverse_payment
from tollwright.web.portal.urls import urlpatterns


def call_path(books: Books) -> str:
    call = books.calls[0]
    return f"/calls/{call.started_at:%Y-%m}/{call.pk}/"


def change_path(books: Books) -> str:
    """A reversal's document."""
    with tenant_scope(books.customer.tenant_id):
        change = reverse_payment(
            payment=books.payment, reason="Bounced", key=f"r{books.payment.pk}", at=START,
            by=By("test"), render=lambda _kind, _payload: b"%PDF",
        )  # fmt: skip
    return f"/payment-changes/{change.pk}/pdf/"


THINGS: dict[str, Callable[[Books], str]] = {
    "call": call_path,
    "invoice": lambda books: f"/invoices/{books.invoice.pk}/",
    "invoice_pdf": lambda books: f"/invoices/{books.invoice.pk}/pdf/",
    "receipt_pdf": lambda books: f"/receipts/{books.receipt.pk}/pdf/",
    "payment_change_pdf": change_path,
}
PAGES = ["/", "/usage/", "/calls/", "/invoices/", "/payments/", "/statement/"]


def test_the_table_below_holds_every_address_with_an_id() -> None:
    named = {one.name for one in urlpatterns if "<" in str(one.pattern)}
    assert named == THINGS.keys()


@pytest.mark.parametrize("thing", THINGS)
def test_a_thing_of_somebody_else(thing: str, shop: Shop, foreign: Shop, person: Person) -> None:
    path = THINGS[thing]
    assert person.status(path(shop.acme)) == 200
    assert person.status(path(shop.other)) == 404  # the same provider's other customer
    assert person.status(path(foreign.acme)) == 404  # another provider's


@pytest.mark.parametrize("path", ["/invoices/{}/", "/invoices/{}/pdf/"])
def test_a_draft_is_not_shown(path: str, shop: Shop, person: Person) -> None:
    assert person.status(path.format(shop.acme.draft.pk)) == 404


@pytest.mark.parametrize("path", [*PAGES, "/calls/?from=2026-10-01&to=2026-10-31"])
def test_lists_name_nobody_else(path: str, shop: Shop, foreign: Shop, person: Person) -> None:
    page = person.page(path)
    for stranger in ("Beta", "Autumn", "REF-2", str(shop.other.invoice.number), "South"):
        assert stranger not in page


def test_a_filter_by_anothers_campaign_finds_nothing(shop: Shop, person: Person) -> None:
    theirs = shop.other.campaign.pk
    span = "from=2026-10-01&to=2026-10-31"
    page = person.page(f"/calls/?{span}&campaign={theirs}")
    assert f"Campaign: '{theirs}' is not one of the choices." in page
    assert "1 to " not in page
    month = person.client.get(f"/usage/?month=2026-10&campaign={theirs}")
    assert month.status_code == 422
    assert "There is no such campaign." in month.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_signs_in_first(path: str, db: None) -> None:
    response = Client().get(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_staff_go_to_the_office(shop: Shop) -> None:
    with tenant_scope(shop.tenant_id):
        user = make_user(shop.world, "staff@north.example", Role.OWNER)
    client = Client()
    client.force_login(user)
    response = client.get("/invoices/")
    assert (response.status_code, response["Location"]) == (302, "/office/")


MONEY = ["/invoices/", "/payments/", "/statement/"]


@pytest.mark.parametrize("role", [Role.PORTAL_ADMIN, Role.PORTAL_FINANCE])
def test_who_sees_money(role: Role, shop: Shop) -> None:
    person = Person(shop, role)
    assert [person.status(path) for path in PAGES] == [200] * 6
    assert "You owe" in person.page("/")


def test_a_viewer_sees_usage_and_calls_but_no_papers(shop: Shop) -> None:
    viewer = Person(shop, Role.PORTAL_VIEWER)
    papers = [path(shop.acme) for name, path in THINGS.items() if name != "call"]
    assert [viewer.status(path) for path in [*MONEY, *papers]] == [403] * 7
    assert [viewer.status(path) for path in ("/", "/usage/", "/calls/")] == [200] * 3
    home = viewer.page("/")
    assert "You owe" not in home
    assert "invoice" not in home.lower()
    call = viewer.page(call_path(shop.acme))
    assert "On an invoice" in call
    assert str(shop.acme.invoice.number) not in call


@pytest.mark.parametrize(
    "path",
    ["/calls/2026-13/1/", "/calls/x/1/", f"/calls/2026-10/{10**30}/", f"/invoices/{10**30}/"],
)
def test_an_address_that_is_none(path: str, person: Person) -> None:
    assert person.status(path) == 404
