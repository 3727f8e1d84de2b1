"""FreeSWITCH mod_cdr_csv: Master.csv in the order of a template.

Which leg a row is: certain with `${direction}` and `${originating_leg_uuid}` in the template.
Without them a B leg is the row whose uuid another row names as its bleg_uuid, and, in a file
that holds both legs, the row without an account that lies inside a later row of the same caller
(a failed B leg, or the first one of a transferred call). Rows are held until
`Options.lookahead` later rows have been seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from urllib.parse import unquote

from tollwright.core.formats.base import (
    NO_START,
    PLAIN_SECONDS,
    BadRowError,
    Direction,
    Fault,
    Ignored,
    Item,
    Leg,
    Options,
    Record,
    check_seconds,
    ms_of,
)
from tollwright.core.formats.clock import Clock
from tollwright.core.formats.freeswitch_layouts import Layout, header_layout, layout_of
from tollwright.core.formats.legs import LegJudge
from tollwright.core.formats.lines import CsvReader, Dialect
from tollwright.core.formats.window import windowed

NO_UUID = "The uuid is empty: without it a record that comes twice cannot be recognised."
_SLACK = timedelta(seconds=2)
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_HINTS_KEPT = 100_000

Times = tuple[datetime, datetime | None, datetime | None]


class FreeswitchCsv:
    """The format; see the module and docs/formats/freeswitch.md."""

    name = "freeswitch_csv"
    title = "FreeSWITCH CDR in CSV (mod_cdr_csv)"
    extensions: tuple[str, ...] = (".csv",)

    def parse(self, chunks: Iterable[bytes], options: Options) -> Iterator[Item]:
        """See `Format.parse`."""
        reader = Reader(options)
        return windowed(reader.batches(chunks), options.lookahead, reader.judge.settle)


class Reader:
    """Reads rows; `judge` tells their legs."""

    def __init__(self, options: Options) -> None:
        self.layout = layout_of(options)
        self.clock = Clock(options.zone)
        self._server = options.server
        self._rows = CsvReader(options, Dialect(escape="\\"), self._fits)
        self._hints: dict[tuple[str, ...], tuple[tuple[str, str], ...]] = {}
        self.judge = LegJudge(options.legs, certain=self.layout.tells_legs)

    def _fits(self, count: int) -> bool:
        return count == len(self.layout.columns)

    def batches(self, chunks: Iterable[bytes], first: int = 1) -> Iterator[list[Item]]:
        """The items of `chunks`, which begin with line `first` of the file, legs not yet told."""
        for block in self._rows.read(chunks, first):
            if isinstance(block, Fault):
                yield [block]
                continue
            at, lines, rows = block.first, block.lines, block.rows
            head = header_layout(rows[0]) if at == 1 else None
            if head is not None:
                self.layout = head
                self.judge.certain = head.tells_legs
                yield [Ignored(1, "column names")]
                at, lines, rows = 2, lines[1:], rows[1:]
            yield self._items(at, lines, rows, block.span)

    def _items(self, first: int, lines: list[str], rows: list[list[str]], span: int) -> list[Item]:
        items: list[Item] = []
        add = items.append
        record = self._record
        width = len(self.layout.columns)
        for line, (raw, row) in enumerate(zip(lines, rows, strict=True), first):
            if len(row) != width:
                add(self._misfit(line, raw, row, span))
                continue
            try:
                add(record(line, raw, row, span))
            except BadRowError as bad:
                add(Fault(line, bad.code, bad.reason, raw, span))
        return items

    def _record(self, line: int, raw: str, row: list[str], span: int) -> Record:
        if "%" in raw and _ENCODED.search(raw):
            row = [unquote(cell) for cell in row]
        row.append("")
        layout = self.layout
        (
            name, caller, called, dialled, start, answer, end, duration, billsec, fine, cause,
            uuid, bleg, direction, origin, disposition, channel, gateway, campaign, queue, agent,
        ) = layout.pick(row)  # fmt: skip
        if not uuid:
            raise BadRowError("no_id", NO_UUID)
        ms, seconds = PLAIN_SECONDS.get(billsec) or (ms_of(billsec) if billsec else (0, 0))
        if fine:
            ms, seconds = self._finer(fine, seconds if billsec else None)
        started, answered, ended = self._times(start, answer, end, duration)
        leg, group = self._leg(uuid, bleg, direction, origin)
        return Record(
            f"{uuid}@{self._server}" if self._server else uuid,
            uuid, None, 0, leg, group, _direction(direction),
            caller, name, called, dialled if direction else called,
            started, answered, ended,
            ms, seconds, ms_of(duration, "duration")[0] if duration else 0,
            ms > 0 or answered is not None, cause, disposition,
            channel, "", "", gateway, campaign, queue, agent,
            self._pairs(layout, row), line, raw, span,
        )  # fmt: skip

    def _misfit(self, line: int, raw: str, row: list[str], span: int) -> Item:
        if not row or (len(row) == 1 and not row[0].strip()):
            return Ignored(line, "empty line", span)
        reason = (
            f"The line has {len(row)} columns, the template has {len(self.layout.columns)}:"
            " it is cut short, or the Source's columns are not those of cdr_csv.conf.xml."
        )
        return Fault(line, "columns", reason, raw, span)

    def _finer(self, fine: str, seconds: int | None) -> tuple[int, int]:
        if not (fine.isascii() and fine.isdigit()) or len(fine) > 18:
            raise BadRowError(
                "number", f"billusec or billmsec should be a number but is {fine[:40]!r}."
            )
        ms = (int(fine) * self.layout.fine_unit_us + 500) // 1_000
        whole = ms // 1_000 if seconds is None else seconds
        check_seconds(whole)
        return ms, whole

    def _leg(self, uuid: str, bleg: str, direction: str, origin: str) -> tuple[Leg, str]:
        if origin and origin != uuid and direction != "inbound":
            return "supplier", origin
        if bleg:
            self.judge.claim(bleg, uuid)
        return "customer", uuid

    def _pairs(self, layout: Layout, row: list[str]) -> tuple[tuple[str, str], ...]:
        values = layout.hint_pick(row)
        found = self._hints.get(values)
        if found is None:
            if len(self._hints) > _HINTS_KEPT:
                self._hints.clear()
            found = self._hints[values] = layout.pairs(values)
        return found

    def _times(self, start: str, answer: str, end: str, duration: str) -> Times:
        clock = self.clock
        started = clock.at(start)
        answered = clock.at(answer) if answer else None
        ended = clock.at(end) if end else None
        if started is None:
            raise BadRowError("time", NO_START)
        if clock.twice or (ended and ended < started) or (answered and answered < started):
            return self._resolve(start, answer, end, duration)
        return started, answered, ended

    def _resolve(self, start: str, answer: str, end: str, duration: str) -> Times:
        """The reading of repeated hours that the duration fits; else the row is damaged."""
        length = timedelta(milliseconds=ms_of(duration, "duration")[0] if duration else 0)
        starts, answers, ends = (self.clock.readings(text) for text in (start, answer, end))
        fits = [
            (begin, finish)
            for begin in starts
            for finish in ends
            if finish >= begin and (not duration or abs(finish - begin - length) <= _SLACK)
        ] or [(begin, finish) for begin in starts for finish in ends if finish >= begin]
        started, ended = fits[0] if fits else (starts[0], None)
        answered = next((moment for moment in answers if moment >= started), None)
        if (ends and ended is None) or (answers and answered is None):
            raise BadRowError(
                "end_before_start",
                f"The call ends or is answered ({end}, {answer}) before it starts ({start}).",
            )
        return started, answered, ended


def _direction(text: str) -> Direction:
    if text == "inbound":
        return "inbound"
    return "outbound" if text == "outbound" else ""
