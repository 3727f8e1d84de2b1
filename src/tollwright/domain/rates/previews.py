"""What the preview of a deck says: how its columns are read, what is open, what would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from tollwright.core.cards.card import Rate
from tollwright.core.cards.diff import diff_rates
from tollwright.core.decks import ColumnMapping, DeckFault, Question
from tollwright.core.decks.doubts import new_columns
from tollwright.core.decks.mapping import columns_told
from tollwright.core.decks.outliers import JudgedChange, count_flags, judge_changes
from tollwright.core.decks.workbook import is_workbook
from tollwright.core.money import show, show_price
from tollwright.data.rates import CardVersion, RateCard
from tollwright.domain.rates import queries
from tollwright.domain.rates.decks import Deck, mapping_of, with_answers
from tollwright.domain.rates.errors import MappingNeeded

SHOWN_FAULTS = 200
SHOWN_CHANGES = 20


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
        return mapping, "given", Asked((), _open_sheet(card, filename, content, mapping))
    found = queries.propose(card=card, filename=filename, content=content, answers=answers)
    proposal = found.proposal
    if answers:
        mapping = with_answers(found.mapping, proposal.columns, answers, card.currency)
        done = {*answers, *(meaning for _, meaning in columns_told(answers))}
        left = tuple(one for one in _open(found) if one.key not in done)
        return mapping, "given", Asked((), left)
    if found.mapping is None:
        doubts = " ".join(proposal.doubts)
        headers = ", ".join(proposal.headers)
        raise MappingNeeded(f"{filename} has the columns {headers}. {doubts}")
    mapping = mapping_of(found.mapping, card.currency)
    if found.origin != "found":
        return mapping, found.origin, Asked((), _open(found))
    told = {question.sentence for question in proposal.questions}
    doubts_left = tuple(doubt for doubt in proposal.doubts if doubt not in told)
    return mapping, found.origin, Asked(doubts_left, proposal.questions)


def _open_sheet(
    card: RateCard, filename: str, content: bytes, mapping: ColumnMapping
) -> tuple[Question, ...]:
    """Which sheet a given mapping is for, where it does not say and several hold prices."""
    if mapping.sheet or not is_workbook(content):
        return ()
    asked = queries.propose(card=card, filename=filename, content=content).proposal.questions
    return tuple(one for one in asked if one.key == "sheet")


def _open(found: queries.Columns) -> tuple[Question, ...]:
    """What a proposal asks; of a saved mapping only what came after it."""
    if found.origin == "found" or found.mapping is None:
        return found.proposal.questions
    return tuple(new_columns(found.mapping, found.proposal.columns))


def summary_of(
    deck: Deck,
    asked: Asked,
    origin: str,
    card: RateCard,
    base: CardVersion | None,
    mode: str,
) -> dict[str, object]:
    """What is kept of a preview.

    rows_read, rows, withdrawn, faults, notes: how many. fates, outliers: how many of each kind.
    biggest: the changes to look at first (prefix, name, what, flags, before, after). base: the
    version compared with. columns: saved, found or given. file_columns: all of the file (header,
    meaning, example). unused_columns: those that nothing was read from. doubts: sentences.
    questions (key, sentence, choices, proposal): no draft is made before they are answered.
    first_faults, first_notes: line, column, reason.
    """
    old = () if base is None else queries.core_card(base).rates
    diff = diff_rates(queries.looked_at(old, deck, mode), deck.rates)
    judged = judge_changes(diff.changes, deck.rates, queries.costs_of(card))
    questions = _once((*asked.questions, *deck.questions))
    return {
        "rows_read": deck.rows_read,
        "rows": len(deck.rates),
        "withdrawn": len(deck.withdrawn),
        "faults": len(deck.faults),
        "notes": len(deck.notes),
        "fates": diff.counts,
        "outliers": count_flags(judged),
        "biggest": [_told(change) for change in judged[:SHOWN_CHANGES]],
        "base": 0 if base is None else base.number,
        "columns": origin,
        "file_columns": [msgspec.to_builtins(column) for column in deck.columns],
        "unused_columns": list(deck.unused),
        "doubts": [*asked.doubts, *deck.doubts],
        "questions": [msgspec.to_builtins(question) for question in questions],
        "first_faults": _shown(deck.faults),
        "first_notes": _shown(deck.notes),
    }


def _once(questions: Iterable[Question]) -> list[Question]:
    return list({question.key: question for question in reversed(tuple(questions))}.values())[::-1]


def _told(change: JudgedChange) -> dict[str, object]:
    rate = change.new or change.old
    return {
        "prefix": change.prefix,
        "name": "" if rate is None else rate.name,
        "what": change.what,
        "flags": list(change.flags),
        "before": _terms(change.old),
        "after": _terms(change.new),
    }


def _terms(rate: Rate | None) -> str:
    """A row in short: `0.012/60 s 30/6 + 0.05`, 'blocked', or '' where there is none."""
    if rate is None or rate.blocked:
        return "" if rate is None else "blocked"
    fee = f" + {show(rate.connect_fee_micros)}" if rate.connect_fee_micros else ""
    return f"{show_price(rate.price_nanos)}/{rate.unit_s} s {rate.first_s}/{rate.next_s}{fee}"


def _shown(faults: Sequence[DeckFault]) -> list[dict[str, object]]:
    return [
        {"line": fault.line, "column": fault.column, "reason": fault.reason}
        for fault in faults[:SHOWN_FAULTS]
    ]
