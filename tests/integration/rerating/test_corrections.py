"""A switch tells a call anew that is on an issued invoice: a proposal first, then a note.

RETAIL is 0.60 to +44 and 0.12 to +49, a whole minute at a time. Call 1 was 61 s to London: 1.20.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from django.db.models import Sum

from tests.integration.rerating.conftest import CHEAPER, DECEMBER, Story
from tests.support.billing import ANNA, as_data
from tests.support.switch import RATES, Row, make_card
from tests.support.world import START
from tollwright.data.models import (
    AuditEntry,
    Call,
    Charge,
    Invoice,
    Posting,
    Quarantine,
    RateCard,
    RerateProposal,
    UsageDay,
)
from tollwright.domain.calls import operations as calls
from tollwright.domain.calls.queries import batch_by_id, explain_charge, open_ids
from tollwright.domain.carriers import operations as carriers
from tollwright.domain.invoices import operations as invoices
from tollwright.domain.invoices.queries import check_sums
from tollwright.domain.rates import operations as rates
from tollwright.domain.rerating import operations, queries
from tollwright.domain.rerating.corrections import Corrected, correct

ONE = {"1": 1_200_000, "2": 600_000, "3": 240_000, "4": 600_000}


def late(story: Story, *rows: Row | str) -> Corrected:
    """The records come in, wait, and are corrected."""
    story.take(*rows)
    return correct(ids=open_ids(), at=DECEMBER, by=ANNA)


def accept() -> list[int]:
    """The nets of the notes that the open proposal asks for."""
    proposal = RerateProposal.objects.get(status="proposed")
    notes = operations.accept(proposal=proposal, at=DECEMBER, by=ANNA, render=as_data)
    return [note.net_micros for note in notes]


def next_month() -> list[int]:
    """The nets of December's invoices: what came late is on them."""
    ends, after = datetime(2026, 12, 31, 23, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC)
    run = invoices.run_billing(until=ends, key="december", at=after, by=ANNA)
    return [draft.net_micros for draft in run.invoices.order_by("id")]


def in_order(story: Story) -> None:
    """Every figure is its rows, every charge of call 1 replays, the days are what stands."""
    assert check_sums() == []
    for charge in story.history("1"):
        assert explain_charge(charge.pk, charge.started_at).equal
    days = sum(day[-1] for day in story.days())
    assert days == sum(story.amounts().values())


def call(**fields: object) -> Call:
    return Call.objects.get(call_key__endswith="/1", **fields)


@pytest.mark.parametrize(
    ("row", "amount", "net"),
    [
        pytest.param(Row(key=1, seconds=121), 1_800_000, 600_000, id="60 s more"),
        pytest.param(Row(key=1, seconds=31), 600_000, -600_000, id="30 s less"),
        pytest.param(Row(key=1, called="+4930987654"), 240_000, -960_000, id="another number"),
    ],
)
def test_a_note_bills_the_difference(story: Story, row: Row, amount: int, net: int) -> None:
    acme, _ = story.bill()
    postings = Posting.objects.count()
    made = late(story, row)
    assert (made.proposed, made.waiting, made.same, made.refused) == (1, 0, 0, 0)
    assert story.amounts() == ONE  # nothing moves until somebody decides
    assert Posting.objects.count() == postings
    proposal = RerateProposal.objects.get()
    assert (proposal.invoice, queries.difference_of(proposal)) == (acme, net)
    record = Quarantine.objects.get()
    assert (record.status, record.detail) == (
        "open", f"Waits in proposal {proposal.pk} for a decision."
    )  # fmt: skip
    assert accept() == [net]
    assert story.amounts() == ONE | {"1": amount}
    old, new = Call.objects.filter(call_key__endswith="/1").order_by("revision")
    assert (old.is_current, new.is_current, new.revision) == (False, True, 1)
    assert new.answered_ms == row.seconds * 1000
    was, now = Charge.objects.filter(call_id__in=[old.pk, new.pk]).order_by("revision")
    assert (was.is_current, was.amount_micros, now.amount_micros) == (False, 1_200_000, amount)
    record.refresh_from_db()
    assert (record.status, record.resolved_by) == ("corrected", ANNA.actor)
    batch = record.batch
    assert (batch.records, batch.rated, batch.quarantined) == (1, 1, 0)
    in_order(story)
    assert next_month() == []
    assert story.report(at=DECEMBER).changed == 0


