"""A list asks the database as often for two hundred rows as for two, whoever looks at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model, QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern

from tests.integration.web.office.things import AT, BY, Things
from tollwright.data import models
from tollwright.data.jobs import Job
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import record
from tollwright.web.office.urls import PAGES
from tollwright.web.portal.urls import urlpatterns as portal_pages

FEW, MANY = 2, 200
OCTOBER = "from=2026-10-01&to=2026-10-31"
_ids = count(9_000_000)


@dataclass(frozen=True)
class Copied:
    """Rows of a model, each a copy of one that is there but for what must differ."""

    of: Callable[[Things], QuerySet[Any]]
    differs: Callable[[int], dict[str, object]] = lambda _: {}

    def __call__(self, things: Things, numbers: range) -> None:
        found = self.of(things)
        first = found.order_by("pk")[0]
        shared = {
            field.attname: getattr(first, field.attname)
            for field in found.model._meta.concrete_fields
            if not field.primary_key
        }
        found.model._default_manager.bulk_create(
            [found.model(**shared | self.differs(number)) for number in numbers]
        )


def _coded(of: type[Model], **fields: object) -> Copied:
    return Copied(lambda _: of._default_manager.filter(**fields), lambda n: {"code": f"COPY{n}"})


def _keyed(of: type[Model], **fields: object) -> Copied:
    return Copied(
        lambda _: of._default_manager.filter(**fields), lambda n: {"idempotency_key": f"copy{n}"}
    )


def _people(things: Things, numbers: range) -> None:
    made = models.User.objects.bulk_create(
        [models.User(email=f"copy{number}@copy.example") for number in numbers]
    )
    models.Membership.objects.bulk_create(
        [
            models.Membership(tenant_id=things.shop.tenant_id, user=user, role="support")
            for user in made
        ]
    )


def _acts(_things: Things, numbers: range) -> None:
    for number in numbers:
        record(by=BY, at=AT, action="customer.changed", subject="customer", subject_id=number)


def _rules(things: Things, numbers: range) -> None:
    models.Rule.objects.bulk_create(
        [
            models.Rule(
                tenant_id=things.shop.tenant_id, customer=things.shop.acme.customer,
                setting="due_days", value=number, effective_from=AT, set_at=AT, set_by="test",
            )
            for number in numbers
        ]
    )  # fmt: skip


def _margins(things: Things, numbers: range) -> None:
    """Each a campaign with calls of its own: a row of the margins."""
    for number in numbers:
        campaign = models.Campaign.objects.create(
            tenant_id=things.shop.tenant_id, customer=things.shop.acme.customer,
            code=f"COPY{number}", name="Copy", created_at=AT,
        )  # fmt: skip
        copied = Copied(
            lambda _: models.UsageDay.objects.filter(campaign=things.shop.acme.campaign),
            partial(_usage, campaign_id=campaign.pk),
        )
        copied(things, range(number, number + 1))


def _usage(_number: int, *, campaign_id: int) -> dict[str, object]:
    return {"campaign_id": campaign_id}


def _payments(things: Things, numbers: range) -> None:
    paid = things.shop.acme.payment
    for number in numbers:
        entry = models.Entry.objects.create(
            tenant_id=paid.tenant_id,
            kind="payment",
            memo="",
            at=AT,
            idempotency_key=f"copy{number}",
        )
        owed, cash = models.Posting.objects.filter(entry_id=paid.entry_id).order_by("id")
        for one in (owed, cash):
            models.Posting.objects.create(
                tenant_id=paid.tenant_id, entry=entry, account_id=one.account_id,
                amount_micros=one.amount_micros,
            )  # fmt: skip
        copied = Copied(
            lambda _: models.Payment.objects.filter(pk=paid.pk),
            partial(_payment, entry_id=entry.pk),
        )
        copied(things, range(number, number + 1))


def _payment(number: int, *, entry_id: int) -> dict[str, object]:
    return {"idempotency_key": f"copy{number}", "entry_id": entry_id}


CUSTOMERS = _coded(models.Customer)
CALLS = Copied(
    lambda things: models.Call.objects.filter(pk=things.shop.acme.calls[0].pk),
    lambda number: {"id": next(_ids), "call_key": f"copy{number}"},
)
INVOICES = Copied(
    lambda things: models.Invoice.objects.filter(pk=things.shop.acme.invoice.pk),
    lambda number: {"number": f"COPY-{number}", "idempotency_key": f"copy{number}",
                    "document_type": "credit_note"},
)  # fmt: skip
OFFICE: dict[str, Callable[[Things, range], None]] = {
    "": CALLS,
    "people": _people,
    "audit": _acts,
    "billing": _keyed(models.BillingRun),
    f"calls/?{OCTOBER}": CALLS,
    "cards": _coded(models.RateCard),
    "carriers": _coded(models.Carrier),
    "company": Copied(
        lambda _: models.LegalEntity.objects.all(), lambda n: {"number_prefix": f"C{n}"}
    ),
    f"costs/?{OCTOBER}": CALLS,
    "customers": CUSTOMERS,
    "files": Copied(lambda _: models.ImportBatch.objects.all(), lambda n: {"sha256": f"{n:064d}"}),
    "invoices": INVOICES,
    "jobs": Copied(lambda _: Job.objects.all()),
    "keys": Copied(
        lambda _: models.ApiKey.objects.all(),
        lambda n: {"prefix": f"c{n}", "key_sha256": f"{n:064d}"},
    ),
    f"margins/?{OCTOBER}": _margins,
    "payments": _payments,
    "plans": _coded(models.CallPlan),
    "quarantine": Copied(lambda _: models.Quarantine.objects.all()),
    "re-rating": _keyed(models.Rerating),
    "re-rating/report": CUSTOMERS,
    "rules": CUSTOMERS,
    "rules/history": _rules,
    "sources": _coded(models.Source),
    "what-if": CUSTOMERS,
}
PORTAL: dict[str, Callable[[Things, range], None]] = {
    "": INVOICES,
    f"calls/?{OCTOBER}": CALLS,
    "invoices": INVOICES,
    "payments": _payments,
    "statement": _payments,
    "usage": CALLS,
}


NO_LISTS: dict[str, set[str]] = {  # forms, acts and what they lead to
    "office": {
        "audit/check/", "billing/start/", "files/upload/", "quarantine/bulk/",
        "quarantine/correct/", "quarantine/dismiss/", "re-rating/apply/", "what-if/file/",
    },
    "portal": set(),
}  # fmt: skip


@pytest.mark.parametrize(
    ("door", "listed", "pages"), [("office", OFFICE, PAGES), ("portal", PORTAL, portal_pages)]
)
def test_every_page_is_counted_or_is_no_list(
    door: str, listed: dict[str, object], pages: list[URLPattern]
) -> None:
    """Pages of one thing, whose address has its id, and forms are no lists."""
    there = {str(page.pattern) for page in pages}
    asked = {one for one in there if "<" not in one and not one.endswith("new/")}
    counted = {f"{one.partition('?')[0].strip('/')}/".lstrip("/") for one in listed}
    assert asked == counted | NO_LISTS[door]


@pytest.mark.parametrize(
    ("door", "path"), [("office", one) for one in OFFICE] + [("portal", one) for one in PORTAL]
)
def test_a_list_asks_as_often_for_many_rows_as_for_few(
    things: Things, owner: Client, door: str, path: str
) -> None:
    client, add = (owner, OFFICE[path]) if door == "office" else (Client(), PORTAL[path])
    if door == "portal":
        client.force_login(things.shop.acme.user)
    address = f"/{'office/' if door == 'office' else ''}{path}"
    address += "/" if path and "?" not in path else ""

    def asked(numbers: range) -> list[str]:
        with tenant_scope(things.shop.tenant_id):
            add(things, numbers)
        assert client.get(address).status_code == 200  # what is read once per process is read
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return [one["sql"] for one in queries]

    few = asked(range(FEW))
    many = asked(range(FEW, MANY))
    assert len(many) == len(few), many
