"""Stored calls by other prices: a report first, then revisions and proposals, each once.

RETAIL was 0.60 to +44 and 0.12 to +49, a whole minute at a time; CHEAPER is 0.30 and 0.24.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from tests.integration.rerating.conftest import (
    CHEAPER,
    DECEMBER,
    LATER,
    NOVEMBER_ENDS,
    Story,
)
from tests.support.billing import ANNA, as_data
from tests.support.switch import NOON, Row, add_version, make_card, make_switch, set_rule
from tollwright.data.models import AuditEntry, Charge, Invoice, RateCard, RerateProposalCall
from tollwright.data.scope import tenant_scope
from tollwright.domain.calls.queries import explain_charge
from tollwright.domain.errors import KeyReused, NotFound
from tollwright.domain.invoices import operations as invoices
from tollwright.domain.invoices.queries import check_sums
from tollwright.domain.rerating import operations, queries
from tollwright.domain.rerating.scope import CallScope, EmptyPeriod
from tollwright.domain.validation import FieldInvalid
from tollwright.store import columns

OLD = {"1": 1_200_000, "2": 600_000, "3": 240_000, "4": 600_000}
NEW = {"1": 600_000, "2": 300_000, "3": 480_000, "4": 300_000}


def test_the_report_says_who_pays_more_and_writes_nothing(story: Story) -> None:
    story.rate_by(CHEAPER)
    before = story.written()
    report = story.report()
    assert story.written() == before
    assert (report.calls, report.changed, report.refused) == (4, 4, {})
    (total,) = report.totals
    assert (total.figures.old_micros, total.figures.new_micros) == (2_640_000, 1_680_000)
    assert [(row.name, row.difference_micros) for row in report.customers] == [
        ("Beta Ltd", -300_000), ("Acme Ltd", -660_000),
    ]  # fmt: skip
    assert [(row.name, row.customer, row.figures.changed) for row in report.campaigns] == [
        ("Autumn sale", "Beta Ltd", 1), ("Spring sale", "Acme Ltd", 3),
    ]  # fmt: skip
    assert [(row.name, row.difference_micros) for row in report.destinations] == [
        ("49", 240_000), ("44", -1_200_000),
    ]  # fmt: skip
    assert [(part.calls, part.difference_micros) for part in report.open] == [(4, -960_000)]
    assert report.invoiced == ()


def test_a_report_that_breaks_off_frees_the_connection(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its calls are still being read then, and the rollback waits for the connection."""
    monkeypatch.setattr(columns, "BATCH", 1)

    def break_off(_done: int) -> None:
        raise InterruptedError("out of patience")

    with pytest.raises(InterruptedError), transaction.atomic():
        queries.difference_report(CallScope(), at=LATER, progress=break_off)
    assert story.report().calls == 4


def test_applying_writes_revisions_once(story: Story) -> None:
    assert story.amounts() == OLD
    story.rate_by(CHEAPER)
    report = story.report()
    rerating = story.apply("first")
    assert (rerating.calls, rerating.revised, rerating.proposed) == (4, 4, 0)
    assert story.amounts() == NEW
    assert sum(NEW.values()) - sum(OLD.values()) == report.totals[0].difference_micros
    old, new = story.history("1")
    assert (old.revision, old.is_current, new.revision, new.is_current) == (0, False, 1, True)
    assert (new.billed_s, new.prefix, new.rated_at) == (120, "44", LATER)
    assert story.days() == [
        ("AUTUMN", 1, 1, 60, 300_000), ("SPRING", 4, 3, 300, 1_380_000),
    ]  # fmt: skip
    again = story.report()
    assert (again.changed, again.totals[0].difference_micros) == (0, 0)
    with pytest.raises(operations.NothingChanges):
        story.apply("second")
    audit = AuditEntry.objects.filter(action="rerating.applied").get()
    assert audit.subject_id == str(rerating.pk)


def test_the_same_report_twice_writes_nothing_twice(story: Story) -> None:
    story.rate_by(CHEAPER)
    report = story.report()

    def apply(key: str) -> int:
        done = operations.apply(
            scope=CallScope(), fingerprint=report.fingerprint, key=key, at=LATER, by=ANNA
        )
        return done.pk

    first = apply("a")
    written = story.written()
    assert (apply("a"), apply("b")) == (first, first)
    assert story.written() == written
    with pytest.raises(KeyReused):
        operations.apply(scope=CallScope(prefix="44"), fingerprint="x", key="a", at=LATER, by=ANNA)


