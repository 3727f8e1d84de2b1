"""Reports over many calls, and writing what they say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tollwright.data.jobs import Job
from tollwright.data.plans import PlanVersion
from tollwright.data.rates import CardVersion
from tollwright.domain.jobs import queries as jobs
from tollwright.domain.jobs.operations import Outcome
from tollwright.domain.rates.requests import text_of
from tollwright.domain.rerating import operations, queries, requests
from tollwright.domain.rerating.scope import from_told
from tollwright.domain.rerating.whatif import WhatIfRequest, card_of_file, what_if
from tollwright.jobs.runner import Progress, asked_by, handles


@handles(requests.REPORT)
def make_report(job: Job, progress: Progress) -> Outcome:
    """What re-rating would change; nothing is written."""
    scope = from_told(job.arguments["scope"])
    found = queries.difference_report(scope, at=job.asked_at, progress=_count(progress))
    requests.keep_answer(job, found)
    return Outcome(f"{found.changed:,} of {found.calls:,} calls would change.")


@handles(requests.APPLY)
def apply_report(job: Job, _progress: Progress) -> Outcome:
    """New revisions, and proposals for what is invoiced."""
    made = operations.apply(
        scope=from_told(job.arguments["scope"]),
        fingerprint=job.arguments["fingerprint"],
        key=job.arguments["key"],
        at=job.asked_at,
        by=asked_by(job),
    )
    sentence = (
        f"{made.revised:,} charges have a new revision; {made.proposed:,} calls on issued invoices"
        " wait for your decision."
    )
    return Outcome(sentence, "rerating", made.pk)


@handles(requests.WHAT_IF)
def ask_what_if(job: Job, progress: Progress) -> Outcome:
    """Other prices over past calls; nothing is written."""
    told = job.arguments
    found = what_if(
        _prices(job),
        from_told(told["scope"]),
        everyone=told["everyone"],
        at=job.asked_at,
        progress=_count(progress),
    )
    requests.keep_answer(job, found)
    return Outcome(f"{found.calls:,} calls were looked at.")


def _prices(job: Job) -> WhatIfRequest:
    told = job.arguments
    version, plan, as_of = told["version"], told["plan"], told["as_of"]
    content = b"".join(jobs.pieces(job))
    return WhatIfRequest(
        version=None
        if version is None
        else CardVersion.objects.select_related("card").get(pk=version),
        plan=None if plan is None else PlanVersion.objects.select_related("plan").get(pk=plan),
        card=card_of_file(text_of(content)) if content else None,
        as_of=None if as_of is None else datetime.fromisoformat(as_of),
    )


def _count(progress: Progress) -> Callable[[int], None]:
    """So many calls so far; how many there are is not counted first."""
    return lambda calls: progress(calls, 0)
