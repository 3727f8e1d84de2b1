"""A list asks the database as often for three rows as for one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.integration.web.office.things import AT, BY, Things
from tollwright.data.calls import ImportBatch, Quarantine
from tollwright.data.invoices import BillingRun, Invoice
from tollwright.data.payments import Payment
from tollwright.data.scope import tenant_scope
from tollwright.domain.access import operations as access
from tollwright.domain.calls import operations as calls
from tollwright.domain.carriers import operations as carriers
from tollwright.domain.customers import operations as customers
from tollwright.domain.plans import operations as plans
from tollwright.domain.rates import operations as rates


def _customer(things: Things, code: str) -> None:
    made = customers.create_customer(
        legal_entity=things.shop.world.entity, code=code, name=code, address="A\nGermany",
        country="DE", currency="EUR", timezone="Europe/Berlin", at=AT, by=BY,
    )  # fmt: skip
    customers.create_campaign(customer=made, code=code, name=code, kind="dialler", at=AT, by=BY)


def _carrier(_things: Things, code: str) -> None:
    made = carriers.create_carrier(code=code, name=code, at=AT, by=BY)
    carriers.add_trunk(carrier=made, value=code, valid_from=AT, at=AT, by=BY)


def _again(row: Invoice | Payment | Quarantine | ImportBatch, **changes: object) -> None:
    """The row once more, under an id of its own."""
    row.pk = None
    row._state.adding = True
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(force_insert=True)


def _source(_things: Things, code: str) -> None:
    calls.create_source(code=code, name=code, format="freeswitch_csv", timezone="UTC", at=AT, by=BY)


def _run(things: Things, code: str) -> None:
    BillingRun.objects.create(
        tenant_id=things.shop.tenant_id,
        until=datetime(2026, 11, 1, tzinfo=UTC),
        started_at=AT,
        started_by="test",
        idempotency_key=code,
    )


LISTS: dict[str, Callable[[Things, str], object]] = {
    "customers": _customer,
    "plans": lambda _, code: plans.create_plan(code=code, name=code, at=AT, by=BY),
    "cards": lambda _, code: rates.create_card(
        code=code, name=code, side="sell", currency="EUR", at=AT, by=BY
    ),
    "carriers": _carrier,
    "sources": _source,
    "billing": _run,
    "keys": lambda _, code: access.issue_api_key(name=code, role="support", at=AT, by=BY),
    "invoices": lambda things, code: _again(
        Invoice.objects.get(pk=things.shop.acme.draft.pk),
        document_type="credit_note",
        idempotency_key=code,
    ),
    "quarantine": lambda things, _: _again(Quarantine.objects.earliest("id")),
    "rules": _customer,
    "calls": _customer,
    "what-if": _customer,
    "re-rating/report": _customer,
}


@pytest.mark.parametrize("path", sorted(LISTS))
def test_a_list_asks_as_often_for_three_rows_as_for_one(
    things: Things, owner: Client, path: str
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert owner.get(f"/office/{path}/").status_code == 200
        return len(queries)

    asked()  # what is read once per process is read
    before = asked()
    with tenant_scope(things.shop.tenant_id):
        for number in range(2):
            LISTS[path](things, f"MORE{number}")
    assert asked() == before
