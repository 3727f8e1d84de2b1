"""What a chunk of a CDR file tells, as columns; the twin of a list of `core.formats` records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tollwright.core.formats.base import Item
from tollwright.core.formats.clock import Clock
from tollwright.core.instants import micros_of, moment_of
from tollwright.core.numbers import PLAIN, Dialling, normalise
from tollwright.kernel.arrays import NONE, Flags, Int32, Int64, frozen
from tollwright.kernel.call_columns import CallColumns
from tollwright.kernel.cdr import fields
from tollwright.kernel.cdr.dialled import WIDTH, dial_table, plain_heads, read_dialled
from tollwright.kernel.text import Text, text_of, text_of_bytes

HOUR_S = 3_600
SECOND_US = 1_000_000
MS_US = 1_000


def with_tail(column: Text, tail: bytes) -> Text:
    """Each text with this tail."""
    rows = len(column.first)
    begins = column.first.tolist()
    ends = (column.first + column.size).tolist()
    data = bytes(column.data)
    return text_of_bytes([data[begins[row] : ends[row]] + tail for row in range(rows)])


def filled(column: Text, other: Text) -> Text:
    """Each text, or where there is none, the other one. Both stand in the same bytes."""
    told = column.size > 0
    return Text(
        column.data, np.where(told, column.first, other.first),
        np.where(told, column.size, other.size),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ParsedColumns:
    """Calls of consecutive lines, one a line; what stands at an `odd` row means nothing.

    `words` numbers what attributes a call: rows of one number say the same. `read` gives the item
    of a row by the readable rule. Of the `calls` `counted_ms` is not known yet.
    """

    first_line: int
    odd: Flags
    words: Int32
    read: Callable[[int], Item]
    calls: CallColumns

    def __len__(self) -> int:
        return len(self.odd)


def instants(local_s: Int64, clock: Clock, odd: Flags) -> Int64:
    """Microseconds since 1970 UTC of the clock's local seconds; NONE where there is no moment.

    Rows in an hour that a change of the clock repeats, cuts or skips become odd.
    """
    known = local_s >= 0
    hours, which = np.unique(local_s[known] // HOUR_S, return_inverse=True)
    said = [f"{moment_of(int(hour) * HOUR_S * SECOND_US):%Y-%m-%d %H}" for hour in hours]
    bases = np.empty(len(hours), np.int64)
    unusual = np.zeros(len(hours), bool)
    for place, text in enumerate(said):
        moment = clock.at(f"{text}:00:00")
        bases[place] = NONE if moment is None else micros_of(moment)
        unusual[place] = moment is None or text in clock.twice
    found = np.full(len(local_s), NONE)
    found[known] = bases[which] + local_s[known] % HOUR_S * SECOND_US
    odd[np.flatnonzero(known)[unusual[which]]] = True
    return found


def answers(started: Int64, answered: Int64, ended: Int64, ms: Int64, lasted_ms: Int64) -> Int64:
    """When each call was answered: as told, else its answered length before its end, as
    `core.formats.agreement` has it."""
    whole = np.where(lasted_ms == NONE, NONE, started + lasted_ms * MS_US)
    last = np.where(ended == NONE, whole, ended)
    derived = np.where(last == NONE, fields.BAD, last - ms * MS_US)
    return np.where((answered == NONE) & (ms > 0), derived, answered)


def disagree(answered: Int64, ended: Int64, ms: Int64, lasted_ms: Int64) -> Flags:
    """Which rows have lengths that may contradict each other: the readable rule looks at them."""
    found: Flags = np.abs((ended - answered) // MS_US - ms) > fields.SLACK_MS
    found &= (answered != NONE) & (ended != NONE)
    found |= (lasted_ms != NONE) & (ms > lasted_ms + fields.SLACK_MS)
    return found


def e164(numbers: Text, region: str, dialling: Dialling = PLAIN) -> Text:
    """The digits of each number as `core.numbers.normalise` reads it in this region."""
    return e164_with_doubts(numbers, region, dialling)[0]


def e164_with_doubts(numbers: Text, region: str, dialling: Dialling = PLAIN) -> tuple[Text, Flags]:
    """The same, and which of the numbers are doubtful (`core.numbers.Number.is_doubtful`)."""
    first, size = numbers.first.copy(), numbers.size.copy()
    rows = len(first)
    known = np.empty(rows, bool)
    data = frozen(numbers.data)
    fields.plain_numbers(data, first, size, plain_heads(), known)
    doubtful = np.zeros(rows, bool)
    if known.all():
        return Text(numbers.data, first, size), doubtful
    out, sizes = np.empty(rows * WIDTH, np.uint8), np.empty(rows, np.int32)
    read_dialled(dial_table(region, dialling), data, frozen(first), frozen(size), known, out, sizes)
    first = np.arange(0, rows * WIDTH, WIDTH, dtype=np.int32)
    rest = np.flatnonzero(~known)
    if not len(rest):
        return Text(frozen(out), first, sizes), doubtful
    unread = [numbers.at(row) for row in rest.tolist()]
    found = {text: normalise(text, region, dialling) for text in set(unread)}
    doubtful[rest] = [found[text].is_doubtful for text in unread]
    more = text_of([found[text].digits for text in unread])
    first[rest] = more.first + np.int32(len(out))
    sizes[rest] = more.size
    return Text(np.concatenate([out, more.data]), first, sizes), doubtful


def lines_of(data: bytes) -> Int64:
    """Where each line begins, and where the next one would."""
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
    return np.concatenate([np.zeros(1, np.int64), ends + 1])
