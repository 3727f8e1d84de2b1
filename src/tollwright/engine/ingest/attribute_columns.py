"""A chunk in columns to its calls: what a switch wrote plainly, attributed without an object.

Whatever needs a closer look (an odd row, words that mean no campaign or several in the chunk's
time, a rule about causes) goes through `Classifier` row by row, and back to the others.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from tollwright.core.formats.base import Item, Record
from tollwright.core.instants import micros_of, moment_of
from tollwright.engine.ingest.chunk import Chunk
from tollwright.engine.ingest.classify import YEARS, Classifier
from tollwright.engine.rating.counted_time import counted_ms
from tollwright.engine.rating.terms import Terms
from tollwright.kernel.arrays import NONE, Flags, Int64
from tollwright.kernel.call_columns import UNANSWERED, CallColumns, joined
from tollwright.kernel.cdr.parsed_columns import ParsedColumns
from tollwright.kernel.numbers import TOP_BITS, length_of, pack_number
from tollwright.kernel.text import distinct, text_of

EARLIEST, LATEST = (
    micros_of(datetime(year, 1, 1, tzinfo=UTC)) for year in (YEARS.start, YEARS.stop)
)


def attribute(parsed: ParsedColumns, classifier: Classifier) -> Chunk:
    """The chunk classified, as `Classifier.classify` does it with the same rows."""
    calls = parsed.calls
    odd = parsed.odd | (calls.started_us < EARLIEST) | (calls.started_us >= LATEST)
    odd |= (calls.called_packed < 0) | _internal(calls.called_packed, classifier)
    terms, terms_no = _terms(parsed, classifier, odd)
    odd |= terms_no < 0
    rows = np.flatnonzero(~odd)
    items = [parsed.read(row) for row in np.flatnonzero(odd).tolist()]
    keys = {item.call_key for item in items if isinstance(item, Record)}
    if not distinct((calls.key.pick(rows).hashes(), text_of(list(keys)).hashes())):
        return classifier.classify(parsed.read(row) for row in range(len(parsed)))
    own = calls.replaced(line=parsed.first_line + np.arange(len(parsed)), terms_no=terms_no)
    own = own.pick(rows)
    own.counted_ms = _counted(terms, own)
    plain = Chunk(own, terms, lambda row: _record(parsed.read(int(rows[row]))))
    return _together(plain, classifier.classify(items))


def _internal(called: Int64, classifier: Classifier) -> Flags:
    """The numbers that may be the switch's own."""
    found = np.zeros(len(called), bool)
    for one in classifier.dialling.internal:
        low, high = pack_number(one.low), pack_number(one.high)
        if one.digits:
            found |= (called >= low) & (called <= high) & (length_of(called) == one.digits)
        else:
            shift = TOP_BITS - 4 * len(one.low)
            found |= (called >> shift) == (low >> shift)
    return found


def _terms(
    parsed: ParsedColumns, classifier: Classifier, odd: Flags
) -> tuple[tuple[Terms, ...], Int64]:
    """The terms of the chunk's rows, and which of them each row has; -1: look at the row."""
    terms_no = np.full(len(parsed), -1)
    rows = np.flatnonzero(~odd)
    if not len(rows):
        return (), terms_no
    first, last = _span(parsed.calls, rows)
    codes, examples, code_of = np.unique(parsed.words[rows], return_index=True, return_inverse=True)
    found: dict[int, Terms] = {}
    of_code = np.full(len(codes), -1)
    for code, example in enumerate(rows[examples].tolist()):
        item = parsed.read(example)
        terms = classifier.effective(item, first, last) if isinstance(item, Record) else None
        if terms is not None:
            found[id(terms)] = terms
            of_code[code] = list(found).index(id(terms))
    terms_no[rows] = of_code[code_of]
    return tuple(found.values()), terms_no


def _span(calls: CallColumns, rows: Int64) -> tuple[datetime, datetime]:
    started, answered = calls.started_us[rows], calls.answered_us[rows]
    last = max(int(started.max()), int(answered.max()))
    return moment_of(int(started.min())), moment_of(last)


def _counted(terms: tuple[Terms, ...], calls: CallColumns) -> Int64:
    counted = np.full(len(calls), UNANSWERED)
    for number, one in enumerate(terms):
        rows = np.flatnonzero((calls.terms_no == number) & (calls.answered_us != NONE))
        plain = one.plain
        counted[rows] = calls.answered_ms[rows] if plain else counted_ms(one, calls.pick(rows))
    return counted


def _together(plain: Chunk, rest: Chunk) -> Chunk:
    """The plain calls of a chunk, then those that were looked at one by one, and all else."""
    if not len(plain.calls):
        return rest
    size = len(plain.calls)
    rest.calls.terms_no = rest.calls.terms_no + len(plain.terms)
    return replace(
        rest,
        calls=joined([plain.calls, rest.calls]),
        terms=plain.terms + rest.terms,
        record=lambda row: plain.record(row) if row < size else rest.record(row - size),
    )


def _record(item: Item) -> Record:
    if not isinstance(item, Record):
        raise TypeError(f"line {item.line} was a call and is none when read again")
    return item
