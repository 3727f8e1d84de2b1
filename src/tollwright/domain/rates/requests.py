"""Asking for what takes long with decks; what can be refused at once is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from tollwright.core.decks import ColumnMapping
from tollwright.data.jobs import Job
from tollwright.data.rates import CardVersion, DeckImport, RateCard
from tollwright.domain import validation
from tollwright.domain.audit.operations import By
from tollwright.domain.jobs.operations import Work, enqueue
from tollwright.domain.rates import operations, previews, queries
from tollwright.domain.rates.decks import mapping_of

PREVIEW, PREVIEW_AGAIN = "rates.preview_deck", "rates.preview_deck_again"
APPLY, PUBLISH = "rates.apply_deck", "rates.publish_version"
DRAFT, REVERT = "rates.draft_version", "rates.revert"
CHECKED_AT_ONCE = 256 * 1024  # bytes of a card file whose faults are told in the request
Mapped = Mapping[str, object]


@transaction.atomic
def request_preview(
    *,
    card: RateCard,
    filename: str,
    content: bytes,
    mapping: Mapped | None = None,
    mode: str,
    answers: Mapping[str, str] | None = None,
    at: datetime,
    by: By,
) -> Job:
    """Preview a deck after the request. Raises DeckRefused, MappingNeeded, FieldInvalid at once
    where the head of the file shows them."""
    validation.one_of("mode", mode, ("replace", "amend"))
    previews.columns_of(card, filename, content, mapping)
    arguments = {
        "mode": mode,
        "mapping": None if mapping is None else dict(mapping),
        "answers": dict(answers or {}),
    }
    work = Work(PREVIEW, filename, "rate_card", card.pk, arguments, _lock(card.pk))
    return enqueue(work, at=at, by=by, file=(filename, [content]))


@transaction.atomic
def request_preview_again(*, deck: DeckImport, mapping: Mapped, at: datetime, by: By) -> Job:
    """Read the same file in another way, in place of the preview that there is."""
    mapping_of(mapping, deck.card.currency)
    arguments = {"mapping": dict(mapping)}
    work = Work(
        PREVIEW_AGAIN, deck.filename, "deck_import", deck.pk, arguments, _lock(deck.card_id)
    )
    return enqueue(work, at=at, by=by)


@transaction.atomic
def request_apply(
    *, deck_import: DeckImport, skip_faults: bool = False, tag: str = "", at: datetime, by: By
) -> Job:
    """Make the deck a draft after the request. Raises PreviewStale, DeckHasFaults, DeckRefused."""
    operations.refuse_unfit(deck_import, queries.base_of(deck_import.card), skip_faults)
    validation.optional("tag", tag, longest=60)
    arguments = {"skip_faults": skip_faults, "tag": tag}
    name, lock = deck_import.filename, _lock(deck_import.card_id)
    return enqueue(Work(APPLY, name, "deck_import", deck_import.pk, arguments, lock), at=at, by=by)


@transaction.atomic
def request_publish(*, version: CardVersion, effective_from: datetime, at: datetime, by: By) -> Job:
    """Check the draft and let it price calls, after the request. Raises VersionPublished."""
    validation.aware("effective_from", effective_from)
    operations.refuse_published(version)
    arguments = {"effective_from": effective_from.isoformat()}
    name, lock = str(version), _lock(version.card_id)
    return enqueue(Work(PUBLISH, name, "card_version", version.pk, arguments, lock), at=at, by=by)


@transaction.atomic
def request_draft(*, card: RateCard, filename: str, content: bytes, at: datetime, by: By) -> Job:
    """Make a card file a draft after the request. The faults of a small one are told at once:
    raises CardRefused."""
    if len(content) <= CHECKED_AT_ONCE:
        operations.card_from_file(card, text_of(content))
    work = Work(DRAFT, filename, "rate_card", card.pk, lock=_lock(card.pk))
    return enqueue(work, at=at, by=by, file=(filename, [content]))


@transaction.atomic
def request_revert(
    *, card: RateCard, to: CardVersion, effective_from: datetime, at: datetime, by: By
) -> Job:
    """Publish an earlier version's content again after the request. Raises CardRefused."""
    validation.aware("effective_from", effective_from)
    operations.refuse_unpublished(card, to)
    arguments = {"effective_from": effective_from.isoformat()}
    work = Work(REVERT, str(to), "card_version", to.pk, arguments, _lock(card.pk))
    return enqueue(work, at=at, by=by)


def text_of(content: bytes) -> str:
    """A card file's text; what is not UTF-8 stays visible as such."""
    return content.decode("utf-8", errors="replace")


def mapping_given(told: object) -> ColumnMapping | Mapped | None:
    """The mapping in a job's arguments."""
    return dict(told) if isinstance(told, Mapping) else None


def _lock(card_id: int) -> str:
    return f"card/{card_id}"
