"""What the preview of a deck says: how its columns are read, what is open, what would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from tollwright.core.cards.card import Rate
from tollwright.core.cards.diff import count_changes
from tollwright.core.decks import ColumnMapping, DeckFault, Question
from tollwright.data.rates import CardVersion, RateCard
from tollwright.domain.rates import queries
from tollwright.domain.rates.decks import Deck, mapping_of, with_answers
from tollwright.domain.rates.errors import MappingNeeded

SHOWN_FAULTS = 200


class Asked(NamedTuple):
    """What a proposal leaves open: sentences, and questions that have to be answered."""

    doubts: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


def columns_of(
    card: RateCard,
    filename: str,
    content: bytes,
    given: ColumnMapping | Mapping[str, object] | None,
    answers: Mapping[str, str] | None = None,
) -> tuple[ColumnMapping, str, Asked]:
    """How a deck is read, whether that is given, saved or found, and what is open about it.

    Raises DeckRefused, MappingNeeded.
    """
    if given is not None:
        mapping = mapping_of(given, card.currency)
        if answers:
            mapping = with_answers(mapping, (), answers, card.currency)
        return mapping, "given", Asked()
    sheet = (answers or {}).get("sheet", "")
    found = queries.propose(card=card, filename=filename, content=content, sheet=sheet)
    proposal = found.proposal
    if answers:
        mapping = with_answers(found.mapping, proposal.columns, answers, card.currency)
        open_ones = proposal.questions if found.origin == "found" else ()
        left = tuple(one for one in open_ones if one.key not in answers)
        return mapping, "given", Asked((), left)
    if found.mapping is None:
        doubts = " ".join(proposal.doubts)
        headers = ", ".join(proposal.headers)
        raise MappingNeeded(f"{filename} has the columns {headers}. {doubts}")
    mapping = mapping_of(found.mapping, card.currency)
    if found.origin != "found":
        return mapping, found.origin, Asked()
    told = {question.sentence for question in proposal.questions}
    doubts_left = tuple(doubt for doubt in proposal.doubts if doubt not in told)
    return mapping, found.origin, Asked(doubts_left, proposal.questions)


def summary_of(
    deck: Deck,
    asked: Asked,
    origin: str,
    base: CardVersion | None,
    old: tuple[Rate, ...],
    mode: str,
) -> dict[str, object]:
    """What is kept of a preview: rows_read, rows, withdrawn, faults and notes (how many), fates
    (how many of each), base (the version compared with), columns (saved, found or given),
    unused_columns (of the file, that nothing was read from), doubts (sentences), questions (key,
    sentence, choices, proposal: no draft is made before they are answered), first_faults and
    first_notes (line, column, reason).
    """
    questions = _once((*asked.questions, *deck.questions))
    return {
        "rows_read": deck.rows_read,
        "rows": len(deck.rates),
        "withdrawn": len(deck.withdrawn),
        "faults": len(deck.faults),
        "notes": len(deck.notes),
        "fates": count_changes(queries.looked_at(old, deck, mode), deck.rates),
        "base": 0 if base is None else base.number,
        "columns": origin,
        "unused_columns": list(deck.unused),
        "doubts": [*asked.doubts, *deck.doubts],
        "questions": [msgspec.to_builtins(question) for question in questions],
        "first_faults": _shown(deck.faults),
        "first_notes": _shown(deck.notes),
    }


def _once(questions: Iterable[Question]) -> list[Question]:
    return list({question.key: question for question in reversed(tuple(questions))}.values())[::-1]


def _shown(faults: Sequence[DeckFault]) -> list[dict[str, object]]:
    return [
        {"line": fault.line, "column": fault.column, "reason": fault.reason}
        for fault in faults[:SHOWN_FAULTS]
    ]
