"""What cards say, at a moment and for a number, and how their versions differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from django.db.models import Count, Max, Q, QuerySet

from tollwright.core.cards.card import Rate
from tollwright.core.cards.card import RateCard as Card
from tollwright.core.cards.diff import CardDiff, diff_cards, diff_rates
from tollwright.core.decks import ColumnMapping, DeckError, Proposal
from tollwright.core.decks.mapping import columns_told
from tollwright.core.decks.outliers import JudgedChange, cheapest, judge_changes
from tollwright.core.decks.workbook import is_workbook
from tollwright.core.money import show, show_price
from tollwright.core.number_ranges import is_short
from tollwright.core.numbers import normalise
from tollwright.core.rating.explain import why_others_lost
from tollwright.core.rating.rate_call import CallInput
from tollwright.core.rating.rate_lookup import prepare
from tollwright.data.rates import CardVersion, DeckImport, RateCard
from tollwright.data.rates import Rate as RateRow
from tollwright.data.scope import current_tenant_id
from tollwright.domain import validation
from tollwright.domain.database import database
from tollwright.domain.errors import NotFound
from tollwright.domain.lookup import by_id
from tollwright.domain.rates import cards as cores
from tollwright.domain.rates.decks import Deck, deck_for, mapping_of
from tollwright.domain.rates.errors import DeckRefused
from tollwright.domain.tenants.queries import current_tenant
from tollwright.engine.decks import reading
from tollwright.store import rates as store

HEAD = 512 * 1024  # bytes of a CSV file that are looked at to propose its columns


def cards(*, side: str = "") -> QuerySet[RateCard]:
    """The provider's cards by name, all or of one side (sell, buy)."""
    found = RateCard.objects.filter(tenant_id=current_tenant_id())
    return (found.filter(side=side) if side else found).order_by("name", "id")


def card_by_code(code: str) -> RateCard:
    """Raises NotFound."""
    found = cards().filter(code=code).first()
    if found is None:
        raise NotFound(f"There is no card with the code {code!r}.")
    return found


def card_by_id(pk: int) -> RateCard:
    """Raises NotFound."""
    return by_id(cards(), pk, "card")


def card_or_none(pk: int) -> RateCard | None:
    """The card of that id, for a form or request whose field names it."""
    return cards().filter(pk=pk).first()


def versions(card: RateCard) -> QuerySet[CardVersion]:
    """A card's versions, drafts too, the latest first."""
    return CardVersion.objects.filter(card=card).select_related("card").order_by("-number")


def version_by_id(pk: int) -> CardVersion:
    """With its card. Raises NotFound."""
    return by_id(CardVersion.objects.select_related("card"), pk, "card version")


def deck_by_id(pk: int) -> DeckImport:
    """With its card. Raises NotFound."""
    return by_id(DeckImport.objects.select_related("card"), pk, "deck")


def published(card: RateCard) -> QuerySet[CardVersion]:
    """A card's published versions, the one that holds last first."""
    return (
        CardVersion.objects.filter(card=card, status="published")
        .select_related("card")
        .order_by("-effective_from", "-number")
    )


def card_at(card: RateCard, at: datetime) -> CardVersion | None:
    """The version that prices calls answered at `at`; None before the first one."""
    return published(card).filter(effective_from__lte=at).first()


def core_card(version: CardVersion) -> Card:
    """The version as core prices by it; read once per process and content."""
    return cores.core_card(version)


