"""A file goes in: every record ends in one place, and money is right to the micro.

RETAIL: +44 at 0.60 and +49 at 0.12 a minute, 60/60; +4412 is blocked.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.integration.engine.conftest import Plant
from tests.support.billing import say
from tests.support.switch import Row, add_version, make_card, make_switch, set_rule
from tollwright.data.models import CallPlan, Identifier, PlanVersion, Subscription
from tollwright.data.scope import tenant_scope
from tollwright.engine.ingest import UnknownSource, import_file

FATES = ("records", "rated", "unanswered", "duplicates", "ignored", "quarantined")


def fates(result: object) -> tuple[int, ...]:
    return tuple(getattr(result, name) for name in FATES)


def test_calls_are_rated_and_summed(plant: Plant) -> None:
    result = plant.ingest(Row(key=1, seconds=61), Row(key=2, seconds=60), Row(key=3, seconds=0))
    assert fates(result) == (3, 2, 1, 0, 0, 0)
    charges = plant.rows("SELECT billed_s, amount_micros, prefix, currency FROM charge ORDER BY id")
    assert charges == [(120, 1_200_000, "44", "EUR"), (60, 600_000, "44", "EUR")]
    days = plant.rows(
        "SELECT day::text, calls, answered, answered_ms, billed_s, sell_micros FROM usage_day"
    )
    assert days == [("2026-11-02", 3, 2, 121_000, 180, 1_800_000)]
    plant.check_sums()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(Row(account="NOBODY"), "unknown_account", id="account code of nobody"),
        pytest.param(
            Row(account="NOBODY", seconds=0), "unknown_account", id="unanswered call of nobody"
        ),
        pytest.param(Row(called="+33123456789"), "unknown_destination", id="no row for France"),
        pytest.param(Row(called="+441234567890"), "blocked_destination", id="blocked prefix"),
        pytest.param(Row(called="anonymous"), "invalid_number", id="no number"),
        pytest.param(Row(seconds=86_401), "too_long", id="more than a day"),
        pytest.param('"ACME","short"', "columns", id="short line"),
        pytest.param('"ACME","quote', "quoting", id="open quote"),
    ],
)
def test_what_cannot_be_rated_waits(plant: Plant, row: Row | str, reason: str) -> None:
    result = plant.ingest(Row(key=7), row, Row(key=8))
    assert fates(result) == (3, 2, 0, 0, 0, 1)
    assert result.reasons == {reason: 1}
    (found,) = plant.rows("SELECT line_no, reason, length(detail) > 20, raw <> '' FROM quarantine")
    assert found == (2, reason, True, True)


HEADED = (
    "calldate,src,dst,billsec,answer,disposition,accountcode,amaflags,Our Price,uniqueid,ticket\n"
    "2026-11-02 12:00:00,+4930123456,+442079460000,60,2026-11-02 12:00:05,ANSWERED,ACME,3,9.99,"
    "pbx1-1793620800.7,A-1\n"
)


def test_a_column_that_is_not_used_is_listed(plant: Plant) -> None:
    """amaflags says nothing that matters here, and everybody's file has it."""
    result = plant.take(HEADED.encode())
    assert fates(result) == (2, 1, 0, 0, 1, 0)
    assert result.unused_columns == ("Our Price", "ticket")
    assert result.sentence.endswith("Columns of the file that are not used: Our Price, ticket.")
    assert plant.rows("SELECT unused_columns FROM import_batch") == [(["Our Price", "ticket"],)]


def test_a_wrong_encoding_costs_its_line_only(plant: Plant) -> None:
    broken = Row(key=2).text().replace('"x"', '"Bärbel"').encode("latin-1")
    content = Row(key=1).text().encode() + broken + Row(key=3).text().encode()
    assert fates(plant.take(content)) == (3, 2, 0, 0, 0, 1)
    ((line, reason, detail),) = plant.rows("SELECT line_no, reason, detail FROM quarantine")
    assert (line, reason) == (2, "encoding")
    assert "set the Source's encoding" in detail


