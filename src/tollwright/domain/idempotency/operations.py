"""A write that is asked for twice is done once and answered twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from tollwright.data.api import ApiRequest
from tollwright.data.scope import current_tenant_id
from tollwright.domain.errors import KeyReused


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, as JSON with its HTTP status; `again`: the work had been done before."""

    body: Any
    status: int
    again: bool


@transaction.atomic
def do_once(
    *,
    key: str,
    payload_sha256: str,
    work: Callable[[], Any],
    status: int,
    at: datetime,
    by: str,
) -> Answer:
    """Do the work unless the tenant's key stands for it already, and remember what it answers.

    `work` gives the answer as JSON. The key's row and the work are one transaction: refused work
    leaves no row, so the request may be corrected and sent again. Raises KeyReused for a key that
    came with another payload, and what the work raises.
    """
    asked = {"payload_sha256": payload_sha256, "asked_at": at, "asked_by": by}
    row, is_new = ApiRequest.objects.get_or_create(
        tenant_id=current_tenant_id(), key=key, defaults=asked
    )
    if row.payload_sha256 != payload_sha256:
        raise KeyReused(
            f"The Idempotency-Key {key!r} was used for another request: "
            "take a new key for a new one."
        )
    if is_new:
        row.answer, row.status = work(), status
        row.save(update_fields=["answer", "status"])
    return Answer(row.answer, int(row.status or status), again=not is_new)
