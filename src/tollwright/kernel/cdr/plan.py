"""A spec and a file's column order as the numbers that `fields.read_rows` reads by."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tollwright.core.formats.orders import ColumnOrder
from tollwright.core.formats.rules import Rules
from tollwright.core.formats.spec import ATTRIBUTING, Columns, Spec, Take, TextField
from tollwright.kernel.arrays import Bytes, Int64, frozen
from tollwright.kernel.cdr import fields

_TAKES: dict[Take, int] = {"whole": fields.WHOLE, "peer": fields.PEER, "head": fields.HEAD}


_COMPUTED = ("moments", "lengths", "durations")  # what compiled code works out by itself
_JUDGED = ("legs", "settle")  # what it leaves out where the spec says which rows tell of others


class UnplainSpecError(Exception):
    """The spec asks for what only the readable rule can read."""


def needs_rules(spec: Spec, rules: Rules) -> bool:
    """Whether a vendor has rules of its own for what no spec tells: then they read every row."""
    own = type(rules)
    computed = any(getattr(own, name) is not getattr(Rules, name) for name in _COMPUTED)
    judged = any(getattr(own, name) is not getattr(Rules, name) for name in _JUDGED)
    return computed or (judged and not (spec.by_ref or spec.tied or spec.claims or spec.origin))


class ReadPlan:
    """Where each thing stands in a row of this order. `kept`: columns that are told as they stand;
    `words`: the texts that attribute a call.

    Raises UnplainSpecError.
    """

    def __init__(self, spec: Spec, order: ColumnOrder) -> None:
        self.spec = spec
        self.width = len(order.columns)
        self._place = order.place
        self._texts: dict[TextField, int] = {}
        self._rows: list[tuple[int, ...]] = []
        self._words = b""
        self._used: set[int] = set()
        hints = [spec.hints[hint] for hint in order.hints]
        self.words = [hint.text for hint in hints if hint.kind in ATTRIBUTING]
        self.words += [spec.campaign, spec.queue]
        self.dialled = spec.dialled or spec.called
        self._filled = {self.place(spec.reference)}
        for text in (
            spec.caller, spec.called, self.dialled, spec.cause, spec.disposition, spec.trunk_in,
            spec.trunk_out, spec.agent, *self.words,
        ):  # fmt: skip
            self._read(text)
        self._compile(order)

    def place(self, columns: Columns) -> int:
        """Where these columns stand, -1 for nowhere."""
        found = self._place(columns)
        if found >= 0:
            self._used.add(found)
        return found

    def index(self, text: TextField) -> int:
        """Which of the texts of `fields.read_rows` this is; -1: it stands in its column whole."""
        return self._texts.get(text, -1)

    def _compile(self, order: ColumnOrder) -> None:
        spec, tied = self.spec, self.spec.tied
        self.times = _numbers(map(self.place, (spec.started, spec.answered, spec.ended)))
        finer, unit_us = order.finer or ("", 1)
        reference = self.place(spec.reference)
        self.numbers = _numbers(
            (
                self.place(spec.seconds), self.place((finer,)), unit_us,
                self.place(spec.duration),
                reference if spec.born else -1, self.place(spec.sequence),
                self.place(spec.origin), reference,
            )
        )  # fmt: skip
        word = self._word(tied.prefix if tied else "")
        places = [self.place((name,)) for name in tied.columns] if tied else []
        self.tied = _numbers([*word, *(place for place in places if place >= 0)])
        for columns in (*spec.key, spec.group, spec.direction, spec.claims):
            self.place(columns)
        self.printed = _numbers(self._place((name,)) for name in spec.printed)
        if min(self._filled) < 0:
            raise UnplainSpecError
        self.filled = _numbers(sorted(self._filled))
        self.kept = _numbers(sorted(self._used))
        self.texts: Int64 = frozen(np.array(self._rows, np.int64).reshape(-1, 6))
        self.blob: Bytes = frozen(np.frombuffer(self._words, np.uint8))

    def _read(self, text: TextField) -> None:
        """Make place for a text that does not simply stand in its column."""
        place, other = self.place(text.columns), text.otherwise
        if text.take not in _TAKES:
            raise UnplainSpecError
        simple = other is None or other == TextField(other.columns)
        if not simple:
            if text.when is not None:
                raise UnplainSpecError
            self._filled.add(place)
            other = None
        if text.take == "whole" and text.when is None and other is None:
            return
        when, take = -1, text.take
        if text.when is not None:
            when = self.place(text.when.columns)
            if when < 0:  # no row can say it
                place = -1 if other is None else self.place(other.columns)
                other, take = None, "whole"
        word = self._word(text.when.word if text.when else "")
        otherwise = -1 if other is None else self.place(other.columns)
        if text not in self._texts:
            self._texts[text] = len(self._rows)
            self._rows.append((place, _TAKES[take], when, *word, otherwise))

    def _word(self, word: str) -> tuple[int, int]:
        begin = len(self._words)
        self._words += word.encode()
        return begin, len(self._words)


def _numbers(found: Iterable[int]) -> Int64:
    return frozen(np.fromiter(found, np.int64))
