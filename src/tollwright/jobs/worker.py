"""The worker: takes jobs from the queue until it is told to stop, and rescues those of the dead."""

from __future__ import annotations

import asyncio
import logging
import sys
from dataclasses import dataclass

from procrastinate import App
from procrastinate.contrib.django import DjangoApp, connector_params
from procrastinate.jobs import Job as QueuedJob
from procrastinate.jobs import Status
from procrastinate.psycopg_connector import PsycopgConnector

from tollwright.data.scope import tenant_scope
from tollwright.domain.jobs import operations
from tollwright.jobs.areas import AREAS
from tollwright.jobs.runner import MOST_ATTEMPTS, blueprint, now

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. A worker that gave no sign for `dead_after` is dead: its jobs go to others.

    A stop waits `grace` for jobs to end; after that they are put back at their next step.
    """

    poll: float = 5.0
    heartbeat: float = 5.0
    dead_after: float = 20.0
    grace: float = 10.0


def run(*, concurrency: int = 1, attached: bool = False, timing: Timing | None = None) -> None:
    """Work until SIGTERM or SIGINT; `attached`: or until standard input ends."""
    asyncio.run(_run(concurrency, attached, timing or Timing()))


async def _run(concurrency: int, attached: bool, timing: Timing) -> None:
    connector = PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=concurrency + 2)
    app = DjangoApp(connector=connector)
    app.add_tasks_from(blueprint, namespace="")
    log.info("working on %s", ", ".join(area.__name__ for area in AREAS))
    async with app.open_async():
        working = asyncio.create_task(
            app.run_worker_async(
                concurrency=concurrency,
                fetch_job_polling_interval=timing.poll,
                update_heartbeat_interval=timing.heartbeat,
                stalled_worker_timeout=timing.dead_after,
                shutdown_graceful_timeout=timing.grace,
                delete_jobs="always",  # what became of it is in the job's own row
            )
        )
        rescuing = asyncio.create_task(_rescue_again_and_again(app, timing))
        if attached:
            _stop_at_end_of_input(working)
        await asyncio.wait({working, rescuing}, return_when=asyncio.FIRST_COMPLETED)
        for task in (working, rescuing):
            task.cancel()
        ended = await asyncio.gather(working, rescuing, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception):
            raise error


def _stop_at_end_of_input(working: asyncio.Task[None]) -> None:
    """Whoever started the worker holds the other end: it must not outlive them."""
    loop, source = asyncio.get_running_loop(), sys.stdin.fileno()

    def stop() -> None:
        loop.remove_reader(source)
        working.cancel()

    loop.add_reader(source, stop)


async def _rescue_again_and_again(app: App, timing: Timing) -> None:
    while True:
        await rescue(app, timing.dead_after)
        await asyncio.sleep(timing.dead_after / 4)


async def rescue(app: App, dead_after: float) -> None:
    """Put back the jobs of workers that gave no sign for so many seconds.

    A job that took MOST_ATTEMPTS workers with it is not given to another.
    """
    manager = app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=dead_after):
        log.warning("job %s of worker %s is taken up again", job.id, job.worker_id)
        if job.attempts + 1 < MOST_ATTEMPTS:
            await manager.retry_job(job)
        else:
            await asyncio.to_thread(_give_up, job)
            await manager.finish_job(job, Status.FAILED, delete_job=True)


def _give_up(job: QueuedJob) -> None:
    sentence = f"Its worker was stopped {MOST_ATTEMPTS} times in the middle of it."
    told = job.task_kwargs
    with tenant_scope(int(str(told["tenant"]))):
        operations.fail(int(str(told["job"])), sentence, at=now())