def test_a_call_that_was_not_answered_after_all_is_credited(story: Story) -> None:
    acme, _ = story.bill()
    late(story, Row(key=1, seconds=0))
    assert accept() == [-1_200_000]
    assert story.amounts() == {key: ONE[key] for key in "234"}
    assert call(is_current=True).answered_at is None
    assert story.days() == [("AUTUMN", 1, 1, 60, 600_000), ("SPRING", 4, 2, 180, 840_000)]
    in_order(story)
    assert next_month() == []
    assert acme.corrections.count() == 1


def test_what_costs_the_same_is_no_note(story: Story) -> None:
    """119 s are two minutes, as 61 s are; the record that comes again is known."""
    story.bill()
    made = late(story, Row(key=1, seconds=119))
    assert (made.rerating, made.proposed, made.same) == (None, 0, 1)
    assert made.sentence == (
        "0 records are proposed as corrections by credit or debit notes, 1 cost what was billed:"
        " nothing to bill."
    )
    record = Quarantine.objects.get()
    assert (record.status, record.detail) == (
        "corrected", "The call costs what was billed, 1.20 EUR: the invoice stays as it is."
    )  # fmt: skip
    assert (call().answered_ms, story.amounts()) == (61_000, ONE)
    story.take(Row(key=1, seconds=119), Row(key=9, minute=9))
    assert open_ids() == []
    assert late(story, Row(key=1, seconds=121)).proposed == 1
    in_order(story)


def test_the_same_record_proposes_once(story: Story) -> None:
    story.bill()
    first = late(story, Row(key=1, seconds=121))
    detail = Quarantine.objects.get().detail
    calls.reprocess(ids=open_ids(), at=DECEMBER, by=ANNA)
    again = correct(ids=open_ids(), at=DECEMBER, by=ANNA)
    assert (again.rerating, again.proposed, again.waiting) == (None, 0, 1)
    assert Quarantine.objects.get().detail == detail
    assert first.rerating == queries.reratings().get()
    story.take(Row(key=1, seconds=121), Row(key=9, minute=9))  # it comes again: known
    assert len(open_ids()) == 1
    other = late(story, Row(key=1, seconds=181))
    assert (other.proposed, other.waiting, other.refused) == (0, 1, 1)
    latest = Quarantine.objects.filter(status="open").latest("id")
    assert latest.detail == (
        "Another record corrects the same call: decide about that one first, then correct it again."
    )
    assert correct(ids=[latest.pk], at=DECEMBER, by=ANNA).refused == 1
    latest.refresh_from_db()
    assert latest.detail == (
        f"The call waits in proposal {RerateProposal.objects.get().pk}: decide about that one"
        " first, then correct it again."
    )


def test_corrected_twice(story: Story) -> None:
    """1.20, then 1.80 for 121 s, then 0.60 for 31 s: +0.60, then -1.20 off note and invoice."""
    acme, _ = story.bill()
    late(story, Row(key=1, seconds=121))
    assert accept() == [600_000]
    late(story, Row(key=1, seconds=31))
    assert accept() == [-600_000, -600_000]
    assert story.amounts() == ONE | {"1": 600_000}
    assert [one.revision for one in story.history("1")] == [0, 1, 2]
    in_order(story)
    assert next_month() == []
    assert sum(note.net_micros for note in Invoice.objects.exclude(corrects=None)) == -600_000
    assert acme.net_micros == 2_040_000


def test_unanswered_and_then_answered_after_all(story: Story) -> None:
    """Nothing on paper carries the call any more: billing takes it up."""
    story.bill()
    late(story, Row(key=1, seconds=0))
    accept()
    story.take(Row(key=1, seconds=121))
    assert (open_ids(), story.amounts()) == ([], ONE | {"1": 1_800_000})
    assert next_month() == [1_800_000]
    in_order(story)


def test_a_rejected_correction_waits_on(story: Story) -> None:
    story.bill()
    late(story, Row(key=1, seconds=121))
    proposal = RerateProposal.objects.get()
    operations.reject(proposal=proposal, reason="a gift", at=DECEMBER, by=ANNA)
    record = Quarantine.objects.get()
    assert (record.status, record.detail) == ("open", (
        f"Proposal {proposal.pk} was rejected: a gift. The call stays as billed. Correct it again,"
        " or dismiss the record."
    ))  # fmt: skip
    assert (story.amounts(), Call.objects.filter(revision=1).count()) == (ONE, 0)
    assert correct(ids=open_ids(), at=DECEMBER, by=ANNA).proposed == 1
    assert accept() == [600_000]
    in_order(story)


