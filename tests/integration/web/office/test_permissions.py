"""Who may do what: the table of the office, held against every page that writes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from tests.integration.web.office.things import Things
from tollwright.data.access import Role

OWNER, BILLING, RATES, SUPPORT, AUDITOR = (
    Role.OWNER,
    Role.BILLING,
    Role.RATES,
    Role.SUPPORT,
    Role.AUDITOR,
)
# page -> the roles that may write there; all others are refused
WRITERS = {
    ("customer-new", "customer-edit", "campaign-new", "campaign-edit"): {OWNER, BILLING, SUPPORT},
    ("identifier-new", "identifier-end"): {OWNER, BILLING, SUPPORT},
    ("rule-edit",): {OWNER, BILLING},
    ("card-new", "card-publish", "card-revert", "card-discard"): {OWNER, RATES},
    ("carrier-new", "carrier-edit", "carrier-card", "trunk-new", "trunk-end", "costs"): {
        OWNER,
        RATES,
    },
    ("deck-upload", "deck-remap", "deck-apply", "deck-discard"): {OWNER, RATES},
    ("plan-new", "plan-version-new", "plan-publish", "plan-discard"): {OWNER, RATES, BILLING},
    ("subscribe", "subscription-end"): {OWNER, RATES, BILLING},
    ("batch-upload", "batch-replay", "source-new"): {OWNER, BILLING, RATES, SUPPORT},
    ("quarantine-bulk", "quarantine-dismiss"): {OWNER, BILLING, RATES, SUPPORT},
    ("batch-roll-back",): {OWNER, BILLING},
    ("billing-start", "run-finalise", "invoice-finalise", "invoice-drop"): {OWNER, BILLING},
    ("job-retry", "job-cancel"): {OWNER, BILLING},
    ("rerating-apply", "quarantine-correct"): {OWNER, BILLING, RATES},
    ("rerate-accept", "rerate-reject"): {OWNER, BILLING},
    ("invoice-void", "invoice-credit", "payment-new"): {OWNER, BILLING},
    ("invoice-write-off", "invoice-write-off-undo"): {OWNER, BILLING},
    ("payment-reverse", "payment-allocate"): {OWNER, BILLING},
    ("entity-new", "entity", "access-new", "access-withdraw", "access-address"): {OWNER},
    ("key-new", "key-revoke"): {OWNER},
}


@pytest.mark.parametrize("role", [BILLING, RATES, SUPPORT, AUDITOR])
def test_a_role_writes_only_where_it_may(
    things: Things, staff: Callable[[Role], Client], role: Role
) -> None:
    client = staff(role)
    for pages, writers in WRITERS.items():
        if role in writers:
            continue
        for name in pages:
            args = things.args.get(name, ("due_days",) if name == "rule-edit" else ())
            answer = client.post(reverse(f"office:{name}", args=args))
            assert (name, answer.status_code) == (name, 403)
            assert b"Your role does not allow this." in answer.content


@pytest.mark.parametrize("role", [OWNER, BILLING, RATES, SUPPORT])
def test_a_role_finds_its_forms(
    things: Things, staff: Callable[[Role], Client], role: Role
) -> None:
    client = staff(role)
    closed = [
        name
        for pages, writers in WRITERS.items()
        for name in pages
        if role in writers and _get(client, things, name) not in {200, 405}
    ]
    assert closed == []


def _get(client: Client, things: Things, name: str) -> int:
    args = things.args.get(name, ("due_days",) if name == "rule-edit" else ())
    return client.get(reverse(f"office:{name}", args=args)).status_code


@pytest.mark.parametrize(
    ("role", "status"), [(OWNER, 200), (BILLING, 200), (AUDITOR, 200), (RATES, 403), (SUPPORT, 403)]
)
def test_the_audit_log_is_for_some(
    things: Things, staff: Callable[[Role], Client], role: Role, status: int
) -> None:
    client = staff(role)
    assert client.get("/office/audit/").status_code == status
    assert (b'href="/office/audit/"' in client.get("/office/").content) == (status == 200)


def test_a_reader_sees_no_button_that_is_refused(
    things: Things, staff: Callable[[Role], Client]
) -> None:
    page = staff(AUDITOR).get(reverse("office:customer", args=things.args["customer"]))
    assert b"/edit/" not in page.content and b"Record a payment" not in page.content
