"""Reading decks, making drafts of them, and publishing."""

from __future__ import annotations

from datetime import datetime

from tollwright.data.jobs import Job
from tollwright.data.rates import CardVersion, DeckImport, RateCard
from tollwright.domain.jobs import queries as jobs
from tollwright.domain.jobs.operations import Outcome
from tollwright.domain.rates import operations, requests
from tollwright.jobs.runner import Progress, asked_by, handles


@handles(requests.PREVIEW)
def preview_deck(job: Job, _progress: Progress) -> Outcome:
    """What the deck that was kept with the job would change."""
    head = jobs.file_of(job)
    made = operations.preview_deck(
        card=RateCard.objects.get(pk=int(job.subject_id or 0)),
        filename=head.name,
        content=b"".join(jobs.pieces(job)),
        mapping=requests.mapping_given(job.arguments["mapping"]),
        mode=job.arguments["mode"],
        answers=job.arguments.get("answers"),
        at=job.asked_at,
        by=asked_by(job),
    )
    return _previewed(made)


@handles(requests.PREVIEW_AGAIN)
def preview_deck_again(job: Job, _progress: Progress) -> Outcome:
    """The same file read in another way; the preview before is discarded."""
    deck = DeckImport.objects.select_related("card").get(pk=int(job.subject_id or 0))
    made = operations.preview_deck(
        card=deck.card,
        filename=deck.filename,
        content=bytes(deck.content),
        mapping=requests.mapping_given(job.arguments["mapping"]),
        mode=deck.mode,
        at=job.asked_at,
        by=asked_by(job),
    )
    if deck.status == "previewed":
        operations.discard_deck(deck_import=deck, at=job.asked_at, by=asked_by(job))
    return _previewed(made)


@handles(requests.APPLY)
def apply_deck(job: Job, _progress: Progress) -> Outcome:
    """A previewed deck becomes a draft."""
    version = operations.apply_deck(
        deck_import=DeckImport.objects.get(pk=int(job.subject_id or 0)),
        at=job.asked_at,
        by=asked_by(job),
        skip_faults=job.arguments["skip_faults"],
        tag=job.arguments["tag"],
    )
    sentence = f"{version} is a draft now. It prices nothing before it is published."
    return Outcome(sentence, "card_version", version.pk)


@handles(requests.PUBLISH)
def publish_version(job: Job, _progress: Progress) -> Outcome:
    """A draft prices calls from its moment on."""
    version = operations.publish_version(
        version=CardVersion.objects.select_related("card").get(pk=int(job.subject_id or 0)),
        effective_from=datetime.fromisoformat(job.arguments["effective_from"]),
        at=job.asked_at,
        by=asked_by(job),
    )
    return Outcome(f"{version} is published.", "card_version", version.pk)


@handles(requests.DRAFT)
def draft_version(job: Job, _progress: Progress) -> Outcome:
    """A card file becomes a draft."""
    version = operations.save_draft(
        card=RateCard.objects.get(pk=int(job.subject_id or 0)),
        data=requests.text_of(b"".join(jobs.pieces(job))),
        at=job.asked_at,
        by=asked_by(job),
    )
    sentence = f"{version} is a draft now. It prices nothing before it is published."
    return Outcome(sentence, "card_version", version.pk)


@handles(requests.REVERT)
def revert(job: Job, _progress: Progress) -> Outcome:
    """An earlier version's content prices calls again."""
    earlier = CardVersion.objects.select_related("card").get(pk=int(job.subject_id or 0))
    made = operations.revert(
        card=earlier.card,
        to=earlier,
        effective_from=datetime.fromisoformat(job.arguments["effective_from"]),
        at=job.asked_at,
        by=asked_by(job),
    )
    sentence = f"{made} is published, with the content of v{earlier.number}."
    return Outcome(sentence, "card_version", made.pk)


def _previewed(made: DeckImport) -> Outcome:
    rows, faults = made.summary["rows"], made.summary["faults"]
    return Outcome(f"{rows:,} rows can be read, {faults:,} cannot.", "deck_import", made.pk)
