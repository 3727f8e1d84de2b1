"""What rows mean beyond their columns: the rules that hold where a vendor states no others.

A vendor whose records need more (legs that tell of each other, an hour that a clock repeats)
states a subclass beside its spec. One object reads one file, in its order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat

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
from tollwright.core.formats.clock import Clock
from tollwright.core.formats.memo import Memo
from tollwright.core.formats.spec import Spec

Moment = datetime | None
Times = tuple[datetime, Moment, Moment]  # start, answer, end
UnsureTimes = tuple[Moment, Moment, Moment]


@dataclass(slots=True)
class Moments:
    """Times of some rows, and ms and whole seconds of their answered part."""

    ms: Sequence[int]
    seconds: Sequence[int]
    started: Sequence[Moment]
    answered: Sequence[Moment]
    ended: Sequence[Moment]


class Rules:
    """See the module. `agreed`: the hour of the latest start that the `born` of its row confirms;
    `noting`: whether rows that are read leave a trace for others, see `accept`."""

    together = False  # rows tell of each other: `settle` judges them, within the lookahead

    def __init__(self, spec: Spec, options: Options) -> None:
        """Raises OptionsError for an unknown zone."""
        self.spec = spec
        self.clock = Clock(options.zone)
        self.agreed = ""
        self.noting = True
        self._lengths = Memo(ms_of)
        self._durations = Memo(_lenient if spec.lenient else _duration)

    def columns_of(self, row: Sequence[str]) -> tuple[str, ...]:
        """The columns of a row that only its width tells."""
        return self.spec.widths[len(row)]

    def check(self, row: Block) -> None:
        """Raises BadRowError when the first row of an order cannot be what its columns say."""

    def moments(self, block: Block) -> Moments:
        """Times and lengths of each row. Raises BadRowError."""
        ms, seconds = self.lengths(block)
        return Moments(ms, seconds, *self.times(block))

    def durations(self, block: Block, _moments: Moments, /) -> Sequence[int]:
        """Milliseconds from start to end of each row. Raises BadRowError."""
        return self._durations.column(block.of(self.spec.duration))

    def lengths(self, block: Block) -> tuple[Sequence[int], Sequence[int]]:
        """Milliseconds of the answered part, the finest there are, and its whole seconds."""
        texts = block.of(self.spec.seconds)
        told = self._lengths.column(texts)
        if block.order.finer is not None:
            name, unit_us = block.order.finer
            told = [
                self._finer(fine, unit_us, seconds if text else None) if fine else (ms, seconds)
                for fine, text, (ms, seconds) in zip(block.of((name,)), texts, told, strict=True)
            ]
        ms, seconds = zip(*told, strict=True)
        return ms, seconds

    def _finer(self, text: str, unit_us: int, seconds: int | None) -> tuple[int, int]:
        if not (text.isascii() and text.isdigit()) or len(text) > 18:
            names = " or ".join(name for name, _ in self.spec.finer)
            raise BadRowError("number", f"{names} should be a number but is {text[:40]!r}.")
        ms = (int(text) * unit_us + 500) // 1_000
        whole = ms // 1_000 if seconds is None else seconds
        check_seconds(whole)
        return ms, whole

    def times(self, block: Block) -> tuple[list[Moment], list[Moment], list[Moment]]:
        """Start, answer and end of each row; what needs a closer look is given to `resolve`."""
        spec = self.spec
        started, answered, ended = (
            self.clock.column(block.of(c)) for c in (spec.started, spec.answered, spec.ended)
        )
        if None in started:
            raise BadRowError("time", NO_START)
        for place in self.doubtful(block, started, answered, ended):
            times = started[place], answered[place], ended[place]
            started[place], answered[place], ended[place] = self.resolve(block.row(place), times)
        return started, answered, ended

    def doubtful(
        self, block: Block, started: list[Moment], answered: list[Moment], ended: list[Moment]
    ) -> Iterable[int]:
        """Places of rows that end or are answered before their start, or in a repeated hour."""
        again = self.repeated(block)
        times = zip(started, answered, ended, strict=True)
        return [
            place
            for place, (start, answer, end) in enumerate(times)
            if place in again or before_start(start, answer, end)
        ]

    def repeated(self, block: Block) -> Collection[int]:
        """Places of rows one of whose stamps lies in an hour that a change of the clock repeats."""
        twice, spec = self.clock.twice, self.spec
        if not twice:
            return ()
        stamps = zip(*map(block.of, (spec.started, spec.answered, spec.ended)), strict=True)
        return {
            place for place, row in enumerate(stamps) if any(text[:13] in twice for text in row)
        }

    def resolve(self, row: Block, times: UnsureTimes, /) -> Times:
        """The times of one doubtful row. Raises BadRowError when they cannot be."""
        started, answered, ended = times
        if started is None:
            raise BadRowError("time", NO_START)
        if before_start(*times):
            raise self.misplaced(row)
        return started, answered, ended

    def misplaced(self, row: Block) -> BadRowError:
        """What is said of a row that ends before it starts."""
        spec = self.spec
        start, answer, end = (row.of(c)[0] for c in (spec.started, spec.answered, spec.ended))
        sentence = spec.sentences.end_before_start
        told = sentence.format(start=start, answer=answer, end=end)
        return BadRowError("end_before_start", told)

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


def _duration(text: str) -> int:
    return ms_of(text, "duration")[0] if text else 0


def _lenient(text: str) -> int:
    """Milliseconds of a duration that is no money: an odd one counts as 0."""
    try:
        return _duration(text)
    except BadRowError:
        return 0
