"""Who may do what in the back office: the one table. Every staff role may read."""

from __future__ import annotations

from typing import Literal

from tollwright.domain.entities import Role

Need = Literal[
    "read",
    "customers",
    "rules",
    "rates",
    "plans",
    "calls",
    "quarantine",
    "rollback",
    "billing",
    "what_if",
    "rerate",
    "payments",
    "access",
    "audit",
]

STAFF = frozenset({Role.OWNER, Role.BILLING, Role.RATES, Role.SUPPORT, Role.AUDITOR})

MAY: dict[Need, frozenset[Role]] = {
    "read": STAFF,
    "customers": frozenset({Role.OWNER, Role.BILLING, Role.SUPPORT}),
    "rules": frozenset({Role.OWNER, Role.BILLING}),
    "rates": frozenset({Role.OWNER, Role.RATES}),
    "plans": frozenset({Role.OWNER, Role.RATES, Role.BILLING}),
    "calls": frozenset({Role.OWNER, Role.BILLING, Role.RATES, Role.SUPPORT}),
    "quarantine": frozenset({Role.OWNER, Role.BILLING, Role.RATES, Role.SUPPORT}),
    "rollback": frozenset({Role.OWNER, Role.BILLING}),
    "billing": frozenset({Role.OWNER, Role.BILLING}),
    "what_if": frozenset({Role.OWNER, Role.BILLING, Role.RATES, Role.AUDITOR}),
    "rerate": frozenset({Role.OWNER, Role.BILLING, Role.RATES}),
    "payments": frozenset({Role.OWNER, Role.BILLING}),
    "access": frozenset({Role.OWNER}),
    "audit": frozenset({Role.OWNER, Role.BILLING, Role.AUDITOR}),
}


def may(role: str, need: Need) -> bool:
    """Whether the role may do it."""
    return role in MAY[need]


def rights(role: str) -> dict[str, bool]:
    """Every need with whether the role has it: templates show no button that is refused."""
    return {need: may(role, need) for need in MAY}
