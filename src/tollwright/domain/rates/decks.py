"""A deck's bytes as rates and faults, by a mapping; what was read is kept for the next step."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from tollwright.core.cards.card import DAY_S, MAX_FEE, Rate
from tollwright.core.decks import (
    ColumnMapping,
    DeckError,
    DeckFault,
    MappingError,
    Question,
    answered,
    as_rate,
)
from tollwright.core.decks.mapping import Meaning
from tollwright.core.decks.rows import DeckColumn
from tollwright.core.money import MICRO
from tollwright.data.rates import DeckImport
from tollwright.domain.rates.errors import DeckRefused
from tollwright.engine.decks import reading
from tollwright.store.bulk import collector_paused

MOST_NAME = 200
FORMAT = 4  # of what is kept: raise it when Deck, Rate or DeckFault change their shape


@dataclass(frozen=True, slots=True)
class Deck:
    """rates: what can be imported, the line of each beside it. faults and notes: with their lines.

    rows_read: rows below the headers. unused: the columns that nothing is read from. withdrawn: the
    codes that the deck says are not sold any more. doubts: what may be overlooked, as sentences.
    questions: what has to be answered before a version is made. columns: all of the file.
    """

    rates: tuple[Rate, ...]
    lines: tuple[int, ...]
    faults: tuple[DeckFault, ...]
    notes: tuple[DeckFault, ...]
    rows_read: int
    unused: tuple[str, ...]
    withdrawn: tuple[Rate, ...] = ()
    doubts: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    columns: tuple[DeckColumn, ...] = ()


def deck_of(content: bytes, mapping: ColumnMapping) -> Deck:
    """The deck. Raises DeckRefused when the file as a whole cannot be read so."""
    with collector_paused():
        return _read(content, mapping)


def deck_for(deck_import: DeckImport) -> Deck:
    """A previewed deck as it was read then, else read again. Raises DeckRefused."""
    found = None if deck_import.parsed is None else unpacked(bytes(deck_import.parsed))
    if found is not None:
        return found
    mapping = mapping_of(deck_import.mapping, deck_import.card.currency)
    return deck_of(bytes(deck_import.content), mapping)


def packed(deck: Deck) -> bytes:
    """The deck as it is kept between preview and apply, whichever process does which."""
    return zlib.compress(msgspec.msgpack.encode((FORMAT, deck)), 1)


def unpacked(kept: bytes) -> Deck | None:
    """What `packed` kept; None when another release kept it in another shape."""
    try:
        with collector_paused():
            told, deck = msgspec.msgpack.decode(zlib.decompress(kept), type=tuple[int, Deck])
    except (msgspec.DecodeError, zlib.error):
        return None
    return deck if told == FORMAT else None


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


def with_answers(
    found: ColumnMapping | None,
    columns: tuple[tuple[str, Meaning], ...],
    answers: Mapping[str, str],
    currency: str,
) -> ColumnMapping:
    """What was found, with a person's answers to its questions. Raises DeckRefused."""
    try:
        return mapping_of(answered(columns, found, answers), currency)
    except MappingError as error:
        raise DeckRefused(f"An answer cannot be used: {error}") from error


def _read(content: bytes, mapping: ColumnMapping) -> Deck:
    try:
        result = reading.read(content, mapping)
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
    return Deck(
        tuple(rates), tuple(lines), tuple(faults), tuple(result.notes), result.rows_read,
        result.unused, tuple(as_rate(row) for row in result.withdrawn), result.doubts,
        result.questions, result.columns,
    )  # fmt: skip


def misfit(rate: Rate) -> str:
    """Why a row could not be stored; '' when it fits. The card's own bounds are publishing's."""
    if not (1 <= rate.unit_s <= DAY_S and 1 <= rate.next_s <= DAY_S and 0 <= rate.first_s <= DAY_S):
        return f"An increment or unit is outside 1 to {DAY_S} seconds."
    if not 0 <= rate.connect_fee_micros <= MAX_FEE * MICRO:
        return f"The connect fee is outside 0 to {MAX_FEE}."
    if len(rate.name) > MOST_NAME or "\0" in rate.name:
        return f"The name is longer than {MOST_NAME} characters, or cannot be printed."
    return ""
