"""Formats whose records are objects (JSON): their spec's columns are names in the object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Generic, TypeVar

from tollwright.core.formats.base import BadRowError, Fault, Ignored, Item, Options
from tollwright.core.formats.block import Block
from tollwright.core.formats.orders import ColumnOrder
from tollwright.core.formats.records import Places, RecordReader
from tollwright.core.formats.rules import Rules
from tollwright.core.formats.spec import Spec

_AT_ONCE = 256
Value = TypeVar("Value")
Get = Callable[[str], str]  # what a name says in one object, "" for nothing


class Found(Generic[Value]):
    """One object, the line it begins on, the lines it takes and its text."""

    __slots__ = ("line", "lines", "raw", "value")

    def __init__(self, line: int, lines: int, raw: str, value: Value) -> None:
        self.line = line
        self.lines = lines
        self.raw = raw
        self.value = value


class ObjectReader(Generic[Value]):
    """Makes calls of objects. Of the names that say one thing the first counts that says anything:
    an object has no columns that could be chosen once for a file."""

    def __init__(
        self, spec: Spec, rules: Rules, options: Options, getter: Callable[[Value], Get]
    ) -> None:
        """`getter` raises BadRowError for a value that is no record."""
        self._spec = spec
        self._getter = getter
        self._slots = tuple(spec.slots)
        self._order = ColumnOrder(spec, [name for slot in spec.slots for name in slot])
        self._records = RecordReader(spec, rules, options)
        self._read_before = 0  # objects that were read as records

    def items(self, found: Iterable[Found[Value] | Fault | Ignored]) -> Iterator[Item]:
        """The items of these objects, and what is none as it stands, in their order."""
        for batch in self.batches(found):
            yield from batch

    def batches(self, found: Iterable[Found[Value] | Fault | Ignored]) -> Iterator[list[Item]]:
        """The same, some at a time."""
        remaining = iter(found)
        while some := list(islice(remaining, _AT_ONCE)):
            yield list(self._some(some))

    def _some(self, some: list[Found[Value] | Fault | Ignored]) -> Iterator[Item]:
        rows: list[list[str]] = []
        whole: list[Found[Value]] = []
        others: dict[int, Item] = {}
        for place, one in enumerate(some):
            if not isinstance(one, Found):
                others[place] = one
                continue
            try:
                rows.append(self._row(one.value))
                whole.append(one)
            except BadRowError as bad:
                others[place] = Fault(one.line, bad.code, bad.reason, one.raw, one.lines)
        records = iter(self._read(rows, whole))
        for place in range(len(some)):
            yield others[place] if place in others else next(records)

    def _row(self, value: Value) -> list[str]:
        get = self._getter(value)
        return [next(filter(None, map(get, slot)), "") for slot in self._slots]

    def _read(self, rows: list[list[str]], found: list[Found[Value]]) -> list[Item]:
        if not rows:
            return []
        columns = [*zip(*rows, strict=True), ("",) * len(rows)]
        places = Places(
            [one.line for one in found], [one.raw for one in found], [one.lines for one in found]
        )
        first, self._read_before = self._read_before, self._read_before + len(rows)
        block = Block(self._spec, self._order, columns, range(first, self._read_before))
        return self._records.items(block, places)
