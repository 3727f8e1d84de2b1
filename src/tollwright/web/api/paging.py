"""Pages by cursor: rows that arrive meanwhile neither repeat nor skip one."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import Q, QuerySet
from ninja import Query, Schema
from pydantic import Field

from tollwright.domain.errors import DomainError

T = TypeVar("T")


class CursorUnfit(DomainError):
    """The cursor is none that we gave."""

    code = "bad_cursor"


class Page(Schema, Generic[T]):
    """Some rows; `next` is the cursor of the following page, null on the last."""

    items: list[T]
    next: str | None


class Paging(Schema):
    """How many rows, and from where on."""

    limit: Annotated[int, Field(ge=1, le=200, description="rows a page")] = 50
    cursor: Annotated[str, Field(max_length=300, description="`next` of the page before")] = ""


PagingQuery = Annotated[Paging, Query(...)]


def page(
    rows: QuerySet[Any], paging: Paging, show: Callable[[Any], T], by: Sequence[str] = ("id",)
) -> dict[str, object]:
    """The page of the newest rows first: `by` names fields that together are unique."""
    if paging.cursor:
        rows = rows.filter(_after(by, _read(paging.cursor, by)))
    found = list(rows.order_by(*(f"-{name}" for name in by))[: paging.limit + 1])
    shown = found[: paging.limit]
    more = len(found) > paging.limit
    return {
        "items": [show(row) for row in shown],
        "next": _write([getattr(shown[-1], name) for name in by]) if more else None,
    }


def _after(by: Sequence[str], values: Sequence[Any]) -> Q:
    """(a, b) < (x, y) as a < x or a = x and b < y; the first field also bounds the partitions."""
    after = Q()
    for place, name in enumerate(by):
        same = {by[index]: values[index] for index in range(place)}
        after |= Q(**same, **{f"{name}__lt": values[place]})
    return Q(**{f"{by[0]}__lte": values[0]}) & after


def _write(values: Sequence[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _read(cursor: str, by: Sequence[str]) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [_value(name, one) for name, one in zip(by, values, strict=True)]
    except (binascii.Error, ValueError, TypeError):
        raise CursorUnfit("The cursor is none that a page of this list gave as `next`.") from None


def _value(name: str, text: Any) -> datetime | int:
    return datetime.fromisoformat(text) if name.endswith("_at") else int(text)
