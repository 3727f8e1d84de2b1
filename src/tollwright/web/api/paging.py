"""Lists in pages by cursor, as the API answers them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from ninja import Query, Schema
from pydantic import Field

from tollwright.domain.listing import newest
from tollwright.web.api.shapes import Id

T = TypeVar("T")


class Page(Schema, Generic[T]):
    """Some rows; `next` is the cursor of the following page, null on the last."""

    items: list[T]
    next: str | None


class Paging(Schema):
    """How many rows, and from where on."""

    limit: Annotated[Id, Field(ge=1, le=200, description="rows a page")] = 50
    cursor: Annotated[str, Field(max_length=300, description="`next` of the page before")] = ""


PagingQuery = Annotated[Paging, Query(...)]


def page(
    rows: Any, paging: Paging, show: Callable[[Any], T], by: Sequence[str] = ("id",)
) -> dict[str, object]:
    """The page of a domain query's rows, the newest first; see `domain.listing`."""
    found = newest(rows, limit=paging.limit, after=paging.cursor, by=by)
    return {"items": [show(row) for row in found.rows], "next": found.after or None}
