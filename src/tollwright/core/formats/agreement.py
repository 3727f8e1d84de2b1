"""Whether the times and lengths of one call agree: asked here for every format and pushed calls.

What contradicts itself costs money whichever reading is taken, so it waits with both of them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from tollwright.core.formats.base import (
    CLIPPED_SECONDS,
    DAY_S,
    BadRowError,
    clipped,
    too_long,
)

SLACK_MS = 2_000  # clocks are cut to whole seconds, and step
CLIPPED_NOTE = "clipped: the length is that of its times, the count was full"
CLOCK_STEP_NOTE = "clock_step: a time lies up to 2 s before the one it follows"
_MS = timedelta(milliseconds=1)
_MICRO = timedelta(microseconds=1)
_ADVICE = "Find the true one, and send the record again with it."


class Told(NamedTuple):
    """What a record says of its course. `ms`: the answered length, `duration_ms`: from the start
    to the end; None = it does not say. `grain_ms`: how fine its stamps are."""

    started: datetime
    answered: datetime | None
    ended: datetime | None
    ms: int | None
    duration_ms: int | None
    grain_ms: int = 1_000


class Settled(NamedTuple):
    """The answer, the answered length, and what was noted on the way."""

    answered: datetime | None
    ms: int
    note: str


def settle(told: Told, what: str) -> Settled:
    """The call's answer and length. `what`: how its record calls the answered length.

    Raises BadRowError: seconds_conflict; clipped, too_long or length where there is no length;
    time where nobody can know when it was answered.
    """
    slack = max(SLACK_MS, told.grain_ms if told.grain_ms > 1_000 else 0)
    _check_order(told, slack)
    ms, note = _length(told, what)
    answered = told.answered
    if answered is None and ms > 0:
        answered = _answer(told, ms, what, slack)
    elif answered is not None and told.ended is not None:
        between = (told.ended - answered) // _MS
        if abs(between - ms) > slack:
            raise conflict(what, ms, "from its answer to its end", between)
    if told.duration_ms is not None and ms > told.duration_ms + slack:
        raise conflict(what, ms, "by its whole duration", told.duration_ms)
    if not note and _stepped(told):
        note = CLOCK_STEP_NOTE
    return Settled(answered, ms, note)


def is_clipped(ms: int) -> bool:
    """Whether so many ms are the largest count of seconds that a field can hold."""
    return ms % 1_000 == 0 and ms // 1_000 in CLIPPED_SECONDS


def conflict(what: str, ms: int, how: str, other_ms: int) -> BadRowError:
    """What is said of two lengths that cannot both be true."""
    one, other = seconds_text(ms), seconds_text(other_ms)
    proposals = f"{one} s by {what}"
    if other_ms >= 0:
        proposals = f"{other} s {how}, or {proposals}"
    return BadRowError(
        "seconds_conflict",
        f"{what} says {one} s, but {how} the call has {other} s. Proposals: {proposals}. {_ADVICE}",
    )


def seconds_text(ms: int) -> str:
    """3, 3.5, -4: ms as seconds."""
    whole, rest = divmod(abs(ms), 1_000)
    fraction = f".{rest:03}".rstrip("0") if rest else ""
    return f"{'-' if ms < 0 else ''}{whole}{fraction}"


def _length(told: Told, what: str) -> tuple[int, str]:
    """Milliseconds as counted, else by the times, and a note."""
    full = told.ms is not None and is_clipped(told.ms)
    if told.ms is not None and not full:
        return told.ms, ""
    if told.answered is not None and told.ended is not None:
        ms = max(0, ((told.ended - told.answered) // _MICRO + 500) // 1_000)
        if ms > DAY_S * 1_000:
            raise too_long("From its answer to its end the seconds are", ms // 1_000)
        return ms, CLIPPED_NOTE if full else ""
    if told.ms is not None and full:
        raise clipped(what, told.ms // 1_000)
    if told.answered is None:
        return 0, ""
    raise BadRowError(
        "length", f"The call was answered but has neither {what} nor an end: no length."
    )


def _answer(told: Told, ms: int, what: str, slack: int) -> datetime:
    """The answer of a call that says only how long it was answered: so far before its end."""
    length = timedelta(milliseconds=ms)
    if told.ended is not None:
        end = told.ended
    elif told.duration_ms is not None:
        end = told.started + timedelta(milliseconds=told.duration_ms)
    else:
        raise BadRowError(
            "time",
            f"When the call was answered is unknown: it has {what}, but no answer, end or whole"
            " duration. It did not have to be answered as it began: add one of them.",
        )
    whole = (end - told.started) // _MS
    if ms > whole + slack:
        raise conflict(what, ms, "from its start to its end", whole)
    return max(told.started, end - length)


def _check_order(told: Told, slack: int) -> None:
    """Raises BadRowError where an answer or an end lies before what comes first in a call."""
    start, answer, end = told.started, told.answered, told.ended
    limit = timedelta(milliseconds=slack)
    order = (
        ("is answered", answer, "start", start),
        ("ends", end, "start", start),
        ("ends", end, "answer", answer),
    )
    for verb, late, before, early in order:
        if late is not None and early is not None and late < early - limit:
            raise BadRowError(
                "seconds_conflict",
                f"The call {verb} at {late:%Y-%m-%d %H:%M:%S} UTC, before its {before} at"
                f" {early:%Y-%m-%d %H:%M:%S} UTC.{_lengths_told(told)} {_ADVICE}",
            )


def _lengths_told(told: Told) -> str:
    lengths = (("answered", told.ms), ("whole", told.duration_ms))
    said = [
        f"{seconds_text(ms)} s by the {which} length"
        for which, ms in lengths
        if ms is not None and not is_clipped(ms)
    ]
    return f" Proposals: {', or '.join(said)}." if said else ""


def _stepped(told: Told) -> bool:
    start, answer, end = told.started, told.answered, told.ended
    first = answer or start
    return (answer is not None and answer < start) or (
        end is not None and (end < start or end < first)
    )
