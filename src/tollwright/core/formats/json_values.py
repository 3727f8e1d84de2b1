"""From bytes to JSON objects: one object, an array, one object a line, or a form body `cdr=…`.

Works line by line; only the lines of one unfinished object are held. An object begins on a line
of its own and, when it spans lines, ends on a line indented no deeper than its first. A line
that is no JSON costs one Fault, the next object is read as if it were not there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import msgspec

from tollwright.core.formats.base import Fault, Ignored, Options
from tollwright.core.formats.lines import blocks_of_lines
from tollwright.core.formats.objects import Found

_MOST_BYTES = 16_777_216  # one line: an array of some thousand records in one HTTP body
_MOST_LINES = 5_000  # one object spread over lines
_HTTP = re.compile(r"(?:POST|PUT) \S+(?: HTTP/[\d.]+)?|[A-Za-z][A-Za-z0-9-]*: .*")
# A quote that neither follows { [ : , nor stands before : , } ] (and is not escaped already).
_INNER_QUOTE = re.compile(
    r"(?<!%7B)(?<!%5B)(?<!%3A)(?<!,)(?<!%5C)%22(?!%3A)(?!%7D)(?!%5D)(?!,%22)(?!,%7B)(?!$)"
    r"|(?<=%3A%22)%22(?!,%22)(?!%7D)(?!,%7B)",
    re.IGNORECASE,
)
_BETWEEN = " \t,[]\x1e"
_SPACE = re.compile(r"[ \t,\[\]\x1e\n\r]*")
_DECODE = json.JSONDecoder(strict=False).raw_decode
_BARE = (
    "{shown} is JSON but no object: no record of a call. Other such values of the file are not"
    " listed."
)
_RAW_SHOWN = 2_000


Value = Found[Any]  # one JSON value


@dataclass(slots=True)
class _Open:
    line: int = 0
    indent: int = 0
    size: int = 0
    parts: list[str] = field(default_factory=list)


def json_values(chunks: Iterable[bytes], options: Options) -> Iterator[Value | Fault | Ignored]:
    """All values of `chunks` in their order; see the module for what may stand between them."""
    reader = _Reader(options)
    for block in blocks_of_lines(chunks, _MOST_BYTES):
        for line in block:
            yield from reader.line(line)
    yield from reader.end()


class _Reader:
    def __init__(self, options: Options) -> None:
        self._encoding = options.encoding
        self._at = 0
        self._open = _Open()
        self._most = options.max_line_bytes
        self._bare = 0  # the first line with a value that is no object

    def line(self, data: bytes) -> Iterator[Value | Fault | Ignored]:
        self._at += 1
        text = self._text(data)
        if isinstance(text, Fault):
            yield from self.end()
            yield text
        elif self._open.parts and not self._starts_anew(text):
            yield from self._more(text)
        else:
            yield from self.end()
            yield from self._first(text)

    def end(self) -> Iterator[Fault]:
        """What is still open when something else begins is broken."""
        held, self._open = self._open, _Open()
        if held.parts:
            raw = "\n".join(held.parts)
            yield Fault(
                held.line,
                "json",
                "The JSON object does not end: the file was cut while the switch wrote it.",
                raw[:_RAW_SHOWN],
                len(held.parts),
            )

    def _starts_anew(self, text: str) -> bool:
        bare = text.lstrip()
        indent = len(text) - len(bare)
        fresh = bare.startswith(("{", "cdr=")) and indent <= self._open.indent
        return fresh or len(self._open.parts) >= _MOST_LINES or self._open.size > self._most

    def _more(self, text: str) -> Iterator[Value | Fault | Ignored]:
        held = self._open
        held.parts.append(text)
        held.size += len(text)
        bare = text.lstrip()
        if not bare.startswith("}") or len(text) - len(bare) > held.indent:
            return
        self._open = _Open()
        raw = "\n".join(held.parts).strip(_BETWEEN)
        yield from self._values(raw, held.line, len(held.parts))

    def _first(self, text: str) -> Iterator[Value | Fault | Ignored]:
        bare = text.strip(_BETWEEN)
        if not bare:
            yield Ignored(self._at, "empty line" if not text.strip() else "bracket of an array")
        elif bare.startswith("cdr="):
            yield from self._values(_form(bare.removeprefix("cdr=")), self._at)
        elif _HTTP.fullmatch(bare):
            yield Ignored(self._at, "HTTP header")
        elif bare.startswith("{") and bare.endswith(("{", "}", '"')) and not _closed(bare):
            bare_text = text.lstrip()
            self._open = _Open(self._at, len(text) - len(bare_text), parts=[text])
        else:
            yield from self._values(bare, self._at)

    def _values(self, text: str, line: int, lines: int = 1) -> Iterator[Value | Fault | Ignored]:
        """The objects of a text, each value in turn. Of all bare values of a file (`1`, `"a"`, in
        arrays too) one is a fault: no switch writes them, and a file may be full of them."""
        bare: Found[Any] | None = None
        count, garbled = 0, False
        for found in _values_in(text, line, lines):
            if isinstance(found, Found) and not isinstance(found.value, dict):
                bare = bare or found
                continue
            count += 1
            garbled = garbled or isinstance(found, Fault)
            yield self._too_long(found) if len(found.raw) > self._most else found
        if bare is not None and not self._bare and not garbled:
            self._bare = line
            yield Fault(line, "shape", _BARE.format(shown=bare.raw[:40]), bare.raw[:200], lines)
        elif bare is not None and not count:
            yield Ignored(line, f"JSON that is no record, as in line {self._bare}", lines)

    def _too_long(self, found: Value | Fault) -> Fault:
        reason = f"The record is longer than {self._most} signs: no call is."
        return Fault(found.line, "line_too_long", reason, found.raw[:_RAW_SHOWN], found.lines)

    def _text(self, data: bytes) -> str | Fault:
        if len(data) > _MOST_BYTES:
            reason = "The line is longer than 16 MB: write one JSON object a line."
            return Fault(self._at, "line_too_long", reason, "")
        try:
            return data.decode(self._encoding)
        except UnicodeDecodeError as error:
            shown = data[:_RAW_SHOWN].decode(self._encoding, "replace")
            reason = (
                f"Byte {error.start + 1} of the line is not {self._encoding}: set the Source's"
                " encoding to what the switch writes."
            )
            return Fault(self._at, "encoding", reason, shown)


def _values_in(text: str, line: int, lines: int) -> Iterator[Value | Fault]:
    """The values that stand in a text, and a fault for what is none."""
    try:
        told = msgspec.json.decode(text)
        if not isinstance(told, list):
            yield Value(line, lines, text, told)
            return
    except (msgspec.DecodeError, RecursionError):
        pass
    yield from one_by_one(text, line, lines)


def one_by_one(text: str, line: int, lines: int = 1) -> Iterator[Value | Fault]:
    """The values that stand one after the other or in one array, and a fault for what is none.
    Each sign is looked at a few times, however many values there are."""
    at = 0
    while at < len(text):
        try:
            told, end = _DECODE(text, at)
        except json.JSONDecodeError as error:
            yield _garbled(text, at, line, lines, f"{error.msg} at character {error.pos + 1}")
            return
        except (ValueError, RecursionError):  # a number of 5 000 digits, 1 000 braces
            why = f"too large or nested too deep at character {at + 1}"
            yield _garbled(text, at, line, lines, why)
            return
        yield Value(line, lines, text[at:end], told)
        between = _SPACE.match(text, end)
        at = end if between is None else between.end()


def _garbled(text: str, at: int, line: int, lines: int, why: str) -> Fault:
    reason = (
        f"This is not JSON ({why}): the record is cut or garbled. Send it again, or look it up in"
        " the switch."
    )
    return Fault(line, "json", reason, text[at : at + _RAW_SHOWN], lines)


def _form(body: str) -> str:
    """The JSON in a form body.

    The switch encodes the whole body but not a second time what encode-values encoded before, so
    a quote inside a value looks like one around it; only its neighbours tell them apart.
    """
    if "%7B" not in body[:8].upper():
        return body
    text = unquote(body)
    try:
        json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return unquote(_INNER_QUOTE.sub("%5C%22", body))
    return text


def _closed(text: str) -> bool:
    """Whether a line that begins an object also ends it; strings may hold braces."""
    return text.endswith("}") and len(text) > 2