def test_one_call_twice_in_a_file_is_one_call(plant: Plant) -> None:
    assert fates(plant.ingest(Row(key=1), Row(key=1), Row(key=2))) == (3, 2, 0, 1, 0, 0)


def test_the_same_file_again_changes_nothing(plant: Plant) -> None:
    first = plant.ingest(Row(key=1), Row(account="NOBODY", key=2))
    before = plant.totals()
    again = plant.ingest(Row(key=1), Row(account="NOBODY", key=2), filename="copy.csv")
    assert again.already
    assert again.batch_id == first.batch_id
    assert "copy.csv was already imported as batch" in again.sentence
    assert "nothing was changed" in again.sentence
    assert plant.totals() == before
    assert len(plant.rows("SELECT 1 FROM import_batch")) == 1


def test_a_file_that_grew_brings_only_what_is_new(plant: Plant) -> None:
    nobody = Row(account="NOBODY", key=2)
    plant.ingest(Row(key=1), nobody, '"ACME","short"')
    result = plant.ingest(Row(key=1), nobody, '"ACME","short"', Row(key=3))
    assert fates(result) == (4, 1, 0, 3, 0, 0)
    assert len(plant.rows("SELECT 1 FROM quarantine")) == 2


def correction_cases() -> list[object]:
    return [
        pytest.param(lambda p, a, b: (p.ingest(a), p.ingest(b)), id="in a second file"),
        pytest.param(lambda p, a, b: (p.ingest(a, b),), id="in the same file"),
    ]


@pytest.mark.parametrize("bring", correction_cases())
def test_a_changed_record_is_a_correction(plant: Plant, bring: object) -> None:
    results = bring(plant, Row(key=1, seconds=60), Row(key=1, seconds=180))  # type: ignore[operator]  # a lambda of the table
    assert results[-1].reasons == {"corrections": 1}
    calls = plant.rows("SELECT revision, is_current, answered_ms FROM call ORDER BY revision")
    assert calls == [(0, False, 60_000), (1, True, 180_000)]
    charges = plant.rows("SELECT is_current, amount_micros FROM charge ORDER BY id")
    assert charges == [(False, 600_000), (True, 1_800_000)]
    plant.check_sums()


def standing(plant: Plant) -> list[tuple[object, ...]]:
    """(revision, milliseconds) of the calls that stand, and how many revisions there are."""
    now = plant.rows("SELECT revision, answered_ms FROM call WHERE is_current ORDER BY call_key")
    return [*now, *plant.rows("SELECT count(*) FROM call")]


def test_a_file_that_grew_by_a_correction_does_not_flap(plant: Plant) -> None:
    """A, then A and B, then A, B and another: A is the older word each time."""
    a, b = Row(key=1, seconds=60), Row(key=1, seconds=180)
    plant.ingest(a)
    assert fates(plant.ingest(a, b)) == (2, 1, 0, 1, 0, 0)
    assert standing(plant) == [(1, 180_000), (2,)]
    assert fates(plant.ingest(a, b, Row(key=2))) == (3, 1, 0, 2, 0, 0)
    assert standing(plant) == [(1, 180_000), (0, 61_000), (3,)]
    assert plant.ingest(a, filename="resent.csv").already
    assert standing(plant) == [(1, 180_000), (0, 61_000), (3,)]
    plant.check_sums()


def test_a_correction_in_a_later_portion(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_file, "CHUNK_ROWS", 2)
    rows = [Row(key=key) for key in range(5)] + [Row(key=0, seconds=120), Row(key=1)]
    result = plant.ingest(*rows)
    assert fates(result) == (7, 6, 0, 1, 0, 0)
    current = plant.rows("SELECT count(*), sum(amount_micros) FROM charge WHERE is_current")
    assert current == [(5, 6_000_000)]  # five calls of two minutes
    plant.check_sums()


