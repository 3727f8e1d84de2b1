"""System-level rules on a real database: one edit, every campaign."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.support.world import World
from tollwright.core.rules import SETTINGS
from tollwright.data.models import AuditEntry, Campaign, Customer, RateCard, Rule
from tollwright.data.scope import PLATFORM, tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.rules import operations, queries
from tollwright.domain.rules.operations import NotThisScope, RuleInvalid, RuleLocked

AT = datetime(2026, 10, 5, tzinfo=UTC)
LATER = AT + timedelta(days=1)
ANNA, OPERATOR = By("anna@north.example"), By("operator", "cli")


def say(setting: str, value: object, scope: queries.Place = "tenant", locked: bool = False) -> None:
    operations.set_rule(
        setting=setting, value=value, scope=scope, locked=locked, effective_from=AT, at=AT, by=ANNA
    )


def say_for_all(setting: str, value: object, *, locked: bool = False) -> None:
    with tenant_scope(PLATFORM):
        operations.set_rule(
            setting=setting,
            value=value,
            scope="platform",
            locked=locked,
            effective_from=AT,
            at=AT,
            by=OPERATOR,
        )


def more_campaigns(world: World, count: int) -> list[Campaign]:
    return [
        Campaign.objects.create(
            tenant=world.tenant,
            customer=world.customer,
            code=f"C{number}",
            name=f"Campaign {number}",
            created_at=AT,
        )
        for number in range(count)
    ]


def test_one_edit_at_the_top_reaches_every_campaign_at_once(world: World) -> None:
    """Twenty campaigns bill from the first second; then the operator edits one line."""
    with tenant_scope(world.tenant.id):
        campaigns = [world.campaign, *more_campaigns(world, 19)]
        say("minimum_seconds", 12, campaigns[3])
    say_for_all("minimum_seconds", 6)
    with tenant_scope(world.tenant.id):
        found = [
            queries.resolve_for("minimum_seconds", campaign=campaign, at=AT).value
            for campaign in campaigns
        ]
        assert found == [6, 6, 6, 12, *[6] * 16]
    say_for_all("minimum_seconds", 5, locked=True)
    with tenant_scope(world.tenant.id):
        assert {
            queries.resolve_for("minimum_seconds", campaign=campaign, at=AT).value
            for campaign in campaigns
        } == {5}


def test_the_trace_tells_the_whole_story(world: World) -> None:
    say_for_all("due_days", 30)
    with tenant_scope(world.tenant.id):
        say("due_days", 21)
        say("due_days", 7, world.customer)
        found = queries.resolve_for("due_days", campaign=world.campaign, at=AT)
        assert [step.sentence() for step in found.trace] == [
            "Built in: 14 days: overridden by customer",
            "Platform: 30 days from 2026-10-05 (set by operator on 2026-10-05):"
            " overridden by customer",
            "Company: 21 days from 2026-10-05 (set by anna@north.example on 2026-10-05):"
            " overridden by customer",
            "Customer: 7 days from 2026-10-05 (set by anna@north.example on 2026-10-05): decides",
        ]


def test_another_customers_rules_are_not_ours(world: World) -> None:
    with tenant_scope(world.tenant.id):
        fields = {f.attname: getattr(world.customer, f.attname) for f in Customer._meta.fields}
        other = Customer.objects.create(**fields | {"id": None, "code": "OTHER"})
        say("due_days", 7, world.customer)
        assert queries.resolve_for("due_days", customer=other, at=AT).value == 14
        assert queries.resolve_for("due_days", at=AT).value == 14


def test_a_lock_refuses_the_scopes_below_and_says_whose_it_is(world: World) -> None:
    with tenant_scope(world.tenant.id):
        say("due_days", 30, locked=True)
        with pytest.raises(RuleLocked) as caught:
            say("due_days", 7, world.customer)
        assert str(caught.value) == (
            "Payment term is locked by the company: 30 days since 2026-10-05,"
            " set by anna@north.example."
        )
        say("due_days", 10)  # the scope that locked may change it and, doing so, unlock it
        say("due_days", 7, world.customer)
        assert queries.resolve_for("due_days", customer=world.customer, at=AT).value == 7


def told_of(setting: str) -> list[tuple[object, bool]]:
    """Every rule of the setting in the order in which they were set."""
    return [(rule.value, rule.locked) for rule in queries.history(setting).reverse()]


@pytest.mark.parametrize(
    ("locked", "stays"),
    [(None, True), (False, False), (True, True)],  # left out, the lock that stands is kept
)
def test_a_lock_is_kept_unless_it_is_taken_off(
    world: World, locked: bool | None, stays: bool
) -> None:
    with tenant_scope(world.tenant.id):
        say("due_days", 30, locked=True)
        operations.set_rule(
            setting="due_days", value=21, scope="tenant", locked=locked, at=LATER, by=ANNA
        )
        assert told_of("due_days") == [(30, True), (21, stays)]


def test_the_lock_of_another_time_is_not_kept(world: World) -> None:
    """Locked on the 6th; what is set for the 5th, and what is set once it is withdrawn, is not."""
    with tenant_scope(world.tenant.id):
        tell = partial(operations.set_rule, setting="due_days", scope="tenant", by=ANNA)
        tell(value=30, locked=True, at=LATER)
        tell(value=21, effective_from=AT, at=LATER)
        tell(value=None, at=LATER + timedelta(days=1))
        tell(value=10, at=LATER + timedelta(days=2))
        assert told_of("due_days") == [(30, True), (21, False), (None, False), (10, False)]


def test_saying_what_is_said_already_writes_nothing(world: World) -> None:
    """But at a scope that says nothing of its own the same value is a rule: it stays there."""
    with tenant_scope(world.tenant.id):
        say("due_days", 30, locked=True)
        tell = partial(operations.set_rule, setting="due_days", scope="tenant", by=ANNA)
        assert tell(value=30, at=LATER) is None
        assert tell(value=" 30 ", locked=True, at=LATER) is None
        assert operations.set_rule(
            setting="cycle", value=None, scope=world.customer, at=LATER, by=ANNA
        ) is None  # fmt: skip
        assert Rule.objects.count() == AuditEntry.objects.count() == 1
        assert tell(value=30, note="agreed by mail", at=LATER) is not None
        say("cycle", "monthly", world.customer)
        assert told_of("due_days") == [(30, True)] * 2
        assert told_of("cycle") == [("monthly", False)]


def test_withdrawing_gives_the_setting_back_to_the_scope_above(world: World) -> None:
    with tenant_scope(world.tenant.id):
        say("cycle", "weekly")
        say("cycle", "day", world.customer)
        operations.set_rule(setting="cycle", value=None, scope=world.customer, at=LATER, by=ANNA)
        at_both = [
            queries.resolve_for("cycle", customer=world.customer, at=moment).value
            for moment in (AT, LATER)
        ]
        assert at_both == ["day", "weekly"]


def test_each_change_is_audited_with_what_it_was(world: World) -> None:
    with tenant_scope(world.tenant.id):
        say("due_days", 30)
        say("due_days", 21)
        rows = AuditEntry.objects.order_by("seq").values_list("before", "after")
        told = [(before and before["value"], after and after["value"]) for before, after in rows]
        assert told == [(None, 30), (30, 21)]
    say_for_all("due_days", 5)
    with tenant_scope(PLATFORM):
        assert [row.actor for row in AuditEntry.objects.all()] == ["operator"]


@pytest.mark.parametrize(
    ("setting", "value", "locked", "sentence"),
    [
        ("due_days", "soon", False, "Payment term cannot be 'soon': it is a whole number"),
        ("colour", "red", False, "There is no setting 'colour'; the settings are"),
        ("due_days", None, True, "due_days is withdrawn here: there is nothing to lock."),
        ("default_card", "GOLD", False, "There is no card with the code 'GOLD'."),
        ("default_card", "BUY", False, "There is no sell card but a buy card with the code 'BUY'."),
    ],
)
def test_a_wrong_rule_is_refused(
    world: World, setting: str, value: object, locked: bool, sentence: str
) -> None:
    with tenant_scope(world.tenant.id):
        RateCard.objects.create(
            tenant=world.tenant, code="BUY", name="Buy", side="buy", currency="EUR", created_at=AT
        )
        with pytest.raises(RuleInvalid) as caught:
            say(setting, value, locked=locked)
        assert sentence in str(caught.value)


def test_a_scope_sets_only_its_own_rules(world: World) -> None:
    with tenant_scope(world.tenant.id):
        with pytest.raises(NotThisScope, match="only the operator of the installation"):
            say("due_days", 3, "platform")
        with pytest.raises(RuleInvalid, match="Payment term cannot be set for one campaign"):
            say("due_days", 3, world.campaign)
    with tenant_scope(PLATFORM):
        with pytest.raises(NotThisScope, match="a tenant's rule is set by its provider"):
            say("due_days", 3)
        with pytest.raises(RuleInvalid, match="Default rate card names a provider's card"):
            say("default_card", "GOLD", "platform")


def test_all_settings_come_in_one_query(world: World) -> None:
    with tenant_scope(world.tenant.id):
        say("due_days", 21)
        with CaptureQueriesContext(connection) as seen:
            found = queries.rules_in_force(campaign=world.campaign, at=AT)
        assert len(seen) == 1
        assert [known.name for known, _ in found] == list(SETTINGS)
        assert {known.name: got.value for known, got in found}["due_days"] == 21
        assert [rule.value for rule in queries.history("due_days")] == [21]
