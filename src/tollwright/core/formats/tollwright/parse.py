"""Tollwright's own form of a call: one JSON object a line, for programs that push their calls.

The fields are those of `PushedCall`; docs/api.md shows them. A field that is not known is a
fault that names it: a misspelt `answered_at` must not make a call free.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
    ms_of,
)
from tollwright.core.formats.block import Block
from tollwright.core.formats.lines import blocks_of_lines
from tollwright.core.formats.objects import Found, Get, ObjectReader
from tollwright.core.formats.rules import Moment, Moments, Rules
from tollwright.core.formats.tollwright.spec import SPEC

_RAW_KEPT = 65_536


ShortText = Annotated[str, msgspec.Meta(max_length=200)]


class PushedCall(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One call. Times are ISO 8601; without an offset they are in the Source's zone.

    seconds: the answered length, decimals allowed, as a number or a text; without it the length
    from answered_at to ended_at. The same call_key told otherwise is a correction.
    """

    call_key: ShortText
    started_at: ShortText
    called: ShortText
    caller: ShortText = ""
    dialled: ShortText = ""
    answered_at: ShortText = ""
    ended_at: ShortText = ""
    seconds: Decimal | None = None
    direction: Direction = ""
    group: ShortText = ""
    campaign: ShortText = ""
    account: ShortText = ""
    user: ShortText = ""
    trunk: ShortText = ""
    source_ip: ShortText = ""
    queue: ShortText = ""
    agent: ShortText = ""
    cause: ShortText = ""
    disposition: ShortText = ""


class TollwrightJson:
    """The format; see the module."""

    name = SPEC.name
    title = SPEC.title
    extensions = SPEC.extensions

    def parse(self, chunks: Iterable[bytes], options: Options) -> Iterator[Item]:
        """See `Format.parse`. Text is always UTF-8, as JSON says."""
        reader = ObjectReader(SPEC, TollwrightRules(SPEC, options), options, getter)
        return reader.items(_calls(chunks, options))


def _calls(
    chunks: Iterable[bytes], options: Options
) -> Iterator[Found[PushedCall] | Fault | Ignored]:
    decoder = msgspec.json.Decoder(PushedCall)
    line = 0
    for block in blocks_of_lines(chunks, options.max_line_bytes):
        for raw in block:
            line += 1
            if not raw.strip():
                yield Ignored(line, "empty line")
                continue
            text = raw[: min(_RAW_KEPT, options.max_line_bytes)].decode("utf-8", "replace")
            try:
                yield Found(line, 1, text, _decoded(raw, decoder, options))
            except BadRowError as bad:
                yield Fault(line, bad.code, bad.reason, text)


def _decoded(raw: bytes, decoder: msgspec.json.Decoder[PushedCall], options: Options) -> PushedCall:
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


def getter(call: PushedCall) -> Get:
    """A reader of the call's fields."""

    def get(name: str) -> str:
        told = getattr(call, name)
        return "" if told is None else str(told)

    return get


class TollwrightRules(Rules):
    """Times in their order; the answered length as stated, else from answer to end."""

    def moments(self, block: Block) -> Moments:
        """Times and lengths of each row. Raises BadRowError."""
        if not all(map(str.strip, block.of(self.spec.reference))):
            raise BadRowError("no_id", self.spec.sentences.no_id)
        try:
            started, answered, ended = self.times(block)
        except OverflowError:
            told = "A time lies outside the years that a calendar has."
            raise BadRowError("time", told) from None
        stated = block.of(self.spec.seconds)
        lengths = list(map(_length, stated, answered, ended))
        ms, seconds = zip(*lengths, strict=True)
        return Moments(ms, seconds, started, answered, ended)

    def durations(self, _block: Block, moments: Moments, /) -> Sequence[int]:
        """Milliseconds from start to end of each row."""
        return list(map(_ms_between, moments.started, moments.ended))

    def times(self, block: Block) -> tuple[list[Moment], list[Moment], list[Moment]]:
        """Start, answer and end of each row, in this order."""
        spec = self.spec
        started, answered, ended = (
            self.clock.column(block.of(c)) for c in (spec.started, spec.answered, spec.ended)
        )
        for times in zip(started, answered, ended, strict=True):
            _check_order(*times)
        return started, answered, ended


def _check_order(started: Moment, answered: Moment, ended: Moment) -> None:
    if started is None:
        raise BadRowError("time", NO_START)
    last = started
    for name, moment in (("answered_at", answered), ("ended_at", ended)):
        if moment is not None and moment < last:
            raise BadRowError(
                "end_before_start", f"{name} lies before what comes first in the call."
            )
        last = moment or last


def _length(stated: str, answered: Moment, ended: Moment) -> tuple[int, int]:
    """Answered milliseconds and whole seconds: as stated, else from answer to end."""
    if stated:
        seconds = Decimal(stated)
        if seconds.adjusted() > 9:  # 1e999999999 would be a text of a gigabyte
            raise BadRowError("number", f"seconds should be a number of seconds but is {stated}.")
        return ms_of(format(seconds, "f"), "seconds")
    if answered is None:
        return 0, 0
    if ended is None:
        raise BadRowError(
            "length", "The call was answered but has neither seconds nor ended_at: no length."
        )
    micros = _micros_between(answered, ended)
    return ms_of(f"{micros // 1_000_000}.{micros % 1_000_000:06}", "answered_at to ended_at")


def _ms_between(start: Moment, end: Moment) -> int:
    return 0 if start is None or end is None else _micros_between(start, end) // 1_000


def _micros_between(start: datetime, end: datetime) -> int:
    span = end.astimezone(UTC) - start.astimezone(UTC)
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds
