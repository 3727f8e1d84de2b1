"""Formats whose records are rows of columns: read as their spec says, one row a call.

`RowReader` is the readable rule; its compiled twin for plain rows is `kernel.cdr.columns`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from urllib.parse import unquote

from tollwright.core.formats.base import Fault, Ignored, Item, Options
from tollwright.core.formats.block import Block
from tollwright.core.formats.lines import CsvReader
from tollwright.core.formats.orders import ColumnOrder, ColumnOrders
from tollwright.core.formats.records import Places, RecordReader
from tollwright.core.formats.rules import Rules
from tollwright.core.formats.spec import Spec
from tollwright.core.formats.window import windowed

_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")


class TableFormat:
    """A format of rows: its spec, and its vendor's rules where the spec cannot say all."""

    def __init__(self, spec: Spec, rules: type[Rules] = Rules) -> None:
        self.spec = spec
        self.rules = rules
        self.name = spec.name
        self.title = spec.title
        self.extensions = spec.extensions

    def parse(self, chunks: Iterable[bytes], options: Options) -> Iterator[Item]:
        """See `Format.parse`."""
        reader = self.reader(options)
        rules = reader.rules
        ahead = options.lookahead if rules.together else 0
        return windowed(reader.batches(chunks), ahead, rules.settle)

    def reader(self, options: Options) -> RowReader:
        """A reader for one file. Raises OptionsError."""
        return RowReader(self.spec, self.rules(self.spec, options), options)


class RowReader:
    """Reads rows a block at a time. `latest`: the order of the latest row that became a record."""

    def __init__(self, spec: Spec, rules: Rules, options: Options) -> None:
        """Raises OptionsError."""
        self.rules = rules
        self.orders = ColumnOrders(spec, options, rules.columns_of)
        self.latest: ColumnOrder | None = None
        self._spec = spec
        self._rows = CsvReader(options, spec.dialect, self.orders.fits)
        self._records = RecordReader(spec, rules, options)

    def batches(self, chunks: Iterable[bytes], first: int = 1) -> Iterator[list[Item]]:
        """The items of `chunks`, which begin with line `first` of the file, legs not yet told."""
        for block in self._rows.read(chunks, first):
            if isinstance(block, Fault):
                yield [block]
                continue
            at, lines, rows = block.first, block.lines, block.rows
            if at == 1 and self.orders.is_header(rows[0]):
                self.orders.use_header(rows[0])
                yield [Ignored(1, "column names")]
                at, lines, rows = 2, lines[1:], rows[1:]
            yield self.items(at, lines, rows, block.span)

    def items(self, first: int, lines: list[str], rows: list[list[str]], span: int) -> list[Item]:
        """The items of these rows, the first of which is line `first`; rows of one width that
        stand together are read together."""
        found: list[Item] = []
        low = 0
        for _, same in groupby(rows, len):
            high = low + len(list(same))
            found += self._alike(first + low, lines[low:high], rows[low:high], span)
            low = high
        return found

    def _alike(self, first: int, lines: list[str], rows: list[list[str]], span: int) -> list[Item]:
        """The items of rows of one width."""
        order = self.orders.order_for(rows[0])
        if order is None:
            told = enumerate(zip(lines, rows, strict=True), first)
            return [self._misfit(at, line, row, span) for at, (line, row) in told]
        if self._spec.encoded:
            rows = [_decoded(raw, row) for raw, row in zip(lines, rows, strict=True)]
        count = len(rows)
        places = Places(range(first, first + count), lines, [span] * count)
        block = Block(self._spec, order, order.pick(rows), range(first, first + count))
        found = self._records.items(block, places)
        self.latest = order
        return found

    def _misfit(self, line: int, raw: str, row: Sequence[str], span: int) -> Item:
        if not row or (len(row) == 1 and not row[0].strip()):
            return Ignored(line, "empty line", span)
        sentence = self._spec.sentences.misfit
        reason = sentence.format(found=len(row), expected=self.orders.expected())
        return Fault(line, "columns", reason, raw, span)


def _decoded(raw: str, row: list[str]) -> list[str]:
    return list(map(unquote, row)) if "%" in raw and _ENCODED.search(raw) else row
