"""Tollwright's own form of a call: one JSON object a line, for programs that push their calls.

The fields are those of `PushedCall`; docs/api.md shows them. A field that is not known is a
fault that names it: a misspelt `answered_at` must not make a call free.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Annotated

import msgspec

from tollwright.core.formats.base import (
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
from tollwright.core.formats.rules import Moments, Rules
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
    line = bare = 0
    for block in blocks_of_lines(chunks, options.max_line_bytes):
        for raw in block:
            line += 1
            if not raw.strip():
                yield Ignored(line, "empty line")
                continue
            if bare and _is_bare(raw):
                yield Ignored(line, f"JSON that is no record, as in line {bare}")
                continue
            text = raw[: min(_RAW_KEPT, options.max_line_bytes)].decode("utf-8", "replace")
            try:
                yield Found(line, 1, text, _decoded(raw, decoder, options))
            except BadRowError as bad:
                yield Fault(line, bad.code, bad.reason, text)
                bare = bare or (line if _is_bare(raw) else 0)


def _is_bare(raw: bytes) -> bool:
    """Whether a line is a JSON value that is no object: no record, and of all such one is told."""
    if raw.lstrip().startswith(b"{"):
        return False
    try:
        msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


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
    """The answered length as stated, else from answer to end."""

    counted = "seconds"

    def moments(self, block: Block) -> Moments:
        """As `Rules.moments`; a key of blanks is none."""
        if not all(map(str.strip, block.of(self.spec.reference))):
            raise BadRowError("no_id", self.spec.sentences.no_id)
        return super().moments(block)

    def lengths(self, block: Block) -> Sequence[tuple[int | None, int | None]]:
        """Milliseconds and whole seconds as stated. Raises BadRowError."""
        return list(map(_length, block.of(self.spec.seconds)))


def _length(stated: str) -> tuple[int | None, int | None]:
    if not stated:
        return None, None
    seconds = Decimal(stated)
    if seconds.adjusted() > 9:  # 1e999999999 would be a text of a gigabyte
        raise BadRowError("number", f"seconds should be a number of seconds but is {stated}.")
    return ms_of(format(seconds, "f"), "seconds")