def test_a_bare_connection_commits_and_an_open_one_does_not(plant: Plant) -> None:
    with plant.connection.transaction(force_rollback=True):
        plant.connection.execute("SELECT 1")
        assert plant.ingest(Row(key=1)).rated == 1
    assert plant.rows("SELECT count(*) FROM call") == [(0,)]
    assert plant.ingest(Row(key=1)).rated == 1
    assert plant.rows("SELECT count(*) FROM call") == [(1,)]


def test_calls_of_several_months_get_their_partitions(plant: Plant) -> None:
    year = 365 * 24 * 60
    result = plant.ingest(Row(key=1), Row(key=2, minute=31 * 24 * 60), Row(key=3, minute=year))
    assert result.rated == 3
    plant.check_sums()


def test_an_unknown_source_is_named(plant: Plant) -> None:
    with pytest.raises(UnknownSource, match=r"no source 'PBX9'\. Sources here: AST"):
        plant.take(b"", source="PBX9")


def test_another_tenants_source_is_unknown(plant: Plant) -> None:
    make_switch("south")
    plant.run("UPDATE source SET code = 'MINE'")
    with pytest.raises(UnknownSource, match="Sources here: MINE"):
        plant.take(b"", source="AST")


def test_an_empty_file_is_an_empty_batch(plant: Plant) -> None:
    assert fates(plant.take(b"")) == (0, 0, 0, 0, 0, 0)


# Terms: which card, which version, which seconds. Plain: 61 s to London cost 1.20.


@pytest.mark.parametrize(
    ("setting", "value", "row", "micros"),
    [
        pytest.param("minimum_seconds", 62, Row(seconds=61), 0, id="shorter than the minimum"),
        pytest.param("minimum_seconds", 61, Row(seconds=61), 1_200_000, id="as long as it"),
        pytest.param("billable_causes", ["ANSWERED"], Row(), 1_200_000, id="a cause that bills"),
        pytest.param("billable_causes", ["busy"], Row(), 0, id="a cause that does not"),
        pytest.param("amount_rounding", "up 0", Row(), 2_000_000, id="amounts rounded up"),
        pytest.param("forced_card", "FORCED", Row(), 20_000, id="a forced card"),
    ],
)
def test_rules_of_the_system(
    plant: Plant, setting: str, value: object, row: Row, micros: int
) -> None:
    with tenant_scope(plant.switch.tenant_id):
        make_card(plant.switch.world, "FORCED", [("44", "London", 10_000_000, False)])
        set_rule(plant.switch.world, setting, value)
    plant.ingest(row)
    assert plant.rows("SELECT amount_micros FROM charge") == [(micros,)]


def test_the_nearest_scope_decides(plant: Plant) -> None:
    with tenant_scope(plant.switch.tenant_id):
        set_rule(plant.switch.world, "minimum_seconds", 100)
        set_rule(plant.switch.world, "minimum_seconds", 0, campaign=plant.switch.beta)
    plant.ingest(Row(key=1, account="ACME"), Row(key=2, account="BETA"))
    amounts = plant.rows("SELECT amount_micros FROM charge ORDER BY call_id")
    assert amounts == [(0,), (1_200_000,)]


def test_the_version_that_holds_at_the_answer(plant: Plant) -> None:
    half_past = datetime(2026, 11, 2, 12, 30, tzinfo=UTC)
    with tenant_scope(plant.switch.tenant_id):
        add_version(plant.switch.card, 2, half_past, [("44", "", 1_000_000_000, False)])
    # started 12:29:55, answered 12:30:00: the new price; a minute earlier the old one
    plant.ingest(Row(key=1, minute=28), Row(key=2, minute=29, wait_s=60))
    assert plant.rows("SELECT amount_micros FROM charge ORDER BY id") == [
        (1_200_000,),
        (2_000_000,),
    ]


