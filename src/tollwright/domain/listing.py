"""Lists that people filter, sort and page through: rows of a query, or rows worked out already.

Pages go by key, never by number of rows: a page starts after (or ends before) the last row that
was seen, so that rows which arrive meanwhile neither repeat nor hide one, and the thousandth page
costs what the first does.
"""

from __future__ import annotations

import base64
import binascii
import json
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db.models import IntegerField, Q, QuerySet

from tollwright.domain.errors import DomainError

RowT = TypeVar("RowT")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Listed(Generic[RowT]):
    """The rows of a query, each given as a frozen row of its own class, never as a model.

    Filters, order and pages work on the query; `row` makes a row of what it finds, and asks the
    database nothing.
    """

    query: QuerySet[Any, Any]
    row: Callable[[Any], RowT]

    def __iter__(self) -> Iterator[RowT]:
        return map(self.row, self.query)

    def __getitem__(self, part: slice) -> Listed[RowT]:
        return replace(self, query=self.query[part])


Rows = QuerySet[Any, Any] | Sequence[Any] | Listed[Any]
Key = tuple[str, bool]  # a path, and whether it descends


class FilterUnreadable(DomainError):
    """A filter's value means nothing to it: it finds nothing, and the page says so."""

    code = "filter_unreadable"


class CursorUnfit(DomainError):
    """The cursor is none that we gave."""

    code = "bad_cursor"


@dataclass(frozen=True, slots=True)
class Window:
    """A page of rows. `before` and `after` are cursors of its neighbours; '' where there is none.

    `readable` is False when the cursor was none that a page of this list gave: no rows then.
    """

    rows: list[Any]
    before: str
    after: str
    readable: bool = True


def listed(
    query: QuerySet[Any, Any], row: Callable[..., RowT], **paths: str | Callable[[Any], Any]
) -> Listed[RowT]:
    """The query's rows as `row`, a frozen dataclass, read as `row_maker` says."""
    return Listed(query, row_maker(row, **paths))


def row_maker(
    row: Callable[..., RowT], **paths: str | Callable[[Any], Any]
) -> Callable[[Any], RowT]:
    """Makes a `row`, a frozen dataclass: each field is read from the attribute of its name, or
    from the path (`customer__name`) or by the function that `paths` gives for it."""
    read = {
        one.name: _reader(paths.get(one.name, one.name))
        for one in fields(row)  # type: ignore[arg-type]  # a dataclass, called to make a row
    }
    return lambda found: row(**{name: get(found) for name, get in read.items()})


def _reader(path: str | Callable[[Any], Any]) -> Callable[[Any], Any]:
    return attribute(path) if isinstance(path, str) else path


def narrow(rows: Rows, change: Callable[[QuerySet[Any, Any]], QuerySet[Any, Any]]) -> Rows:
    """The rows of the query that `change` makes of theirs."""
    if isinstance(rows, Listed):
        return replace(rows, query=change(rows.query))
    return change(as_query(rows))


def _of_the_query(
    change: Callable[Concatenate[Rows, P], Rows],
) -> Callable[Concatenate[Rows, P], Rows]:
    """Work on the query of listed rows."""

    @wraps(change)
    def changed(rows: Rows, /, *args: P.args, **kwargs: P.kwargs) -> Rows:
        if isinstance(rows, Listed):
            return replace(rows, query=as_query(change(rows.query, *args, **kwargs)))
        return change(rows, *args, **kwargs)

    return changed


@_of_the_query
def matching(rows: Rows, path: str, value: str) -> Rows:
    """The rows whose field is the value. Raises FilterUnreadable for one of the wrong type."""
    if not isinstance(rows, QuerySet):
        return [row for row in rows if str(attribute(path)(row)) == value]
    if _holds_ids(rows, path) and not (value.isascii() and value.isdigit()):
        raise FilterUnreadable(f"{value!r} is not a number.")
    try:
        return rows.filter(**{path: value})
    except (ValueError, TypeError, ValidationError):
        raise FilterUnreadable(f"{value!r} cannot be looked for here.") from None


def _holds_ids(rows: QuerySet[Any, Any], path: str) -> bool:
    """Whether the path is a column of whole numbers, or of ids of other rows."""
    try:
        field = rows.model._meta.get_field(path.removesuffix("_id"))
    except FieldDoesNotExist:
        return False
    return field.is_relation or isinstance(field, IntegerField)


@_of_the_query
def containing(rows: Rows, paths: Sequence[str], text: str) -> Rows:
    """The rows with the text in any of the fields, in whatever case."""
    if isinstance(rows, QuerySet):
        found = Q()
        for path in paths:
            found |= Q(**{f"{path}__icontains": text})
        return rows.filter(found)
    needle = text.lower()
    getters = [attribute(path) for path in paths]
    return [row for row in rows if any(needle in str(get(row)).lower() for get in getters)]


