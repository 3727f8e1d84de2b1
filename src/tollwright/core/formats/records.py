"""From the columns of some rows to calls, as a spec says: the readable rule, for every format.

A block of rows is read at once, column by column, which costs a third of reading them one by one.
A block with a bad row in it is halved until the row stands alone, and that row is a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import repeat

from tollwright.core.formats.base import BadRowError, Fault, Item, Options, Record
from tollwright.core.formats.block import Block
from tollwright.core.formats.memo import Memo
from tollwright.core.formats.prints import KEY_DIGITS, prints
from tollwright.core.formats.rules import Moments, Rules
from tollwright.core.formats.spec import Spec, TextField
from tollwright.core.formats.takes import readers

LONGEST_SEQUENCE = 17
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Places:
    """Where rows stand in their file: the line each begins on, its text, the lines it takes."""

    lines: Sequence[int]
    raws: Sequence[str]
    spans: Sequence[int]

    def part(self, first: int, end: int) -> Places:
        """Those of rows `first` to before `end`."""
        return Places(self.lines[first:end], self.raws[first:end], self.spans[first:end])


class RecordReader:
    """Makes calls of blocks of rows; one reads one file, in its order."""

    def __init__(self, spec: Spec, rules: Rules, options: Options) -> None:
        self._spec = spec
        self._rules = rules
        self._at_server = f"@{options.server}" if options.server else ""
        self._take = readers()
        self._pairs: dict[tuple[int, ...], Memo[tuple[str, ...], Pairs]] = {}

    def items(self, block: Block, places: Places) -> list[Item]:
        """A record or a fault for each row."""
        try:
            return self._records(block, places)
        except BadRowError as bad:
            if block.count == 1:
                line, raw, span = places.lines[0], places.raws[0], places.spans[0]
                return [Fault(line, bad.code, bad.reason, raw, span)]
        half = block.count // 2
        return [
            *self.items(block.part(0, half), places.part(0, half)),
            *self.items(block.part(half, block.count), places.part(half, block.count)),
        ]

    def _records(self, block: Block, places: Places) -> list[Item]:
        """Raises BadRowError where a row is bad; then nothing is noted of the others either."""
        spec, rules = self._spec, self._rules
        if not block.order.checked:
            rules.check(block.row(0))
            block.order.checked = True
        references = self._references(block)
        moments = rules.moments(block)
        keys, references, numbers = self._identities(block, references, moments)
        legs, groups, notes = rules.legs(block, references)
        called = self._text(block, spec.called)
        rules.accept(block, references)
        if any(moments.notes):
            notes = [leg or time for leg, time in zip(notes, moments.notes, strict=False)]
        answered = [
            ms > 0 or at is not None for ms, at in zip(moments.ms, moments.answered, strict=True)
        ]
        return list(
            map(
                Record,
                keys, references, numbers, repeat(0), legs, groups,
                [spec.directions.get(word, "") for word in block.of(spec.direction)],
                self._text(block, spec.caller), self._text(block, spec.caller_name),
                called, called if spec.dialled is None else self._text(block, spec.dialled),
                moments.started, moments.answered, moments.ended,
                moments.ms, moments.seconds, moments.durations, answered,
                self._text(block, spec.cause), self._text(block, spec.disposition),
                self._text(block, spec.channel), self._text(block, spec.dst_channel),
                self._text(block, spec.trunk_in), self._text(block, spec.trunk_out),
                self._text(block, spec.campaign), self._text(block, spec.queue),
                self._text(block, spec.agent), self._hints(block),
                places.lines, places.raws, places.spans, notes,
                rules.makers(block, references),
            )
        )  # fmt: skip

    def _text(self, block: Block, field: TextField) -> Sequence[str]:
        """A text of each row."""
        found = block.of(field.columns)
        if field.take != "whole" and field.columns:
            found = self._take[field.take](found)
        if field.when is None:
            if field.otherwise is None or all(found):
                return found
            rest = self._text(block, field.otherwise)
            return [text or other for text, other in zip(found, rest, strict=True)]
        word, said = field.when.word, block.of(field.when.columns)
        rest = block.empty if field.otherwise is None else self._text(block, field.otherwise)
        told = zip(found, said, rest, strict=True)
        if word:
            return [text if this == word else other for text, this, other in told]
        return [text if this else other for text, this, other in told]

    def _references(self, block: Block) -> Sequence[str]:
        """The call_refs of the rows. Raises BadRowError where one that is needed is missing."""
        references = block.of(self._spec.reference)
        if not self._spec.hashed and not all(references):
            raise BadRowError("no_id", self._spec.sentences.no_id)
        return references

    def _identities(
        self, block: Block, references: Sequence[str], moments: Moments
    ) -> tuple[Sequence[str], Sequence[str], Iterable[int | None]]:
        """The keys, the call_refs and the numbers of the rows."""
        spec = self._spec
        if spec.hashed:
            prints = self._prints(block, moments)
            return self._numbered(block, references, prints)
        keys = references
        if len(spec.key) > 1 or spec.key[0] != spec.reference:
            keys = list(map("/".join, zip(*map(block.of, spec.key), strict=True)))
        if self._at_server:
            keys = [key + self._at_server for key in keys]
        return keys, references, repeat(None)

    def _prints(self, block: Block, moments: Moments) -> Iterator[str]:
        """The print of each row."""
        texts = zip(*(block.of((name,)) for name in self._spec.printed), strict=True)
        times = moments.started, moments.answered, moments.ended
        return prints(texts, *times, moments.durations, moments.ms)

    def _numbered(
        self, block: Block, references: Sequence[str], printed: Iterable[str]
    ) -> tuple[Sequence[str], Sequence[str], Iterable[int | None]]:
        """Keys that end in the row's number, or in its print: the same row told twice is one call.
        A row without an id has a hash of all of it."""
        sequences = block.of(self._spec.sequence)
        numbers = [int(text) if _is_number(text) else None for text in sequences]
        rows = zip(*(block.of((name,)) for name in self._spec.hashed), strict=True)
        told = zip(references, numbers, sequences, printed, rows, strict=True)
        keys = [
            (f"{reference}/{text}" if number is not None else _key(reference, seen, row))
            + self._at_server
            for reference, number, text, seen, row in told
        ]
        if not all(references):
            references = [one or key for one, key in zip(references, keys, strict=True)]
        return keys, references, numbers

    def _hints(self, block: Block) -> Sequence[Pairs]:
        """Account, trunk and the like as pairs, empty ones left out."""
        used = block.order.hints
        if not used:
            return [()] * block.count
        hints = [self._spec.hints[place] for place in used]
        memo = self._pairs.get(used)
        if memo is None:
            memo = self._pairs[used] = Memo(_pairing([hint.kind for hint in hints]))
        return memo.column(
            list(zip(*(self._text(block, hint.text) for hint in hints), strict=True))
        )


def _pairing(kinds: Sequence[str]) -> Callable[[tuple[str, ...]], Pairs]:
    def pairs(values: tuple[str, ...]) -> Pairs:
        return tuple((kind, value) for kind, value in zip(kinds, values, strict=True) if value)

    return pairs


def _key(reference: str, printed: str, row: tuple[str, ...]) -> str:
    return f"{reference}/{printed[:KEY_DIGITS]}" if reference else f"~{_hash(row)}"


def _is_number(text: str) -> bool:
    return text.isdigit() and len(text) <= LONGEST_SEQUENCE


def _hash(row: tuple[str, ...]) -> str:
    return blake2b("\x1f".join(row).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
