"""Finding calls, and saying why one costs what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from tests.integration.calls.test_operations import AT, BY, Desk
from tests.support.switch import NOON, Row, make_switch, set_rule
from tollwright.data.models import Charge
from tollwright.data.scope import tenant_scope
from tollwright.domain.calls import operations, queries
from tollwright.domain.errors import NotFound
from tollwright.store.batches import SQL

DAY = queries.CallFilters(first=NOON - timedelta(days=1), last=NOON + timedelta(days=1))


@pytest.fixture
def desk(db: None) -> Iterator[Desk]:
    """In the scope of provider `north`."""
    switch = make_switch("north")
    with tenant_scope(switch.tenant_id):
        yield Desk(switch)


def keys(**filters: object) -> list[int]:
    found = queries.search(queries.CallFilters(DAY.first, DAY.last, **filters))  # type: ignore[arg-type]  # by the table
    return [call.line_no for call in found]


def test_calls_are_found_by_what_is_known_of_them(desk: Desk) -> None:
    result = desk.ingest(
        Row(key=1, minute=1),
        Row(key=2, minute=2, account="BETA", called="+4989123456"),
        Row(key=3, minute=3, seconds=0),
    )
    assert keys() == [3, 2, 1]
    assert keys(answered=True) == [2, 1]
    assert keys(answered=False) == [3]
    assert keys(customer_id=desk.switch.beta.customer_id) == [2]
    assert keys(campaign_id=desk.switch.beta.pk) == [2]
    assert keys(number="+49 89 123") == [2]
    assert keys(batch_id=result.batch_id) == [3, 2, 1]
    assert keys(batch_id=result.batch_id + 1) == []
    assert keys(batch_id=2**63) == []
    assert keys(call_key=f"pbx1-{int(NOON.timestamp()) + 60}.1/1") == [1]


LATER_FILES = """
INSERT INTO call SELECT (jsonb_populate_record(c, jsonb_build_object(
       'id', c.id + 1000 + n, 'call_key', 'k' || n, 'batch_id', c.batch_id + 1 + n / 2000,
       'started_at', c.started_at + n * interval '1 s', 'answered_at', NULL, 'answered_ms', 0))).*
  FROM call c, generate_series(1, 20000) n WHERE c.line_no = 2
"""


def test_the_calls_of_a_file_are_looked_for_in_its_own_pages_and_days(fresh_db: str) -> None:
    """Not by time, through all calls that came after it: as PostgreSQL plans it for the provider,
    whose rows it keeps apart."""
    switch = make_switch("north")
    with tenant_scope(switch.tenant_id), connection.cursor() as cursor:
        old = Desk(switch).ingest(Row(key=1, minute=1), Row(key=2, minute=2))
        cursor.execute(LATER_FILES)
    with connections["owner"].cursor() as owner:
        owner.execute("ANALYZE call_2026_11")
    with tenant_scope(switch.tenant_id), connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + SQL["fetch_batch_span"], {"batch_id": old.batch_id})
        plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "Bitmap Index Scan on call_2026_11_batch_id_idx" in plan
        assert "started_at_idx" not in plan
        with CaptureQueriesContext(connection) as made:
            assert keys(batch_id=old.batch_id) == [2, 1]
    first, last = (NOON + timedelta(minutes=minute) for minute in (1, 2))
    listed = made.captured_queries[-1]["sql"]
    assert f"""\"started_at\" >= '{first}'""" in listed
    assert f"""\"started_at\" <= '{last}'""" in listed


def put_a_charge_on_a_line(key: int) -> None:
    """The call of that line of the file is billed: its charge names a usage line."""
    charge = Charge.objects.get(call_id=next(c.pk for c in queries.search(DAY) if c.line_no == key))
    Charge.objects.filter(pk=charge.pk).update(invoice_line_id=1)


STATUSES = {
    "answered": [4, 2, 1], "unanswered": [3], "free": [4], "charged": [2, 1], "unbilled": [4, 2],
    "unknown": [],
}  # fmt: skip


@pytest.mark.parametrize("status", STATUSES)
def test_calls_are_found_by_what_became_of_them(desk: Desk, status: str) -> None:
    """The first is billed, the third unanswered, the fourth costs nothing."""
    set_rule(desk.switch.world, "minimum_seconds", 10)
    rows = [Row(key=1, minute=1), Row(key=2, minute=2), Row(key=3, minute=3, seconds=0)]
    desk.ingest(*rows, Row(key=4, minute=4, seconds=5))
    put_a_charge_on_a_line(1)
    rows_of = queries.in_status(queries.calls_with_charge(), status).order_by("-started_at")
    assert [call.line_no for call in rows_of] == STATUSES[status]


