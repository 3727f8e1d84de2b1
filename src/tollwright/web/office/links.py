"""Addresses of the office's pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse


def to(name: str, *args: object, **query: object) -> str:
    """The address of a page, with what its query says; empty values are left out."""
    address = reverse(f"office:{name}", args=args)
    kept = urlencode({key: str(value) for key, value in query.items() if value not in (None, "")})
    return f"{address}?{kept}" if kept else address


def row(name: str, path: str = "pk") -> Callable[[Any], str | None]:
    """For a column: the address of the page `name` of what `path` names in the row, if anything."""

    def link(of: Any) -> str | None:
        for part in path.split("."):
            of = getattr(of, part)
            if of is None:
                return None
        return reverse(f"office:{name}", args=[of])

    return link
