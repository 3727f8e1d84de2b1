"""Telling what happened, in the transaction in which it did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from tollwright.core.money import minor_decimals, show
from tollwright.data.events import Event
from tollwright.data.scope import current_tenant_id

# What can be told, by object. A new kind of event begins here.
TYPES = frozenset(
    {
        "invoice.drafted",
        "invoice.deleted",
        "invoice.finalised",
        "invoice.paid",
        "invoice.reopened",
        "invoice.written_off",
        "invoice.write_off_undone",
        "invoice.voided",
        "credit_note.finalised",
        "debit_note.drafted",
        "debit_note.deleted",
        "debit_note.finalised",
        "debit_note.paid",
        "debit_note.reopened",
        "debit_note.written_off",
        "debit_note.write_off_undone",
        "debit_note.voided",
        "payment.received",
        "payment.reversed",
        "payment.reallocated",
        "card_version.published",
        "plan_version.published",
        "customer.closed",
        "customer.restored",
        "customer.suspended",
        "debit_note.overdue",
        "export.ready",
        "import.completed",
        "invoice.overdue",
        "import.rolled_back",
        "rerating.applied",
        "rerate_proposal.accepted",
        "rerate_proposal.rejected",
    }
)
Payload = Mapping[str, str | int | None]


def record(type: str, *, object_id: int, payload: Payload, at: datetime, version: int = 1) -> None:
    """Append the event; undone with the transaction that it tells of.

    `type` is object.past_tense, one of TYPES; the object's kind is its first half. `payload`: ids
    and amounts as decimal text (`amount`), in the shape of `version`. Others that tell of the same
    object wait until this transaction ends. Raises ValueError for a type that is not listed.
    """
    if type not in TYPES:
        raise ValueError(f"{type} is no known event")
    if not connection.in_atomic_block:
        raise RuntimeError("an event is told in the transaction of what happened")
    Event.objects.create(
        tenant_id=current_tenant_id(),
        type=type,
        object_kind=type.partition(".")[0],
        object_id=object_id,
        sequence=0,  # PostgreSQL gives it
        version=version,
        payload=dict(payload),
        at=at,
    )


def amount(micros: int, currency: str) -> str:
    """As a decimal text: 1230000 micros of EUR -> 1.23."""
    return show(micros, minor_decimals(currency))
