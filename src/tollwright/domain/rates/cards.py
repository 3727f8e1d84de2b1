"""A version's rows and options as core's card; published ones are kept in the process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from threading import Lock

from tollwright.core.cards.card import RateCard as Card
from tollwright.core.cards.check import check_card
from tollwright.core.cards.dump import dump_card
from tollwright.core.cards.read import CardError, Fault
from tollwright.data.rates import CardVersion, RateCard
from tollwright.domain.database import database
from tollwright.domain.rates.decks import misfit
from tollwright.domain.rates.errors import CardRefused
from tollwright.store import rates as store

KEPT = 8

_cards: OrderedDict[tuple[int, str], Card] = OrderedDict()
_lock = Lock()


def core_card(version: CardVersion) -> Card:
    """The version as core prices by it. Raises CardRefused for a draft that is none yet."""
    if version.status != "published":
        return built(version)
    key = (version.pk, version.content_hash)
    with _lock:
        found = _cards.get(key)
        if found is not None:
            _cards.move_to_end(key)
            return found
    return remember(version, built(version))


def remember(version: CardVersion, card: Card) -> Card:
    """Keep a published version's card for whoever asks next."""
    with _lock:
        _cards[(version.pk, version.content_hash)] = card
        while len(_cards) > KEPT:
            _cards.popitem(last=False)
    return card


def built(version: CardVersion) -> Card:
    """The card from its rows. Raises CardRefused."""
    frame = frame_of(version.card, version.options)
    try:
        return store.read_card(database(), version_id=version.pk, frame=frame)
    except CardError as error:
        raise CardRefused.of(error) from error


def frame_of(card: RateCard, options: Mapping[str, object]) -> Card:
    """A version's options as a card without rows; side and currency are the card's.

    Raises CardRefused for options that are none, or that contradict the card.
    """
    told = {"side": card.side, "currency": card.currency, **options}
    for key in ("side", "currency"):
        if told[key] != getattr(card, key):
            raise CardRefused(
                f"The file says {key} {told[key]}, the card {card.code} is {getattr(card, key)}: "
                "import it into a card of its own."
            )
    try:
        return store.read_frame(told)
    except CardError as error:
        raise CardRefused.of(error) from error


def options_of(card: Card) -> dict[str, object]:
    """What a version stores of a card beside its rows: the card file without `rates`."""
    options = dump_card(replace(card, rates=()))
    del options["rates"]
    return options


def checked(card: Card) -> None:
    """Every check of publishing. Raises CardRefused with all faults."""
    faults = [
        Fault(row, "row", reason)
        for row, rate in enumerate(card.rates, 1)
        if (reason := misfit(rate))
    ]
    faults += check_card(card)
    if not card.rates:
        faults.append(Fault(None, "rates", "are none: a card needs at least one row"))
    if faults:
        raise CardRefused.of(CardError(sorted(faults, key=lambda fault: fault.row or 0)))
