"""Tables that filter, sort, page and export, the same in office and portal.

A table's whole state is in its address, so that the link can be shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict

from tollwright.domain import listing
from tollwright.domain.errors import DomainError
from tollwright.domain.exports.requests import WHOLE
from tollwright.domain.listing import FilterUnreadable, Listed, Rows
from tollwright.web.shared import exports
from tollwright.web.shared.filters import day_of, id_of
from tollwright.web.shared.formatting import Cell, Status, is_number, number, text

PER_PAGE = 50
COUNTED_UP_TO = 10_000  # beyond this only "more than" is said: counting millions is no answer
EXPORTED_UP_TO = 100_000  # rows in a request
EXPORTED_AT_ONCE = 10_000  # where a job is offered: beyond this it is one
EXPORTED_BY_JOB = 1_000_000  # a spreadsheet holds no more
WHOLE_UP_TO = 26  # characters

FIRST = {"after": "", "before": ""}  # what an address leaves out for the first page


class TooManyRows(DomainError):
    """An export of more rows than a request may carry."""

    kind, code = "invalid", "too_many_rows"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `sort`: the ORM path, or the attribute path of a plain row; empty: unsortable.

    `link` gives the address behind a cell, or nothing.
    """

    key: str
    title: str
    value: Callable[[Any], Cell]
    sort: str = ""
    link: Callable[[Any], str | None] | None = None
    number: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """One field of the filter form. `apply` gets the rows and the value, never an empty one.

    What it cannot read it refuses with a DomainError. A value that is none of the choices, no
    number or no day, does not come to it. `look_up` is the address that offers names while one
    types, `show` writes a value as its field shows it.
    """

    key: str
    title: str
    apply: Callable[[Rows, str], Rows]
    choices: Sequence[tuple[str, str]] = ()
    kind: str = "text"
    default: str = ""
    required: bool = False
    look_up: str = ""
    show: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell on a page."""

    text: str
    title: str
    link: str = ""
    number: bool = False
    tone: str | None = None

    @property
    def layout(self) -> str:
        """Its class: numbers to the right, short texts on one line (no date breaks), long ones."""
        if self.number:
            return "number"
        return "nowrap" if len(self.text) <= WHOLE_UP_TO else "long"


@dataclass(frozen=True, slots=True)
class Header:
    """A column's head: its title, and the address that sorts by it."""

    title: str
    link: str
    direction: str  # ascending, descending or none
    number: bool

    @property
    def layout(self) -> str:
        """Its class: the head of figures stands to the right, as they do."""
        return "number" if self.number else ""


