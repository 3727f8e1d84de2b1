"""Asking for reports over many calls, and for what they say to be written; and their answers."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

import msgspec
from django.db import transaction

from tollwright.data.jobs import Job
from tollwright.data.rerating import RerateProposal
from tollwright.domain.audit.operations import By
from tollwright.domain.jobs import queries as jobs
from tollwright.domain.jobs.operations import Work, enqueue, keep_file
from tollwright.domain.rerating.operations import refuse_rejected
from tollwright.domain.rerating.report import DifferenceReport
from tollwright.domain.rerating.scope import CallScope, stored
from tollwright.domain.rerating.whatif import WhatIf, WhatIfRequest

REPORT, APPLY, WHAT_IF = "rerating.report", "rerating.apply", "rerating.what_if"
ACCEPT = "billing.accept_proposal"
A = TypeVar("A", DifferenceReport, WhatIf)


@transaction.atomic
def request_report(*, scope: CallScope, at: datetime, by: By) -> Job:
    """Make a difference report after the request. Raises NotFound, EmptyPeriod, FieldInvalid."""
    stored(scope)
    return enqueue(Work(REPORT, arguments=question(scope)), at=at, by=by)


@transaction.atomic
def request_apply(*, scope: CallScope, fingerprint: str, key: str, at: datetime, by: By) -> Job:
    """Write what a report said, after the request; the same key asks once. Raises as above."""
    stored(scope)
    arguments = question(scope) | {"fingerprint": fingerprint, "key": key}
    work = Work(APPLY, arguments=arguments, lock="rerating")
    return enqueue(work, at=at, by=by, key=f"rerate:{key}"[:100])


@transaction.atomic
def request_what_if(
    *,
    payload: WhatIfRequest,
    scope: CallScope,
    everyone: bool,
    card_file: bytes | None = None,
    at: datetime,
    by: By,
) -> Job:
    """Hold prices against past calls, after the request. `card_file`: a card file's bytes in place
    of what `payload` names. Raises as above."""
    stored(scope)
    work = Work(WHAT_IF, arguments=what_if_question(payload, scope, everyone))
    file = None if card_file is None else ("card.json", [card_file])
    return enqueue(work, at=at, by=by, file=file)


@transaction.atomic
def request_accept(*, proposal: RerateProposal, at: datetime, by: By) -> Job:
    """Issue the notes of a proposal after the request. Raises ProposalDecided."""
    refuse_rejected(proposal)
    work = Work(ACCEPT, str(proposal.pk), "rerate_proposal", proposal.pk)
    return enqueue(work, at=at, by=by)


def what_if_question(payload: WhatIfRequest, scope: CallScope, everyone: bool) -> dict[str, object]:
    """A what-if of a stored card or plan version as a job's arguments."""
    return question(scope) | {
        "version": None if payload.version is None else payload.version.pk,
        "plan": None if payload.plan is None else payload.plan.pk,
        "as_of": None if payload.as_of is None else payload.as_of.isoformat(),
        "everyone": everyone,
    }


def question(scope: CallScope) -> dict[str, object]:
    """A report's question as a job's arguments."""
    return {"scope": scope.told()}


def keep_answer(job: Job, answer: DifferenceReport | WhatIf) -> None:
    """Keep it with the job, for the page that waits."""
    keep_file(job, "answer.json", [msgspec.json.encode(answer)], result=True)


def answer_of(job: Job, kind: type[A]) -> A:
    """What `keep_answer` kept."""
    return msgspec.json.decode(b"".join(jobs.pieces(job, result=True)), type=kind)


def what_if_job(job_id: int) -> Job | None:
    """The what-if that this job is, whatever it was asked."""
    return Job.objects.filter(pk=job_id, kind=WHAT_IF).first()


def job_for(job_id: int, kind: str, question: dict[str, object]) -> Job | None:
    """The job, if it is one that was asked this; None sends the asker to ask."""
    found = Job.objects.filter(pk=job_id, kind=kind).first()
    return found if found is not None and found.arguments == question else None
