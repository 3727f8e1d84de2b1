"""Reading the audit chain, and checking it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from tollwright.core.audit import AuditRow, Link, first_break
from tollwright.data.audit import AuditEntry
from tollwright.data.scope import current_tenant_id


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """What verifying found. `rows` hold; `first_bad_seq` names the first that does not, or None.

    `last_hash` is the hash of the last good row. Kept outside (printed, mailed), it proves later
    that no rows were cut off the end, which the chain alone cannot show.
    """

    ok: bool
    rows: int
    first_bad_seq: int | None
    reason: str = ""
    last_hash: str = ""


def verify_chain() -> ChainCheck:
    """Recompute the tenant's chain from its first row; memory does not grow with it."""
    rows, last_hash, broken = first_break(_links())
    if broken is None:
        return ChainCheck(True, rows, None, last_hash=last_hash)
    return ChainCheck(False, rows, broken.seq, broken.reason, last_hash)


def history(
    *, subject: str = "", subject_id: str | int | None = None, actor: str = "", action: str = ""
) -> QuerySet[AuditEntry]:
    """The tenant's audit rows, newest first; what is given narrows."""
    wanted = {"subject": subject, "actor": actor, "action": action}
    found = AuditEntry.objects.filter(tenant_id=current_tenant_id())
    found = found.filter(**{key: value for key, value in wanted.items() if value})
    return found if subject_id is None else found.filter(subject_id=str(subject_id))


def _links() -> Iterator[Link]:
    entries = AuditEntry.objects.filter(tenant_id=current_tenant_id()).order_by("seq")
    for entry in entries.iterator(chunk_size=2000):
        row = AuditRow(
            tenant_id=entry.tenant_id,
            seq=entry.seq,
            at=entry.at,
            actor=entry.actor,
            address=entry.address,
            action=entry.action,
            subject=entry.subject,
            subject_id=entry.subject_id,
            before=entry.before,
            after=entry.after,
        )
        yield Link(row, entry.previous_hash, entry.hash)
