"""Every address of the office: it answers its own staff, and nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from tests.integration.web.office.things import Things
from tollwright.data.access import Role
from tollwright.web.office.urls import PAGES

ROUTES = {str(page.name): page.pattern.converters for page in PAGES}
WITH_ID = sorted(name for name, converters in ROUTES.items() if "pk" in converters)
PLAIN = sorted(name for name, converters in ROUTES.items() if not converters)
POST_ONLY = {
    "billing-start",
    "rerating-apply",
    "quarantine-bulk",
    "quarantine-correct",
    "quarantine-dismiss",
}


def test_the_list_of_things_names_every_address_with_an_id(things: Things) -> None:
    assert sorted(things.args) == WITH_ID


def test_every_page_answers_an_owner(things: Things, owner: Client) -> None:
    addresses = {name: reverse(f"office:{name}", args=things.args[name]) for name in WITH_ID}
    addresses |= {name: reverse(f"office:{name}") for name in PLAIN if name not in POST_ONLY}
    addresses["rule-edit"] = reverse("office:rule-edit", args=["due_days"])
    answers = {name: owner.get(address).status_code for name, address in addresses.items()}
    assert {name: code for name, code in answers.items() if code != 200} == {"card-compare": 302}


@pytest.mark.parametrize("method", ["get", "post"])
def test_another_tenants_id_is_nowhere(
    things: Things, foreign: Things, owner: Client, method: str
) -> None:
    answers = {
        name: getattr(owner, method)(reverse(f"office:{name}", args=foreign.args[name])).status_code
        for name in WITH_ID
    }
    read_only = {405} if method == "post" else set()
    assert {name: code for name, code in answers.items() if code not in {404} | read_only} == {}


def test_another_tenants_id_in_the_query_is_nowhere(
    things: Things, foreign: Things, owner: Client
) -> None:
    customer = foreign.args["customer"][0]
    campaign = foreign.args["campaign"][0]
    assert owner.get(f"/office/rules/?customer={customer}").status_code == 404
    assert owner.get(f"/office/rules/?scope=campaign-{campaign}").status_code == 404
    assert owner.get(f"/office/payments/new/?customer={customer}").status_code == 404
    found = owner.get(f"/office/calls/?customer={customer}&from=2026-10-01&to=2026-10-31")
    words = " ".join(found.content.decode().split())
    assert "A filter cannot be read, so nothing is shown: Customer:" in words


def test_a_stranger_is_sent_to_sign_in(things: Things) -> None:
    answer = Client().get("/office/customers/")
    assert (answer.status_code, answer["Location"]) == (
        302,
        "/office/login/?next=/office/customers/",
    )
    signing_in = Client().get("/office/login/?next=/office/customers/")
    assert signing_in["Location"] == "/accounts/login/?next=/office/customers/"


def test_a_customers_person_comes_to_no_page(things: Things) -> None:
    client = Client()
    client.force_login(things.shop.acme.user)
    addresses = [reverse(f"office:{name}", args=things.args[name]) for name in WITH_ID]
    addresses += [reverse(f"office:{name}") for name in PLAIN]
    assert {client.get(address).status_code for address in addresses} == {302}
    assert client.get("/office/login/")["Location"] == "/start/"
    assert client.get("/start/")["Location"] == "/"


def test_what_users_wrote_is_escaped(things: Things, owner: Client) -> None:
    page = owner.get(reverse("office:quarantined", args=things.args["quarantined"]))
    assert b"<script>alert(1)" not in page.content
    assert b"&lt;script&gt;alert(1)" in page.content


def test_a_page_says_whose_it_is_and_in_which_zone(
    things: Things, staff: Callable[[Role], Client]
) -> None:
    page = staff(Role.AUDITOR).get("/office/").content.decode()
    assert "North Calls" in page and "Europe/Berlin" in page and "Auditor (read only)" in page