@_of_the_query
def between(rows: Rows, path: str, *, first: Any = None, end: Any = None) -> Rows:
    """The rows whose field is `first` or later and before `end`; None leaves a side open."""
    if isinstance(rows, QuerySet):
        bounds = {f"{path}__gte": first, f"{path}__lt": end}
        return rows.filter(**{key: value for key, value in bounds.items() if value is not None})
    get = attribute(path)
    return [
        row
        for row in rows
        if (first is None or get(row) >= first) and (end is None or get(row) < end)
    ]


@_of_the_query
def beginning(rows: Rows, path: str, text: str) -> Rows:
    """The rows whose field begins with the text."""
    if isinstance(rows, QuerySet):
        return rows.filter(**{f"{path}__startswith": text})
    return [row for row in rows if str(attribute(path)(row)).startswith(text)]


@_of_the_query
def among(rows: Rows, ids: Sequence[int]) -> Rows:
    """The rows of these ids."""
    if isinstance(rows, QuerySet):
        return rows.filter(pk__in=ids)
    return [row for row in rows if row.pk in ids]


def as_query(rows: Rows) -> QuerySet[Any, Any]:
    """Rows of a table over the database. Raises TypeError for rows that were worked out."""
    rows = rows.query if isinstance(rows, Listed) else rows
    if not isinstance(rows, QuerySet):
        raise TypeError("these rows come from no query")
    return rows


@_of_the_query
def nothing(rows: Rows) -> Rows:
    """No rows of these: what a value that cannot be read finds."""
    return rows.none() if isinstance(rows, QuerySet) else []


@_of_the_query
def in_order(rows: Rows, path: str, *, down: bool) -> Rows:
    """The rows by the field, ties by id."""
    if isinstance(rows, QuerySet):
        return rows.order_by(f"{'-' if down else ''}{path}", "-pk" if down else "pk")
    get = attribute(path)

    def key(row: Any) -> tuple[bool, Any]:
        value = get(row)
        return (value is None, "" if value is None else value)

    return sorted(rows, key=key, reverse=down)


def each(rows: Rows, portion: int) -> Iterator[Any]:
    """All of them, however many: of a query so many are held at once."""
    if isinstance(rows, Listed):
        return map(rows.row, rows.query.iterator(portion))
    return rows.iterator(portion) if isinstance(rows, QuerySet) else iter(rows)


def count_up_to(rows: Rows, limit: int) -> int:
    """How many rows there are, counted to `limit` + 1 at the most."""
    rows = rows.query if isinstance(rows, Listed) else rows
    if not isinstance(rows, QuerySet):
        return len(rows)
    bare = rows.order_by().values("pk")  # neither order nor annotations cost anything here
    return bare[: limit + 1].count()


def window(
    rows: Rows, *, limit: int, after: str = "", before: str = "", base: Rows | None = None
) -> Window:
    """`limit` rows after one cursor, or the last ones before another; the first ones without.

    `base`: rows to take the found ones from, for tables of millions: their ids are found by an
    index alone, and only the page's rows are joined.
    """
    if isinstance(rows, Listed):
        of = base.query if isinstance(base, Listed) else base
        page = window(rows.query, limit=limit, after=after, before=before, base=of)
        return replace(page, rows=[rows.row(one) for one in page.rows])
    if not isinstance(rows, QuerySet):
        return _of_list(rows, limit, after or before, backwards=bool(before))
    return _of_query(rows, limit, after, before, base)


def _of_query(
    rows: QuerySet[Any, Any], limit: int, after: str, before: str, base: Rows | None
) -> Window:
    keys = keys_of(rows)
    try:
        at = _read(after or before, keys) if after or before else None
        beyond = None if at is None else _beyond(rows, keys, at, backwards=bool(before))
    except (ValueError, TypeError, ValidationError, FieldError, InvalidOperation):
        return Window([], "", "", readable=False)
    if beyond is None:
        return _forwards(rows, keys, limit, base, more_before=False)
    if not before:
        return _forwards(beyond, keys, limit, base, more_before=True)
    found = _fetch(beyond.order_by(*_named(keys, flipped=True))[: limit + 1], base)
    if len(found) <= limit:  # the top: a whole page of it
        return _forwards(rows, keys, limit, base, more_before=False)
    shown = found[:limit][::-1]
    return Window(shown, _write(shown[0], keys), _write(shown[-1], keys))


def newest(
    rows: QuerySet[Any, Any], *, limit: int, after: str = "", by: Sequence[str] = ("id",)
) -> Window:
    """`limit` rows after the cursor, the newest first: `by` names fields that together are unique.

    Raises CursorUnfit.
    """
    found = window(rows.order_by(*(f"-{name}" for name in by)), limit=limit, after=after)
    if not found.readable:
        raise CursorUnfit("The cursor is none that a page of this list gave as `next`.")
    return found


