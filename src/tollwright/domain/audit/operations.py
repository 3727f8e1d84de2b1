"""Writing down who did what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from tollwright.data.scope import current_tenant_id
from tollwright.store import audit


@dataclass(frozen=True, slots=True)
class By:
    """Who acts and from where: an e-mail, `key:name` or `system`; an IP address, `cli` or `job`."""

    actor: str
    address: str = ""


@transaction.atomic
def record(
    *,
    by: By,
    at: datetime,
    action: str,
    subject: str,
    subject_id: str | int,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Append a row to the tenant's audit chain, in the transaction of what it tells of.

    `before` and `after` hold what changed, in texts, numbers, moments and lists of them. Other
    writers of the tenant wait until this transaction ends, so an operation records last.
    """
    connection.ensure_connection()
    audit.append(
        connection.connection,
        tenant_id=current_tenant_id(),
        at=at,
        actor=by.actor,
        address=by.address,
        action=action,
        subject=subject,
        subject_id=str(subject_id),
        before=before,
        after=after,
    )
