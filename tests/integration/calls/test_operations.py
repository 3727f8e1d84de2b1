"""Putting right what came in wrong: re-enter, dismiss, roll back, replay.

RETAIL: +44 at 0.60 a minute, 60/60. Row() is 61 s to London: 1.20.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.db.models import Sum

from tests.support.billing import bill, issue
from tests.support.switch import Row, Switch, make_switch, master_csv, set_rule
from tollwright.data.models import (
    AuditEntry,
    Call,
    Charge,
    Identifier,
    ImportBatch,
    Invoice,
    Quarantine,
    RawChunk,
    Source,
    UsageDay,
)
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.calls import operations, queries
from tollwright.domain.errors import NotFound
from tollwright.domain.invoices import operations as invoices
from tollwright.domain.invoices import queries as queries_of_invoices
from tollwright.domain.validation import FieldInvalid
from tollwright.engine.ingest import BatchResult, Reentered
from tollwright.store import calls
from tollwright.store.calls import claim_ids

AT = datetime(2026, 11, 3, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 9, tzinfo=UTC)
BY = By("test@example.com", "127.0.0.1")


@dataclass(frozen=True)
class Desk:
    """Somebody at the provider's desk."""

    switch: Switch

    def ingest(self, *rows: Row | str) -> BatchResult:
        return operations.ingest(
            source_code="AST", filename="Master.csv", stream=io.BytesIO(master_csv(rows)),
            at=AT, by=BY,
        )  # fmt: skip

    def batch(self, result: BatchResult) -> ImportBatch:
        return ImportBatch.objects.get(pk=result.batch_id)

    def identify(self, value: str) -> None:
        Identifier.objects.create(
            tenant=self.switch.world.tenant, campaign=self.switch.world.campaign,
            kind="accountcode", value=value, valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip

    def reprocess(self) -> Reentered:
        return operations.reprocess(ids=queries.open_ids(), at=AT, by=BY)


@pytest.fixture
def desk(db: None) -> Iterator[Desk]:
    """In the scope of provider `north`."""
    switch = make_switch("north")
    with tenant_scope(switch.tenant_id):
        yield Desk(switch)


def counts(batch: ImportBatch) -> tuple[int, ...]:
    return tuple(getattr(batch, name) for name in operations.COUNTS)


def standing() -> tuple[int, int, int]:
    """Calls and charges that stand, and the sum of the days; the two sums must agree."""
    charged = Charge.objects.filter(is_current=True).aggregate(s=Sum("amount_micros"))["s"] or 0
    days = UsageDay.objects.aggregate(s=Sum("sell_micros"), n=Sum("calls"))
    calls = Call.objects.filter(is_current=True).count()
    assert (days["s"] or 0, days["n"] or 0) == (charged, calls)
    return calls, Charge.objects.filter(is_current=True).count(), charged


def test_a_record_of_an_unknown_account_re_enters_once_it_is_known(desk: Desk) -> None:
    result = desk.ingest(Row(key=1), Row(key=2, account="NEW"), Row(key=3, account="OLD"))
    assert counts(desk.batch(result)) == (3, 1, 0, 0, 0, 2)
    desk.identify("NEW")
    again = desk.reprocess()
    assert (again.rated, again.waiting, again.reasons) == (1, 1, {"unknown_account": 1})
    assert again.sentence == (
        "1 records left the quarantine: 1 rated. 1 still wait (unknown_account 1)."
    )
    assert counts(desk.batch(result)) == (3, 2, 0, 0, 0, 1)
    assert standing() == (2, 2, 2_400_000)
    left = Quarantine.objects.get(status="reentered")
    assert (left.line_no, left.resolved_by, left.resolved_at) == (2, BY.actor, AT)
    assert Call.objects.get(line_no=2).batch_id == result.batch_id


def test_a_blocked_destination_re_enters_by_another_card(desk: Desk) -> None:
    desk.ingest(Row(called="+33123456789"))
    assert desk.reprocess().reasons == {"unknown_destination": 1}
    waiting = Quarantine.objects.get()
    assert waiting.detail == "Card RETAIL version 1: no row for 33123456789."


def test_re_entering_what_came_meanwhile_is_a_duplicate(desk: Desk) -> None:
    first = desk.ingest(Row(key=1, account="NEW"))
    desk.identify("NEW")
    desk.ingest(Row(key=1, account="NEW"), Row(key=2))
    assert desk.reprocess().duplicates == 1
    assert counts(desk.batch(first)) == (1, 0, 0, 1, 0, 0)
    assert standing() == (2, 2, 2_400_000)


def test_a_broken_line_re_enters_when_the_source_is_mended(desk: Desk) -> None:
    broken = Row(key=2).text().replace('"x"', '"Bärbel"').encode("latin-1")
    content = Row(key=1).text().encode() + broken
    result = operations.ingest(
        source_code="AST", filename="Master.csv", stream=io.BytesIO(content), at=AT, by=BY
    )
    assert result.reasons == {"encoding": 1}
    assert desk.reprocess().reasons == {"encoding": 1}
    Source.objects.update(options={"encoding": "latin-1"})
    assert desk.reprocess().rated == 1
    assert counts(desk.batch(result)) == (2, 2, 0, 0, 0, 0)


def test_many_re_enter_by_portions(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A portion takes ids for its own records; the same call in two portions is one call."""
    rows = [Row(key=key, account="NEW") for key in range(5)]
    desk.ingest(*rows, Row(key=0, account="NEW", seconds=120))
    desk.identify("NEW")
    monkeypatch.setattr(import_module("tollwright.engine.ingest.reprocess"), "CHUNK_ROWS", 2)
    asked: list[int] = []

    def counted(cursor: calls.Cursor, count: int) -> tuple[int, int]:
        asked.append(count)
        return claim_ids(cursor, count)

    monkeypatch.setattr(calls, "claim_ids", counted)
    done = desk.reprocess()
    assert (done.rated, done.waiting) == (6, 0)
    assert asked == [2, 2, 2]
    assert standing() == (5, 5, 6_000_000)


def test_a_dismissed_record_stays_out(desk: Desk) -> None:
    result = desk.ingest(Row(account="NEW"))
    assert operations.dismiss(ids=queries.open_ids(), at=AT, by=BY) == 1
    desk.identify("NEW")
    assert desk.reprocess().rated == 0
    assert queries.waiting_by_reason() == {}
    assert counts(desk.batch(result)) == (1, 0, 0, 0, 0, 1)


def test_a_rolled_back_batch_is_gone_but_for_its_file(desk: Desk) -> None:
    kept = desk.ingest(Row(key=1))
    result = desk.ingest(Row(key=2), Row(key=3, seconds=0), Row(key=4, account="NEW"))
    assert standing() == (3, 2, 2_400_000)
    undone = operations.roll_back_batch(batch=desk.batch(result), at=AT, by=BY)
    assert undone.calls == 2
    assert standing() == (1, 1, 1_200_000)
    assert queries.waiting_by_reason() == {}
    batch = desk.batch(result)
    assert (batch.status, batch.rolled_back_by) == ("rolled_back", BY.actor)
    assert RawChunk.objects.filter(batch=batch).exists()
    assert desk.batch(kept).status == "done"
    with pytest.raises(operations.BatchStays, match="rolled back already"):
        operations.roll_back_batch(batch=batch, at=AT, by=BY)


def test_rolling_a_correction_back_restores_what_it_corrected(desk: Desk) -> None:
    desk.ingest(Row(key=1, seconds=60))
    correction = desk.ingest(Row(key=1, seconds=180))
    assert standing() == (1, 1, 1_800_000)
    undone = operations.roll_back_batch(batch=desk.batch(correction), at=AT, by=BY)
    assert undone.restored == 1
    assert standing() == (1, 1, 600_000)


def test_a_replayed_file_is_the_older_word_still(desk: Desk) -> None:
    """60 s, corrected to 180 s: the first file again brings nothing back, however often."""
    first = desk.ingest(Row(key=1, seconds=60), Row(key=2, seconds=60))
    correction = desk.ingest(Row(key=1, seconds=180))
    assert standing() == (2, 2, 2_400_000)
    again = operations.replay_batch(batch=desk.batch(first), at=AT, by=BY)
    assert (again.rated, again.duplicates, again.reasons) == (1, 1, {})
    assert standing() == (2, 2, 2_400_000)
    third = operations.replay_batch(batch=desk.batch(again), at=AT, by=BY)
    assert (third.rated, third.duplicates, third.reasons) == (1, 1, {})
    assert standing() == (2, 2, 2_400_000)
    operations.roll_back_batch(batch=desk.batch(correction), at=AT, by=BY)
    assert standing() == (2, 2, 1_200_000)  # the first word stands again, in the replayed batch
    operations.roll_back_batch(batch=desk.batch(third), at=AT, by=BY)
    assert standing() == (0, 0, 0)


def test_a_batch_on_an_invoice_stays(desk: Desk) -> None:
    from tests.integration.calls.paper import put_on_an_invoice

    result = desk.ingest(Row(key=1))
    put_on_an_invoice(desk.switch.world, Charge.objects.get())
    with pytest.raises(operations.BatchStays, match=r"1 of its charges are on an invoice \(NC-1\)"):
        operations.roll_back_batch(batch=desk.batch(result), at=AT, by=BY)
    assert standing() == (1, 1, 1_200_000)


def test_a_correction_of_a_call_on_an_issued_invoice_waits(desk: Desk) -> None:
    from tests.integration.calls.paper import put_on_an_invoice

    desk.ingest(Row(key=1, seconds=60))
    put_on_an_invoice(desk.switch.world, Charge.objects.get())
    result = desk.ingest(Row(key=1, seconds=180))
    assert (result.rated, result.quarantined) == (0, 1)
    assert result.reasons["late_correction"] == 1
    assert standing() == (1, 1, 600_000)
    Invoice.objects.update(status="void")
    assert desk.reprocess().rated == 1
    assert standing() == (1, 1, 1_800_000)


def test_a_correction_of_a_call_on_a_draft_is_billed(desk: Desk) -> None:
    desk.ingest(Row(key=1, seconds=60), Row(key=2, seconds=60))
    draft = queries_of_invoices.drafts(bill("one", DECEMBER)).get()
    assert desk.ingest(Row(key=1, seconds=180)).reasons == {"corrections": 1}
    assert standing() == (2, 2, 2_400_000)
    with pytest.raises(invoices.DraftOutdated):
        issue(draft, DECEMBER)
    bill("two", DECEMBER)
    assert issue(draft, DECEMBER).net_micros == 2_400_000
    assert queries_of_invoices.check_sums() == []


def test_a_replay_takes_the_same_bytes_by_todays_settings(desk: Desk) -> None:
    result = desk.ingest(Row(key=1), Row(key=2, account="NEW"))
    desk.identify("NEW")
    replayed = operations.replay_batch(batch=desk.batch(result), at=AT, by=BY)
    assert (replayed.records, replayed.rated, replayed.already) == (2, 2, False)
    assert standing() == (2, 2, 2_400_000)
    assert desk.batch(result).status == "rolled_back"
    shas = set(ImportBatch.objects.values_list("sha256", flat=True))
    assert len(shas) == 1


def test_the_file_comes_again_after_a_roll_back(desk: Desk) -> None:
    first = desk.ingest(Row(key=1))
    operations.roll_back_batch(batch=desk.batch(first), at=AT, by=BY)
    second = desk.ingest(Row(key=1))
    assert not second.already
    assert standing() == (1, 1, 1_200_000)


def test_who_did_it_is_written_down(desk: Desk) -> None:
    result = desk.ingest(Row(key=1), Row(key=2, account="NEW"))
    desk.reprocess()
    operations.dismiss(ids=queries.open_ids(), at=AT, by=BY)
    operations.roll_back_batch(batch=desk.batch(result), at=AT, by=BY)
    actions = AuditEntry.objects.order_by("seq").values_list("action", flat=True)
    assert list(actions) == [
        "batch.ingested",
        "quarantine.reentered",
        "quarantine.dismissed",
        "batch.rolled_back",
    ]


def make_source(
    code: str, cdr_format: str = "freeswitch_csv", options: dict[str, object] | None = None
) -> Source:
    return operations.create_source(
        code=code, name="PBX", format=cdr_format, timezone="UTC", region="DE", options=options,
        at=AT, by=BY,
    )  # fmt: skip


def test_a_source_is_checked_when_it_is_made(desk: Desk) -> None:
    assert make_source("P2") in queries.sources()
    with pytest.raises(operations.SourceCodeTaken):
        make_source("P2")
    with pytest.raises(FieldInvalid, match="known are asterisk_csv"):
        make_source("P3", "morse")
    with pytest.raises(operations.SourceUnusable, match="utf-99"):
        make_source("P4", options={"encoding": "utf-99"})
    with pytest.raises(NotFound, match="no source 'P9'"):
        operations.ingest(source_code="P9", filename="x", stream=io.BytesIO(b""), at=AT, by=BY)


def test_rules_set_later_do_not_change_an_explanation(desk: Desk) -> None:
    desk.ingest(Row(key=1))
    set_rule(desk.switch.world, "minimum_seconds", 100, set_at=datetime(2026, 11, 4, tzinfo=UTC))
    explanation = queries.explain_charge(Charge.objects.get().pk)
    assert explanation.equal
    assert explanation.replayed_micros == 1_200_000
