"""Some rows of one column order, column by column."""

from __future__ import annotations

from collections.abc import Sequence

from tollwright.core.formats.orders import ColumnOrder
from tollwright.core.formats.spec import Columns, Spec


class Block:
    """Rows; `of` gives what a spec's columns say in each of them. `places`: where they stand among
    all of their file, growing through it."""

    __slots__ = ("_columns", "_slots", "count", "order", "places")

    def __init__(
        self,
        spec: Spec,
        order: ColumnOrder,
        columns: Sequence[Sequence[str]],
        places: Sequence[int],
    ) -> None:
        """`columns`: one for each of the spec's slots and an empty one behind them."""
        self._slots = spec.slots
        self._columns = columns
        self.order = order
        self.places = places
        self.count = len(places)

    def of(self, columns: Columns) -> Sequence[str]:
        """What the first of these columns that the file has says in each row."""
        return self._columns[self._slots[columns]] if columns else self.empty

    @property
    def empty(self) -> Sequence[str]:
        """An empty text for each row."""
        return self._columns[-1]

    def part(self, first: int, end: int) -> Block:
        """Rows `first` to before `end`."""
        found = Block.__new__(Block)
        found._slots, found.order, found.count = self._slots, self.order, end - first
        found._columns = [column[first:end] for column in self._columns]
        found.places = self.places[first:end]
        return found

    def row(self, place: int) -> Block:
        """One row."""
        return self.part(place, place + 1)
