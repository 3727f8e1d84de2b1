"""Naming one row of a large table: a person types some of its name, code or number.

A page never lists the whole table to choose from. It offers the first few that fit what was typed,
and takes a text that means exactly one row; none or several are refused with a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from tollwright.data.calls import ImportBatch
from tollwright.domain.carriers.queries import carriers
from tollwright.domain.customers.queries import campaigns, customers
from tollwright.domain.errors import DomainError, NotFound
from tollwright.domain.rates.queries import cards

OFFERED = 20  # rows, as many as a list under a field can show
NAMED = 3  # rows that a refusal names
_ID = re.compile(r"(?:id-)?([0-9]{1,18})")


class NoneFits(DomainError):
    """What was typed is no row's name."""

    code = "none_fits"


class SeveralFit(DomainError):
    """What was typed is the name, or a part of it, of more rows than one."""

    code = "several_fit"


@dataclass(frozen=True, slots=True)
class Named:
    """A row to choose: what stands in the field is `text`, and it means this row alone."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class _Kind:
    """`shown` writes a row's whole name, `exact` are the paths that may be typed alone."""

    what: str
    many: str
    rows: Callable[[], QuerySet[Any]]
    shown: Concat
    exact: tuple[str, ...]


def _shown(*parts: str) -> Concat:
    """Paths, and between them what starts with no letter."""
    told = [F(part) if part[0].isalpha() else Value(part) for part in parts]
    return Concat(*told, output_field=CharField())


_BATCH = Concat(Cast("id", CharField()), Value(" "), F("filename"), output_field=CharField())
_CARD = _shown("name", " (", "code", ")")

KINDS: dict[str, _Kind] = {
    "customer": _Kind(
        "customer", "customers", customers, _shown("name", " (", "code", ")"), ("code", "name")
    ),
    "campaign": _Kind(
        "campaign", "campaigns", lambda: campaigns().order_by("customer__name", "name", "id"),
        _shown("customer__name", ": ", "name", " (", "code", ")"), ("code", "name"),
    ),
    "carrier": _Kind("carrier", "carriers", carriers, _CARD, ("code", "name")),
    "card": _Kind("card", "cards", cards, _CARD, ("code", "name")),
    "sell-card": _Kind("card", "sell cards", lambda: cards(side="sell"), _CARD, ("code", "name")),
    "buy-card": _Kind("card", "buy cards", lambda: cards(side="buy"), _CARD, ("code", "name")),
    "file": _Kind(
        "file", "files", lambda: ImportBatch.objects.order_by("-id"), _BATCH, ("filename",)
    ),
}  # fmt: skip


def offers(kind: str, text: str = "") -> list[Named]:
    """The first rows whose whole name has every word of the text. Raises NotFound: no such kind."""
    if kind not in KINDS:
        raise NotFound(f"Nothing is looked up by {kind!r}.")
    rows = _named(KINDS[kind])
    for word in _clean(text).split():
        rows = rows.filter(shown__icontains=word)
    return _read(rows, OFFERED)


def pick(kind: str, text: str) -> Named:
    """The one row that the text means: by its whole name, else by code, name or id, else the only
    one that has all its words. `id-12`, as our own links write it, is the id and nothing else.

    Raises NoneFits and SeveralFit.
    """
    of, text = KINDS[kind], _clean(text)
    found = _exact(of, text)
    if not found and not _is_link(text):
        found = offers(kind, text)
    if not found:
        raise NoneFits(f"There is no {of.what} {text!r}. Write a part of its name or its code.")
    if len(found) > 1:
        named = ", ".join(one.text for one in found[:NAMED])
        more = " and more" if len(found) > NAMED else ""
        raise SeveralFit(
            f"{text!r} fits several {of.many}: {named}{more}. Choose one, or write more of it."
        )
    return found[0]


def named(kind: str, pk: int) -> str:
    """The whole name of the row; '' where there is none."""
    found = _read(_named(KINDS[kind]).filter(pk=pk), 1)
    return found[0].text if found else ""


def _is_link(text: str) -> bool:
    return text.startswith("id-") and _ID.fullmatch(text) is not None


def _exact(of: _Kind, text: str) -> list[Named]:
    rows, number = _named(of), _ID.fullmatch(text)
    if number and _is_link(text):
        return _read(rows.filter(pk=int(number[1])), 1)
    whole = _read(rows.filter(shown=text), 2)
    if len(whole) == 1:
        return whole
    fits = Q(pk=int(number[1])) if number else Q()
    for path in of.exact:
        fits |= Q(**{f"{path}__iexact": text})
    return _read(rows.filter(fits), OFFERED)


def _named(of: _Kind) -> QuerySet[Any]:
    found: QuerySet[Any] = of.rows().annotate(shown=of.shown)
    return found


def _read(rows: QuerySet[Any], most: int) -> list[Named]:
    return [Named(pk, shown) for pk, shown in rows.values_list("pk", "shown")[:most]]


def _clean(text: str) -> str:
    return " ".join(text.replace("\0", " ").split())
