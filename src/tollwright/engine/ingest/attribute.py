"""Whose call it is: identifiers by the strength of their kind, each for its time.

The record's own words decide first (campaign or queue, account code, user, domain, trunk, source
IP, context; a domain in any case of letters), then its numbers (calling number, called number). Of
number patterns the longest fits best: `493012345678` is one number, `4930*` all that begin so,
`493012345600-493012345699` a range.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from operator import itemgetter

import msgspec

from tollwright.core.formats.base import Record
from tollwright.core.formats.spec import ATTRIBUTING
from tollwright.core.number_ranges import NumberRange, RangeError, parse_range

WORDS = ("campaign", "accountcode", "user", "domain", "trunk", "source_ip", "context")
NUMBERS = ("cli", "did")
HINTS = {kind: kind for kind in WORDS if kind in ATTRIBUTING} | {"ip": "source_ip"}
_KEPT = 200_000


class Identifier(msgspec.Struct, frozen=True):
    """One dated meaning: this value, from `valid_from` to before `valid_to`, is this campaign."""

    kind: str
    value: str
    valid_from: datetime
    valid_to: datetime | None
    campaign_id: int

    def holds(self, at: datetime) -> bool:
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


class Attributor:
    """Finds the campaign of a record; build it once per file."""

    def __init__(self, identifiers: Iterable[Identifier]) -> None:
        self._exact: dict[tuple[str, str], list[Identifier]] = {}
        self._prefixes: dict[tuple[str, str], list[Identifier]] = {}
        self._ranges: list[tuple[NumberRange, Identifier]] = []
        self._words: dict[tuple[str, str, tuple[tuple[str, str], ...]], list[Identifier]] = {}
        for identifier in identifiers:
            self._learn(identifier)
        self._lengths = sorted({len(value) for _, value in self._prefixes}, reverse=True)

    def _learn(self, identifier: Identifier) -> None:
        kind, value = identifier.kind, identifier.value.strip()
        if kind not in NUMBERS:
            self._exact.setdefault((kind, value), []).append(identifier)
            return
        try:
            numbers = parse_range(value)
        except RangeError:  # written down before numbers were checked: it means just this text
            self._exact.setdefault((kind, value), []).append(identifier)
            return
        if not numbers.digits:
            self._prefixes.setdefault((kind, numbers.low), []).append(identifier)
        elif numbers.low != numbers.high:
            self._ranges.append((numbers, identifier))
        else:
            self._exact.setdefault((kind, numbers.low), []).append(identifier)

    def find(self, record: Record, caller: str, called: str, at: datetime) -> int | None:
        """The campaign's id, or None. `caller` and `called` are E.164 digits where possible."""
        for identifier in self._named(record):
            if identifier.holds(at):
                return identifier.campaign_id
        for identifier in self._by_numbers(caller, called):
            if identifier.holds(at):
                return identifier.campaign_id
        return None

    def all_along(self, record: Record, first: datetime, last: datetime) -> int | None:
        """The campaign that the record's words mean at every moment from `first` to `last`.

        None where they mean none, or another one for a part of the time: then ask `find`.
        """
        found = self._named(record)
        if found and found[0].holds(first) and found[0].holds(last):
            return found[0].campaign_id
        return None

    def _named(self, record: Record) -> list[Identifier]:
        named = (record.campaign, record.queue, record.hints)
        found = self._words.get(named)
        if found is None:
            if len(self._words) > _KEPT:
                self._words.clear()
            found = self._words[named] = list(self._by_words(record))
        return found

    def _by_words(self, record: Record) -> Iterator[Identifier]:
        said: dict[str, list[str]] = {"campaign": [record.campaign, record.queue]}
        for hint, value in record.hints:
            kind = HINTS.get(hint)
            if kind:
                said.setdefault(kind, []).append(
                    value.lower().rstrip(".") if kind == "domain" else value
                )
        for kind in WORDS:
            for value in said.get(kind, ()):
                if value:
                    yield from self._exact.get((kind, value), ())

    def _by_numbers(self, caller: str, called: str) -> Iterator[Identifier]:
        for kind, number in zip(NUMBERS, (caller, called), strict=True):
            yield from self._exact.get((kind, number), ())
            fitting = [
                (int(one.high) - int(one.low), identifier)
                for one, identifier in self._ranges
                if identifier.kind == kind and one.holds(number)
            ]
            for _, identifier in sorted(fitting, key=itemgetter(0)):  # the narrowest first
                yield identifier
            for length in self._lengths:
                if length <= len(number):
                    yield from self._prefixes.get((kind, number[:length]), ())
