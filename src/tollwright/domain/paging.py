"""Pages by key: rows that arrive meanwhile neither repeat nor skip one, and no page costs more
than the first.

A cursor holds the sort values of the last row that was shown. It is opaque to callers, and one
that was not given by a page of the same list is refused.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

from tollwright.domain.errors import DomainError

M = TypeVar("M", bound=Model)


class CursorUnfit(DomainError):
    """The cursor is none that we gave."""

    code = "bad_cursor"


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Some rows in order; `following` is the cursor of the page after, '' on the last."""

    rows: list[M]
    following: str


def page_after(
    rows: QuerySet[M], *, cursor: str = "", limit: int, by: Sequence[str] = ("id",)
) -> Page[M]:
    """The `limit` newest rows after the cursor: `by` names fields that together are unique.

    The first field also bounds the partitions where there are any. Raises CursorUnfit.
    """
    if cursor:
        rows = rows.filter(_after(by, read_cursor(cursor, by)))
    found = list(rows.order_by(*(f"-{name}" for name in by))[: limit + 1])
    shown = found[:limit]
    more = len(found) > limit
    last = [getattr(shown[-1], name) for name in by] if more else []
    return Page(shown, write_cursor(last) if more else "")


def write_cursor(values: Sequence[Any]) -> str:
    """The sort values of a row as one word for an address."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def read_cursor(cursor: str, by: Sequence[str]) -> list[Any]:
    """The values that `write_cursor` wrote, one for each field. Raises CursorUnfit."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [_value(name, one) for name, one in zip(by, values, strict=True)]
    except (binascii.Error, ValueError, TypeError):
        raise CursorUnfit("The cursor is none that a page of this list gave as `next`.") from None


def _after(by: Sequence[str], values: Sequence[Any]) -> Q:
    """(a, b) < (x, y) as a < x or a = x and b < y."""
    after = Q()
    for place, name in enumerate(by):
        same = {by[index]: values[index] for index in range(place)}
        after |= Q(**same, **{f"{name}__lt": values[place]})
    return Q(**{f"{by[0]}__lte": values[0]}) & after


def _value(name: str, text: Any) -> datetime | int:
    return datetime.fromisoformat(text) if name.endswith("_at") else int(text)
