"""Setting a rule. A change is a new row; nothing is copied down the cascade."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tollwright.core.labels import phrase, value_text
from tollwright.core.rules import RuleRow, Setting
from tollwright.core.settings import SCOPES, SettingError
from tollwright.core.settings import setting as known_setting
from tollwright.data.customers import Campaign, Customer
from tollwright.data.rates import RateCard
from tollwright.data.rules import Rule
from tollwright.data.scope import PLATFORM, current_tenant_id
from tollwright.domain import validation
from tollwright.domain.audit.operations import By, record
from tollwright.domain.errors import DomainError
from tollwright.domain.rules import queries
from tollwright.domain.rules.queries import Place, scope_of


class RuleInvalid(DomainError):
    """The setting is unknown, or the value does not fit it."""

    code = "rule_invalid"


class RuleLocked(DomainError):
    """A scope above has locked the setting."""

    kind, code = "conflict", "rule_locked"


class NotThisScope(DomainError):
    """Platform rules are the operator's; a provider's rules are set in its own scope."""

    kind, code = "forbidden", "rule_scope_forbidden"


@transaction.atomic
def set_rule(
    *,
    setting: str,
    value: object,
    scope: Place,
    locked: bool | None = None,
    effective_from: datetime | None = None,
    note: str = "",
    at: datetime,
    by: By,
) -> Rule | None:
    """Say what `setting` is at `scope` from `effective_from` (the moment itself when None) on.

    Every customer and campaign below sees it at once, unless one nearer says otherwise. A `value`
    of None withdraws what the scope said. With `locked` None the scope's lock stays as it is then.
    Where the scope says just that already and there is no note, nothing is written: None.
    Raises RuleInvalid, RuleLocked, NotThisScope.
    """
    start = validation.aware("effective_from", effective_from or at)
    note = validation.optional("note", note, longest=200)
    known, accepted = _accepted(setting, value, locked is True)
    place = _place(known, scope)
    _refuse_if_locked(known, scope, start)
    _card_exists(known, accepted)
    before = queries.said_at(setting, scope=scope, at=start)
    if locked is None:
        locked = before is not None and before.locked and accepted is not None
    if not note and _says(before) == (accepted, locked):
        return None
    rule = Rule.objects.create(
        **place,
        setting=setting,
        value=accepted,
        locked=locked,
        effective_from=start,
        set_at=at,
        set_by=by.actor[:200],
        note=note,
    )
    record(
        by=by, at=at, action="rule.set", subject="rule", subject_id=rule.pk,
        before=None if before is None else _told(before.value, before.locked, before),
        after=_told(accepted, locked, rule) | _names(scope),
    )  # fmt: skip
    return rule


def _says(rule: RuleRow | None) -> tuple[object, bool]:
    """Value and lock; a scope that says nothing is like one that withdrew what it said."""
    return (None, False) if rule is None else (rule.value, rule.locked)


def _accepted(name: str, value: object, locked: bool) -> tuple[Setting, object]:
    try:
        known = known_setting(name)
        accepted = None if value is None else known.accept(value)
    except SettingError as error:
        text = str(error)
        raise RuleInvalid(text[0].upper() + text[1:] + ".") from error
    if accepted is None and locked:
        raise RuleInvalid(f"{name} is withdrawn here: there is nothing to lock.")
    return known, accepted


def _place(known: Setting, scope: Place) -> dict[str, int | None]:
    """The columns that say whose rule it is; refuses a scope that is not the caller's."""
    name, tenant_id = scope_of(scope), current_tenant_id()
    if SCOPES.index(name) > SCOPES.index(known.narrowest):
        raise RuleInvalid(
            f"{known.label} cannot be set for one {phrase('scope', name)}:"
            f" it is the same for a whole {phrase('scope', known.narrowest)}."
        )
    if (name == "platform") != (tenant_id == PLATFORM):
        raise NotThisScope(
            "A platform rule holds for every provider: only the operator of the installation"
            " sets it."
            if name == "platform"
            else f"The operator sets platform rules; a {name}'s rule is set by its provider."
        )
    if name == "platform":
        return {"tenant_id": None}
    if isinstance(scope, Campaign):
        return {
            "tenant_id": tenant_id,
            "customer_id": scope.customer_id,
            "campaign_id": scope.pk,
        }
    return {
        "tenant_id": tenant_id,
        "customer_id": scope.pk if isinstance(scope, Customer) else None,
    }


def _refuse_if_locked(known: Setting, scope: Place, at: datetime) -> None:
    lock = queries.lock_above(known.name, scope=scope, at=at)
    if lock is not None:
        raise RuleLocked(
            f"{known.label} is locked by the {phrase('scope', lock.scope)}:"
            f" {value_text(known.name, lock.value)} since"
            f" {lock.effective_from:%Y-%m-%d}, set by {lock.set_by}."
        )


def _card_exists(known: Setting, value: object) -> None:
    if known.name not in ("default_card", "forced_card") or not value:
        return
    if current_tenant_id() == PLATFORM:
        raise RuleInvalid(f"{known.label} names a provider's card: set it for the provider.")
    card = RateCard.objects.filter(code=value).first()
    if card is None or card.side != "sell":
        problem = "no card" if card is None else "no sell card but a buy card"
        raise RuleInvalid(f"There is {problem} with the code {value!r}.")


def _told(value: object, locked: bool, rule: Rule | RuleRow) -> dict[str, object]:
    return {
        "setting": rule.setting,
        "value": value,
        "locked": locked,
        "effective_from": rule.effective_from,
    }


def _names(scope: Place) -> dict[str, object]:
    code = scope.code if isinstance(scope, Customer | Campaign) else ""
    return {"scope": scope_of(scope), "of": code}
