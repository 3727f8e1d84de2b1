"""What resellers pay for a call is their cost: where a parent charges it again, that follows.

It does so in the parent's transaction, which is each reseller's for its own rows. What a reseller
charges for the call is its own matter, and stays until it re-rates that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tollwright.store import audit
from tollwright.store import propagate_costs as store
from tollwright.store.calls import Cursor
from tollwright.store.resellers import as_tenant


def propagate_costs(
    cursor: Cursor, charges: Sequence[int], span: store.Span, *, tenant_id: int, at: datetime
) -> int:
    """Give the costs behind these new sell charges of the parent `tenant_id` their next revision,
    rated at `at`; how many. `span`: the `first` and the `last` start of their calls."""
    done = 0
    if not charges:
        return done
    for reseller_id in store.stage_resold_charges(cursor, charges, span):
        with as_tenant(cursor, reseller_id, back=tenant_id):
            moved = store.revise_costs(cursor, span, tenant_id=reseller_id, at=at)
            if moved:
                audit.append(
                    cursor.connection, tenant_id=reseller_id, at=at, actor="system", address="",
                    action="costs.followed", subject="tenant", subject_id=str(tenant_id),
                    after={"costs": [one._asdict() for one in moved]},
                )  # fmt: skip
            done += sum(one.calls for one in moved)
    return done
