"""Pages that everybody can read: with a screen reader, a keyboard, an empty system."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.integration.web.office.things import Things
from tests.support.shop import make_user
from tests.support.world import make_world
from tollwright.data.access import Role
from tollwright.data.scope import tenant_scope
from tollwright.web.office.urls import PAGES

LISTS = (
    *("customers", "plans", "cards", "calls", "batches", "quarantine", "sources", "billing"),
    *("invoices", "payments", "keys", "company", "rules-history"),
)


@dataclass
class Page(HTMLParser):
    """What a reader with a machine's eyes finds."""

    ids: list[str] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    fields: list[dict[str, str]] = field(default_factory=list)
    tags: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    inside_label: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.tags[tag] += 1
        if "id" in told:
            self.ids.append(told["id"])
        if tag == "label":
            self.labels.add(told.get("for", ""))
            self.inside_label += 1
        if tag in {"input", "select", "textarea"} and told.get("type") != "hidden":
            self.fields.append(told | {"within": str(self.inside_label)})
        if tag == "th" and "scope" not in told:
            self.faults.append("a head without scope")
        if tag in {"img", "svg"} and not told.get("alt") and "aria-label" not in told:
            self.faults.append(f"{tag} without a text")
        if "style" in told or any(name.startswith("on") for name in told):
            self.faults.append(f"{tag} with a style or script of its own, which the policy forbids")

    def handle_endtag(self, tag: str) -> None:
        self.inside_label -= tag == "label"

    def all_faults(self) -> list[str]:
        """Everything wrong."""
        nameless = [
            one.get("name", "?")
            for one in self.fields
            if one.get("id") not in self.labels and "aria-label" not in one and one["within"] == "0"
        ]
        twice = [name for name, count in Counter(self.ids).items() if count > 1]
        heads = [] if self.tags["h1"] == 1 else [f"{self.tags['h1']} headings of level 1"]
        return [*self.faults, *nameless, *twice, *heads]


def _read(content: bytes) -> Page:
    page = Page()
    page.feed(content.decode())
    return page


def test_every_page_is_readable_by_machine(things: Things, owner: Client) -> None:
    faults = {}
    for route in PAGES:
        name = str(route.name)
        args = things.args.get(name, ("due_days",) if name == "rule-edit" else ())
        answer = owner.get(reverse(f"office:{name}", args=args))
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            faults[name] = _read(answer.content).all_faults()
    assert {name: found for name, found in faults.items() if found} == {}
    assert len(faults) > 60


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/sessions/", "/nowhere/at/all/"])
def test_pages_without_sign_in_are_readable_too(db: None, address: str) -> None:
    answer = Client().get(address, follow=True)
    assert _read(answer.content).all_faults() == []
    assert "default-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("name", LISTS)
def test_an_empty_system_says_what_to_do_first(db: None, name: str) -> None:
    world = make_world("empty")
    with tenant_scope(world.tenant.pk):
        user = make_user(world, "owner@empty.example", Role.OWNER)
        world.campaign.delete()
        world.customer.delete()
        world.entity.delete()
    client = Client()
    client.force_login(user)
    page = client.get(reverse(f"office:{name}")).content.decode()
    said = page.split('class="empty">')[1].split("</p>")[0]
    assert any(word in said for word in ("Add", "Run", "Record", "Set", "add", "Issue")) or (
        name in {"quarantine", "billing", "calls"}
    )
    assert len(said) > 30


@pytest.mark.parametrize(
    ("name", "few", "many"),
    [
        ("customers", "q=acme", ""),
        ("calls", "from=2026-10-05&to=2026-10-05&status=charged&number=1", "from=2026-10-01"),
        ("invoices", "state=draft", ""),
        ("payments", "reference=REF-1", ""),
        ("batches", "file=1.csv", ""),
    ],
)
def test_more_rows_ask_no_more_queries(
    things: Things, owner: Client, name: str, few: str, many: str
) -> None:
    address = reverse(f"office:{name}")
    owner.get(address)  # what is loaded once
    assert _queries(owner, f"{address}?{many}") <= _queries(owner, f"{address}?{few}") + 1


def _queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)