def test_a_report_that_is_no_longer_true_is_refused(story: Story) -> None:
    story.rate_by(CHEAPER)
    report = story.report()
    story.rate_by((("44", "United Kingdom", 400_000_000, False),))
    with pytest.raises(operations.ReportOutdated):
        operations.apply(
            scope=CallScope(), fingerprint=report.fingerprint, key="a", at=LATER, by=ANNA
        )
    assert story.amounts() == OLD


@pytest.mark.parametrize(
    ("narrow", "keys"),
    [
        pytest.param(lambda s: {}, "1234", id="everything"),
        pytest.param(lambda s: {"customer_id": s.beta.customer_id}, "4", id="a customer"),
        pytest.param(lambda s: {"campaign_id": s.world.campaign.pk}, "123", id="a campaign"),
        pytest.param(lambda s: {"card_id": s.card.pk}, "1234", id="the card"),
        pytest.param(lambda s: {"prefix": "+49 30"}, "3", id="a prefix"),
        pytest.param(lambda s: {"prefix": "4420"}, "124", id="a longer prefix"),
        pytest.param(lambda s: {"prefix": "1"}, "", id="a prefix of nobody"),
        pytest.param(lambda s: {"first": NOON + timedelta(minutes=1)}, "234", id="from then on"),
        pytest.param(lambda s: {"last": NOON + timedelta(minutes=1)}, "1", id="before then"),
        pytest.param(
            lambda s: {"customer_id": s.world.customer.pk, "prefix": "44", "last": LATER},
            "12", id="customer, prefix and period",
        ),
    ],
)  # fmt: skip
def test_a_scope_changes_its_calls_only(story: Story, narrow: object, keys: str) -> None:
    story.rate_by(CHEAPER)
    scope = CallScope(**narrow(story.switch))  # type: ignore[operator]  # a lambda of the table
    assert story.report(scope).calls == len(keys)
    if keys:
        story.apply("scope", scope)
    assert story.amounts() == {key: (NEW if key in keys else OLD)[key] for key in OLD}


def test_a_file_is_a_scope(story: Story) -> None:
    batch = story.take(Row(key=9, seconds=60, minute=9))
    story.rate_by(CHEAPER)
    story.apply("file", CallScope(batch_id=batch))
    assert story.amounts() == OLD | {"9": 300_000}


def test_what_cannot_be_priced_keeps_its_charge_and_is_told(story: Story) -> None:
    story.rate_by((("44", "United Kingdom", 300_000_000, False), ("4930", "Berlin", 1, True)))
    report = story.report()
    assert report.refused == {"blocked": 1}
    assert [(one.called, one.reason) for one in report.examples] == [("4930987654", "blocked")]
    (total,) = report.totals
    assert (total.figures.refused, total.figures.refused_micros) == (1, 240_000)
    story.rate_by((("44", "United Kingdom", 300_000_000, False),))
    assert story.report().refused == {"unmatched": 1}
    assert "keep their charge until somebody decides" in story.report().sentences[0]
    rerating = story.apply("a")
    assert (rerating.revised, rerating.refused) == (3, 1)
    assert story.amounts() == NEW | {"3": 240_000}


def test_another_currency_is_no_difference_but_a_decision(story: Story) -> None:
    RateCard.objects.filter(pk=story.switch.card.pk).update(currency="USD")
    story.rate_by(CHEAPER)
    report = story.report()
    assert (report.changed, report.refused) == (0, {"other_currency": 4})


def test_rules_of_the_past_count_too(story: Story) -> None:
    """Under 45 s is free; then nothing but BUSY bills."""
    set_rule(story.switch.world, "minimum_seconds", 45)
    report = story.report()
    assert [(row.name, row.difference_micros) for row in report.destinations] == [
        ("49", 0), ("44", -600_000),
    ]  # fmt: skip  # the call of 30 s is free
    set_rule(story.switch.world, "billable_causes", ["BUSY"])
    assert story.report().totals[0].difference_micros == -sum(OLD.values())


def test_a_draft_is_outdated_until_billing_runs_again(story: Story) -> None:
    run = invoices.run_billing(until=NOVEMBER_ENDS, key="a", at=DECEMBER, by=ANNA)
    draft = Invoice.objects.get(run=run, customer__code="ACME")
    assert draft.net_micros == 2_040_000
    story.rate_by(CHEAPER)
    story.apply("a", at=DECEMBER)
    with pytest.raises(invoices.DraftOutdated):
        invoices.finalise(invoice=draft, at=DECEMBER, by=ANNA, render=as_data)
    invoices.run_billing(until=NOVEMBER_ENDS, key="b", at=DECEMBER, by=ANNA)
    draft.refresh_from_db()
    assert draft.net_micros == 1_380_000
    invoices.finalise(invoice=draft, at=DECEMBER, by=ANNA, render=as_data)
    assert check_sums() == []


