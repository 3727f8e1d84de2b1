"""A chunk in columns to its calls: what a switch wrote plainly, attributed without an object.

Whatever needs a closer look (an odd row, words that mean no campaign or several in the chunk's
time, a rule about causes) goes through `Sorter` row by row, and back to the others.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from tollwright.core.formats.base import Item, Record
from tollwright.core.instants import micros_of, moment_of
from tollwright.engine.ingest.calls import UNANSWERED, Calls, joined
from tollwright.engine.ingest.classify import YEARS, Sorted, Sorter
from tollwright.engine.rating.terms import Terms
from tollwright.kernel.arrays import NONE, Flags, Int64
from tollwright.kernel.cdr.parsed_columns import ParsedColumns
from tollwright.kernel.numbers import EMPTY
from tollwright.kernel.text import distinct, text_of

EARLIEST, LATEST = (
    micros_of(datetime(year, 1, 1, tzinfo=UTC)) for year in (YEARS.start, YEARS.stop)
)


def place(parsed: ParsedColumns, sorter: Sorter) -> Sorted:
    """The chunk sorted, as `Sorter.sort` sorts the same rows."""
    odd = parsed.odd | (parsed.started_us < EARLIEST) | (parsed.started_us >= LATEST)
    odd |= (parsed.answered_us != NONE) & (parsed.called_packed < 0)
    terms, which = _terms(parsed, sorter, odd)
    odd |= which < 0
    rows = np.flatnonzero(~odd)
    items = [parsed.read(row) for row in np.flatnonzero(odd).tolist()]
    keys = {item.call_key for item in items if isinstance(item, Record)}
    if not distinct((parsed.key.pick(rows).hashes(), text_of(list(keys)).hashes())):
        return sorter.sort(parsed.read(row) for row in range(len(parsed)))
    rest = sorter.sort(items)
    return replace(rest, calls=joined(_calls(parsed, terms, which, rows), rest.calls))


def _terms(parsed: ParsedColumns, sorter: Sorter, odd: Flags) -> tuple[tuple[Terms, ...], Int64]:
    """The terms of the chunk's rows, and which of them each row has; -1: look at the row."""
    which = np.full(len(parsed), -1)
    rows = np.flatnonzero(~odd)
    if not len(rows):
        return (), which
    first, last = _span(parsed, rows)
    codes, examples, code_of = np.unique(parsed.words[rows], return_index=True, return_inverse=True)
    found: dict[int, Terms] = {}
    of_code = np.full(len(codes), -1)
    for code, example in enumerate(rows[examples].tolist()):
        item = parsed.read(example)
        terms = sorter.standing(item, first, last) if isinstance(item, Record) else None
        if terms is not None:
            found[id(terms)] = terms
            of_code[code] = list(found).index(id(terms))
    which[rows] = of_code[code_of]
    return tuple(found.values()), which


def _span(parsed: ParsedColumns, rows: Int64) -> tuple[datetime, datetime]:
    started, answered = parsed.started_us[rows], parsed.answered_us[rows]
    last = max(int(started.max()), int(answered.max()))
    return moment_of(int(started.min())), moment_of(last)


def _calls(parsed: ParsedColumns, terms: tuple[Terms, ...], which: Int64, rows: Int64) -> Calls:
    answered_us, answered_ms = parsed.answered_us[rows], parsed.answered_ms[rows]
    chosen = which[rows]
    counted = np.full(len(rows), UNANSWERED)
    for place, one in enumerate(terms):
        here = (chosen == place) & (answered_us != NONE)
        counted[here] = _counted(one, answered_ms[here])
    caller = parsed.caller_packed[rows]
    return Calls(
        terms=terms, which=chosen.astype(np.int32),
        key=parsed.key.pick(rows), group=parsed.group.pick(rows),
        direction=parsed.direction.pick(rows),
        caller=parsed.caller.pick(rows), called=parsed.called.pick(rows),
        dialled=parsed.dialled.pick(rows), cause=parsed.cause.pick(rows),
        disposition=parsed.disposition.pick(rows), trunk=parsed.trunk.pick(rows),
        agent=parsed.agent.pick(rows),
        called_packed=parsed.called_packed[rows],
        caller_packed=np.where(caller < 0, EMPTY, caller),
        started_us=parsed.started_us[rows], answered_us=answered_us,
        ended_us=parsed.ended_us[rows], answered_ms=answered_ms, counted_ms=counted,
        line=parsed.first_line + rows, record=lambda at: _record(parsed.read(int(rows[at]))),
    )  # fmt: skip


def _counted(terms: Terms, answered_ms: Int64) -> Int64:
    """`Terms.counted_ms` of many calls whose cause does not matter."""
    if terms.second_from_ms:
        seconds, fraction = np.divmod(answered_ms, 1_000)
        answered_ms = (seconds + (fraction >= terms.second_from_ms)) * 1_000
    return np.where(answered_ms < terms.minimum_seconds * 1_000, 0, answered_ms)


def _record(item: Item) -> Record:
    if not isinstance(item, Record):
        raise TypeError(f"line {item.line} was a call and is none when read again")
    return item
