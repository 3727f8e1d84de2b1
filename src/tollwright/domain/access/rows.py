"""The rows of the lists of people and keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tollwright.data.access import ApiKey, Membership
from tollwright.domain.access import queries
from tollwright.domain.listing import Listed, listed


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A person's role here; of a customer's people, with the customer."""

    pk: int
    email: str
    role: str
    customer_id: int | None
    customer: str | None
    last_login: datetime | None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A program's key: what it begins with, never the key."""

    pk: int
    name: str
    prefix: str
    role: str
    created_at: datetime
    created_by: str | None
    revoked_at: datetime | None


def member_rows() -> Listed[MemberRow]:
    """Who may come in here, by e-mail address."""
    paths = {"email": "user__email", "last_login": "user__last_login"}
    found = queries.members()
    return listed(found, MemberRow, role=_role, customer="customer__name", **paths)


def key_rows() -> Listed[KeyRow]:
    """The provider's keys, newest first, the revoked ones too."""
    return listed(queries.api_keys(), KeyRow, role=_role, created_by="created_by__email")


def _role(one: Membership | ApiKey) -> str:
    return str(one.get_role_display())