def diff_versions(old: CardVersion, new: CardVersion) -> CardDiff:
    """What `new` changes against `old`, code by code, and in the settings of the card."""
    return diff_cards(core_card(old), core_card(new))


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a number costs at a moment.

    rate and row_no: the row that prices it, None when no row does. why: sentences, the chosen row
    first, then each other row whose prefix fits, with the reason it lost.
    """

    number: str
    at: datetime
    version: CardVersion | None
    rate: Rate | None
    row_no: int | None
    why: tuple[str, ...]


def look_up(*, card: RateCard, number: str, at: datetime, caller: str = "") -> Lookup:
    """Which row of the card prices a call to `number` answered at `at`, and why.

    Numbers as people write them, with their country code: +44 20 7946 0000, 0044…, 44….
    Raises FieldInvalid for a number or a moment that is none.
    """
    validation.aware("at", at)
    called, calling = _digits("number", number), _digits("caller", caller) if caller else ""
    version = card_at(card, at)
    if version is None:
        why = f"{card.name} has no version that holds at {at:%Y-%m-%d %H:%M} yet."
        return Lookup(called, at, None, None, None, (why,))
    frame = cores.frame_of(card, version.options)
    rows = store.fetch_rates_for_number(
        database(), version_id=version.pk, timezone=frame.timezone, number=called
    )
    if not any(rate.prefix == "" for _, rate in rows):
        frame = replace(frame, unmatched="reject")
    return _chosen(
        version, replace(frame, rates=tuple(r for _, r in rows)), rows, called, calling, at
    )


def _chosen(
    version: CardVersion,
    card: Card,
    rows: list[tuple[int, Rate]],
    called: str,
    calling: str,
    at: datetime,
) -> Lookup:
    index = prepare(card)
    call = CallInput("", at, 1000, calling, called, is_short(called))
    place = index.row_at(index.tiers(called, calling, whole=call.whole), at)
    lost = [
        f"Row {rows[other][0] + 1}, {_named(rows[other][1])}, does not: {why}."
        for other, why in why_others_lost(call, index)
        if other != place
    ]
    if place < 0:
        said = f"No row of {version} prices {called} at {at:%Y-%m-%d %H:%M %Z}."
        return Lookup(called, at, version, None, None, (said, *lost))
    row_no, rate = rows[place]
    said = f"Row {row_no + 1} of {version}, {_named(rate)}, prices {called}: {_terms(rate, card)}."
    return Lookup(called, at, version, rate, row_no, (said, *lost))


def _named(rate: Rate) -> str:
    prefix = f"prefix {rate.prefix}" if rate.prefix else "the default row"
    return f"{prefix} ({rate.name})" if rate.name else prefix


def _terms(rate: Rate, card: Card) -> str:
    if rate.blocked:
        return "the destination is blocked"
    connect = f", {show(rate.connect_fee_micros)} to connect" if rate.connect_fee_micros else ""
    band = f" in band {rate.band}" if rate.band else ""
    price = show_price(rate.price_nanos)
    return (
        f"{price} {card.currency} per {rate.unit_s} s{band}, "
        f"billed {rate.first_s}/{rate.next_s}{connect}"
    )


def _digits(field: str, number: str) -> str:
    found = normalise(number)
    digits = found.digits
    if not (digits.isascii() and digits.isdigit()):
        raise validation.FieldInvalid(
            field, f"{number!r} is not a number: write it with its country code, as +442079460000."
        )
    return digits


@dataclass(frozen=True, slots=True)
class Columns:
    """How a deck is to be read. `origin`: saved (with the card), or found (in the file).

    proposal: headers, a sample and doubts, for the person who confirms.
    """

    mapping: ColumnMapping | None
    origin: str
    proposal: Proposal


def propose(
    *,
    card: RateCard,
    filename: str,
    content: bytes,
    answers: Mapping[str, str] | None = None,
) -> Columns:
    """The card's own mapping where it fits the file, else what the file's headers say.

    answers: a person's; of them the sheet and the meanings of columns decide what else is found.

    Raises DeckRefused for what is no CSV or XLSX.
    """
    saved, given = saved_mapping(card), answers or {}
    sheet, columns = given.get("sheet", ""), columns_told(given)
    try:
        told = reading.look(_head(content), filename, card.side, sheet, saved, columns)
    except DeckError as error:
        raise DeckRefused(str(error)) from error
    if saved is not None and told.saved_fits:
        return Columns(saved, "saved", told.proposal)
    found = told.proposal.mapping
    if found is not None:  # a date in a deck is the provider's day
        found = replace(found, timezone=current_tenant().timezone)
    return Columns(found, "found", told.proposal)


def _head(content: bytes) -> bytes:
    """What is enough to see how a file is laid out; a workbook cannot be cut."""
    if is_workbook(content) or len(content) <= HEAD:
        return content
    cut = content.rfind(b"\n", 0, HEAD)
    return content[: cut + 1] if cut > 0 else content


def saved_mapping(card: RateCard) -> ColumnMapping | None:
    """The mapping of the card's last deck that was applied; None before the first."""
    last = DeckImport.objects.filter(card=card, status="applied").order_by("-id").first()
    return None if last is None else mapping_of(last.mapping, card.currency)


