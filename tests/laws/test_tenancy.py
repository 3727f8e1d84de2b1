"""Law 1: a row belongs to one provider, PostgreSQL shows it to that one only, and no row of one
points to a row of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from tests.support.furnished import Furnished, furnish
from tests.support.world import World
from tollwright.data.models import Campaign
from tollwright.data.scope import tenant_scope

APP = "tollwright_app"

# Tables without a tenant, and why that is right.
SHARED = {
    "tenant": "a provider sees its own row by a policy on its id",
    "app_user": "a person may work for several providers; memberships say for which",
    "app_user_groups": "Django's, unused",
    "app_user_user_permissions": "Django's, unused",
    "auth_group": "Django's, unused",
    "auth_group_permissions": "Django's, unused",
    "auth_permission": "Django's, names of models",
    "django_admin_log": "Django's, unused: the audit chain is per tenant",
    "django_content_type": "Django's, names of models",
    "django_migrations": "which migrations ran",
    "django_session": "of a person, before a provider is chosen",
    "account_emailaddress": "of a person",
    "account_emailconfirmation": "of a person",
    "mfa_authenticator": "of a person",
    "usersessions_usersession": "of a person",
    "shared_cache": "counts of attempts and used codes, by hashes: nothing of a provider",
    "request_count": "how many requests a key made this minute: two numbers",
    "procrastinate_jobs": "the queue: a tenant's id and a job's, nothing else of theirs",
    "procrastinate_events": "when a row of the queue was begun and ended",
    "procrastinate_periodic_defers": "which nightly tick was made",
    "procrastinate_workers": "who works and is alive",
}
# Policies beside `tenant_rows`, each a way in that was thought about.
MORE_POLICIES = {
    ("membership", "own_memberships"),
    ("rule", "platform_rules_read"),
    ("rule", "platform_rules_write"),
}
# Functions that run with the owner's rights.
OWNERS_RIGHTS = {
    "tollwright_allocations_fit",
    "tollwright_api_key",
    "tollwright_claim_ids",
    "tollwright_ensure_months",
    "tollwright_entry_balances",
    "tollwright_reversed_settles_nothing",
    "tollwright_tenant_by_slug",
    "tollwright_tenant_slugs",
    "tollwright_written_off_adds_up",
}


def ask(statement: str, values: Sequence[int] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def tables(condition: str = "true") -> set[str]:
    """Names of the tables, without the month partitions."""
    rows = ask(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace "
        f"AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND {condition}"
    )
    return {name for (name,) in rows}


def owned() -> set[str]:
    """The tables whose rows belong to a provider."""
    return tables(
        "EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid "
        "AND a.attname = 'tenant_id' AND NOT a.attisdropped)"
    )


def test_a_table_has_a_tenant_or_a_reason(db: None) -> None:
    assert tables() - owned() == SHARED.keys()


def test_every_owned_table_is_under_row_level_security(db: None) -> None:
    assert owned() - tables("c.relrowsecurity") == set()
    assert "tenant" in tables("c.relrowsecurity")


def test_the_policies_are_the_written_ones(db: None) -> None:
    rows = ask(
        "SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check "
        "FROM pg_policies WHERE schemaname = 'public'"
    )
    plain = {row[0]: row[2:] for row in rows if row[1] == "tenant_rows"}
    assert plain.keys() == owned() | {"tenant"}
    for table, (permissive, roles, cmd, using, check) in plain.items():
        column = "id" if table == "tenant" else "tenant_id"
        means = f"({column} = ( SELECT tollwright_tenant() AS tollwright_tenant))"
        assert (permissive, roles, cmd) == ("PERMISSIVE", f"{{{APP}}}", "ALL"), table
        assert (using, check) == (means, means), table
    assert {(row[0], row[1]) for row in rows if row[1] != "tenant_rows"} == MORE_POLICIES


def test_the_applications_role_cannot_bypass(db: None) -> None:
    assert ask("SELECT current_user::text") == [(APP,)]
    assert ask(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication "
        "FROM pg_roles WHERE rolname = current_user"
    ) == [(False, False, False, False, False)]
    assert (
        ask(
            "SELECT relname FROM pg_class WHERE relowner = current_user::regrole "
            "AND relnamespace = 'public'::regnamespace"
        )
        == []
    )
    assert ask("SELECT roleid FROM pg_auth_members WHERE member = current_user::regrole") == []
    assert ask("SELECT has_schema_privilege('public', 'CREATE')") == [(False,)]


def test_the_applications_role_has_no_rights_around_the_policies(db: None, world: World) -> None:
    """TRUNCATE knows no rows, a partition has no policy, a trigger could look."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tollwright_ensure_months('2026-10-01', '2026-10-31')")
    rights = ask(
        "SELECT c.relname, p.privilege FROM pg_class c, "
        "unnest(ARRAY['TRUNCATE', 'TRIGGER', 'REFERENCES']) AS p(privilege) "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') "
        "AND has_table_privilege(c.oid, p.privilege)"
    )
    assert rights == []
    partitions = ask(
        "SELECT c.relname, has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE') "
        "FROM pg_class c WHERE c.relispartition AND c.relkind = 'r'"
    )
    assert len(partitions) >= 2
    assert {allowed for _, allowed in partitions} == {False}