def test_invoiced_calls_become_a_proposal_and_then_a_note(story: Story) -> None:
    acme, beta = story.bill()
    story.rate_by(CHEAPER)
    report = story.report(at=DECEMBER)
    assert (report.open, report.invoices) == ((), 2)
    assert [(part.calls, part.difference_micros) for part in report.invoiced] == [(4, -960_000)]
    rerating = story.apply("a", at=DECEMBER)
    assert (rerating.revised, rerating.proposed) == (0, 4)
    assert story.amounts() == OLD
    waiting = story.report(at=DECEMBER)
    assert (waiting.changed, waiting.waiting) == (0, 4)
    first, second = queries.proposals(rerating=rerating).order_by("invoice_id")
    assert (first.invoice, queries.difference_of(first)) == (acme, -660_000)
    (note,) = operations.accept(proposal=first, at=DECEMBER, by=ANNA, render=as_data)
    assert (note.document_type, note.net_micros, note.corrects) == ("credit_note", -660_000, acme)
    assert story.amounts() == NEW | {"4": 600_000}
    for charge in story.history("1"):  # the invoiced one and the one on the note
        assert explain_charge(charge.pk, charge.started_at).equal
    assert operations.accept(proposal=first, at=DECEMBER, by=ANNA, render=as_data) == (note,)
    operations.reject(proposal=second, reason="a gift", at=DECEMBER, by=ANNA)
    assert not RerateProposalCall.objects.filter(pending=True).exists()
    last = story.report(at=DECEMBER)
    assert (last.changed, last.waiting) == (1, 0)  # Beta's, which was rejected
    assert beta.corrections.count() == 0
    assert story.bill("december") == []  # what a note carries is not billed again
    assert check_sums() == []
    with pytest.raises(operations.ProposalDecided):
        operations.accept(proposal=second, at=DECEMBER, by=ANNA, render=as_data)


def test_up_and_down_again_ends_where_it_began(story: Story) -> None:
    """1.20 + 0.60 at 0.60; then 0.90 a minute (+0.90), then 0.10 (-2.40), then 0.60 (+1.50)."""
    story.bill()
    acme = CallScope(customer_id=story.switch.world.customer.pk, prefix="44")
    net = []
    for nanos in (900_000_000, 100_000_000, 600_000_000):
        story.rate_by((("44", "United Kingdom", nanos, False),))
        rerating = story.apply(str(nanos), acme, at=DECEMBER)
        (proposal,) = queries.proposals(rerating=rerating)
        notes = operations.accept(proposal=proposal, at=DECEMBER, by=ANNA, render=as_data)
        net.append([note.net_micros for note in notes])
        assert story.report(acme, at=DECEMBER).changed == 0
    assert net == [[900_000], [-900_000, -1_500_000], [1_500_000]]
    assert story.amounts() == OLD
    assert check_sums() == []


def test_changes_that_cancel_out_are_on_paper_all_the_same(story: Story) -> None:
    """+44 from 1.80 to 1.56 by 0.52 a minute; +49 from 0.24 to 0.48."""
    story.bill()
    story.rate_by((("44", "UK", 520_000_000, False), ("49", "Germany", 240_000_000, False)))
    acme = CallScope(customer_id=story.switch.world.customer.pk)
    assert story.report(acme, at=DECEMBER).totals[0].difference_micros == 0
    rerating = story.apply("a", acme, at=DECEMBER)
    (proposal,) = queries.proposals(rerating=rerating)
    notes = operations.accept(proposal=proposal, at=DECEMBER, by=ANNA, render=as_data)
    assert [note.net_micros for note in notes] == [240_000, -240_000]
    assert story.report(acme, at=DECEMBER).changed == 0
    assert story.bill("december") == []
    assert check_sums() == []


def test_every_revision_replays_to_its_own_amount(story: Story) -> None:
    story.rate_by(CHEAPER)
    story.apply("a")
    set_rule(story.switch.world, "minimum_seconds", 45, set_at=LATER + timedelta(days=1))
    story.apply("b", at=LATER + timedelta(days=2))
    story.rate_by((("44", "United Kingdom", 990_000_000, False),))
    told = []
    for charge in story.history("2"):  # 30 s
        explanation = explain_charge(charge.pk, charge.started_at)
        assert explanation.equal
        told.append((charge.is_current, charge.amount_micros, explanation.replayed_micros))
    assert told == [(False, 600_000, 600_000), (False, 300_000, 300_000), (True, 0, 0)]


