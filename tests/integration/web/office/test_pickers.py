"""Pickers: one row of a large table is named by typing; none and several are said."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.integration.web.office.things import AT, BY, Things
from tests.integration.web.portal.conftest import text_of
from tollwright.data.scope import tenant_scope
from tollwright.domain import pickers
from tollwright.domain.customers import operations as customers
from tollwright.domain.pickers import NoneFits, SeveralFit
from tollwright.web.office.pickers import PickerField

NAMES = (("N1", "Nord Telefon"), ("N2", "Nord Dialog"), ("S1", "Süd 100%"), ("n_1", "Nina"))


@pytest.fixture
def ids(things: Things) -> dict[str, int]:
    """Four more customers, by code; and one whose code is the id of another."""
    with tenant_scope(things.shop.tenant_id):
        made = {code: _customer(things, code, name) for code, name in NAMES}
        made["clash"] = _customer(things, str(made["N1"]), "Clash")
        return made


def _customer(things: Things, code: str, name: str) -> int:
    made = customers.create_customer(
        legal_entity=things.shop.world.entity, code=code, name=name, address="A\nGermany",
        country="DE", currency="EUR", timezone="Europe/Berlin", at=AT, by=BY,
    )  # fmt: skip
    return int(made.pk)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Nord Telefon (N1)", "N1"),  # the whole name, as a field shows it
        ("n2", "N2"),  # a code, in whatever case
        ("nord  dialog", "N2"),  # a name
        ("dialog no", "N2"),  # its words in any order
        ("süd", "S1"),
        ("100%", "S1"),  # a per cent sign is a sign
        ("n_1", "n_1"),  # an underscore too
        ("Nina", "n_1"),
    ],
)
def test_a_text_means_one_row(things: Things, ids: dict[str, int], typed: str, code: str) -> None:
    with tenant_scope(things.shop.tenant_id):
        assert pickers.pick("customer", typed).id == ids[code]


def test_a_number_is_a_code_or_an_id_and_a_link_is_an_id_alone(
    things: Things, ids: dict[str, int]
) -> None:
    with tenant_scope(things.shop.tenant_id):
        assert pickers.pick("customer", f"id-{ids['N1']}").text == "Nord Telefon (N1)"
        assert pickers.pick("customer", str(ids["N2"])).id == ids["N2"]
        with pytest.raises(SeveralFit):  # the code of one, the id of another: nobody guesses
            pickers.pick("customer", str(ids["N1"]))


def test_none_and_several_are_refused_with_names(things: Things, ids: dict[str, int]) -> None:
    with tenant_scope(things.shop.tenant_id):
        with pytest.raises(NoneFits) as none:
            pickers.pick("customer", "Nordpol")
        with pytest.raises(SeveralFit) as several:
            pickers.pick("customer", "nord")
    assert str(none.value) == (
        "There is no customer 'Nordpol'. Write a part of its name or its code."
    )
    assert str(several.value) == (
        "'nord' fits several customers: Nord Dialog (N2), Nord Telefon (N1)."
        " Choose one, or write more of it."
    )


def test_offers_are_few_and_of_the_own_provider(
    things: Things, foreign: Things, owner: Client, ids: dict[str, int]
) -> None:
    with tenant_scope(things.shop.tenant_id):
        for number in range(pickers.OFFERED):
            _customer(things, f"M{number}", f"Many {number}")
    told = owner.get("/office/look-up/customer/?q=nord")
    assert told.json() == {"names": ["Nord Dialog (N2)", "Nord Telefon (N1)"]}
    assert len(owner.get("/office/look-up/customer/").json()["names"]) == pickers.OFFERED
    assert owner.get("/office/look-up/user/?q=a").status_code == 404
    stranger = Client().get("/office/look-up/customer/?q=nord")
    assert stranger["Location"].startswith("/office/login/")
    with tenant_scope(foreign.shop.tenant_id):
        theirs = _customer(foreign, "ONLY", "Only Theirs")
    assert owner.get("/office/look-up/customer/?q=theirs").json() == {"names": []}
    with tenant_scope(things.shop.tenant_id), pytest.raises(NoneFits):
        pickers.pick("customer", f"id-{theirs}")
    with tenant_scope(things.shop.tenant_id):
        _customer(things, "GRID-999999", "Grid")
        with pytest.raises(NoneFits):  # a link whose row is gone is no part of another's code
            pickers.pick("customer", "id-999999")


def test_a_filter_and_a_form_say_what_they_cannot_read_and_show_what_they_read(
    owner: Client, things: Things, ids: dict[str, int]
) -> None:
    several = text_of(owner.get("/office/payments/?customer=nord").content.decode())
    assert "A filter cannot be read, so nothing is shown: Customer: 'nord' fits several" in several
    page = owner.get(f"/office/payments/?customer=id-{ids['N1']}").content.decode()
    assert 'value="Nord Telefon (N1)"' in page
    asked = owner.get("/office/payments/new/?customer=nord")
    assert asked.status_code == 404
    assert "fits several customers" in text_of(asked.content.decode())
    chosen = owner.get("/office/payments/new/?customer=telefon").content.decode()
    assert "<h1>Record a payment of Nord Telefon</h1>" in chosen
    assert (
        "<h1>Rules for Nord Dialog</h1>" in owner.get("/office/rules/?customer=n2").content.decode()
    )


def test_no_page_holds_a_table_to_choose_from(
    things: Things, owner: Client, ids: dict[str, int]
) -> None:
    """Thirty customers more make no page longer but those that list them."""
    paths = (
        "calls/", "invoices/", "payments/", "payments/new/", "rules/", "what-if/",
        "re-rating/report/", "people/new/",
    )  # fmt: skip

    def options() -> dict[str, int]:
        pages = {path: owner.get(f"/office/{path}").content.decode() for path in paths}
        return {path: len(re.findall("<option", page)) for path, page in pages.items()}

    before = options()
    with tenant_scope(things.shop.tenant_id):
        for number in range(30):
            _customer(things, f"L{number}", f"Later {number}")
    assert options() == before


def test_a_picker_shows_the_whole_name_and_what_was_typed_where_it_means_nothing(
    things: Things, ids: dict[str, int]
) -> None:
    field = PickerField("customer", required=False)
    with tenant_scope(things.shop.tenant_id):
        assert field.prepare_value(f"id-{ids['N1']}") == "Nord Telefon (N1)"
        assert field.prepare_value("nowhere") == "nowhere"
        assert field.prepare_value(None) is None
        assert field.clean("") is None
