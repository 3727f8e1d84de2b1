"""What a chunk of a CDR file tells, as columns; the twin of a list of `core.formats` records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import accumulate
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from tollwright.core.formats.base import Item
from tollwright.core.formats.clock import EPOCH, Clock, from_micros
from tollwright.core.numbers import normalise, plain_head
from tollwright.kernel.cdr import fields, texts
from tollwright.kernel.numbers import length_of

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Kind = TypeVar("Kind", bound=np.generic)
NONE = fields.NONE
HOUR_S = 3_600
SECOND_US = 1_000_000
MICROSECOND = timedelta(microseconds=1)


class Text(NamedTuple):
    """A column of UTF-8 texts: text i is `data[first[i] : first[i] + size[i]]`."""

    data: Bytes
    first: Int32
    size: Int32

    def at(self, row: int) -> str:
        """One text."""
        begin = int(self.first[row])
        return bytes(self.data[begin : begin + int(self.size[row])]).decode()

    def pick(self, rows: Int64) -> Text:
        """The texts of some rows, without copying their bytes."""
        return Text(self.data, self.first[rows], self.size[rows])

    def hashes(self) -> Int64:
        """A number for each text; two that differ share one about once in 2**64."""
        found = np.empty(len(self.first), np.int64)
        texts.hashes(frozen(self.data), frozen(self.first), frozen(self.size), found)
        return found


def text_of(words: Sequence[str]) -> Text:
    """A column of these words, without NUL, which PostgreSQL cannot store."""
    return text_of_bytes([word.replace("\0", "").encode() for word in words])


def text_of_bytes(pieces: Sequence[bytes]) -> Text:
    """A column of these pieces of UTF-8."""
    ends = np.fromiter(accumulate(map(len, pieces)), np.int32, len(pieces))
    size = np.diff(ends, prepend=np.int32(0))
    return Text(np.frombuffer(b"".join(pieces), np.uint8), ends - size, size)


def no_text(rows: int) -> Text:
    """A column of empty texts."""
    return Text(np.empty(0, np.uint8), np.zeros(rows, np.int32), np.zeros(rows, np.int32))


def with_tail(column: Text, tail: bytes) -> Text:
    """Each text with this tail."""
    rows = len(column.first)
    begins = column.first.tolist()
    ends = (column.first + column.size).tolist()
    data = bytes(column.data)
    return text_of_bytes([data[begins[row] : ends[row]] + tail for row in range(rows)])


def text_joined(columns: Sequence[Text]) -> Text:
    """Columns one after the other."""
    shifts = accumulate((len(column.data) for column in columns), initial=0)
    return Text(
        np.concatenate([column.data for column in columns]),
        np.concatenate(
            [c.first + np.int32(shift) for c, shift in zip(columns, shifts, strict=False)]
        ),
        np.concatenate([column.size for column in columns]),
    )


@dataclass(frozen=True, slots=True)
class ParsedColumns:
    """Rows of consecutive lines, one a line; what stands at an `odd` row means nothing.

    Moments are microseconds since 1970-01-01 UTC, NONE for none. `called` and `caller` are E.164
    digits where possible, and packed for the kernel (negative: no rate card can look them up);
    `dialled` is the called number as the source has it. `words` numbers what attributes a call:
    rows of one number say the same. `read` gives the item of a row by the readable rule.
    """

    first_line: int
    odd: Flags
    key: Text
    group: Text
    direction: Text
    caller: Text
    called: Text
    dialled: Text
    cause: Text
    disposition: Text
    trunk: Text
    agent: Text
    called_packed: Int64
    caller_packed: Int64
    started_us: Int64
    answered_us: Int64
    ended_us: Int64
    answered_ms: Int64
    words: Int32
    read: Callable[[int], Item]

    def __len__(self) -> int:
        return len(self.odd)


def instants(local_s: Int64, clock: Clock, odd: Flags) -> Int64:
    """Microseconds since 1970 UTC of the clock's local seconds; NONE where there is no moment.

    Rows in an hour that a change of the clock repeats, cuts or skips become odd.
    """
    known = local_s >= 0
    hours, which = np.unique(local_s[known] // HOUR_S, return_inverse=True)
    said = [f"{from_micros(int(hour) * HOUR_S * SECOND_US):%Y-%m-%d %H}" for hour in hours]
    bases = np.empty(len(hours), np.int64)
    unusual = np.zeros(len(hours), bool)
    for place, text in enumerate(said):
        moment = clock.at(f"{text}:00:00")
        bases[place] = NONE if moment is None else (moment - EPOCH) // MICROSECOND
        unusual[place] = moment is None or text in clock.twice
    found = np.full(len(local_s), NONE)
    found[known] = bases[which] + local_s[known] % HOUR_S * SECOND_US
    odd[np.flatnonzero(known)[unusual[which]]] = True
    return found


def e164(numbers: Text, region: str) -> Text:
    """The digits of each number as `core.numbers.normalise` reads it in this region."""
    first, size = numbers.first.copy(), numbers.size.copy()
    known = np.empty(len(first), bool)
    fields.plain_numbers(frozen(numbers.data), first, size, _plain_heads(), known)
    rest = np.flatnonzero(~known)
    if not len(rest):
        return Text(numbers.data, first, size)
    unread = [numbers.at(row) for row in rest.tolist()]
    digits = {text: normalise(text, region).digits for text in set(unread)}
    more = text_of([digits[text] for text in unread])
    first[rest] = more.first + np.int32(len(numbers.data))
    size[rest] = more.size
    return Text(np.concatenate([numbers.data, more.data]), first, size)


@cache
def _plain_heads() -> Flags:
    """For each four digits whether a number that begins + and so is E.164 as it stands."""
    return frozen(np.array([plain_head(f"+{head:04}") for head in range(10_000)]))


def packed(digits: Text) -> Int64:
    """The numbers as `kernel.numbers` packs them; negative: no rate card can look it up."""
    found = np.empty(len(digits.first), np.int64)
    fields.packed(frozen(digits.data), frozen(digits.first), frozen(digits.size), found)
    return found


def unpacked(numbers: Int64) -> Text:
    """The digits of packed numbers."""
    size = length_of(numbers).astype(np.int32)
    first = np.cumsum(size, dtype=np.int32) - size
    data = np.empty(int(size.sum()), np.uint8)
    texts.unpacked(frozen(numbers), frozen(first), frozen(size), data)
    return Text(frozen(data), first, size)


def alike(columns: Sequence[Text]) -> Int32:
    """A number for each row: rows whose texts are all equal share it.

    The columns stand in the same bytes.
    """
    rows = len(columns[0].first)
    table = np.full(1 << max(rows * 2, 2).bit_length(), -1, np.int32)
    codes, examples = np.empty(rows, np.int32), np.empty(rows, np.int32)
    first = np.stack([column.first for column in columns], axis=1)
    size = np.stack([column.size for column in columns], axis=1)
    texts.alike(frozen(columns[0].data), frozen(first), frozen(size), table, codes, examples)
    return codes


def lines_of(data: bytes) -> Int64:
    """Where each line begins, and where the next one would."""
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
    return np.concatenate([np.zeros(1, np.int64), ends + 1])


def distinct(groups: Iterable[Int64]) -> bool:
    """Whether no number comes twice in all of these."""
    together = np.sort(np.concatenate(list(groups)))
    return bool((together[1:] != together[:-1]).all())


def frozen(array: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
    """Contiguous and read-only: one signature, one compilation."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
