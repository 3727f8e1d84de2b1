"""Drafting a customer's invoices, issuing them, and the notes of a proposal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db import transaction

from tollwright.core.document_text import amount_text
from tollwright.data.jobs import Job
from tollwright.data.models import RerateProposal
from tollwright.domain.invoices import operations, queries, runs
from tollwright.domain.invoices.numbering import SeriesAhead
from tollwright.domain.jobs.operations import Outcome
from tollwright.domain.rerating import operations as decisions
from tollwright.domain.rerating import requests as rerating
from tollwright.gateways.typst import render
from tollwright.jobs.runner import Progress, asked_by, handles, now

T = TypeVar("T")


@handles(runs.DRAFT)
def draft_customer(job: Job, _progress: Progress) -> Outcome:
    """What a run bills one customer for."""
    drafts = runs.draft_for(run_id=job.arguments["run"], customer_id=int(job.subject_id or 0))
    sums = [f"{amount_text(one.total_micros, one.currency)} {one.currency}" for one in drafts]
    return Outcome(f"Drafted: {'; '.join(sums)}." if sums else "There is nothing to bill.")


@handles(runs.ISSUE)
def finalise(job: Job, _progress: Progress) -> Outcome:
    """Number, ledger entry and document of a draft; one that has to wait says for what."""
    draft = queries.invoices().filter(pk=int(job.subject_id or 0)).first()
    if draft is None:
        return Outcome("The draft was deleted.")
    try:
        issued = in_time(
            job,
            lambda at: operations.finalise(
                invoice=draft,
                at=at,
                by=asked_by(job),
                render=render,
                early=job.arguments.get("early", False),
            ),
        )
    except operations.NotReady as why:
        if job.parent_id is None:  # somebody waits for this one
            raise
        return Outcome(f"It waits: {why}")
    return Outcome(f"Issued as {issued.number}.", "invoice", issued.pk)


def in_time(job: Job, issue: Callable[[datetime], T]) -> T:
    """Issue as of when it was asked for; if a document of a later day has its number meanwhile
    (the job waited over midnight, or was tried again), as of now. Raises SeriesAhead."""
    try:
        with transaction.atomic():
            return issue(job.asked_at)
    except SeriesAhead:
        return issue(now())


@handles(rerating.ACCEPT)
def accept_proposal(job: Job, _progress: Progress) -> Outcome:
    """The notes that a proposal asks for, and the new revisions of its charges."""
    proposal = RerateProposal.objects.get(pk=int(job.subject_id or 0))
    notes = in_time(
        job,
        lambda at: decisions.accept(proposal=proposal, at=at, by=asked_by(job), render=render),
    )
    return Outcome(f"Issued: {', '.join(str(note) for note in notes)}.")