@dataclass(frozen=True, slots=True)
class DeckReport:
    """A deck in full: every row, fault and note with its line, and what it would change.

    changes: those of `diff`, what is odd first, then the biggest.
    """

    deck: Deck
    diff: CardDiff
    changes: list[JudgedChange]


def deck_report(deck_import: DeckImport) -> DeckReport:
    """What the summary of a preview counts, row by row, against the card as it is now."""
    deck = deck_for(deck_import)
    base = base_of(deck_import.card)
    old = () if base is None else core_card(base).rates
    diff = diff_rates(looked_at(old, deck, deck_import.mode), deck.rates)
    judged = judge_changes(diff.changes, deck.rates, costs_of(deck_import.card))
    return DeckReport(deck, diff, judged)


def costs_of(card: RateCard) -> list[dict[str, Fraction]]:
    """What a sell card's calls cost a second, by code: of each buy card in its currency."""
    if card.side != "sell":
        return []
    bought = cards(side="buy").filter(currency=card.currency)
    found = [base_of(one) for one in bought]
    return [cheapest(core_card(version).rates) for version in found if version is not None]


def base_of(card: RateCard) -> CardVersion | None:
    """The version that a deck replaces or amends: the published one that holds last."""
    return published(card).first()


def looked_at(old: tuple[Rate, ...], deck: Deck, mode: str) -> Iterable[Rate]:
    """The card's rows that a deck is compared with: in `amend` those of the codes it names."""
    if mode == "replace":
        return old
    named = (*deck.rates, *deck.withdrawn)
    codes = {(rate.prefix, rate.origin_prefix) for rate in named}
    return (rate for rate in old if (rate.prefix, rate.origin_prefix) in codes)


def cards_with_counts() -> QuerySet[RateCard]:
    """The cards by name, each with its `published` and `drafts`, and the `latest` moment from
    which a version prices calls."""
    return cards().annotate(
        published=Count("versions", filter=Q(versions__status="published"), distinct=True),
        drafts=Count("versions", filter=Q(versions__status="draft"), distinct=True),
        latest=Max("versions__effective_from"),
    )


def waiting_decks(*, most: int) -> list[DeckImport]:
    """Previewed decks, neither applied nor discarded, newest first, without their files."""
    found = DeckImport.objects.filter(tenant_id=current_tenant_id(), status="previewed")
    return list(found.select_related("card").defer("content").order_by("-id")[:most])


def versions_with_counts(card: RateCard) -> QuerySet[CardVersion]:
    """A card's versions, the latest first, each with its number of `rows`."""
    return versions(card).annotate(rows=Count("rates"))


def version_by_number(card: RateCard, number: int) -> CardVersion:
    """Raises NotFound."""
    found = versions(card).filter(number=number).first()
    if found is None:
        raise NotFound(f"There is no version {number} of the card.")
    return found


def sell_versions() -> QuerySet[CardVersion]:
    """Every version of a sell card, by status, card and number, the latest first."""
    found = CardVersion.objects.filter(tenant_id=current_tenant_id(), card__side="sell")
    return found.select_related("card").order_by("status", "card__name", "-number")


def rows_of_version(version: CardVersion) -> QuerySet[RateRow]:
    """The rows of a version, in the order of its file."""
    return RateRow.objects.filter(version=version).order_by("row_no")


def row_count(version: CardVersion) -> int:
    """How many rows a version has."""
    return rows_of_version(version).count()
