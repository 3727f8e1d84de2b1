"""What Asterisk's rows mean beyond their columns: their times, and which of them are calls.

Grouping works in a stream: rows are held until `Options.lookahead` later rows have been seen,
then judged together with as many rows before them: first the halves of Local channels (`halves`),
then the rows of each channel (`lines`). Everything else is a customer leg.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from itertools import islice

from msgspec.structs import replace

from tollwright.core.formats.asterisk.halves import AGENT, TOWARDS, Halves
from tollwright.core.formats.asterisk.lines import LineRule, judge_line
from tollwright.core.formats.base import BadRowError, Options, Record
from tollwright.core.formats.block import Block
from tollwright.core.formats.judged import restore
from tollwright.core.formats.rules import Lengths, Moment, Rules, Times, before_start
from tollwright.core.formats.spec import Spec
from tollwright.core.formats.takes import LOCAL
from tollwright.core.instants import EPOCH

_ZERO = timedelta(0)
_NEAR = timedelta(seconds=30)
_HALF_HOUR = timedelta(minutes=30)
_SLACK = timedelta(seconds=2)  # clocks of a channel and its record are cut to whole seconds
ZONE_NOTE = "wrong_zone: the stamps are whole half hours from the row's epoch, which was taken"
_MOST_STEPS = 52  # half hours: zones lie within ± 26 hours of each other
WORDS = frozenset({"ANSWERED", "NO ANSWER", "BUSY", "FAILED", "CONGESTION", "UNKNOWN", "CANCEL"})
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d.*)?|\d{9,}(\.\d+)?|0(\.0+)?|")
# as FreePBX and its kin name the contexts in which calls of trunks arrive
OUTSIDE_CONTEXTS = ("from-trunk", "from-pstn", "from-did", "from-external", "ext-did")
_UNIQUEID = re.compile(r"(?:.*-)?\d{9,10}\.\d+")


class AsteriskRules(Rules):
    """See the module. The uniqueid tells when its channel was made: that decides which of two
    equal hours is meant, and a zone that is wrong by whole half hours is corrected by it."""

    together = True

    def __init__(self, spec: Spec, options: Options) -> None:
        super().__init__(spec, options)
        self._trunks = options.trunks
        self._line_rule = LineRule(options.transfers, self._from_outside)

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

    def resolve(self, row: Block, lengths: Lengths) -> Times:
        """The unusual row: a repeated hour, a wrong zone, an end before its start."""
        spec = self.spec
        [made] = births(row.of(spec.reference))
        text = row.of(spec.started)[0]
        ahead = self._shift(text, self.clock.readings(text), made)
        found = self._half_hours(self.read_again(row, lengths, ahead, made), made, lengths[1])
        return found._replace(note=ZONE_NOTE) if ahead else found

    def _half_hours(self, told: Times, made: Moment, duration_ms: int | None) -> Times:
        """An end before its start is put right by the whole half hours that its duration says,
        where the start is the epoch's."""
        started, answered, ended, _ = told
        if made is None or duration_ms is None or ended is None or ended >= started - _SLACK:
            return told
        late = started + timedelta(milliseconds=duration_ms) - ended
        back = round(late / _HALF_HOUR) * _HALF_HOUR
        if abs(late - back) > _SLACK:
            return told
        if answered is not None and answered < started - _SLACK:
            answered += back
        return Times(started, answered, ended + back, ZONE_NOTE)

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
        if _apart(records):
            return
        for record in islice(records, given, None):
            restore(record)
        given_out = {id(record) for record in islice(records, given)}
        Halves(records, self._is_trunk).judge(given_out)
        lines: dict[str, list[Record]] = {}
        for record in records:
            lines.setdefault(record.unique_id, []).append(record)
        for rows in lines.values():
            calls = [row for row in rows if row.note not in (TOWARDS, AGENT)]
            fresh = [row for row in calls if id(row) not in given_out]
            if fresh and len(calls) > 1 and not self._judge_after(calls, given_out):
                judge_line(fresh, self._line_rule)

    def _judge_after(self, calls: Sequence[Record], given_out: Collection[int]) -> bool:
        """Judge rows of a line of which some are given out; False where these would have to change:
        then the others stay as they are, and meet them in the database."""
        given = [row for row in calls if id(row) in given_out]
        copies = {id(row): replace(row) for row in given}
        for copy in copies.values():
            restore(copy)
        judge_line([copies.get(id(row), row) for row in calls], self._line_rule)
        if all(_says(copies[id(row)]) == _says(row) for row in given):
            return True
        for row in calls:
            if id(row) not in given_out:
                restore(row)
        return False

    def _is_trunk(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self._trunks)

    def _from_outside(self, record: Record) -> bool:
        """Whether the row's channel came in by a trunk, by its name or by its context's."""
        context = next((value for kind, value in record.hints if kind == "context"), "")
        return self._is_trunk(record.trunk_in) or context.startswith(OUTSIDE_CONTEXTS)


def births(references: Sequence[str]) -> list[datetime | None]:
    """When each channel was made, by the epoch in its uniqueid ([server-]epoch.count)."""
    texts = [reference[: reference.rfind(".")][-10:] for reference in references]
    return [
        EPOCH + timedelta(0, int(text))
        if len(text) == 10 and text.isascii() and text.isdigit()
        else None
        for text in texts
    ]


def _apart(records: Sequence[Record]) -> bool:
    """Whether each row is a channel of its own and none a Local one: the usual, nothing to set."""
    if len({record.unique_id for record in records}) < len(records):
        return False
    names = {record.channel[: len(LOCAL)] for record in records}
    names |= {record.dst_channel[: len(LOCAL)] for record in records}
    return LOCAL not in names


def _says(record: Record) -> tuple[object, ...]:
    return record.leg, record.started_at, record.answered_at, record.ended_at, record.answered_ms
