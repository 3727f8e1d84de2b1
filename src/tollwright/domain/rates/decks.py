"""A deck's bytes as rates and faults, by a mapping; the last one read is kept for the next step."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock

from tollwright.core.cards.card import DAY_S, MAX_FEE, Rate
from tollwright.core.decks import (
    ColumnMapping,
    DeckError,
    DeckFault,
    MappingError,
    as_rate,
    read_deck,
)
from tollwright.core.money import MICRO
from tollwright.domain.rates.errors import DeckRefused
from tollwright.store.bulk import collector_paused

MOST_NAME = 200


@dataclass(frozen=True, slots=True)
class Deck:
    """rates: what can be imported, the line of each beside it. faults and notes: with their lines.

    rows_read: rows below the headers.
    """

    rates: tuple[Rate, ...]
    lines: tuple[int, ...]
    faults: tuple[DeckFault, ...]
    notes: tuple[DeckFault, ...]
    rows_read: int


_last: dict[tuple[str, str], Deck] = {}  # at most one: apply follows preview
_lock = Lock()


def deck_of(content: bytes, mapping: ColumnMapping) -> Deck:
    """The deck. Raises DeckRefused when the file as a whole cannot be read so."""
    key = (hashlib.sha256(content).hexdigest(), mapping.to_json())
    with _lock:
        found = _last.get(key)
    if found is None:
        with collector_paused():
            found = _read(content, mapping)
        with _lock:
            _last.clear()
            _last[key] = found
    return found


def mapping_of(given: ColumnMapping | Mapping[str, object], currency: str) -> ColumnMapping:
    """A mapping as given, or in its JSON form, for a card in `currency`. Raises DeckRefused."""
    try:
        mapping = (
            given
            if isinstance(given, ColumnMapping)
            else ColumnMapping.from_json(json.dumps(dict(given)))
        )
    except (MappingError, TypeError) as error:
        raise DeckRefused(f"The column mapping cannot be used: {error}") from error
    if mapping.currency and mapping.currency != currency:
        raise DeckRefused(
            f"The deck is in {mapping.currency}, the card in {currency}: "
            f"import it into a card in {mapping.currency}."
        )
    return replace(mapping, currency=currency)


def _read(content: bytes, mapping: ColumnMapping) -> Deck:
    try:
        result = read_deck(content, mapping)
    except (DeckError, MappingError) as error:
        raise DeckRefused(str(error)) from error
    rates: list[Rate] = []
    lines: list[int] = []
    faults = list(result.faults)
    for row in result.rows:
        rate = as_rate(row)
        reason = misfit(rate)
        if reason:
            faults.append(DeckFault(row.line, "", reason))
        else:
            rates.append(rate)
            lines.append(row.line)
    faults.sort(key=lambda fault: fault.line)
    return Deck(tuple(rates), tuple(lines), tuple(faults), tuple(result.notes), result.rows_read)


def misfit(rate: Rate) -> str:
    """Why a row could not be stored; '' when it fits. The card's own bounds are publishing's."""
    if not (1 <= rate.unit_s <= DAY_S and 1 <= rate.next_s <= DAY_S and 0 <= rate.first_s <= DAY_S):
        return f"An increment or unit is outside 1 to {DAY_S} seconds."
    if not 0 <= rate.connect_fee_micros <= MAX_FEE * MICRO:
        return f"The connect fee is outside 0 to {MAX_FEE}."
    if len(rate.name) > MOST_NAME or "\0" in rate.name:
        return f"The name is longer than {MOST_NAME} characters, or cannot be printed."
    return ""