def test_an_invoice_that_was_voided_lets_the_record_in(story: Story) -> None:
    acme, _ = story.bill()
    late(story, Row(key=1, seconds=121))
    invoices.void(invoice=acme, reason="wrong name", at=DECEMBER, by=ANNA)
    proposal = RerateProposal.objects.get()
    with pytest.raises(invoices.NotIssued):
        operations.accept(proposal=proposal, at=DECEMBER, by=ANNA, render=as_data)
    operations.reject(proposal=proposal, reason="void", at=DECEMBER, by=ANNA)
    assert correct(ids=open_ids(), at=DECEMBER, by=ANNA).refused == 1
    assert Quarantine.objects.get().detail == (
        "No issued invoice carries the call now: reprocess the record."
    )
    assert calls.reprocess(ids=open_ids(), at=DECEMBER, by=ANNA).rated == 1
    assert story.amounts() == ONE | {"1": 1_800_000}
    in_order(story)


def test_a_corrected_call_stands_on_its_note_for_good(story: Story) -> None:
    acme, _ = story.bill()
    batch = story.take(Row(key=1, seconds=121))
    correct(ids=open_ids(), at=DECEMBER, by=ANNA)
    accept()
    with pytest.raises(invoices.AlreadyPaid):
        invoices.void(invoice=acme, reason="wrong name", at=DECEMBER, by=ANNA)
    with pytest.raises(invoices.StandsForCalls):
        invoices.void(
            invoice=acme.corrections.get(), reason="wrong name", at=DECEMBER, by=ANNA
        )  # fmt: skip
    with pytest.raises(calls.BatchStays):
        calls.roll_back_batch(batch=batch_by_id(batch), at=DECEMBER, by=ANNA)


def test_a_batch_that_is_rolled_back_takes_its_note_away(story: Story) -> None:
    story.bill()
    batch = story.take(Row(key=1, seconds=121))
    correct(ids=open_ids(), at=DECEMBER, by=ANNA)
    calls.roll_back_batch(batch=batch_by_id(batch), at=DECEMBER, by=ANNA)
    proposal = RerateProposal.objects.get()
    with pytest.raises(operations.ReportOutdated):
        operations.accept(proposal=proposal, at=DECEMBER, by=ANNA, render=as_data)
    operations.reject(proposal=proposal, reason="rolled back", at=DECEMBER, by=ANNA)
    assert (story.amounts(), Quarantine.objects.get().status) == (ONE, "rolled_back")
    in_order(story)


def test_a_credited_batch_that_is_rolled_back_is_billed_again(story: Story) -> None:
    """Billed 1.20, credited 1.20 as not answered; without that record the 1.20 are due again."""
    story.bill()
    batch = story.take(Row(key=1, seconds=0))
    correct(ids=open_ids(), at=DECEMBER, by=ANNA)
    accept()
    calls.roll_back_batch(batch=batch_by_id(batch), at=DECEMBER, by=ANNA)
    assert story.amounts() == ONE
    assert next_month() == [1_200_000]
    in_order(story)


@pytest.mark.parametrize(
    ("rates", "why"),
    [
        pytest.param(
            (("44", "United Kingdom", 600_000_000, True),),
            "The corrected call cannot be priced: the destination is blocked now.",
            id="blocked",
        ),
        pytest.param(
            (("49", "Germany", 120_000_000, False),),
            "The corrected call cannot be priced: no row of the card is for the number.",
            id="no price",
        ),
    ],
)
def test_what_has_no_price_now_says_why(
    story: Story, rates: Sequence[tuple[str, str, int, bool]], why: str
) -> None:
    story.bill()
    story.take(Row(key=1, seconds=121))
    story.rate_by(rates)
    assert correct(ids=open_ids(), at=DECEMBER, by=ANNA).refused == 1
    assert (Quarantine.objects.get().detail, story.amounts()) == (why, ONE)
    assert not RerateProposal.objects.exists()


@pytest.mark.parametrize("seconds", [121, 0])
def test_a_call_that_drew_on_free_seconds_is_left_to_somebody(story: Story, seconds: int) -> None:
    """Its seconds would be other calls' to draw: no note for one call can say that."""
    free = [{"name": "free", "prefixes": ["44"], "unit": "seconds", "amount": 60}]
    RateCard.objects.filter(pk=story.switch.card.pk).update(code="PLAIN")
    make_card(story.switch.world, "RETAIL", RATES, free)
    story.take(Row(key=11, seconds=61, minute=11))
    story.bill()
    assert late(story, Row(key=11, seconds=seconds, minute=11)).refused == 1
    assert Quarantine.objects.get().detail.startswith(
        "The corrected call cannot be priced: what its allowances cover depends on"
    )


