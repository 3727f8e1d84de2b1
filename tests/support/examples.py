"""How many examples a property tries: as many as it needs, or ten in the developer's loop."""

from __future__ import annotations

import os

QUICK = 10


def examples(count: int) -> int:
    """`count`, or at most QUICK under `make quick` (TOLLWRIGHT_QUICK)."""
    return min(count, QUICK) if os.environ.get("TOLLWRIGHT_QUICK") else count
