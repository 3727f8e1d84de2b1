"""Which of two equal hours a stamp means, in the night in which a clock is set back.

Decided, for each record, by what it tells itself (its epoch, its lengths), else by the order of the
file: records are written when calls end, so an end that steps back begins the second hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import NamedTuple

AMBIGUOUS_NOTE = "ambiguous_hour: the clock showed this hour twice, the {which} is taken"
_BACK = timedelta(minutes=30)
_SLACK = timedelta(seconds=2)
_NEAR = timedelta(seconds=30)
Moment = datetime | None


class Reading(NamedTuple):
    """One way to read the three stamps of a record."""

    started: datetime
    answered: Moment
    ended: Moment

    def in_order(self) -> bool:
        """Whether the call is answered and ends no earlier than it should."""
        start, answer, end = self
        first = answer or start
        return (answer is None or answer >= start - _SLACK) and (
            end is None or end >= max(first, start) - _SLACK
        )

    def fits(self, length: timedelta | None, answered: timedelta | None) -> bool:
        """Whether the stamps are as far apart as the record says."""
        whole = _are_apart(self.started, self.ended, length)
        return whole and _are_apart(self.answered, self.ended, answered)


def _are_apart(first: Moment, last: Moment, length: timedelta | None) -> bool:
    if first is None or last is None or length is None:
        return True
    return abs(last - first - length) <= _SLACK


def readings_of(
    starts: Sequence[datetime],
    answers: Sequence[datetime],
    ends: Sequence[datetime],
    *,
    born: Moment = None,
    length: timedelta | None = None,
    answered: timedelta | None = None,
) -> list[Reading]:
    """The readings that hold, the earliest first; at least one.

    `born`: when the channel was made: no call starts before, and one that starts as it is made
    starts then. `length`, `answered`: from start to end, and the answered part.
    """
    told: list[Sequence[Moment]] = [answers or (None,), ends or (None,)]
    every = [Reading(start, *one) for start in starts for one in product(*told)]
    found = [one for one in every if one.in_order()] or every[:1]
    if born is not None:
        found = [one for one in found if one.started >= born - _SLACK] or found
        found = [one for one in found if one.started - born < _NEAR] or found
    return sorted(
        [one for one in found if one.fits(length, answered)] or found,
        key=lambda one: (one.started, one.answered or one.started, one.ended or one.started),
    )


class RepeatedHours:
    """Remembers, for each night, from which place of the file on the second hour is meant.

    Places grow through the file; asking again for a place gives the same answer.
    """

    def __init__(self) -> None:
        self._second: dict[str, int] = {}
        self._latest: dict[str, tuple[int, datetime]] = {}

    def choose(
        self, night: str, place: int, found: Sequence[Reading], length: timedelta
    ) -> tuple[Reading, str]:
        """The reading of a record, and a note where it does not tell by itself.

        `found` as `readings_of` gives it, `length`: from start to end, 0 where it
        is not known.
        """
        if len(found) == 1:
            return found[0], ""
        if self._is_second(night, place, found[0].ended or found[0].started + length):
            return found[-1], AMBIGUOUS_NOTE.format(which="second")
        return found[0], AMBIGUOUS_NOTE.format(which="first")

    def note(self, night: str, place: int, ends: Sequence[datetime], end: datetime) -> None:
        """The record at this place tells itself which of the readings `ends` of its end it means:
        those after it are judged by it."""
        if len(ends) == 1 or end == ends[0]:
            self._is_second(night, place, ends[0])
        else:
            self._second[night] = min(place, self._second.get(night, place))

    def _is_second(self, night: str, place: int, first: datetime) -> bool:
        begins = self._second.get(night)
        if begins is not None:
            return place >= begins
        before = self._latest.get(night)
        if before is None or place > before[0]:
            if before is not None and first < before[1] - _BACK:
                self._second[night] = place
                return True
            latest = first if before is None else max(first, before[1])
            self._latest[night] = (place, latest)
        return False
