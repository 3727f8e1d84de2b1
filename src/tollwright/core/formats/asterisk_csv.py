"""Asterisk: Master.csv of cdr_csv, files of cdr_custom, csv exports of cdr_adaptive_odbc.

Grouping works in a stream: rows are held until `Options.lookahead` later rows have been seen,
then judged together with as many rows before them. Decided so, in this order:
- towards a Local channel whose other half is in sight: internal (the other half is the call);
- the same call told again under another sequence (ForkCDR): internal, a twin;
- an unanswered row of a channel that another row answers, or that an earlier row tells: internal;
- everything else is a customer leg.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import count as count_from
from itertools import repeat

from msgspec.structs import force_setattr

from tollwright.core.formats.asterisk_layouts import Layouts, header_columns, wrong_order
from tollwright.core.formats.base import (
    NO_START,
    BadRowError,
    Fault,
    Ignored,
    Item,
    Options,
    Record,
    ms_of,
)
from tollwright.core.formats.clock import Clock
from tollwright.core.formats.lines import CsvReader, Dialect
from tollwright.core.formats.memo import Memo
from tollwright.core.formats.window import windowed
from tollwright.core.instants import EPOCH, moment_of

_ZERO = timedelta(0)
_NEAR = timedelta(seconds=30)
_HALF_HOUR = timedelta(minutes=30)
_SLACK = timedelta(seconds=2)  # clocks of a channel and its record are cut to whole seconds
_MOST_STEPS = 52  # half hours: zones lie within ± 26 hours of each other
_LONGEST_SEQUENCE = 17

Times = tuple[datetime, datetime | None, datetime | None]


class AsteriskCsv:
    """The format; see the module and docs/formats/asterisk.md."""

    name = "asterisk_csv"
    title = "Asterisk CDR (Master.csv, cdr_custom, adaptive ODBC export)"
    extensions: tuple[str, ...] = (".csv",)

    def parse(self, chunks: Iterable[bytes], options: Options) -> Iterator[Item]:
        """See `Format.parse`."""
        reader = Reader(options)
        return windowed(reader.batches(chunks), options.lookahead, settle)


class Reader:
    """Reads rows one at a time or a block at a time; `agreed`: the hour of the latest start that
    the channel's birth confirms, `ordered`: the widths whose column order was looked at,
    `width`: that of the latest row read alone."""

    def __init__(self, options: Options) -> None:
        self.layouts = Layouts(options)
        self.clock = Clock(options.zone)
        self.at_server = f"@{options.server}" if options.server else ""
        self._pickers = self.layouts.pickers
        self._rows = CsvReader(options, Dialect(), self.layouts.fits)
        self._seconds = Memo(ms_of)
        self._lengths = Memo(_length)
        self._peers = Memo(_peer)
        self._names = Memo(_bare)
        self._hints = Memo(_hints)
        self.agreed = ""
        self.ordered: set[int] = set()
        self.width = 0

    def batches(self, chunks: Iterable[bytes], first: int = 1) -> Iterator[list[Item]]:
        """The items of `chunks`, which begin with line `first` of the file, legs not yet told."""
        for block in self._rows.read(chunks, first):
            if isinstance(block, Fault):
                yield [block]
                continue
            if block.first == 1:
                head = header_columns(block.rows[0])
                if head is not None:
                    self.layouts.use_header(head)
                    yield [Ignored(1, "column names")]
                    yield self._items(2, block.lines[1:], block.rows[1:], 1)
                    continue
            yield self._items(block.first, block.lines, block.rows, block.span)

    def _items(self, first: int, lines: list[str], rows: list[list[str]], span: int) -> list[Item]:
        """A block by columns when nothing in it is odd, else row by row."""
        if span == 1 and len(rows) > 1 and len(set(map(len, rows))) == 1:
            try:
                quick = self._by_columns(first, lines, rows)
            except BadRowError:
                quick = None
            if quick is not None:
                return quick
        return [
            self._careful(line, raw, row, span)
            for line, (raw, row) in enumerate(zip(lines, rows, strict=True), first)
        ]

    def _careful(self, line: int, raw: str, row: list[str], span: int) -> Item:
        try:
            return self._record(line, raw, row, span)
        except BadRowError as bad:
            return Fault(line, bad.code, bad.reason, raw, span)

    def _by_columns(self, first: int, lines: list[str], rows: list[list[str]]) -> list[Item] | None:
        """The same as `_record` for each row, several times as fast; None = look at each row.

        Raises BadRowError when a row of the block is broken.
        """
        pick = self._pickers.get(len(rows[0]))
        if pick is None or len(rows[0]) not in self.ordered or self.clock.twice:
            return None
        count = len(rows)
        empty = ("",) * count
        columns = pick([*zip(*rows, strict=True), empty])
        (
            accounts, sources, called, contexts, clids, channels, dst_channels, apps, data,
            starts, answers, ends, durations, billsecs, dispositions,
            uids, userfields, linked, _sequences,
        ) = columns  # fmt: skip
        if not all(uids) or not all(sources):
            return None
        named = self._named(columns)
        if named is None:
            return None
        keys, numbers = named
        started, answered, ended = map(self.clock.column, (starts, answers, ends))
        if None in started or self.clock.twice:
            return None
        ms, seconds = zip(*self._seconds.column(billsecs), strict=True)
        peers = self._peers.column(_heads(channels))
        to_peers = self._peers.column(_heads(dst_channels))
        names = self._names.column([clid.rpartition("<")[0] for clid in clids])
        queues = [
            told.partition(",")[0] if app == "Queue" else ""
            for app, told in zip(apps, data, strict=True)
        ]
        agents = [peer if app == "Queue" else "" for peer, app in zip(to_peers, apps, strict=True)]
        items: list[Item] = list(
            map(
                Record,
                keys, uids, numbers, repeat(0), repeat("customer"),
                [group or uid for group, uid in zip(linked, uids, strict=True)], empty,
                sources, names, called, called,
                started, answered, ended,
                ms, seconds, self._lengths.column(durations),
                [length > 0 or at is not None for length, at in zip(ms, answered, strict=True)],
                empty, dispositions, channels, dst_channels, peers, to_peers,
                empty, queues, agents,
                self._hints.column(list(zip(accounts, peers, contexts, userfields, strict=True))),
                count_from(first), lines,
            )
        )  # fmt: skip
        made = _births([uid[: uid.rfind(".")][-10:] for uid in uids])
        odd = self._odd(started, answered, ended, made)
        low = 0
        for at in odd:
            self._note_agreed(starts, made, low, at)
            items[at] = self._careful(first + at, lines[at], rows[at], 1)
            low = at + 1
        self._note_agreed(starts, made, low, count)
        return items

    def _named(
        self, columns: Sequence[tuple[str, ...]]
    ) -> tuple[list[str], Iterable[int | None]] | None:
        """Keys and sequences of a block: all rows have a number, or none; None = they differ."""
        uids, sequences = columns[15], columns[18]
        if not any(sequences):
            return list(map(self.hashed, zip(*columns, strict=True))), repeat(None)
        if not all(map(str.isdigit, sequences)) or max(map(len, sequences)) > _LONGEST_SEQUENCE:
            return None
        at_server = self.at_server
        keys = [f"{uid}/{number}{at_server}" for uid, number in zip(uids, sequences, strict=True)]
        return keys, map(int, sequences)

    def _note_agreed(
        self, starts: Sequence[str], made: Sequence[datetime | None], low: int, high: int
    ) -> None:
        """Keep the hour of the last of these rows whose epoch agrees with the Source's zone."""
        for at in range(high - 1, low - 1, -1):
            if made[at] is not None:
                self.agreed = starts[at][:13]
                return

    @staticmethod
    def _odd(
        started: Sequence[datetime | None],
        answered: Sequence[datetime | None],
        ended: Sequence[datetime | None],
        made: Sequence[datetime | None],
    ) -> list[int]:
        """Places of rows whose times need `_resolve`: before their start, far from their birth."""
        odd: list[int] = []
        times = zip(started, answered, ended, made, strict=True)
        for at, (start, answer, end, born) in enumerate(times):
            if (
                start is None
                or (born is not None and not _ZERO <= start - born < _NEAR)
                or (end is not None and end < start)
                or (answer is not None and answer < start)
            ):
                odd.append(at)
        return odd

    def _record(self, line: int, raw: str, row: list[str], span: int) -> Item:
        width = len(row)
        pick = self._pickers.get(width) or self.layouts.picker_for(row)
        if pick is None:
            return self._misfit(line, raw, row, span)
        row.append("")
        fields = pick(row)
        (
            account, source, called, context, clid, channel, dst_channel, app, data,
            _start, _answer, _end, duration, billsec, disposition,
            uid, userfield, linked, sequence,
        ) = fields  # fmt: skip
        if width not in self.ordered:
            self._check_order(fields, width)
        self.width = width
        ms, seconds = ms_of(billsec)
        started, answered, ended = self._times(fields)
        if sequence.isdigit() and len(sequence) <= _LONGEST_SEQUENCE:
            number, key = int(sequence), f"{uid}/{sequence}{self.at_server}"
        else:
            number, key = None, self.hashed(fields)
        peer = _peer(channel)
        queued = app == "Queue"
        to_peer = _peer(dst_channel)
        return Record(
            key, uid or key, number, 0, "customer", linked or uid or key, "",
            source or _number(clid), _name(clid), called, called,
            started, answered, ended,
            ms, seconds, _length(duration),
            ms > 0 or answered is not None, "", disposition,
            channel, dst_channel, peer, to_peer,
            "", data.partition(",")[0] if queued else "", to_peer if queued else "",
            _hints((account, peer, context, userfield)),
            line, raw, span,
        )  # fmt: skip

    def _misfit(self, line: int, raw: str, row: list[str], span: int) -> Item:
        if not row or (len(row) == 1 and not row[0].strip()):
            return Ignored(line, "empty line", span)
        reason = (
            f"The line has {len(row)} columns, expected {self.layouts.expected()}:"
            " it is cut short, has a stray comma, or the Source's columns are stated wrongly."
        )
        return Fault(line, "columns", reason, raw, span)

    def _check_order(self, fields: tuple[str, ...], count: int) -> None:
        sentence = wrong_order(fields)
        if sentence:
            raise BadRowError("order", sentence)
        self.ordered.add(count)

    def hashed(self, fields: tuple[str, ...]) -> str:
        """A key for a row without a sequence: equal rows are one call, others are not."""
        told = "\x1f".join(fields).encode()
        return f"{fields[15]}~{blake2b(told, digest_size=8).hexdigest()}{self.at_server}"

    def _times(self, fields: tuple[str, ...]) -> Times:
        start, answer, end = fields[9], fields[10], fields[11]
        clock = self.clock
        started = clock.at(start)
        answered = clock.at(answer) if answer else None
        ended = clock.at(end) if end else None
        if started is None:
            raise BadRowError("time", NO_START)
        uid = fields[15]
        made = _birth(uid[: uid.rfind(".")][-10:])
        if (
            (made is None or _ZERO <= started - made < _NEAR)
            and (ended is None or ended >= started)
            and (answered is None or answered >= started)
            and not clock.twice
        ):
            if made is not None:
                self.agreed = start[:13]
            return started, answered, ended
        return self._resolve(fields, made)

    def _resolve(self, fields: tuple[str, ...], made: datetime | None) -> Times:
        """The unusual row: a repeated hour, a wrong zone, an end before its start."""
        length = timedelta(milliseconds=_length(fields[12]))
        starts, answers, ends = (self.clock.readings(text) for text in fields[9:12])
        shift = self._shift(fields[9], starts, made)
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
                raise BadRowError(
                    "end_before_start",
                    f"The call ends or is answered ({fields[11]}, {fields[10]}) before it starts"
                    f" ({fields[9]}) and no epoch in the row explains it.",
                )
            ended = started + length
            seconds = timedelta(milliseconds=ms_of(fields[13])[0])
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