def test_no_card_and_no_version_wait(plant: Plant) -> None:
    with tenant_scope(plant.switch.tenant_id):
        set_rule(plant.switch.world, "default_card", "GONE", campaign=plant.switch.beta)
    early = -40 * 24 * 60  # in September: RETAIL begins in October
    result = plant.ingest(Row(key=1, account="BETA"), Row(key=2, minute=early))
    assert result.reasons == {"no_card": 1, "no_published_version": 1}


def subscribe_for_a_day(plant: Plant) -> PlanVersion:
    """Acme's customer on a plan at 0.06 a minute on 2 November only."""
    switch = plant.switch
    with tenant_scope(switch.tenant_id):
        card, _ = make_card(switch.world, "PLAN", [("44", "London", 60_000_000, False)])
        plan = CallPlan.objects.create(
            tenant=switch.world.tenant, code="P", name="Plan", created_at=card.created_at
        )
        version = PlanVersion.objects.create(
            tenant=switch.world.tenant, plan=plan, number=1, currency="EUR", card=card,
            created_at=card.created_at,
        )  # fmt: skip
        Subscription.objects.create(
            tenant=switch.world.tenant, version=version, customer=switch.world.customer,
            starts_on="2026-11-02", ends_on="2026-11-02", created_at=card.created_at,
        )  # fmt: skip
    return version


def test_a_plan_goes_before_the_default_card(plant: Plant) -> None:
    version = subscribe_for_a_day(plant)
    # The customer's 2 November is 1 Nov. 23:00 to 2 Nov. 23:00 UTC; calls start 5 s before answer.
    rows = [Row(key=key, minute=minute) for key, minute in enumerate((0, 659, 660))]
    plant.ingest(*rows)
    charges = plant.rows("SELECT amount_micros, plan_version_id FROM charge ORDER BY id")
    assert charges == [
        (120_000, version.pk),
        (120_000, version.pk),
        (1_200_000, None),
    ]


def test_a_plan_begins_at_the_midnight_that_bounds_the_invoice(plant: Plant) -> None:
    """The rule says New York, as billing reads it: 2 November is 05:00 UTC to 05:00 UTC."""
    version = subscribe_for_a_day(plant)
    with tenant_scope(plant.switch.tenant_id):
        set_rule(plant.switch.world, "timezone", "America/New_York")
    # minutes from noon UTC: 04:59, 05:00, and 04:59, 05:00 the day after
    rows = [Row(key=key, minute=minute) for key, minute in enumerate((-421, -420, 1019, 1020))]
    plant.ingest(*rows)
    charges = plant.rows("SELECT amount_micros, plan_version_id FROM charge ORDER BY id")
    assert charges == [
        (1_200_000, None),
        (120_000, version.pk),
        (120_000, version.pk),
        (1_200_000, None),
    ]


def test_a_rounding_as_the_office_stores_it(plant: Plant) -> None:
    with tenant_scope(plant.switch.tenant_id):
        say("amount_rounding", "up 0")
    plant.ingest(Row())
    assert plant.rows("SELECT amount_micros FROM charge") == [(2_000_000,)]


def test_identifiers_are_dated_and_ranked(plant: Plant) -> None:
    switch = plant.switch
    noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
    with tenant_scope(switch.tenant_id):
        Identifier.objects.create(
            tenant=switch.world.tenant, campaign=switch.beta, kind="cli", value="4930*",
            valid_from=noon,
        )  # fmt: skip
    plant.ingest(
        Row(key=1, account=""),  # by the calling number
        Row(key=2, account="ACME"),  # the account code is stronger
        Row(key=3, account="", minute=-1),  # before the identifier began
    )
    acme = switch.world.campaign.pk
    found = plant.rows("SELECT campaign_id FROM call ORDER BY line_no")
    assert found == [(switch.beta.pk,), (acme,)]
    assert plant.rows("SELECT reason, line_no FROM quarantine") == [("unknown_account", 3)]