@dataclass(frozen=True, slots=True)
class Field:
    """A filter as the form shows it; `error` says why its value finds nothing."""

    filter: Filter
    value: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row on a page; `key` is what its checkbox sends."""

    cells: tuple[Shown, ...]
    key: str


@dataclass(frozen=True, slots=True)
class TablePage:
    """What parts/table.html renders. `readable` is False for a link to a page that is not whole;
    `first`, `previous` and `following` are the addresses of other pages, '' where there is none.
    """

    caption: str
    headers: tuple[Header, ...]
    rows: tuple[ShownRow, ...]
    fields: tuple[Field, ...]
    hidden: tuple[tuple[str, str], ...]
    empty: str
    count: int
    more: bool
    readable: bool
    first: str
    previous: str
    following: str
    csv: str
    xlsx: str
    filtered: bool
    bare: str
    selectable: str
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with their columns and filters. `order` is the sort when the address names none.

    `empty` says what to do first when there is nothing; `select` names a row for a checkbox whose
    form has the id `select_form`. `large`: the page's ids are found first, by an index alone, and
    only their rows are joined.
    """

    caption: str
    rows: Listed[Any] | Sequence[Any]
    columns: Sequence[Column]
    filters: Sequence[Filter] = ()
    order: str = ""
    empty: str = "Nothing here yet."
    per_page: int = PER_PAGE
    filename: str = "table"
    select: Callable[[Any], object] | None = None
    select_form: str = ""
    keep: Sequence[str] = field(default=())
    large: bool = False

    def respond(
        self, request: HttpRequest, later: Callable[[str], HttpResponse] | None = None
    ) -> HttpResponse | None:
        """The file if the address asks for one (`format=csv` or `xlsx`), else None.

        `later(its name)` is the answer where it is long enough for a job.
        """
        wanted = request.GET.get("format", "")
        if wanted not in exports.FORMATS:
            return None
        unread = self._filtered(request.GET)[1]
        if unread:  # a file has no place to say it
            raise FilterUnreadable(" ".join(unread.values()))
        found, whole = self.sorted(request.GET), getattr(request, WHOLE, None)
        if whole is not None:
            return exports.write_whole(whole, wanted, self.filename, self.columns, found)
        if later is not None and _more(found, EXPORTED_AT_ONCE):
            _refuse_beyond(found, EXPORTED_BY_JOB)
            return later(f"{self.filename}.{wanted}")
        _refuse_beyond(found, EXPORTED_UP_TO)
        return exports.FORMATS[wanted](self.filename, self.columns, list(found))

    def filtered(self, query: QueryDict) -> Rows:
        """The rows that pass the filters of the address; none when one of them is unreadable."""
        return self._filtered(query)[0]

    def _filtered(self, query: QueryDict) -> tuple[Rows, dict[str, str]]:
        """The rows, and by filter why its value cannot be read."""
        rows: Rows = self.rows
        unread: dict[str, str] = {}
        for one in self.filters:
            value = self.value_of(one, query)
            try:
                rows = _applied(one, rows, value) if value else rows
            except DomainError as error:
                unread[one.key] = str(error)
        if unread:
            rows = listing.nothing(rows)
        return rows, unread

    def sorted(self, query: QueryDict) -> Rows:
        """The filtered rows in the order of the address; ties by id, so that pages are stable."""
        rows = self.filtered(query)
        wanted = query.get("sort", "") or self.order
        column = next((one for one in self.columns if one.key == wanted.lstrip("-")), None)
        if column is None or not column.sort:
            return rows
        return listing.in_order(rows, column.sort, down=wanted.startswith("-"))

    def value_of(self, one: Filter, query: QueryDict) -> str:
        """The filter's value in the address; a required one falls back to its default."""
        value = query.get(one.key, one.default if one.key not in query else "")
        value = value.replace("\0", "").strip()  # PostgreSQL's texts hold none
        return value or (one.default if one.required else "")

    def page(self, request: HttpRequest) -> TablePage:
        """The page of the address: `after` or `before` the row that its cursor names."""
        query = request.GET
        rows, unread = self.sorted(query), self._filtered(query)[1]
        count = listing.count_up_to(rows, COUNTED_UP_TO)
        shown = listing.window(
            rows,
            limit=self.per_page,
            after=query.get("after", ""),
            before=query.get("before", ""),
            base=self.rows if self.large else None,  # the filters have done their work
        )
        names = {one.key for one in self.filters}
        listed = tuple(self._row(row) for row in shown.rows)
        return TablePage(
            caption=self.caption,
            headers=tuple(
                self._header(column, query, _numeric(column, place, listed))
                for place, column in enumerate(self.columns)
            ),
            rows=listed,
            fields=tuple(
                _field(one, self.value_of(one, query), unread.get(one.key, ""))
                for one in self.filters
            ),
            hidden=tuple(
                (key, query[key]) for key in query if key in self.keep and key not in names
            ),
            empty=self.empty,
            count=min(count, COUNTED_UP_TO),
            more=count > COUNTED_UP_TO,
            readable=shown.readable,
            first=_address(query, **FIRST) if shown.before or not shown.readable else "",
            previous=_address(query, **FIRST | {"before": shown.before}) if shown.before else "",
            following=_address(query, **FIRST | {"after": shown.after}) if shown.after else "",
            csv=_address(query, **FIRST, format="csv"),
            xlsx=_address(query, **FIRST, format="xlsx"),
            filtered=any(query.get(one.key, "") for one in self.filters),
            bare="?" + _kept(query, self.keep),
            selectable=self.select_form if self.select else "",
            unread=" ".join(unread.values()),
        )

    def _header(self, column: Column, query: QueryDict, number: bool) -> Header:
        if not column.sort:
            return Header(column.title, "", "none", number)
        now = query.get("sort", "") or self.order
        direction = {column.key: "ascending", f"-{column.key}": "descending"}.get(now, "none")
        target = f"-{column.key}" if direction == "ascending" else column.key
        return Header(column.title, _address(query, **FIRST, sort=target), direction, number)

    def _row(self, row: Any) -> ShownRow:
        cells = tuple(shown(column, row) for column in self.columns)
        return ShownRow(cells, str(self.select(row)) if self.select else "")


