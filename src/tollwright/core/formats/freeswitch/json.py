"""FreeSWITCH mod_json_cdr and mod_format_cdr: one object, an array, JSON lines, or a POST body.

All values are strings, often URL-encoded (encode-values); epochs are microseconds. The leg is
certain here: direction outbound with an originating_leg_uuid is a B leg. `callflow[0]` is the
newest profile (where the call ended up), `callflow[-1]` the first (what was dialled).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import unquote

from tollwright.core.formats.base import (
    BadRowError,
    Item,
    Leg,
    Options,
    Record,
    ms_of,
)
from tollwright.core.formats.block import Block
from tollwright.core.formats.freeswitch.loopback import judge_loopbacks
from tollwright.core.formats.freeswitch.parse import makers
from tollwright.core.formats.freeswitch.spec import JSON
from tollwright.core.formats.json_values import json_values
from tollwright.core.formats.objects import Get, ObjectReader
from tollwright.core.formats.rules import Rules
from tollwright.core.formats.window import windowed

MOST_AHEAD = 512  # records of 10 kB and more: so many are held to see what belongs together


class FreeswitchJson:
    """The format; see the module and docs/formats/freeswitch.md."""

    name = JSON.name
    title = JSON.title
    extensions = JSON.extensions

    def parse(self, chunks: Iterable[bytes], options: Options) -> Iterator[Item]:
        """See `Format.parse`. Each JSON object counts as one record at the line it begins on."""
        rules = JsonRules(JSON, options)
        reader = ObjectReader(JSON, rules, options, getter)
        ahead = min(options.lookahead, MOST_AHEAD)
        return windowed(reader.batches(json_values(chunks, options)), ahead, rules.settle)


class JsonRules(Rules):
    """See the module."""

    together = True

    def makers(self, block: Block, references: Sequence[str]) -> list[str]:
        """The other half of a loopback's far side, else the row that made the row."""
        return makers(self.spec, block, references)

    def settle(self, records: Sequence[Record], given: int) -> None:
        """Legs are told by each record; loopbacks by several."""
        judge_loopbacks(records, given)

    def lengths(self, block: Block) -> Sequence[tuple[int | None, int | None]]:
        """Milliseconds by the finest name that holds a number, and the switch's own seconds."""
        finer = [block.of((name,)) for name, _ in self.spec.finer]
        return list(map(self._length, block.of(self.spec.seconds), zip(*finer, strict=True)))

    def _length(self, billsec: str, finer: Sequence[str]) -> tuple[int, int]:
        coarse = ms_of(billsec) if billsec else (None, None)
        for text, (name, unit_us) in zip(finer, self.spec.finer, strict=True):
            if text.isascii() and text.isdigit() and len(text) < 18:
                return self.finer((int(text) * unit_us + 500) // 1_000, coarse, name)
        if coarse[0] is None:
            raise BadRowError("number", "The record has neither billusec, billmsec nor billsec.")
        return coarse

    def legs(
        self, block: Block, references: Sequence[str]
    ) -> tuple[Sequence[Leg], Sequence[str], Sequence[str]]:
        """A leg that goes out and names the one that made it is the carrier's side."""
        told = zip(
            block.of(self.spec.direction), block.of(self.spec.origin), references, strict=True
        )
        made = [
            origin if direction == "outbound" and origin != own else ""
            for direction, origin, own in told
        ]
        return (
            ["supplier" if one else "customer" for one in made],
            [one or own for one, own in zip(made, references, strict=True)],
            [f"B leg of {one}" if one else "" for one in made],
        )


def getter(told: Any) -> Get:
    """A reader of the record's variables, URL-decoded where the switch encoded them, and of its
    parts: `newest.` and `first.` caller profile, `channel_data.`"""
    variables = _part(told, "variables")
    if not variables:
        raise BadRowError(
            "shape", "The JSON has no `variables`: it is not a record of mod_json_cdr."
        )
    flow = told.get("callflow")
    flow = flow if isinstance(flow, list) else [flow]
    profiles = [_part(step, "caller_profile") for step in flow] or [{}]
    parts = {
        "newest": profiles[0],
        "first": profiles[-1],
        "channel_data": _part(told, "channel_data"),
    }

    def get(name: str) -> str:
        part, dot, rest = name.partition(".")
        if dot:
            return _text(parts[part], rest)
        text = _text(variables, name)
        return unquote(text) if "%" in text else text

    return get


def _part(told: Any, name: str) -> dict[str, Any]:
    part = told.get(name) if isinstance(told, dict) else None
    return part if isinstance(part, dict) else {}


def _text(part: dict[str, Any], name: str) -> str:
    found = part.get(name)
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int | float) else ""
