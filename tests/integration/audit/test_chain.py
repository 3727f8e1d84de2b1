"""The audit chain on a real database, and what it does when somebody tampers with it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connections

from tests.support.world import World, make_world
from tollwright.data.models import AuditEntry
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit import queries
from tollwright.domain.audit.operations import By, record

AT = datetime(2026, 10, 5, 9, 30, 0, 123456, tzinfo=UTC)
ANNA = By("anna@north.example", "192.0.2.7")


def write(count: int) -> None:
    for number in range(1, count + 1):
        record(
            by=ANNA,
            at=AT + timedelta(seconds=number),
            action="customer.updated",
            subject="customer",
            subject_id=number,
            before={"name": "Acme"},
            after={"name": f"Acme {number}", "limit": Decimal("1.50"), "day": date(2026, 10, 5)},
        )


def test_rows_follow_each_other_from_one(world: World) -> None:
    with tenant_scope(world.tenant.id):
        write(3)
        rows = list(AuditEntry.objects.order_by("seq").values_list("seq", "previous_hash", "hash"))
        assert [seq for seq, _, _ in rows] == [1, 2, 3]
        assert [previous for _, previous, _ in rows] == ["", rows[0][2], rows[1][2]]
        check = queries.verify_chain()
        assert (check.ok, check.rows, check.first_bad_seq) == (True, 3, None)
        assert check.last_hash == rows[2][2]


def test_an_empty_chain_holds(world: World) -> None:
    with tenant_scope(world.tenant.id):
        assert queries.verify_chain() == queries.ChainCheck(True, 0, None)


def test_each_tenant_has_its_own_chain(db: None) -> None:
    north, south = make_world("north"), make_world("south")
    for one, rows in ((north, 2), (south, 1)):
        with tenant_scope(one.tenant.id):
            write(rows)
    with tenant_scope(south.tenant.id):
        assert queries.verify_chain().rows == 1
    with tenant_scope(north.tenant.id):
        assert queries.verify_chain().rows == 2


def test_what_a_database_cannot_keep_is_written_as_it_can(world: World) -> None:
    with tenant_scope(world.tenant.id):
        record(
            by=By("x" * 300, "a\0b"),
            at=AT,
            action="a",
            subject="s",
            subject_id="1",
            after={"nul": "a\0b", "half": "\ud800", "share": 0.1, "big": 2**80, "flag": True},
        )
        entry = AuditEntry.objects.get()
        assert entry.actor == "x" * 200
        assert entry.after == {
            "nul": "a\ufffdb",
            "half": "?",
            "share": "0.1",
            "big": 2**80,
            "flag": True,
        }
        assert queries.verify_chain().ok


@pytest.mark.parametrize(
    ("tampering", "first_bad_seq", "reason"),
    [
        (
            """UPDATE audit_entry SET after = after || '{"limit": "9.50"}' WHERE seq = 3""",
            3,
            "row 3 was changed after it was written: its hash does not fit it",
        ),
        (
            "UPDATE audit_entry SET actor = 'bert@north.example' WHERE seq = 1",
            1,
            "row 1 was changed after it was written: its hash does not fit it",
        ),
        (
            "UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE seq = 2",
            2,
            "row 2 was changed after it was written: its hash does not fit it",
        ),
        ("DELETE FROM audit_entry WHERE seq = 2", 3, "row 2 is missing: row 3 stands in its place"),
        (
            "DELETE FROM audit_entry WHERE seq = 2; "
            "UPDATE audit_entry SET seq = seq - 1 WHERE seq > 2",
            2,
            "row 2 does not carry the hash of the row before it",
        ),
    ],
    ids=["a value", "an actor", "a moment", "a row removed", "a row removed, others moved up"],
)
def test_tampering_by_the_owner_is_named(
    fresh_db: str, tampering: str, first_bad_seq: int, reason: str
) -> None:
    north = make_world("north")
    with tenant_scope(north.tenant.id):
        write(4)
    with connections["owner"].cursor() as cursor:  # the owner can switch the triggers off
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER ALL")
        cursor.execute(tampering)
        cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER ALL")
    with tenant_scope(north.tenant.id):
        check = queries.verify_chain()
    assert (check.ok, check.first_bad_seq, check.reason) == (False, first_bad_seq, reason)


def test_history_narrows_by_what_is_given(world: World) -> None:
    with tenant_scope(world.tenant.id):
        write(3)
        seen = queries.history(subject="customer", subject_id=2, actor=ANNA.actor)
        assert [entry.seq for entry in seen] == [2]
        assert [entry.seq for entry in queries.history()] == [3, 2, 1]