def test_ids_of_another_provider_are_not_there(story: Story) -> None:
    other = make_switch("south")
    strangers = [
        CallScope(customer_id=other.world.customer.pk),
        CallScope(campaign_id=other.world.campaign.pk),
        CallScope(card_id=other.card.pk),
        CallScope(batch_id=999_999),
        CallScope(plan_id=999_999),
    ]
    for scope in strangers:
        with pytest.raises(NotFound):
            story.report(scope)
    assert story.report().calls == 4
    with tenant_scope(other.tenant_id):
        assert queries.difference_report(CallScope(), at=LATER).calls == 0


@pytest.mark.parametrize(
    ("scope", "error"),
    [
        pytest.param(CallScope(prefix="44a"), FieldInvalid, id="letters in a prefix"),
        pytest.param(CallScope(first=LATER, last=NOON), EmptyPeriod, id="ends before it begins"),
        pytest.param(
            CallScope(first=datetime(2026, 1, 1)), FieldInvalid, id="a bare time"  # noqa: DTZ001  # meant
        ),
    ],
)  # fmt: skip
def test_a_scope_that_is_none(story: Story, scope: CallScope, error: type[Exception]) -> None:
    with pytest.raises(error):
        story.report(scope)


def test_an_empty_period_is_told_in_the_providers_time(story: Story) -> None:
    with pytest.raises(EmptyPeriod) as told:
        story.report(CallScope(first=LATER, last=NOON))
    assert str(told.value) == (
        "No time is from 2026-11-20 01:00 to 2026-11-02 13:00 (Europe/Berlin):"
        " end after the beginning."
    )


def test_calls_of_many_spans_are_each_priced_by_their_own(story: Story) -> None:
    """A version from 12:02 on: the calls before it keep their price."""
    add_version(story.switch.card, 2, NOON + timedelta(minutes=2), CHEAPER)
    assert story.report().changed == 2
    story.apply("a")
    assert story.amounts() == OLD | {"3": 480_000, "4": 300_000}
    versions = Charge.objects.filter(is_current=True).values_list("card_version__number")
    assert sorted(number for (number,) in versions) == [1, 1, 2, 2]


def test_a_call_that_meets_the_next_version_is_priced_by_both(story: Story) -> None:
    """Answered at 12:00:05 for 61 s: its first minute at 0.60, the second, begun later, at 0.30."""
    since = NOON + timedelta(seconds=35)
    add_version(story.switch.card, 2, since, CHEAPER, published_at=LATER)
    report = story.report()
    assert (report.priced_individually, report.sentences) == (1, (
        "1 calls were priced one by one, all others by the compiled kernel: they last into another"
        " version of their card, share allowances with a billed call that stays, or are few between"
        " others' turns at a pool.",
    ))  # fmt: skip
    story.apply("a")
    assert story.amounts() == NEW | {"1": 900_000}
    assert story.report().changed == 0
    assert all(explain_charge(one.pk, one.started_at).equal for one in story.history("1"))


def test_what_just_came_in_costs_what_re_rating_says(story: Story) -> None:
    """Also a call over a change of version, of prices and of rules."""
    add_version(story.switch.card, 2, NOON + timedelta(seconds=35), CHEAPER)
    set_rule(story.switch.world, "second_rounding", "down", since=NOON + timedelta(minutes=6))
    batch = story.take(
        Row(key=11, seconds=61, minute=0), Row(key=12, seconds=30, minute=6), Row(key=13, minute=7)
    )
    assert story.report(CallScope(batch_id=batch)).changed == 0


def test_a_call_is_priced_by_the_rules_of_its_answer_beyond_the_scopes_own_moments(
    story: Story,
) -> None:
    """It began at 12:00 and rang for two minutes; from 12:01 on, set later, another card holds. It
    is the scope's only call, so nothing else reaches as far as its answer."""
    story.take(Row(key=9, account="BETA", minute=60, wait_s=120, seconds=60))
    make_card(story.switch.world, "OTHER", CHEAPER)
    since = NOON + timedelta(minutes=61)
    set_rule(
        story.switch.world, "forced_card", "OTHER", campaign=story.switch.beta, since=since,
        set_at=LATER,
    )  # fmt: skip
    scope = CallScope(first=NOON + timedelta(minutes=30), last=since)
    story.apply("answered later", scope)
    assert story.amounts()["9"] == 300_000
    assert story.amounts()["4"] == 600_000  # answered before