def _field(one: Filter, value: str, error: str) -> Field:
    return Field(one, one.show(value) if one.show and value and not error else value, error)


def _applied(one: Filter, rows: Rows, value: str) -> Rows:
    """Raises DomainError for a value that the filter cannot read."""
    if one.choices and value not in {str(key) for key, _ in one.choices}:
        raise FilterUnreadable(f"{one.title}: {value!r} is not one of the choices.")
    if one.kind == "number" and id_of(value) is None:
        raise FilterUnreadable(f"{one.title}: {value!r} is not a number.")
    if one.kind == "date" and day_of(value) is None:
        raise FilterUnreadable(f"{one.title}: {value!r} is not a day, such as 2026-10-05.")
    return one.apply(rows, value)


def shown(column: Column, row: Any) -> Shown:
    """The row's cell of the column, as a page shows it."""
    value = column.value(row)
    return Shown(
        text=text(value),
        title=column.title,
        link=(column.link(row) or "") if column.link else "",
        number=column.number or is_number(value),
        tone=value.tone if isinstance(value, Status) else None,
    )


def _numeric(column: Column, place: int, rows: Sequence[ShownRow]) -> bool:
    return column.number or any(row.cells[place].number for row in rows)


def short(caption: str, rows: Iterable[Any], columns: Sequence[Column], empty: str) -> TablePage:
    """A few rows inside another page: no filters, no paging, no export."""
    table = Table(caption, list(rows), columns, empty=empty)
    listed = tuple(table._row(row) for row in table.rows)
    return TablePage(
        caption=caption,
        headers=tuple(
            Header(one.title, "", "none", _numeric(one, place, listed))
            for place, one in enumerate(columns)
        ),
        rows=listed,
        fields=(),
        hidden=(),
        empty=empty,
        count=len(listed),
        more=False,
        readable=True,
        first="",
        previous="",
        following="",
        csv="",
        xlsx="",
        filtered=False,
        bare="",
        selectable="",
    )


def field_is(path: str) -> Callable[[Rows, str], Rows]:
    """A filter that keeps the rows whose field is the value; one of the wrong type is refused."""
    return lambda rows, value: listing.matching(rows, path, value)


def field_has(*paths: str) -> Callable[[Rows, str], Rows]:
    """A filter that keeps the rows with the text in any of the fields, in whatever case."""
    return lambda rows, value: listing.containing(rows, paths, value)


def _address(query: QueryDict, **changes: str) -> str:
    changed = query.copy()
    changed.pop("format", None)
    for key, value in changes.items():
        changed[key] = value
        if not value:
            del changed[key]
    return "?" + changed.urlencode()


def _kept(query: QueryDict, keys: Sequence[str]) -> str:
    kept = QueryDict(mutable=True)
    for key in keys:
        if key in query:
            kept.setlist(key, query.getlist(key))
    return kept.urlencode()


def _more(rows: Rows, limit: int) -> bool:
    return listing.count_up_to(rows, limit + 1) > limit


def _refuse_beyond(rows: Rows, limit: int) -> None:
    if _more(rows, limit):
        raise TooManyRows(
            f"These are more than {number(limit)} rows; narrow the filter and export again."
        )
