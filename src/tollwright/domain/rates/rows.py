"""The rows of the lists of rate cards, their versions and their rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tollwright.data.models import CardVersion, RateCard
from tollwright.domain.listing import Listed, listed
from tollwright.domain.rates import queries


@dataclass(frozen=True, slots=True)
class CardRow:
    """A rate card; `latest` is the moment from which a version of it prices calls."""

    pk: int
    code: str
    name: str
    side: str
    currency: str
    published: int
    drafts: int
    latest: datetime | None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A card's version; `changes` counts what it changes against the one before, by kind."""

    pk: int
    number: int
    status: str
    effective_from: datetime | None
    rows: int
    tag: str
    changes: dict[str, int]
    created_by: str
    published_by: str


@dataclass(frozen=True, slots=True)
class RateListRow:
    """A rate of a version, as its file has it."""

    pk: int
    row_no: int
    prefix: str
    name: str
    price_nanos: int
    unit_s: int
    first_s: int
    next_s: int
    connect_fee_micros: int
    blocked: bool
    effective_from: datetime | None
    effective_to: datetime | None
    extra: dict[str, Any]


def card_rows() -> Listed[CardRow]:
    """The cards, by name."""
    return listed(queries.cards_with_counts(), CardRow)


def version_rows(card: RateCard) -> Listed[VersionRow]:
    """The card's versions, the latest first."""
    return listed(queries.versions_with_counts(card), VersionRow)


def rate_rows(version: CardVersion) -> Listed[RateListRow]:
    """The version's rates, in the order of its file."""
    return listed(queries.rows_of_version(version), RateListRow)