def attribute(path: str) -> Callable[[Any], Any]:
    """What stands at the path of a row; None where something on the way is None."""
    getters = [operator.attrgetter(name) for name in path.split("__")]

    def get(row: Any) -> Any:
        for getter in getters:
            if row is None:
                return None
            row = getter(row)
        return row

    return get


def keys_of(rows: QuerySet[Any, Any]) -> list[Key]:
    """The paths that the rows are ordered by, ended by the id, so that no two rows are alike."""
    named = rows.query.order_by or rows.model._meta.ordering
    if not all(isinstance(name, str) for name in named):
        raise TypeError("rows are paged by the names of their fields")
    keys = [(str(name).lstrip("-"), str(name).startswith("-")) for name in named]
    if not any(path in {"pk", "id"} for path, _ in keys):
        keys.append(("pk", keys[-1][1] if keys else False))
    return keys


def _forwards(
    rows: QuerySet[Any, Any], keys: list[Key], limit: int, base: Rows | None, *, more_before: bool
) -> Window:
    found = _fetch(rows.order_by(*_named(keys))[: limit + 1], base)
    shown = found[:limit]
    return Window(
        shown,
        _write(shown[0], keys) if shown and more_before else "",
        _write(shown[-1], keys) if len(found) > limit else "",
    )


def _fetch(rows: QuerySet[Any, Any], base: Rows | None) -> list[Any]:
    if not isinstance(base, QuerySet):
        return list(rows)
    ids = list(rows.values_list("pk", flat=True))
    found = {row.pk: row for row in base.order_by().filter(pk__in=ids)}
    return [found[pk] for pk in ids if pk in found]


def _named(keys: list[Key], *, flipped: bool = False) -> list[str]:
    return [f"{'-' if down != flipped else ''}{path}" for path, down in keys]


def _beyond(
    rows: QuerySet[Any, Any], keys: list[Key], at: Sequence[Any], *, backwards: bool
) -> QuerySet[Any, Any]:
    """The rows that come later in the order than the values `at`: (a, b) > (x, y) as a > x or
    a = x and b > y. PostgreSQL puts what is not known last, or first of a descending order."""
    later, same = Q(), Q()
    for place, ((path, down), value) in enumerate(zip(keys, at, strict=True)):
        falls, known = down != backwards, _is_known(rows, path)
        step = _later(path, value, falls=falls, known=known)
        if step is not None:
            later |= same & step
        if place == 0 and known and len(keys) > 1:
            rows = rows.filter(**{f"{path}__{'lte' if falls else 'gte'}": value})  # for the index
        same &= Q(**{f"{path}__isnull": True}) if value is None else Q(**{path: value})
    return rows.filter(later)


def _later(path: str, value: Any, *, falls: bool, known: bool) -> Q | None:
    if value is None:
        return Q(**{f"{path}__isnull": False}) if falls else None
    step = Q(**{f"{path}__{'lt' if falls else 'gt'}": value})
    return step if falls or known else step | Q(**{f"{path}__isnull": True})


def _is_known(rows: QuerySet[Any, Any], path: str) -> bool:
    """Whether the path is a column of the table that is never empty."""
    if path == "pk":
        return True
    try:
        return not rows.model._meta.get_field(path).null
    except FieldDoesNotExist:
        return False


def _of_list(rows: Sequence[Any], limit: int, cursor: str, *, backwards: bool) -> Window:
    """Pages of rows that were worked out: by their number, for they are worked out each time."""
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 9):
        return Window([], "", "", readable=False)
    start = int(cursor or 0)
    start = max(0, start - limit) if backwards else min(start, len(rows))
    end = start + limit
    return Window(
        list(rows[start:end]),
        str(start) if start else "",
        str(end) if end < len(rows) else "",
    )


def _write(row: Any, keys: list[Key]) -> str:
    """The row's place in the order, as one word for an address."""
    values = [_plain(row.pk if path == "pk" else attribute(path)(row)) for path, _ in keys]
    text = json.dumps([_named(keys), values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str, keys: list[Key]) -> list[Any]:
    """The values that `_write` wrote for this order. Raises ValueError or TypeError."""
    try:
        named, values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, RecursionError) as error:
        raise ValueError("no cursor") from error
    if named != _named(keys) or len(values) != len(keys):
        raise ValueError("a cursor of another order")
    return [_typed(value) for value in values]


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return {"at": value.isoformat()}
        case date():
            return {"on": value.isoformat()}
        case Decimal():
            return {"n": str(value)}
    return value


def _typed(value: Any) -> Any:
    match value:
        case {"at": str(text)}:
            return datetime.fromisoformat(text)
        case {"on": str(text)}:
            return date.fromisoformat(text)
        case {"n": str(text)}:
            return Decimal(text)
        case str():
            if "\0" in value:
                raise ValueError("PostgreSQL's texts hold no NUL")
            value.encode()
            return value
        case None | bool() | int():
            return value
    raise ValueError("no value of a column")
