"""Files and decks as jobs: whole, once, and by whichever process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.support.billing import ANNA
from tests.support.jobs import kill_at_marker, queued, until, work_off, worker_process
from tests.support.switch import Row, Switch, make_switch, master_csv, set_rule
from tests.support.world import World
from tollwright.data.models import Call, Charge, DeckImport, ImportBatch, Job, JobFile, RateCard
from tollwright.data.scope import tenant_scope
from tollwright.domain.calls import operations as calls
from tollwright.domain.calls import requests
from tollwright.domain.jobs import operations as jobs
from tollwright.domain.rates import decks
from tollwright.domain.rates import operations as rates
from tollwright.domain.rates import queries as rate_queries
from tollwright.domain.rates import requests as rate_requests

AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
FILE = master_csv([Row(key=key, seconds=30 + key, minute=key % 50) for key in range(1, 41)])
DECK = b"Prefix,Destination,Price\n44,United Kingdom,0.50\n33,France,0.40\nxx,Broken,abc\n"


def figures() -> list[object]:
    """Every charge, by what does not depend on when a row was written."""
    rows = Charge.objects.filter(is_current=True).order_by("call__call_key", "leg")
    return list(rows.values_list("leg", "prefix", "billed_s", "amount_micros", "started_at"))


def ask(switch: Switch, content: bytes = FILE) -> Job:
    return requests.request_import(
        source=switch.source, filename="Master.csv", pieces=[content], at=AT, by=ANNA
    )


def test_a_file_is_taken_in_after_the_request(db: None) -> None:
    switch = make_switch("north")
    with tenant_scope(switch.tenant_id):
        job = ask(switch)
        assert (JobFile.objects.count(), ImportBatch.objects.count()) == (1, 0)
        work_off()
        job.refresh_from_db()
        batch = ImportBatch.objects.get()
        assert (job.status, job.subject, job.subject_id) == ("done", "import_batch", batch.pk)
        assert (batch.records, batch.received_at, batch.received_by) == (40, AT, ANNA.actor)
        assert JobFile.objects.count() == 0  # the batch keeps the file
        again = ask(switch)
        work_off()
        again.refresh_from_db()
        assert (again.status, again.subject_id, ImportBatch.objects.count()) == (
            "done",
            batch.pk,
            1,
        )


def test_a_file_that_is_refused_says_why_and_can_be_tried_again(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise calls.ImportFailed("Line 3 of Master.csv has a moment of 2099.")

    switch = make_switch("north")
    with tenant_scope(switch.tenant_id):
        job = ask(switch)
        monkeypatch.setattr(calls, "ingest", refuse)
        work_off()
        job.refresh_from_db()
        assert (job.status, Call.objects.count()) == ("failed", 0)
        assert job.sentence == "Line 3 of Master.csv has a moment of 2099."
        monkeypatch.undo()
        jobs.retry(job=job, at=AT, by=ANNA)
        work_off()
        job.refresh_from_db()
        assert (job.status, Call.objects.count(), JobFile.objects.count()) == ("done", 40, 0)


def test_killed_in_the_middle_of_a_file(fresh_db: str) -> None:
    """All of it read, priced and written, nothing committed: another worker takes it in, once."""
    switch = make_switch("north")
    with tenant_scope(switch.tenant_id):
        set_rule(switch.world, "nightly_drafts", value=False)  # workers go by the real clock
        job = ask(switch)
    where = "tollwright.domain.calls.operations:ingest"
    with worker_process(fresh_db, stop_in=where, nth=1) as it:
        kill_at_marker(it)
    with tenant_scope(switch.tenant_id):
        assert (Call.objects.count(), Charge.objects.count()) == (0, 0)
        job.refresh_from_db()
        assert job.status == "running"
    with worker_process(fresh_db), worker_process(fresh_db):
        until(lambda: ended(switch, job))
    with tenant_scope(switch.tenant_id):
        found = figures()
        job.refresh_from_db()
        assert (job.status, ImportBatch.objects.count(), len(found)) == ("done", 1, 40)
        calls.roll_back_batch(batch=ImportBatch.objects.get(), at=AT, by=ANNA)
        assert figures() == []
        calls.replay_batch(batch=ImportBatch.objects.get(), at=AT, by=ANNA)
        assert figures() == found  # as it is in one undisturbed transaction
    assert queued() == 0


def ended(switch: Switch, job: Job) -> bool:
    with tenant_scope(switch.tenant_id):
        return not Job.objects.get(pk=job.pk).is_open


@pytest.fixture
def card(world: World) -> Iterator[RateCard]:
    with tenant_scope(world.tenant.pk):
        yield rates.create_card(code="AZ", name="A to Z", currency="EUR", at=AT, by=ANNA)


def test_a_deck_is_read_once_for_all_processes(
    card: RateCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Previewed by one, reported and applied by others that have only the database."""
    job = rate_requests.request_preview(
        card=card, filename="az.csv", content=DECK, mode="replace", at=AT, by=ANNA
    )
    work_off()
    job.refresh_from_db()
    deck = DeckImport.objects.get()
    assert (job.status, job.subject_id, job.sentence) == (
        "done",
        deck.pk,
        "2 rows can be read, 1 cannot.",
    )
    read = decks.deck_of(DECK, decks.mapping_of(deck.mapping, "EUR"))
    assert (len(read.rates), len(read.faults)) == (2, 1)

    def not_again(*_: object) -> None:
        raise AssertionError("it was read before")

    monkeypatch.setattr(decks, "_read", not_again)
    assert rate_queries.deck_report(deck).deck == read
    rate_requests.request_apply(deck_import=deck, skip_faults=True, tag="one", at=AT, by=ANNA)
    assert work_off() == 1
    deck.refresh_from_db()
    assert (deck.status, deck.parsed) == ("applied", None)
    assert deck.version is not None and deck.version.rates.count() == 2


def test_a_deck_that_another_release_kept_is_read_again(
    card: RateCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decks, "FORMAT", decks.FORMAT + 1)
    deck = rates.preview_deck(
        card=card, filename="az.csv", content=DECK, mode="replace", at=AT, by=ANNA
    )
    monkeypatch.undo()
    assert decks.unpacked(bytes(deck.parsed or b"")) is None
    assert decks.unpacked(b"no such thing") is None
    assert len(decks.deck_for(deck).rates) == 2


def test_publishing_goes_on_after_the_request(card: RateCard) -> None:
    """And what it refuses stands on the job's page."""
    deck = rates.preview_deck(
        card=card, filename="az.csv", content=DECK, mode="replace", at=AT, by=ANNA
    )
    version = rates.apply_deck(deck_import=deck, skip_faults=True, at=AT, by=ANNA)
    job = rate_requests.request_publish(version=version, effective_from=AT, at=AT, by=ANNA)
    twice = rate_requests.request_publish(version=version, effective_from=AT, at=AT, by=ANNA)
    assert work_off() == 2
    for one in (job, twice):
        one.refresh_from_db()
    version.refresh_from_db()
    assert (version.status, version.published_at, job.status) == ("published", AT, "done")
    assert (twice.status, twice.sentence) == (
        "failed",
        f"{version} is published: it stays as it is, make a new version.",
    )
