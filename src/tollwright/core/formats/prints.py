"""The print of a row: by it the same row is known again under another key.

A second CDR module, a fork, the table beside the csv: they tell the same facts of the same channels
under keys of their own. Whole seconds, so that a coarser telling has the print of a finer one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from struct import Struct

from tollwright.core.formats.base import Record
from tollwright.core.instants import micros_of

SEPARATOR = "\x1f"
KEY_DIGITS = 8  # of a print, in the key of a row that has no number of its own
_MOMENTS = Struct("<3q")
MOMENTS_BYTES = _MOMENTS.size
NO_MOMENT = -1
_SECOND_US = 1_000_000


def print_of(record: Record) -> str:
    """The print of a row as it was read: 16 hexadecimal digits."""
    texts = (record.unique_id, record.channel, record.dst_channel, record.called)
    told = record.own or record
    times = told.started_at, told.answered_at, told.ended_at
    lengths = told.duration_ms, told.answered_ms
    [found] = prints([texts], [times[0]], [times[1]], [times[2]], [lengths[0]], [lengths[1]])
    return found


def prints(
    texts: Iterable[Sequence[str]],
    started: Iterable[datetime | None],
    answered: Iterable[datetime | None],
    ended: Iterable[datetime | None],
    durations_ms: Iterable[int],
    answered_ms: Iterable[int],
) -> Iterator[str]:
    """The print of each row of its texts (call_ref, both channels, called) and times. A table that
    tells no end or answer tells them by its lengths."""
    rows = zip(texts, started, answered, ended, durations_ms, answered_ms, strict=True)
    for said, start, answer, end, length, spoken in rows:
        finish = _plus(start, length) if end is None else end
        spoke = _plus(finish, -spoken) if answer is None and spoken > 0 else answer
        moments = _MOMENTS.pack(_whole(start), _whole(spoke), _whole(finish))
        yield hash_row(SEPARATOR.join(said).encode("utf-8", "surrogatepass"), moments)


def hash_row(texts: bytes, moments: bytes) -> str:
    """The print of texts with SEPARATOR between them, and of start, answer and end in whole
    seconds since 1970, NO_MOMENT for none, as int64 of little end."""
    return blake2b(texts + moments, digest_size=8).hexdigest()


def _whole(moment: datetime | None) -> int:
    return NO_MOMENT if moment is None else micros_of(moment) // _SECOND_US


def _plus(moment: datetime | None, ms: int) -> datetime | None:
    return None if moment is None else moment + timedelta(milliseconds=ms)
