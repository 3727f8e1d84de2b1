"""Which columns a file has, and in which order: by its settings, its header, or its rows' width."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter

from tollwright.core.formats.base import Options, OptionsError
from tollwright.core.formats.spec import Columns, Spec


class ColumnOrder:
    """The columns of one kind of row and where the spec's columns stand among them.

    `places` has a place for each of the spec's slots, -1 for none. `checked`: a row was looked at,
    and the columns hold what their names say.
    """

    def __init__(self, spec: Spec, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self._at = {name: index for index, name in reversed(list(enumerate(self.columns)))}
        self.places = tuple(self.place(slot) for slot in spec.slots)
        self._pick = itemgetter(*self.places, -1)
        used = [
            hint
            for hint in range(len(spec.hints))
            if self.place(spec.hints[hint].text.columns) >= 0
        ]
        if spec.hints_placed:
            used.sort(key=lambda hint: self.place(spec.hints[hint].text.columns))
        self.hints = tuple(used)
        self.finer = next(((name, unit) for name, unit in spec.finer if name in self._at), None)
        self.checked = False

    def place(self, columns: Columns) -> int:
        """Where the first of these that the file has stands; -1: it has none."""
        return next((self._at[name] for name in columns if name in self._at), -1)

    def pick(self, rows: Sequence[Sequence[str]]) -> tuple[Sequence[str], ...]:
        """The spec's slots as columns of these rows; what the file does not have is empty."""
        picked: tuple[Sequence[str], ...] = self._pick(
            [*zip(*rows, strict=True), ("",) * len(rows)]
        )
        return picked


class ColumnOrders:
    """The order of a row, by its width. A stated list or a header allows one order only.

    `choose` gives the columns of a row of one of the spec's widths.
    """

    def __init__(
        self, spec: Spec, options: Options, choose: Callable[[Sequence[str]], tuple[str, ...]]
    ) -> None:
        """Raises OptionsError for an unknown layout, or a list without what a call needs."""
        self.unused: tuple[str, ...] = ()  # columns of the rows so far that nobody reads
        self._spec = spec
        self._choose = choose
        self._by_width: dict[int, ColumnOrder] = {}
        self._written: Sequence[str] = self._stated(options)  # as people spell it
        self.stated: tuple[str, ...] = tuple(map(spec.clean, self._written))
        if self.stated:
            self._check()

    def _stated(self, options: Options) -> tuple[str, ...]:
        """The order that the settings state; () = told apart by width, or by a header."""
        spec, name = self._spec, options.layout or self._spec.layout
        overruled = bool(options.columns) and not spec.widths
        if name and name not in spec.layouts and not overruled:
            known = ", ".join(spec.layouts)
            raise OptionsError(spec.sentences.no_layout.format(name=name, known=known))
        return options.columns or spec.layouts.get(name, ())

    def _check(self) -> None:
        missing = [" or ".join(one) for one in self._spec.need if not set(one) & set(self.stated)]
        if missing:
            said = ("; " if " or " in "".join(missing) else ", ").join(missing)
            raise OptionsError(self._spec.sentences.lacks.format(missing=said))

    def use_header(self, row: Sequence[str]) -> None:
        """From here on rows have these columns. Raises OptionsError as the constructor does."""
        self.stated = tuple(map(self._spec.clean, row))
        self._written = row
        self._by_width.clear()
        self._check()

    def is_header(self, row: Sequence[str]) -> bool:
        """Whether a row names columns; else it is a call."""
        said = set(map(self._spec.clean, row))
        return bool(self._spec.header) and all(said & set(one) for one in self._spec.header)

    def fits(self, width: int) -> bool:
        """Whether a row may have so many columns."""
        return width == len(self.stated) if self.stated else width in self._spec.widths

    def expected(self) -> str:
        """The allowed numbers of columns, in words."""
        if self.stated or not self._spec.widths:
            return str(len(self.stated))
        return f"{min(self._spec.widths)} to {max(self._spec.widths)}"

    def order_for(self, row: Sequence[str]) -> ColumnOrder | None:
        """The order of a row as wide as this one; None: there is none."""
        width = len(row)
        found = self._by_width.get(width)
        if found is None and self.fits(width):
            columns = self.stated or self._choose(row)
            found = self._by_width[width] = ColumnOrder(self._spec, columns)
            written = zip(columns, self._written or columns, strict=True)
            unknown = (text.strip() for name, text in written if name not in self._spec.known)
            self.unused = tuple(dict.fromkeys((*self.unused, *filter(None, unknown))))
        return found
