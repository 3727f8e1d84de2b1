"""The cascade: which rule decides a setting at a moment, and what it overrode.

platform → tenant → customer → campaign: the nearest scope wins, unless a scope above locked the
setting. In one scope the rule with the latest `effective_from` holds, of two alike the one set
last; a rule without a value withdraws what the scope said before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tollwright.core.labels import label, phrase, value_text
from tollwright.core.settings import (
    SCOPES,
    SETTINGS,
    Scope,
    Setting,
    SettingError,
    Value,
    rounding_of,
    setting,
)

__all__ = [
    "SETTINGS",
    "Resolved",
    "RuleRow",
    "Setting",
    "SettingError",
    "TraceStep",
    "applicable",
    "moments_of_change",
    "resolve",
    "rounding_of",
    "setting",
]

Outcome = Literal["decides", "overridden", "locked out"]


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule as stored. The ids that are set say whose it is; none of them: the platform's."""

    id: int
    setting: str
    value: Value
    locked: bool
    effective_from: datetime
    set_at: datetime
    set_by: str
    tenant_id: int | None = None
    customer_id: int | None = None
    campaign_id: int | None = None
    note: str = ""

    @property
    def scope(self) -> Scope:
        if self.campaign_id is not None:
            return "campaign"
        if self.customer_id is not None:
            return "customer"
        return "platform" if self.tenant_id is None else "tenant"


@dataclass(frozen=True, slots=True)
class TraceStep:
    """What one scope says of a setting, widest scope first; `rule` is None for the built-in value.

    `by` is the scope that overrode it or locked it out; '' for the one that decides.
    """

    setting: str
    scope: Scope | Literal["built-in"]
    value: Value
    outcome: Outcome
    by: str = ""
    rule: RuleRow | None = None

    def sentence(self) -> str:
        """`Customer: 7 days from 2026-10-01 (set by anna on 2026-09-20): decides`."""
        end = f"{self.outcome} by {phrase('scope', self.by)}" if self.by else self.outcome
        value = value_text(self.setting, self.value)
        if self.rule is None:
            return f"Built in: {value}: {end}"
        scope = label("scope", self.scope).text
        what = f"{scope}: {value} from {self.rule.effective_from:%Y-%m-%d}"
        lock = ", locked" if self.rule.locked else ""
        return f"{what} (set by {self.rule.set_by} on {self.rule.set_at:%Y-%m-%d}{lock}): {end}"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A setting's value at a moment, and what every scope had to say about it."""

    setting: str
    value: Value
    trace: tuple[TraceStep, ...]

    @property
    def decided_by(self) -> TraceStep:
        """The step whose value it is."""
        return next(step for step in self.trace if not step.by)

    @property
    def locked_by(self) -> RuleRow | None:
        """The widest rule in force that locks the setting, if any."""
        rules = [step.rule for step in self.trace if step.rule is not None]
        return next((rule for rule in rules if rule.locked), None)


def applicable(
    rows: Iterable[RuleRow], *, customer_id: int | None = None, campaign_id: int | None = None
) -> list[RuleRow]:
    """The rows of one chain: the platform's, the tenant's, this customer's, this campaign's."""
    return [
        row
        for row in rows
        if row.customer_id in (None, customer_id) and row.campaign_id in (None, campaign_id)
    ]


def resolve(rows: Iterable[RuleRow], name: str, at: datetime) -> Resolved:
    """What `name` is at `at`, from the rows of one chain (see `applicable`).

    Raises SettingError for an unknown name.
    """
    known = setting(name)
    said = _in_force([row for row in rows if row.setting == name], at)
    winner = _winner(said)
    trace = [_default(known, winner), *(_step(rule, winner) for rule in said)]
    value = known.default if winner is None else winner.value
    return Resolved(name, None if value == "" else value, tuple(trace))


def moments_of_change(rows: Iterable[RuleRow], name: str) -> list[datetime]:
    """When the answer of `resolve` may change, ascending: between two of them it stays."""
    return sorted({row.effective_from for row in rows if row.setting == name})


def _in_force(rows: Sequence[RuleRow], at: datetime) -> list[RuleRow]:
    """The rule of each scope that says something at `at`, widest scope first."""
    found: list[RuleRow] = []
    for scope in SCOPES:
        mine = [row for row in rows if row.scope == scope and row.effective_from <= at]
        last = max(mine, key=lambda row: (row.effective_from, row.set_at, row.id), default=None)
        if last is not None and last.value is not None:
            found.append(last)
    return found


def _winner(said: Sequence[RuleRow]) -> RuleRow | None:
    locked = next((rule for rule in said if rule.locked), None)
    return locked or (said[-1] if said else None)


def _default(known: Setting, winner: RuleRow | None) -> TraceStep:
    if winner is None:
        return TraceStep(known.name, "built-in", known.default, "decides")
    return TraceStep(known.name, "built-in", known.default, "overridden", winner.scope)


def _step(rule: RuleRow, winner: RuleRow | None) -> TraceStep:
    if winner is None or rule is winner:
        return TraceStep(rule.setting, rule.scope, rule.value, "decides", rule=rule)
    outcome: Outcome = (
        "overridden" if SCOPES.index(rule.scope) < SCOPES.index(winner.scope) else "locked out"
    )
    return TraceStep(rule.setting, rule.scope, rule.value, outcome, winner.scope, rule)
