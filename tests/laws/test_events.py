"""Law: what happened is told where it happens, in the transaction in which it does.

Each type of event has its place here. A type that nothing writes fails, and so does a writing that
has no place here: a new act says what it tells, and what tells has a name that others can rely on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from tests.conftest import ROOT
from tests.support.billing import NOVEMBER
from tollwright.domain.events.operations import TYPES, record

SOURCE = ROOT / "src" / "tollwright"
HOMES = {
    "tollwright.domain.events.operations": "record",
    "tollwright.domain.invoices.events": "tell",
}

# The file and function that write the event, and the types by the word that is said there.
OWED = ("invoice", "debit_note")
WRITTEN: dict[tuple[str, str], dict[str, set[str]]] = {
    ("calls", "ingest"): {"import.completed": {"import.completed"}},
    ("calls", "replay_batch"): {"import.completed": {"import.completed"}},
    ("calls", "roll_back_batch"): {"import.rolled_back": {"import.rolled_back"}},
    ("customers", "_tell_status"): {
        word: {f"customer.{word}"} for word in ("suspended", "restored", "closed")
    },
    ("invoices/allocation", "mark_settled"): {
        word: {f"{kind}.{word}" for kind in OWED} for word in ("paid", "reopened")
    },
    ("invoices/drafting", "_tell_of_change"): {
        word: {f"{kind}.{word}" for kind in OWED} for word in ("drafted", "deleted")
    },
    ("invoices", "drop_draft"): {"deleted": {f"{kind}.deleted" for kind in OWED}},
    ("invoices", "void"): {"voided": {f"{kind}.voided" for kind in OWED}},
    ("invoices", "_issue"): {"finalised": {f"{kind}.finalised" for kind in (*OWED, "credit_note")}},
    ("invoices/write_offs", "_moved"): {
        word: {f"{kind}.{word}" for kind in OWED} for word in ("written_off", "write_off_undone")
    },
    ("nightly", "tell_overdue"): {"overdue": {f"{kind}.overdue" for kind in OWED}},
    ("payments", "record_payment"): {"payment.received": {"payment.received"}},
    ("payments", "reverse_payment"): {"payment.reversed": {"payment.reversed"}},
    ("payments", "reallocate_payment"): {"payment.reallocated": {"payment.reallocated"}},
    ("plans", "publish_version"): {"plan_version.published": {"plan_version.published"}},
    ("rates", "publish_version"): {"card_version.published": {"card_version.published"}},
    ("rerating", "apply"): {"rerating.applied": {"rerating.applied"}},
    ("rerating", "_decide"): {
        word: {f"rerate_proposal.{word}"} for word in ("accepted", "rejected")
    },
    ("jobs:exports", "write_table"): {"export.ready": {"export.ready"}},
}
# What others rely on; what comes with its acts: gateways, mails, e-invoices, top-ups.
PROMISED = {
    *(f"invoice.{what}" for what in ("drafted", "finalised", "paid", "voided", "overdue")),
    *("credit_note.finalised", "payment.received", "customer.suspended", "customer.restored"),
    "export.ready",
}
LATER = {
    *("invoice.sent", "mail.failed", "balance.low", "balance.topped_up"),
    *(f"payment.{what}" for what in ("failed", "refunded", "disputed", "returned")),
    *("einvoice.accepted", "einvoice.rejected"),
}


def place(path: Path) -> str:
    """`domain/invoices/operations.py` -> invoices; another file of the area is named."""
    layer, *rest = path.relative_to(SOURCE).with_suffix("").parts
    name = "/".join(rest).removesuffix("/operations")
    return name if layer == "domain" else f"{layer}:{name}"


def writings() -> Iterator[tuple[str, str, Path]]:
    """Place, function and file of every writing of an event."""
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text())
        names = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module in HOMES
            for alias in node.names
            if alias.name == HOMES[node.module]
        }
        if not names or path.parts[-2:] == ("invoices", "events.py"):  # it says them for others
            continue
        for function in tree.body:
            if isinstance(function, ast.FunctionDef) and any(
                isinstance(node, ast.Call) and getattr(node.func, "id", "") in names
                for node in ast.walk(function)
            ):
                yield place(path), function.name, path


def test_every_writing_has_its_place_and_every_type_its_writing() -> None:
    assert {(where, name) for where, name, _ in writings()} == set(WRITTEN)
    told = {one for words in WRITTEN.values() for types in words.values() for one in types}
    assert told == TYPES


@pytest.mark.parametrize(("where", "name", "path"), list(writings()))
def test_what_is_written_is_said_there(where: str, name: str, path: Path) -> None:
    said = {
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(WRITTEN[where, name]) <= said


def test_what_was_promised_is_told_and_nothing_before_its_act() -> None:
    assert PROMISED <= TYPES
    assert not LATER & TYPES


def test_nothing_is_told_outside_a_transaction(fresh_db: str) -> None:
    assert not connections["default"].in_atomic_block
    with pytest.raises(RuntimeError, match="in the transaction of what happened"):
        record("invoice.paid", object_id=1, payload={}, at=NOVEMBER)