def test_a_call_of_another_campaign_is_not_moved_by_a_note(story: Story) -> None:
    story.bill()
    assert late(story, Row(key=1, account="BETA", seconds=90)).refused == 1
    assert Quarantine.objects.get().detail == (
        "The record now belongs to campaign AUTUMN of customer BETA, the invoice bills it to"
        " campaign SPRING: a note cannot move it. Credit the call there, and bill it here by a"
        " debit note."
    )


def test_a_record_that_waits_for_something_else_goes_on_so(story: Story) -> None:
    story.bill()
    made = late(story, Row(key=7, account="NOBODY", minute=7))
    assert (made.refused, made.others) == (0, 1)
    assert Quarantine.objects.get().detail.startswith("No identifier that holds on 2026-11-02")


def test_records_of_two_invoices_are_two_proposals(story: Story) -> None:
    story.bill()
    made = late(
        story, Row(key=1, seconds=121), Row(key=2, seconds=61, minute=1),
        Row(key=4, seconds=1, account="BETA", minute=3, called="+4930987654"),
    )  # fmt: skip
    assert made.rerating is not None
    assert (made.proposed, made.rerating.proposed, made.rerating.of_records) == (3, 3, True)
    found = queries.proposals(rerating=made.rerating).order_by("invoice_id")
    assert [queries.difference_of(one) for one in found] == [1_200_000, -480_000]
    audit = AuditEntry.objects.filter(action="quarantine.corrected").get()
    assert audit.after == {"result": made.sentence}


def test_what_the_carrier_takes_is_corrected_too(story: Story) -> None:
    """Telco takes 0.03 a minute by the second: 0.0305 for 61 s, 0.0605 for 121 s, then nothing."""
    carrier = carriers.create_carrier(code="TEL", name="Telco", at=START, by=ANNA)
    carriers.add_trunk(carrier=carrier, value="gw", valid_from=START, at=START, by=ANNA)
    card = rates.create_card(
        code="TEL", name="Telco", side="buy", currency="EUR", at=START, by=ANNA
    )  # fmt: skip
    draft = rates.save_draft(
        card=card, data={"rates": [{"prefix": "44", "price": "0.03"}]}, at=START, by=ANNA
    )
    rates.publish_version(version=draft, effective_from=START, at=START, by=ANNA)
    carriers.assign_card(carrier=carrier, card=card, valid_from=START, at=START, by=ANNA)
    story.take(Row(key=11, seconds=61, minute=11))
    story.bill()
    for row, net, cost in (
        (Row(key=11, seconds=121, minute=11), [600_000], [60_500]),
        (Row(key=11, seconds=0, minute=11), [-600_000, -1_200_000], []),
    ):
        late(story, row)
        assert accept() == net
        bought = Charge.objects.filter(leg="buy", is_current=True)
        assert list(bought.values_list("amount_micros", flat=True)) == cost
        days = UsageDay.objects.aggregate(sum=Sum("buy_micros"))["sum"]
        assert days == sum(cost)


def test_changes_that_cancel_out_are_both_on_paper(story: Story) -> None:
    story.bill()
    late(story, Row(key=1, seconds=121), Row(key=2, seconds=0, minute=1))
    assert accept() == [600_000, -600_000]
    in_order(story)
    assert next_month() == []


def test_a_correction_moves_to_the_day_and_month_that_it_tells(story: Story) -> None:
    """Call 1 began 29 days later than was told: its sums are those of 1 December."""
    story.bill()
    told = Row(key=1, seconds=121).text().strip()
    late(story, told.replace("2026-11-02", "2026-12-01"))
    accept()
    moved = call(is_current=True)
    assert (moved.started_at.month, moved.started_at.day) == (12, 1)
    in_order(story)


def test_a_re_rating_that_waits_comes_first(story: Story) -> None:
    story.bill()
    story.rate_by(CHEAPER)
    story.apply("a", at=DECEMBER)
    assert late(story, Row(key=1, seconds=121)).refused == 1
    for one in RerateProposal.objects.all():
        operations.accept(proposal=one, at=DECEMBER, by=ANNA, render=as_data)
    assert correct(ids=open_ids(), at=DECEMBER, by=ANNA).proposed == 1
    assert accept() == [300_000]
    in_order(story)
