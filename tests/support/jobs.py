"""Doing what is queued: here at once, or by worker processes that a test may kill."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from django.db import connection

from tests.support.database import prepare
from tollwright.domain.nightly import operations as nightly
from tollwright.jobs import areas, runner

ROOT = Path(__file__).parents[2]
QUEUED = "SELECT id, args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY priority DESC, id"
AREAS = areas.AREAS


def queued() -> int:
    """How many jobs wait in the queue; the night's own, which a worker may ask for at any moment
    by the clock, do not count."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs"
            " WHERE status = 'todo' AND NOT task_name = ANY(%s)",
            [["schedule.tick", *nightly.KINDS]],
        )
        return int(cursor.fetchone()[0])


def work_off() -> int:
    """Do all that is queued, in this thread and its transaction; how many jobs that were."""
    done = 0
    while found := _next():
        runner.perform(found["tenant"], found["job"])
        done += 1
    return done


def _next() -> dict[str, int] | None:
    import json

    with connection.cursor() as cursor:
        cursor.execute(f"{QUEUED} LIMIT 1")
        row = cursor.fetchone()
        if row is None:
            return None
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [row[0]])
    found: dict[str, int] = row[1] if isinstance(row[1], dict) else json.loads(row[1])
    return found


@contextmanager
def worker_process(
    database: str, *, stop_in: str = "", nth: int = 0, concurrency: int = 1
) -> Iterator[subprocess.Popen[str]]:
    """A worker on that database; with `stop_in` it says `here` and halts in the nth call of it."""
    template = os.environ["DATABASE_URL"]
    environment = os.environ | {
        "DATABASE_URL": template.replace(f"/{prepare().template}", f"/{database}"),
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }
    command = [sys.executable, "-m", "tests.support.work_until_marker", str(concurrency)]
    process = subprocess.Popen(
        [*command, stop_in, str(nth)], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def kill_at_marker(process: subprocess.Popen[str]) -> None:
    """SIGKILL where it halts."""
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    process.kill()
    process.wait()


def until(condition: Callable[[], bool], seconds: int = 180) -> None:
    """Wait for it, and no longer than so many seconds."""
    for _ in range(seconds * 20):
        if condition():
            return
        Event().wait(0.05)
    raise AssertionError("it did not happen in time")
