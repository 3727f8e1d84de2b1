"""A worker with short patience, which may halt in the middle of a job, to be killed there.

`python -m tests.support.work_until_marker CONCURRENCY [MODULE:FUNCTION NTH]`: when the function
returns for the NTH time (its work done, nothing committed) it says `here` and waits for its end.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from itertools import count
from threading import Event
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tollwright.config.django")
django.setup()

from tollwright.jobs import worker  # noqa: E402  # after setup

QUICK = worker.Timing(poll=0.1, heartbeat=0.2, dead_after=1.0, grace=5.0)


def halt_in(where: str, nth: int) -> None:
    """Let the function halt when it is done for the nth time."""
    module, _, name = where.partition(":")
    found = import_module(module)
    original, calls = getattr(found, name), count(1)

    def halting(*args: Any, **kwargs: Any) -> Any:
        made = original(*args, **kwargs)
        if next(calls) == nth:
            print("here", flush=True)
            Event().wait()
        return made

    setattr(found, name, halting)


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[2]:
        halt_in(sys.argv[2], int(sys.argv[3]))
    worker.run(concurrency=int(sys.argv[1]), timing=QUICK)
