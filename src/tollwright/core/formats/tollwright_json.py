"""Tollwright's own form of a call: one JSON object a line, for programs that push their calls.

The fields are those of `PushedCall`; docs/api.md shows them. A field that is not known is a
fault that names it: a misspelt `answered_at` must not make a call free.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

import msgspec

from tollwright.core.formats.base import (
    NO_START,
    BadRowError,
    Direction,
    Fault,
    Ignored,
    Item,
    Options,
    Record,
    ms_of,
)
from tollwright.core.formats.clock import Clock
from tollwright.core.formats.lines import blocks_of_lines

_RAW_KEPT = 65_536
_HINTS = (("accountcode", "account"), ("user", "user"), ("trunk", "trunk"), ("ip", "source_ip"))


Text = Annotated[str, msgspec.Meta(max_length=200)]


class PushedCall(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One call. Times are ISO 8601; without an offset they are in the Source's zone.

    seconds: the answered length, decimals allowed, as a number or a text; without it the length
    from answered_at to ended_at. The same call_key told otherwise is a correction.
    """

    call_key: Text
    started_at: Text
    called: Text
    caller: Text = ""
    dialled: Text = ""
    answered_at: Text = ""
    ended_at: Text = ""
    seconds: Decimal | None = None
    direction: Direction = ""
    group: Text = ""
    campaign: Text = ""
    account: Text = ""
    user: Text = ""
    trunk: Text = ""
    source_ip: Text = ""
    queue: Text = ""
    agent: Text = ""
    cause: Text = ""
    disposition: Text = ""


class TollwrightJson:
    """The format; see the module."""

    name = "tollwright_json"
    title = "Tollwright's own JSON, one call a line (push by API)"
    extensions: tuple[str, ...] = (".jsonl", ".ndjson")

    def parse(self, chunks: Iterable[bytes], options: Options) -> Iterator[Item]:
        """See `Format.parse`. Text is always UTF-8, as JSON says."""
        clock = Clock(options.zone)
        decoder = msgspec.json.Decoder(PushedCall)
        line = 0
        for block in blocks_of_lines(chunks, options.max_line_bytes):
            for raw in block:
                line += 1
                yield _item(line, raw, decoder, clock, options)


def _item(
    line: int,
    raw: bytes,
    decoder: msgspec.json.Decoder[PushedCall],
    clock: Clock,
    options: Options,
) -> Item:
    if not raw.strip():
        return Ignored(line, "empty line")
    text = raw[: min(_RAW_KEPT, options.max_line_bytes)].decode("utf-8", "replace")
    try:
        return _record(line, text, _told(raw, decoder, options), clock, options)
    except BadRowError as bad:
        return Fault(line, bad.code, bad.reason, text)
    except OverflowError:
        return Fault(line, "time", "A time lies outside the years that a calendar has.", text)


def _told(raw: bytes, decoder: msgspec.json.Decoder[PushedCall], options: Options) -> PushedCall:
    if len(raw) > options.max_line_bytes:
        raise BadRowError(
            "line_too_long",
            f"The record is longer than {options.max_line_bytes} bytes: no call is.",
        )
    if b"\\u0000" in raw:
        raise BadRowError("nul", "A text holds a NUL character: no number or name does.")
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise BadRowError("field", f"{error}. The fields are listed in docs/api.md.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRowError("json", f"The line is not one JSON object: {error}.") from None


def _record(line: int, raw: str, told: PushedCall, clock: Clock, options: Options) -> Record:
    if not told.call_key.strip():
        raise BadRowError(
            "no_id",
            "call_key is empty: without it a call that comes twice cannot be recognised.",
        )
    started, answered, ended = (
        clock.at(text) if text else None
        for text in (told.started_at, told.answered_at, told.ended_at)
    )
    if started is None:
        raise BadRowError("time", NO_START)
    _check_order(started, answered, ended)
    ms, seconds = _length(told.seconds, answered, ended)
    key = f"{told.call_key}@{options.server}" if options.server else told.call_key
    hints = tuple((kind, str(getattr(told, field))) for kind, field in _HINTS)
    return Record(
        key, told.call_key, None, 0, "customer", told.group or told.call_key,
        told.direction, told.caller, "", told.called, told.dialled or told.called,
        started, answered, ended,
        ms, seconds, _ms_between(started, ended),
        ms > 0 or answered is not None, told.cause, told.disposition,
        "", "", "", told.trunk, told.campaign, told.queue, told.agent,
        tuple((kind, value) for kind, value in hints if value), line, raw,
    )  # fmt: skip


def _check_order(started: datetime, answered: datetime | None, ended: datetime | None) -> None:
    last = started
    for name, moment in (("answered_at", answered), ("ended_at", ended)):
        if moment is not None and moment < last:
            raise BadRowError(
                "end_before_start", f"{name} lies before what comes first in the call."
            )
        last = moment or last


def _length(
    seconds: Decimal | None, answered: datetime | None, ended: datetime | None
) -> tuple[int, int]:
    """Answered milliseconds and whole seconds: as stated, else from answer to end."""
    if seconds is not None:
        if seconds.adjusted() > 9:  # 1e999999999 would be a text of a gigabyte
            raise BadRowError("number", f"seconds should be a number of seconds but is {seconds}.")
        return ms_of(format(seconds, "f"), "seconds")
    if answered is None:
        return 0, 0
    if ended is None:
        raise BadRowError(
            "length", "The call was answered but has neither seconds nor ended_at: no length."
        )
    micros = _micros_between(answered, ended)
    return ms_of(f"{micros // 1_000_000}.{micros % 1_000_000:06}", "answered_at to ended_at")


def _ms_between(start: datetime, end: datetime | None) -> int:
    return 0 if end is None else _micros_between(start, end) // 1_000


def _micros_between(start: datetime, end: datetime) -> int:
    span = end.astimezone(UTC) - start.astimezone(UTC)
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds
