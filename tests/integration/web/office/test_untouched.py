"""A form that changes something, saved as it came, writes no row and no audit entry."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from tests.integration.web.office.things import Things
from tests.support.forms import untouched
from tollwright.data.scope import tenant_scope
from tollwright.web.office.urls import PAGES

CHANGES = ("customer-edit", "campaign-edit", "carrier-edit", "entity")


def rows(things: Things) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the provider, by table."""
    with tenant_scope(things.shop.tenant_id):
        return {
            model._meta.db_table: sorted(model._default_manager.values_list(), key=repr)
            for model in apps.get_app_config("data").get_models()
        }


@pytest.mark.parametrize("name", CHANGES)
def test_a_form_saved_as_it_came_changes_nothing(owner: Client, things: Things, name: str) -> None:
    where = reverse(f"office:{name}", args=things.args[name])
    before = rows(things)
    fields = untouched(owner.get(where).content.decode())
    assert owner.post(where, fields).status_code == 302
    assert rows(things) == before
    assert owner.post(where, fields | {"name": "Another name"}).status_code == 302
    changed = {table for table, after in rows(things).items() if after != before[table]}
    assert "audit_entry" in changed and len(changed) == 2


def test_every_page_that_edits_is_tried() -> None:
    """The form of a rule has tests of its own."""
    editing = {page.name for page in PAGES if str(page.name).endswith("-edit")}
    assert editing - {"rule-edit"} == set(CHANGES) - {"entity"}
