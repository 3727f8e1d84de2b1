"""A process that bills and finalises, and stops where a test will kill it.

`python -m tests.support.issue_until_marker TENANT NTH`: when the NTH document is to be set (its
number taken and its entry posted, nothing committed) it says `here` and waits to be killed.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tollwright.config.django")
django.setup()

from tests.support.billing import ANNA, NOVEMBER, as_data  # noqa: E402  # after setup
from tollwright.data.scope import tenant_scope  # noqa: E402
from tollwright.domain.invoices import operations, queries  # noqa: E402


def main(tenant_id: int, nth: int) -> None:
    """Finalise all drafts, each in its own transaction."""
    seen = 0

    def render(kind: str, payload: dict[str, Any]) -> bytes:
        nonlocal seen
        seen += 1
        if seen == nth:
            print("here", flush=True)
            signal.pause()
        return as_data(kind, payload)

    with tenant_scope(tenant_id):
        run = operations.run_billing(until=NOVEMBER, key="run", at=NOVEMBER, by=ANNA)
    with tenant_scope(tenant_id):
        drafts = list(queries.drafts(run))
    for draft in drafts:
        with tenant_scope(tenant_id):
            operations.finalise(invoice=draft, at=NOVEMBER, by=ANNA, render=render)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