def test_functions_with_the_owners_rights_are_the_written_ones(db: None) -> None:
    rows = ask(
        "SELECT proname, coalesce(array_to_string(proconfig, ' '), '') FROM pg_proc "
        "WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    assert {name for name, _ in rows} == OWNERS_RIGHTS
    assert all("search_path=pg_catalog, public, pg_temp" in settings for _, settings in rows)


def test_no_function_reads_a_temporary_table_in_place_of_ours(db: None) -> None:
    """A session's own tables come before all others, unless a function says they come last.

    Two functions are written into the queries that call them and read no table at all.
    """
    dodged = ask(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
        "AND coalesce(array_to_string(proconfig, ' '), '') !~ 'search_path=[^=]*, *pg_temp( |$)'"
    )
    assert {name for (name,) in dodged} == {"tollwright_tenant", "tollwright_user"}


def test_every_reference_between_owned_tables_carries_the_tenant(db: None) -> None:
    rows = ask(
        """
        SELECT c.conrelid::regclass::text, c.conname, c.confrelid::regclass::text,
               ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(n, place)
                       JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n
                      ORDER BY k.place),
               ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k(n, place)
                       JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n
                      ORDER BY k.place)
          FROM pg_constraint c
         WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace
        """
    )
    mine = owned()
    pairs = [(row[0], row[1], row[3], row[4]) for row in rows if {row[0], row[2]} <= mine]
    assert len(pairs) > 30
    astray = [
        (table, name)
        for table, name, columns, referenced in pairs
        if "tenant_id" not in columns or referenced[columns.index("tenant_id")] != "tenant_id"
    ]
    assert astray == []


@pytest.fixture
def north(db: None) -> Furnished:
    return furnish("north")


@pytest.fixture
def south(db: None, north: Furnished) -> Furnished:
    return furnish("south")


def count(table: str, tenant_id: int) -> int:
    ((found,),) = ask(f"SELECT count(*) FROM {table} WHERE tenant_id = %s", [tenant_id])
    return int(found)


def test_nobody_sees_anothers_rows_in_any_table(north: Furnished, south: Furnished) -> None:
    mine, theirs = south.world.tenant.id, north.world.tenant.id
    for table in sorted(owned()):
        with tenant_scope(theirs):
            assert count(table, theirs) > 0, f"give {table} a row in tests/support/furnished.py"
        with tenant_scope(mine):
            assert (table, count(table, mine) > 0, count(table, theirs)) == (table, True, 0)


def test_outside_a_scope_no_table_shows_a_row(north: Furnished) -> None:
    for table in sorted(owned() | {"tenant"}):
        assert (table, ask(f"SELECT count(*) FROM {table}")) == (table, [(0,)])


def test_nobody_changes_or_deletes_anothers_rows(north: Furnished, south: Furnished) -> None:
    theirs = north.world.tenant.id
    with tenant_scope(south.world.tenant.id), connection.cursor() as cursor:
        for table in sorted(owned()):
            for statement in ("UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}"):
                cursor.execute(statement.format(table) + " WHERE tenant_id = %s", [theirs])
                assert (table, cursor.rowcount) == (table, 0)


def test_nobody_writes_rows_for_another(north: Furnished, south: Furnished) -> None:
    """A copy of an own row with the other's tenant is refused in every table."""
    theirs = north.world.tenant.id
    with tenant_scope(south.world.tenant.id):
        for table in sorted(owned()):
            statement = (
                f"INSERT INTO {table} SELECT (jsonb_populate_record(r, "
                "jsonb_build_object('tenant_id', %s::bigint, 'id', 900000000 + r.id))).* "
                f"FROM {table} r WHERE tenant_id = tollwright_tenant() LIMIT 1"
            )
            with (
                pytest.raises((ProgrammingError, IntegrityError)) as caught,
                transaction.atomic(),
            ):
                ask(statement + " RETURNING 1", [theirs])
            assert "row-level security" in str(caught.value) or table in {
                *("audit_entry", "call", "charge", "invoice_line", "invoice_tax"),
                *("rate", "plan_fee", "number_series"),
            }, f"{table}: {caught.value}"


def test_no_row_moves_to_another(north: Furnished, south: Furnished) -> None:
    with (
        tenant_scope(south.world.tenant.id),
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
    ):
        Campaign.objects.filter(pk=south.world.campaign.pk).update(tenant_id=north.world.tenant.id)


def test_no_row_points_to_anothers(north: Furnished, south: Furnished) -> None:
    with tenant_scope(south.world.tenant.id):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as a commit would
        with pytest.raises(IntegrityError, match="violates foreign key"), transaction.atomic():
            Campaign.objects.filter(pk=south.world.campaign.pk).update(
                customer_id=north.world.customer.pk
            )


def test_a_call_names_a_campaign_of_its_own_tenant(north: Furnished, south: Furnished) -> None:
    with (
        tenant_scope(south.world.tenant.id),
        pytest.raises(IntegrityError, match="is not of tenant"),
        transaction.atomic(),
    ):
        ask(
            "INSERT INTO call SELECT (jsonb_populate_record(r, jsonb_build_object("
            "'id', r.id + 1, 'call_key', 'c2', 'campaign_id', %s::bigint))).* "
            "FROM call r LIMIT 1 RETURNING 1",
            [north.world.campaign.pk],
        )


def test_the_platform_sees_no_tenants_rows(north: Furnished) -> None:
    with tenant_scope(0):
        for table in sorted(owned() - {"audit_entry"}):
            assert (table, ask(f"SELECT count(*) FROM {table}")) == (table, [(0,)])


def test_small_tables_are_analysed_too(db: None) -> None:
    """What calls and charges are joined with: by default a table of fewer than 50 rows never is."""
    joined = ("campaign", "customer", "invoice", "invoice_line", "rate", "source", "tenant")
    options = ask(
        "SELECT relname, 'autovacuum_analyze_threshold=2' = ANY(reloptions) FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relname = ANY(string_to_array("
        f"'{','.join(joined)}', ',')) ORDER BY 1"
    )
    assert options == [(name, True) for name in joined]