def _birth(text: str) -> datetime | None:
    """When the channel was made, by the epoch in its uniqueid ([server-]epoch.count)."""
    plain = len(text) == 10 and text.isascii() and text.isdigit()
    return moment_of(int(text) * 1_000_000) if plain else None


def _births(texts: Sequence[str]) -> list[datetime | None]:
    """`_birth` of each text."""
    return [
        EPOCH + timedelta(0, int(text))
        if len(text) == 10 and text.isascii() and text.isdigit()
        else None
        for text in texts
    ]


def _length(text: str) -> int:
    """Milliseconds of the duration, which is no money: an odd one counts as 0."""
    try:
        return ms_of(text, "duration")[0] if text else 0
    except BadRowError:
        return 0


def _name(clid: str) -> str:
    """The display name of `"Name" <number>`, its backslash escapes undone."""
    return _bare(clid.rpartition("<")[0])


def _bare(name: str) -> str:
    """A display name without its quotes and escapes."""
    name = name.strip().removeprefix('"').removesuffix('"')
    while "\\" in name:
        bare = name.replace('\\"', '"').replace("\\\\", "\\")
        if bare == name:
            break
        name = bare
    return name


def _number(clid: str) -> str:
    return clid.rpartition("<")[2].rstrip(">") if "<" in clid else clid


def _peer(channel: str) -> str:
    """'PJSIP/uac-00000000' → 'uac'; 'DAHDI/i1/4930-5' → 'i1'; Local channels are no trunk."""
    slash = channel.find("/") + 1
    if not slash or channel[:6] == "Local/":
        return ""
    dash = channel.rfind("-")
    name = channel[slash:dash] if dash > slash else channel[slash:]
    return name.partition("/")[0] if "/" in name else name


def _heads(channels: Sequence[str]) -> list[str]:
    """Channel names without their running number (eight hex digits): few, so worth keeping."""
    return [name[:-8] if name[-9:-8] == "-" else name for name in channels]


def _hints(told: tuple[str, str, str, str]) -> tuple[tuple[str, str], ...]:
    """Account, trunk, context and userfield as pairs, empty ones left out."""
    kinds = ("accountcode", "trunk", "context", "userfield")
    return tuple((kind, value) for kind, value in zip(kinds, told, strict=True) if value)


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
        if record.dst_channel[:6] == "Local/":
            towards.append(record)
        if record.channel[:6] == "Local/":
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
    names = {record.channel[:6] for record in records}
    names |= {record.dst_channel[:6] for record in records}
    return "Local/" not in names


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
