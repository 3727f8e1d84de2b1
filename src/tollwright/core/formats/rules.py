"""What rows mean beyond their columns: the rules that hold where a vendor states no others.

A vendor whose records need more (legs that tell of each other, an hour that a clock repeats)
states a subclass beside its spec. One object reads one file, in its order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import repeat
from typing import NamedTuple

from tollwright.core.formats.agreement import SLACK_MS, Told, conflict, is_clipped, settle
from tollwright.core.formats.base import (
    NO_START,
    BadRowError,
    Leg,
    Options,
    Record,
    check_seconds,
    ms_of,
)
from tollwright.core.formats.block import Block
from tollwright.core.formats.clock import Clock, grain_ms
from tollwright.core.formats.memo import Memo
from tollwright.core.formats.repeated_hour import RepeatedHours, readings_of
from tollwright.core.formats.spec import Spec

Moment = datetime | None
UnsureTimes = tuple[Moment, Moment, Moment]  # start, answer, end
Lengths = tuple[int | None, int | None]  # ms, answered and from start to end; None: not told
GAP_NOTE = "gap_hour: the clock skipped this time, it is read as before the change"


class Times(NamedTuple):
    """Start, answer and end of a row, and what was noted of them."""

    started: datetime
    answered: Moment
    ended: Moment
    note: str


@dataclass(slots=True)
class Moments:
    """Times of some rows, ms and whole seconds of their answered part, ms from start to end, and
    notes about doubts that were decided."""

    ms: Sequence[int]
    seconds: Sequence[int]
    durations: Sequence[int]
    started: Sequence[Moment]
    answered: Sequence[Moment]
    ended: Sequence[Moment]
    notes: Sequence[str]


class Rules:
    """See the module. `agreed`: the hour of the latest start that the `born` of its row confirms;
    `noting`: whether rows that are read leave a trace for others, see `accept`."""

    together = False  # rows tell of each other: `settle` judges them, within the lookahead
    counted = "billsec"  # what the answered length is called in sentences

    def __init__(self, spec: Spec, options: Options) -> None:
        """Raises OptionsError for an unknown zone."""
        self.spec = spec
        self.clock = Clock(options.zone)
        self.agreed = ""
        self.noting = True
        self._lengths = Memo(_length)
        self._durations = Memo(_lenient if spec.lenient else _duration)
        self._repeats = RepeatedHours()

    def columns_of(self, row: Sequence[str]) -> tuple[str, ...]:
        """The columns of a row that only its width tells."""
        return self.spec.widths[len(row)]

    def check(self, row: Block) -> None:
        """Raises BadRowError when the first row of an order cannot be what its columns say."""

    def moments(self, block: Block) -> Moments:
        """Times and lengths of each row, which agree. Raises BadRowError; a block that is refused
        has confirmed no hour."""
        agreed = self.agreed
        try:
            return self._moments(block)
        except BadRowError:
            self.agreed = agreed
            raise

    def _moments(self, block: Block) -> Moments:
        told, lasted = self.lengths(block), self.durations(block)
        lengths = [(ms, duration) for (ms, _), duration in zip(told, lasted, strict=True)]
        started, answered, ended, notes = self.times(block, lengths)
        counts: list[int] = []
        grains = self._grains(block)
        rows = zip(started, answered, ended, lengths, grains, strict=True)
        for place, (start, answer, end, (ms, duration), grain) in enumerate(rows):
            found = settle(Told(start, answer, end, ms, duration, grain), self.counted)
            answered[place] = found.answered
            counts.append(found.ms)
            notes[place] = notes[place] or found.note
        seconds = [
            counted if counted is not None and ms == known else ms // 1_000
            for ms, (known, counted) in zip(counts, told, strict=True)
        ]
        durations = [
            duration if duration is not None else _ms_between(start, end)
            for duration, start, end in zip(lasted, started, ended, strict=True)
        ]
        return Moments(counts, seconds, durations, started, answered, ended, notes)

    def durations(self, block: Block) -> Sequence[int | None]:
        """Milliseconds from start to end of each row; None: not told. Raises BadRowError."""
        return self._durations.column(block.of(self.spec.duration))

    def lengths(self, block: Block) -> Sequence[tuple[int | None, int | None]]:
        """Milliseconds of the answered part of each row, the finest there are, and its whole
        seconds; None: not told. Raises BadRowError."""
        texts = block.of(self.spec.seconds)
        told = self._lengths.column(texts)
        if block.order.finer is None:
            return told
        name, unit_us = block.order.finer
        return [
            self._finer(fine, unit_us, coarse) if fine else coarse
            for fine, coarse in zip(block.of((name,)), told, strict=True)
        ]

    def _finer(
        self, text: str, unit_us: int, coarse: tuple[int | None, int | None]
    ) -> tuple[int, int]:
        if not (text.isascii() and text.isdigit()) or len(text) > 18:
            names = " or ".join(name for name, _ in self.spec.finer)
            raise BadRowError("number", f"{names} should be a number but is {text[:40]!r}.")
        return self.finer((int(text) * unit_us + 500) // 1_000, coarse, self.counted)

    def finer(self, ms: int, coarse: tuple[int | None, int | None], name: str) -> tuple[int, int]:
        """A length told in a finer unit under this name, beside the source's own seconds. Raises
        BadRowError where they contradict each other, or no call is so long."""
        check_seconds(ms // 1_000, name)
        told, seconds = coarse
        if told is None or seconds is None or is_clipped(told):
            return ms, ms // 1_000
        if not is_clipped(ms) and abs(told - ms) > SLACK_MS:
            raise conflict(self.counted, told, "by its finer count", ms)
        return ms, seconds

    def times(
        self, block: Block, lengths: Sequence[Lengths]
    ) -> tuple[list[datetime], list[Moment], list[Moment], list[str]]:
        """Start, answer and end of each row and what was noted of them; what needs a closer look
        is given to `resolve`. Raises BadRowError."""
        spec = self.spec
        started, answered, ended = (
            self.clock.column(block.of(c)) for c in (spec.started, spec.answered, spec.ended)
        )
        if None in started:
            raise BadRowError("time", NO_START)
        notes = [""] * block.count
        for place in self.doubtful(block, started, answered, ended):
            started[place], answered[place], ended[place], notes[place] = self.resolve(
                block.row(place), lengths[place]
            )
        return [start for start in started if start is not None], answered, ended, notes

    def doubtful(
        self, block: Block, _started: list[Moment], _answered: list[Moment], _ended: list[Moment]
    ) -> Iterable[int]:
        """Places of rows with a time that a change of the clock repeats or skips."""
        return self.repeated(block)

    def repeated(self, block: Block) -> Collection[int]:
        """Places of rows one of whose stamps lies in an hour that a change of the clock repeats,
        cuts or skips."""
        twice, spec = self.clock.twice, self.spec
        if not twice:
            return ()
        stamps = zip(*map(block.of, (spec.started, spec.answered, spec.ended)), strict=True)
        return [
            place for place, row in enumerate(stamps) if any(text[:13] in twice for text in row)
        ]

    def resolve(self, row: Block, lengths: Lengths) -> Times:
        """The times of one doubtful row: what its lengths say of them, else the file's order."""
        return self.read_again(row, lengths, timedelta(0), None)

    def read_again(self, row: Block, lengths: Lengths, ahead: timedelta, born: Moment) -> Times:
        """The times of one row whose stamps may mean two instants each.

        `ahead`: how far its clock is before the source's zone; `born`: when its channel was made.
        """
        spec = self.spec
        texts = [row.of(columns)[0] for columns in (spec.started, spec.answered, spec.ended)]
        starts, answers, ends = (
            [moment - ahead for moment in self.clock.readings(text)] for text in texts
        )
        answered, length = map(_span, lengths)
        found = readings_of(starts, answers, ends, born=born, length=length, answered=answered)
        night, place = texts[0][:10], row.places[0]
        reading, note = self._repeats.choose(night, place, found, length or timedelta(0))
        end = [*ends, *(start + (length or timedelta(0)) for start in starts if not ends)]
        if not note and any(text[:13] in self.clock.twice for text in texts):
            last = reading.ended or reading.started + (length or timedelta(0))
            self._repeats.note(night, place, end, last)
        if not note and any(map(self.clock.skips, texts)):
            note = GAP_NOTE
        return Times(*reading, note)

    def _grains(self, block: Block) -> Iterable[int]:
        spec = self.spec
        columns = [block.of(c) for c in (spec.started, spec.answered, spec.ended)]
        if all(len(text) == 19 or not text for column in columns for text in column):
            return [1_000] * block.count
        return list(map(grain_ms, *columns))

    def legs(
        self, block: Block, references: Sequence[str]
    ) -> tuple[Iterable[Leg], Sequence[str], Iterable[str]]:
        """What each row is, its group and a note, as far as the row alone tells."""
        groups = block.of(self.spec.group)
        if not all(groups):
            groups = [one or other for one, other in zip(groups, references, strict=True)]
        return repeat("customer"), groups, repeat("")

    def makers(self, _block: Block, _references: Sequence[str], /) -> Iterable[str]:
        """The row that made each row, as the row names it; "" for none."""
        return repeat("")

    def accept(self, block: Block, references: Sequence[str]) -> None:
        """These rows became calls: note what they tell of others, if `noting`. Called again for
        some of them where one of the block is refused after all."""

    def settle(self, records: Sequence[Record], given: int) -> None:
        """Set the legs of `records[given:]` by what they tell of each other and of those before."""

    def claim(self, other: str, by: str) -> None:
        """Row `by` names row `other` as its other leg."""

    def apart(self, references: Collection[str], claims: Collection[str]) -> bool:
        """Whether no row of these, claims of the rows around them added, is another one's leg."""
        return not set(references).intersection(claims)


def before_start(start: Moment, answer: Moment, end: Moment) -> bool:
    """Whether a call ends or is answered before it starts."""
    return start is not None and (
        (end is not None and end < start) or (answer is not None and answer < start)
    )


def _span(ms: int | None) -> timedelta | None:
    return None if ms is None or is_clipped(ms) else timedelta(milliseconds=ms)


def _ms_between(start: datetime, end: Moment) -> int:
    return 0 if end is None else max(0, (end - start) // timedelta(milliseconds=1))


def _length(text: str) -> tuple[int | None, int | None]:
    return ms_of(text) if text else (None, None)


def _duration(text: str) -> int | None:
    """Milliseconds; None where there are none, or the field was full."""
    ms = ms_of(text, "duration")[0] if text else None
    return None if ms is None or is_clipped(ms) else ms


def _lenient(text: str) -> int | None:
    """Milliseconds of a duration that is no money: an odd one is as none."""
    try:
        return _duration(text)
    except BadRowError:
        return None