@pytest.mark.parametrize("status", ["free", "charged", "unbilled"])
def test_a_list_by_charge_does_not_read_the_charges_first(desk: Desk, status: str) -> None:
    """A page of it looks charges up for the rows it passes; a join reads those of all months."""
    rows = queries.in_status(queries.calls_with_charge(), status).order_by("-started_at", "-id")
    plan = rows[:51].explain()
    assert "SubPlan" in plan
    assert "Semi" not in plan


@pytest.mark.parametrize("calls", [1, 3])
def test_a_search_is_one_query(desk: Desk, calls: int) -> None:
    desk.ingest(*(Row(key=key) for key in range(calls)))
    with CaptureQueriesContext(connection) as captured:
        shown = [(call.customer.name, call.campaign.name) for call in queries.search(DAY)]
    assert shown == [("Acme Ltd", "Spring sale")] * calls
    assert len(captured) == 1


def test_a_call_shows_its_charges_and_revisions(desk: Desk) -> None:
    desk.ingest(Row(key=1, seconds=60), Row(key=1, seconds=180))
    (call,) = queries.search(DAY)
    view = queries.call_with_charges(call.pk, call.started_at)
    assert [charge.amount_micros for charge in view.charges] == [1_800_000]
    assert [one.revision for one in view.revisions] == [1, 0]
    with pytest.raises(NotFound):
        queries.call_with_charges(call.pk + 1)


def test_another_tenants_call_is_not_there(desk: Desk) -> None:
    desk.ingest(Row(key=1))
    charge = Charge.objects.get()
    south = make_switch("south")
    with tenant_scope(south.tenant_id):
        assert not queries.search(DAY).exists()
        assert not queries.batches().exists()
        with pytest.raises(NotFound):
            queries.call_with_charges(charge.call_id, charge.started_at)
        with pytest.raises(NotFound):
            queries.explain_charge(charge.pk)
        undone = operations.reprocess(ids=[1], at=AT, by=BY)
        assert undone.rated == 0


def test_an_explanation_ends_in_the_stored_amount(desk: Desk) -> None:
    desk.ingest(Row(key=1))
    charge = Charge.objects.get()
    explanation = queries.explain_charge(charge.pk, charge.started_at)
    assert explanation.equal
    assert explanation.sentences[0] == (
        'Campaign SPRING of customer ACME: card RETAIL, the rule "Default rate card" says RETAIL;'
        " version 1 was published for the moment of the answer."
    )
    assert explanation.sentences[-2:] == (
        "The call costs 1.200000 EUR.",
        "Replayed from what is stored: 1.2 EUR, as charged.",
    )


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        (
            "minimum_seconds",
            100,
            'The call lasted 61.000 s: under the 100 s of the rule "Free below", free.',
        ),
        (
            "billable_causes",
            ["NORMAL_CLEARING"],
            "The call lasted 61.000 s; ANSWERED is not among the causes of the rule"
            ' "Hangup causes that are billed": free.',
        ),
    ],
)
def test_an_explanation_names_the_rule(
    desk: Desk, setting: str, value: object, sentence: str
) -> None:
    set_rule(desk.switch.world, setting, value)
    desk.ingest(Row(key=1))
    explanation = queries.explain_charge(Charge.objects.get().pk)
    assert explanation.equal
    assert explanation.charge.amount_micros == 0
    assert explanation.sentences[1] == sentence


def test_an_explanation_says_loudly_when_it_differs(desk: Desk) -> None:
    desk.ingest(Row(key=1))
    charge = Charge.objects.get()
    Charge.objects.filter(pk=charge.pk).update(is_current=False)
    Charge.objects.create(
        id=charge.pk + 1, tenant_id=charge.tenant_id, call_id=charge.call_id,
        started_at=charge.started_at, leg="sell", revision=1, customer_id=charge.customer_id,
        campaign_id=charge.campaign_id, card_version_id=charge.card_version_id, rate_no=0,
        prefix="44", billed_s=120, amount_micros=1_200_001, currency="EUR",
        rated_at=datetime(2026, 11, 3, tzinfo=UTC),
    )  # fmt: skip
    explanation = queries.explain_charge(charge.pk + 1)
    assert not explanation.equal
    assert explanation.sentences[-1].startswith(
        "THE REPLAY DIFFERS: stored 1.200001 EUR, replayed 1.2 EUR."
    )
