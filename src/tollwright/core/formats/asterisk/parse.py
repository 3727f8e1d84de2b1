"""What Asterisk's rows mean beyond their columns: their times, and which of them are calls.

Grouping works in a stream: rows are held until `Options.lookahead` later rows have been seen,
then judged together with as many rows before them. Decided so, in this order:
- towards a Local channel whose other half is in sight: internal (the other half is the call);
- the same call told again under another sequence (ForkCDR): internal, a twin;
- an unanswered row of a channel that another row answers, or that an earlier row tells: internal;
- everything else is a customer leg.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec.structs import force_setattr

from tollwright.core.formats.base import BadRowError, Record, ms_of
from tollwright.core.formats.block import Block
from tollwright.core.formats.rules import Moment, Rules, Times, UnsureTimes, before_start
from tollwright.core.formats.takes import LOCAL
from tollwright.core.instants import EPOCH

_ZERO = timedelta(0)
_NEAR = timedelta(seconds=30)
_HALF_HOUR = timedelta(minutes=30)
_SLACK = timedelta(seconds=2)  # clocks of a channel and its record are cut to whole seconds
_MOST_STEPS = 52  # half hours: zones lie within ± 26 hours of each other
WORDS = frozenset({"ANSWERED", "NO ANSWER", "BUSY", "FAILED", "CONGESTION", "UNKNOWN", "CANCEL"})
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d.*|\d{9,}(\.\d+)?|0(\.0+)?|")
_UNIQUEID = re.compile(r"(?:.*-)?\d{9,10}\.\d+")


class AsteriskRules(Rules):
    """See the module. The uniqueid tells when its channel was made: that decides which of two
    equal hours is meant, and a zone that is wrong by whole half hours is corrected by it."""

    together = True

    def columns_of(self, row: Sequence[str]) -> tuple[str, ...]:
        """17 and 20 columns: the one more is the uniqueid, or else the userfield."""
        columns = super().columns_of(row)
        if len(row) in (17, 20) and not _UNIQUEID.fullmatch(row[16]):
            return tuple("userfield" if name == "uniqueid" else name for name in columns)
        return columns

    def check(self, row: Block) -> None:
        """Raises BadRowError when the columns cannot be in the order that their names say."""
        start, billsec, disposition = (row.of((n,))[0] for n in ("start", "billsec", "disposition"))
        if _STAMP.fullmatch(start) and (not disposition or disposition.upper() in WORDS):
            return
        shown = start if not _STAMP.fullmatch(start) else disposition
        place = "start time" if shown is start else "disposition"
        raise BadRowError(
            "order",
            f"The column for the {place} holds {shown[:40]!r} and the one for billsec"
            f" {billsec[:20]!r}: this file has another column order (cdr_custom writes its own into"
            " the same file name). Choose the layout cdr_custom or state the columns in the"
            " Source.",
        )

    def doubtful(
        self, block: Block, started: list[Moment], answered: list[Moment], ended: list[Moment]
    ) -> Iterator[int]:
        """Places of rows whose times need `resolve`; notes the hours that agree before each."""
        stamps = block.of(self.spec.started)
        again = self.repeated(block)
        times = zip(started, answered, ended, births(block.of(self.spec.reference)), strict=True)
        for place, (start, answer, end, born) in enumerate(times):
            if (
                start is None
                or place in again
                or (born is not None and not _ZERO <= start - born < _NEAR)
                or before_start(start, answer, end)
            ):
                yield place
            elif born is not None:
                self.agreed = stamps[place][:13]

    def times(self, block: Block) -> tuple[list[Moment], list[Moment], list[Moment]]:
        """As `Rules.times`. A block that is refused has confirmed no hour."""
        agreed = self.agreed
        try:
            return super().times(block)
        except BadRowError:
            self.agreed = agreed
            raise

    def resolve(self, row: Block, _times: UnsureTimes, /) -> Times:
        """The unusual row: a repeated hour, a wrong zone, an end before its start."""
        spec = self.spec
        start, answer, end = (row.of(c)[0] for c in (spec.started, spec.answered, spec.ended))
        [made] = births(row.of(spec.reference))
        [duration] = self._durations.column(row.of(spec.duration))
        length = timedelta(milliseconds=duration)
        starts, answers, ends = (self.clock.readings(text) for text in (start, answer, end))
        shift = self._shift(start, starts, made)
        starts, answers, ends = (
            [moment - shift for moment in group] for group in (starts, answers, ends)
        )
        started = _start(starts, ends, length, made)
        answered = _first_from(answers, started - _SLACK)
        ended = _first_from(ends, max(answered or started, started + length - _SLACK))
        if ends and ended is None:
            ended = _first_from(ends, answered or started)
        if (ends and ended is None) or (answers and answered is None):
            if made is None:
                raise self.misplaced(row)
            ended = started + length
            seconds = timedelta(milliseconds=ms_of(row.of(spec.seconds)[0])[0])
            answered = ended - seconds if answers else None
        return started, answered, ended

    def _shift(self, start: str, starts: list[datetime], made: datetime | None) -> timedelta:
        """What text is ahead of the truth when the Source's zone is wrong: whole half hours.

        Only if the moved start meets the channel's birth, and no row of the same hour agreed
        with the zone as it stands (a later leg of a long channel starts long after its birth).
        """
        if made is None or start[:13] == self.agreed or "-" not in start:
            return _ZERO
        lags = [moment - made for moment in starts]
        if any(-_SLACK <= lag < _NEAR for lag in lags):
            return _ZERO
        steps = (lags[0] + _SLACK) // _HALF_HOUR
        near = -_SLACK <= lags[0] - steps * _HALF_HOUR < _NEAR
        return steps * _HALF_HOUR if near and abs(steps) <= _MOST_STEPS else _ZERO

    def settle(self, records: Sequence[Record], given: int) -> None:
        """See the module."""
        settle(records, given)


def _start(
    starts: list[datetime], ends: list[datetime], length: timedelta, made: datetime | None
) -> datetime:
    """Which reading of a repeated hour: by the channel's birth, else by the row's duration."""
    if made is not None:
        born = [moment for moment in starts if moment >= made - _SLACK]
        return born[0] if born else starts[0]
    for moment in starts:
        if any(abs(end - moment - length) <= _SLACK for end in ends):
            return moment
    return starts[0]


def _first_from(moments: list[datetime], least: datetime) -> datetime | None:
    return next((moment for moment in moments if moment >= least), None)


def births(references: Sequence[str]) -> list[datetime | None]:
    """When each channel was made, by the epoch in its uniqueid ([server-]epoch.count)."""
    texts = [reference[: reference.rfind(".")][-10:] for reference in references]
    return [
        EPOCH + timedelta(0, int(text))
        if len(text) == 10 and text.isascii() and text.isdigit()
        else None
        for text in texts
    ]


def settle(records: Sequence[Record], given: int) -> None:
    """Set the legs of `records[given:]`; see the module for the rules."""
    if _apart(records):
        return
    firsts: dict[str, Record] = {}
    several: dict[str, list[Record]] = {}
    halves: dict[str, Record] = {}
    towards: list[Record] = []
    given_out = {id(record) for record in records[:given]}
    for record in records:
        uid = record.unique_id
        first = firsts.setdefault(uid, record)
        if first is not record:
            several.setdefault(uid, [first]).append(record)
        if record.dst_channel.startswith(LOCAL):
            towards.append(record)
        if record.channel.startswith(LOCAL):
            halves[record.channel.rpartition(";")[0]] = record
    for record in towards:
        half = halves.get(record.dst_channel.rpartition(";")[0])
        if half is not None and id(record) not in given_out:
            _not_customer(record, "towards a Local channel: its other half is the call")
            _inherit(half, record)
    for rows in several.values():
        for record, why in _told_again(rows):
            if id(record) not in given_out:
                _not_customer(record, why)


def _apart(records: Sequence[Record]) -> bool:
    """Whether each row is a channel of its own and none a Local one: the usual, nothing to set."""
    if len({record.unique_id for record in records}) < len(records):
        return False
    names = {record.channel[: len(LOCAL)] for record in records}
    names |= {record.dst_channel[: len(LOCAL)] for record in records}
    return LOCAL not in names


def _told_again(rows: list[Record]) -> Iterator[tuple[Record, str]]:
    """The rows of one channel that are no call of their own, each with its reason."""
    answered = [record for record in rows if record.answered]
    seen: dict[tuple[object, ...], Record] = {}
    for record in answered:
        first = seen.setdefault(_what(record), record)
        if first.call_key != record.call_key:
            yield record, f"twin of sequence {first.sequence} (ForkCDR)"
    for record in rows:
        if record.answered:
            continue
        if answered:
            yield record, "an attempt of a call that another row answers"
        elif record.call_key != rows[0].call_key:
            yield record, "another row about the same unanswered call"


def _what(record: Record) -> tuple[object, ...]:
    return (
        record.channel, record.dst_channel, record.called, record.started_at,
        record.answered_at, record.ended_at, record.answered_ms,
    )  # fmt: skip


def _inherit(half: Record, whole: Record) -> None:
    """A Local channel comes from no trunk: the one before it brought the call."""
    if not half.trunk_in and whole.trunk_in:
        force_setattr(half, "trunk_in", whole.trunk_in)
        force_setattr(half, "hints", (*half.hints, ("trunk", whole.trunk_in)))


def _not_customer(record: Record, why: str) -> None:
    force_setattr(record, "leg", "internal")
    force_setattr(record, "note", why)
