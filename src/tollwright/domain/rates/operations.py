"""Cards, decks and versions: import with a preview, apply to a draft, publish, revert."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from django.db import connection, transaction
from django.db.models import Max

from tollwright.core.cards.card import Rate
from tollwright.core.cards.card import RateCard as Card
from tollwright.core.cards.diff import (
    Mode,
    begins_without_price,
    count_changes,
    diff_settings,
    merge,
)
from tollwright.core.cards.file import content_hash, load_card
from tollwright.core.cards.read import CardError
from tollwright.core.decks import ColumnMapping
from tollwright.core.rating.open_file import card_data
from tollwright.data.rates import CardVersion, DeckImport, RateCard
from tollwright.data.scope import current_tenant_id
from tollwright.domain import validation
from tollwright.domain.audit.operations import By, record
from tollwright.domain.events.operations import record as tell
from tollwright.domain.plans.queries import priced_from_cost
from tollwright.domain.rates import cards, queries
from tollwright.domain.rates.decks import Deck, deck_for, deck_of, packed
from tollwright.domain.rates.errors import (
    CardCodeTaken,
    CardRefused,
    DeckHasFaults,
    DeckHasQuestions,
    DeckRefused,
    PreviewStale,
    VersionPublished,
)
from tollwright.domain.rates.previews import columns_of, summary_of
from tollwright.domain.tenants.queries import current_tenant
from tollwright.store import rates as store
from tollwright.store.bulk import collector_paused


@transaction.atomic
def create_card(
    *, code: str, name: str, side: str = "sell", currency: str, at: datetime, by: By
) -> RateCard:
    """Add a card; it prices nothing before a version is published. Raises CardCodeTaken."""
    fields = {
        "code": validation.text("code", code, longest=40),
        "name": validation.text("name", name, longest=200),
        "side": validation.one_of("side", side, ("sell", "buy")),
        "currency": validation.currency(currency),
    }
    taken = CardCodeTaken(f"There is a card with the code {code!r} already: choose another.")
    with validation.explained({"rate_card_code_once": taken}):
        card = RateCard.objects.create(tenant_id=current_tenant_id(), created_at=at, **fields)
    record(
        by=by, at=at, action="card.created", subject="rate_card", subject_id=card.pk, after=fields
    )
    return card


@transaction.atomic
@collector_paused()
def preview_deck(
    *,
    card: RateCard,
    filename: str,
    content: bytes,
    mapping: ColumnMapping | Mapping[str, object] | None = None,
    answers: Mapping[str, str] | None = None,
    mode: str,
    at: datetime,
    by: By,
) -> DeckImport:
    """Keep a deck and say what it would change; no rate is written.

    `mode`: replace (the deck is the whole card) or amend (it changes the codes it names).
    `mapping`: None takes the card's last one where it fits, else what the headers say.
    `answers`: to the questions of a preview, by their keys (`core.decks.mapping.answered`).
    The summary: see `previews.summary_of`.
    Raises DeckRefused, MappingNeeded, FieldInvalid.
    """
    validation.one_of("mode", mode, ("replace", "amend"))
    columns, origin, asked = columns_of(card, filename, content, mapping, answers)
    deck = deck_of(content, columns)
    base = queries.base_of(card)
    summary = summary_of(deck, asked, origin, card, base, mode)
    made = DeckImport.objects.create(
        tenant_id=current_tenant_id(),
        card=card,
        filename=validation.text("filename", filename.replace("\0", ""), longest=255),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        mapping=json.loads(columns.to_json()),
        mode=mode,
        summary=summary,
        parsed=packed(deck),
        created_at=at,
        created_by=by.actor[:200],
    )
    record(
        by=by, at=at, action="deck.previewed", subject="deck_import", subject_id=made.pk,
        after={"card": card.code, "file": filename, "sha256": made.sha256, "mode": mode},
    )  # fmt: skip
    return made


@transaction.atomic
@collector_paused()
def apply_deck(
    *,
    deck_import: DeckImport,
    skip_faults: bool = False,
    options: Mapping[str, object] | None = None,
    tag: str = "",
    at: datetime,
    by: By,
) -> CardVersion:
    """Make a previewed deck a draft version of its card.

    `skip_faults` leaves the rows out that could not be read. `options`: the card file without its
    rates (zone, family, rounding, bands …); None keeps those of the version before; a first version
    then has the provider's zone.
    Raises PreviewStale, DeckHasQuestions, DeckHasFaults, DeckRefused, CardRefused.
    """
    card = _locked(deck_import.card_id)
    base = queries.base_of(card)
    refuse_unfit(deck_import, base, skip_faults)
    deck = deck_for(deck_import)
    _refuse_read_otherwise(deck_import, deck)
    old = () if base is None else cards.core_card(base).rates
    rates = merge(old, deck.rates, cast(Mode, deck_import.mode), deck.withdrawn)
    version = _draft(card, _options(card, base, options), rates, tag=tag, at=at, by=by)
    DeckImport.objects.filter(pk=deck_import.pk).update(
        status="applied", version=version, parsed=None
    )
    deck_import.refresh_from_db(fields=["status", "version"])
    record(
        by=by, at=at, action="deck.applied", subject="deck_import", subject_id=deck_import.pk,
        after={"card": card.code, "version": version.number, "rates": len(rates),
               "left_out": len(deck.faults)},
    )  # fmt: skip
    return version


def _refuse_read_otherwise(deck_import: DeckImport, deck: Deck) -> None:
    """What was agreed to is what its preview said; another release may read the file otherwise."""
    summary = deck_import.summary
    seen = (summary["rows"], summary.get("withdrawn", 0), summary["faults"])
    if deck.questions or seen != (len(deck.rates), len(deck.withdrawn), len(deck.faults)):
        raise PreviewStale(
            f"The deck {deck_import.filename} is read otherwise than in its preview, which another"
            " release made: preview it again."
        )


def refuse_unfit(deck_import: DeckImport, base: CardVersion | None, skip_faults: bool) -> None:
    """Whether a preview can be applied.

    Raises PreviewStale, DeckHasQuestions, DeckHasFaults, DeckRefused.
    """
    status = DeckImport.objects.values_list("status", flat=True).get(pk=deck_import.pk)
    if status != "previewed":
        raise PreviewStale(f"The deck {deck_import.filename} is {status} already: upload it again.")
    if deck_import.summary["base"] != (0 if base is None else base.number):
        raise PreviewStale(
            f"{deck_import.card} was published again since the preview: preview the deck again."
        )
    summary = deck_import.summary
    questions = summary.get("questions", ())
    if questions:
        sentences = " ".join(question["sentence"] for question in questions)
        raise DeckHasQuestions(f"The deck cannot be used before this is answered: {sentences}")
    if summary["faults"] and not skip_faults:
        first = summary["first_faults"][0]
        where = f"line {first['line']}"
        where += f", column {first['column']}" if first["column"] else ""
        raise DeckHasFaults(
            f"{summary['faults']} rows of the deck cannot be read, the first in {where}: "
            f"{first['reason']} Correct the file, or say that they are to be left out."
        )
    if not summary["rows"] and not summary.get("withdrawn"):
        raise DeckRefused("The deck has no row that can be read.")


def _options(
    card: RateCard, base: CardVersion | None, given: Mapping[str, object] | None
) -> dict[str, object]:
    told: Mapping[str, object] = {"timezone": current_tenant().timezone}
    if base is not None:
        told = base.options
    return cards.options_of(cards.frame_of(card, told if given is None else given))


@transaction.atomic
def discard_deck(*, deck_import: DeckImport, at: datetime, by: By) -> None:
    """Put a preview aside. Raises PreviewStale when it was applied or discarded already."""
    open_one = DeckImport.objects.filter(pk=deck_import.pk, status="previewed")
    if not open_one.update(status="discarded", parsed=None):
        raise PreviewStale(f"The deck {deck_import.filename} is not an open preview any more.")
    deck_import.status = "discarded"
    record(by=by, at=at, action="deck.discarded", subject="deck_import", subject_id=deck_import.pk)


@transaction.atomic
def save_draft(
    *, card: RateCard, data: Mapping[str, object] | str, tag: str = "", at: datetime, by: By
) -> CardVersion:
    """Make a card file, its text or parsed JSON, a draft version.

    Side and currency default to the card's. Raises CardRefused with every fault of the file.
    """
    card = _locked(card.pk)
    loaded = card_from_file(card, data)
    return _draft(card, cards.options_of(loaded), loaded.rates, tag=tag, at=at, by=by)


def card_from_file(card: RateCard, data: Mapping[str, object] | str) -> Card:
    """What a card file says for this card. Raises CardRefused with every fault."""
    try:
        said = card_data(data) if isinstance(data, str) else data
        cards.frame_of(card, {key: said[key] for key in ("side", "currency") if key in said})
        loaded = load_card({"side": card.side, "currency": card.currency, **said})
    except CardError as error:
        raise CardRefused.of(error) from error
    cards.checked(loaded)
    return loaded


def _locked(card_id: int) -> RateCard:
    """The card, its version numbers kept from others until the transaction ends."""
    return RateCard.objects.select_for_update().get(pk=card_id)


def _draft(
    card: RateCard,
    options: Mapping[str, object],
    rates: Sequence[Rate],
    *,
    tag: str,
    at: datetime,
    by: By,
) -> CardVersion:
    version = _new_version(card, options, tag=tag, at=at, by=by)
    store.write_rates(
        connection.connection,
        tenant_id=current_tenant_id(),
        version_id=version.pk,
        rates=rates,
    )
    record(
        by=by, at=at, action="version.drafted", subject="card_version", subject_id=version.pk,
        after={"card": card.code, "version": version.number, "rates": len(rates)},
    )  # fmt: skip
    return version


def _new_version(
    card: RateCard, options: Mapping[str, object], *, tag: str, at: datetime, by: By
) -> CardVersion:
    last = card.versions.aggregate(last=Max("number"))["last"] or 0
    return CardVersion.objects.create(
        tenant_id=current_tenant_id(),
        card=card,
        number=last + 1,
        options=dict(options),
        tag=validation.optional("tag", tag, longest=60),
        created_at=at,
        created_by=by.actor[:200],
    )


@transaction.atomic
def discard_draft(*, version: CardVersion, at: datetime, by: By) -> None:
    """Take a draft and its rows away; the deck it came from may be applied again.

    Raises VersionPublished.
    """
    refuse_published(version)
    DeckImport.objects.filter(version=version).update(version=None, status="previewed")
    store.delete_rates(connection.connection, version_id=version.pk)
    pk = version.pk
    version.delete()
    record(
        by=by, at=at, action="version.discarded", subject="card_version", subject_id=pk,
        before={"card": version.card.code, "version": version.number},
    )  # fmt: skip


@transaction.atomic
@collector_paused()
def publish_version(
    *, version: CardVersion, effective_from: datetime, at: datetime, by: By
) -> CardVersion:
    """Let a draft price calls answered from `effective_from` on. It never changes afterwards.

    Every check of a card is made: bounds, gaps and overlaps of bands, duplicates; a code that had a
    price at that moment keeps one. Stores the content hash, and what changed against the version
    before. Raises CardRefused with every fault, and for allowances where a plan prices from the
    cost; VersionPublished.
    """
    validation.aware("effective_from", effective_from)
    card = _locked(version.card_id)
    refuse_published(version)
    built = cards.built(version)
    cards.checked(built)
    _goes_with_plans(card, built)
    version.changes = _changes(card, built, effective_from)
    version.content_hash = content_hash(built)
    version.status = "published"
    version.effective_from = effective_from
    version.published_at = at
    version.published_by = by.actor[:200]
    version.save()
    cards.remember(version, built)
    record(
        by=by, at=at, action="version.published", subject="card_version", subject_id=version.pk,
        after={"card": card.code, "version": version.number, "effective_from": effective_from,
               "content_hash": version.content_hash, "changes": version.changes},
    )  # fmt: skip
    tell(
        "card_version.published", object_id=version.pk, at=at,
        payload={"id": version.pk, "card": card.pk, "code": card.code, "number": version.number,
                 "effective_from": effective_from.isoformat()},
    )  # fmt: skip
    return version


def refuse_published(version: CardVersion) -> None:
    """Raises VersionPublished."""
    status = CardVersion.objects.values_list("status", flat=True).get(pk=version.pk)
    if status != "draft":
        raise VersionPublished(f"{version} is published: it stays as it is, make a new version.")


def _changes(card: RateCard, new: Card, start: datetime) -> dict[str, object]:
    """Counts against the version that held before, and the settings that differ."""
    before = queries.card_at(card, start)
    old = Card(rates=()) if before is None else cards.core_card(before)
    _holds_from(new, start)
    late = begins_without_price(old.rates, new.rates, start)
    if late is not None:
        count, first, ready = late
        raise CardRefused(
            f"{count} codes that have a price on {start:%Y-%m-%d %H:%M %Z} would have none until"
            f" their new row begins, the first is {first}: publish from {ready:%Y-%m-%d %H:%M %Z}."
        )
    settings = [] if before is None else [key for key, _, _ in diff_settings(old, new)]
    return {
        **{str(what): count for what, count in count_changes(old.rates, new.rates).items()},
        "against": 0 if before is None else before.number,
        "settings": settings,
    }


def _goes_with_plans(card: RateCard, new: Card) -> None:
    """Allowances and prices from the cost exclude each other."""
    plan = priced_from_cost(card).first() if new.allowances else None
    if plan is not None:
        raise CardRefused(
            f"The version gives allowances, and {plan} prices calls from their cost with this card:"
            " a plan does one or the other. Give the allowances on a card of their own."
        )


def _holds_from(new: Card, start: datetime) -> None:
    """A version whose every row begins later would price nothing: that is never meant."""
    begins = [rate.effective_from for rate in new.rates]
    first = min((moment for moment in begins if moment is not None), default=start)
    if None not in begins and first > start:
        raise CardRefused(
            f"No row of the card begins before {first:%Y-%m-%d %H:%M %Z}: publish from then, "
            f"not from {start:%Y-%m-%d %H:%M %Z}."
        )


@transaction.atomic
def revert(
    *, card: RateCard, to: CardVersion, effective_from: datetime, at: datetime, by: By
) -> CardVersion:
    """Publish an earlier version's content anew, as the next version.

    Raises CardRefused when `to` is a draft or another card's.
    """
    card = _locked(card.pk)
    refuse_unpublished(card, to)
    tag = f"as version {to.number}"
    version = _new_version(card, to.options, tag=tag, at=at, by=by)
    store.copy_rates(connection.connection, source_id=to.pk, version_id=version.pk)
    return publish_version(version=version, effective_from=effective_from, at=at, by=by)


def refuse_unpublished(card: RateCard, version: CardVersion) -> None:
    """Raise CardRefused unless the version is one of the card's that was published."""
    if version.card_id != card.pk or version.status != "published":
        raise CardRefused(
            f"{version} is not a published version of {card}: there is nothing to go back to."
        )
