"""Calls that share pools, re-rated: each in its turn, and those after it with what is left.

RETAIL costs 0.60 to +44 and 0.12 to +49, a whole minute at a time; the calls of ROWS came in
without allowances: Acme's 61 s and 30 s to London and 61 s to Berlin, Beta's 60 s to London.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.rerating.conftest import DECEMBER, LATER, Story
from tests.integration.rerating.test_what_if import NOVEMBER, draft, minute
from tests.support.billing import ANNA, as_data
from tests.support.switch import NOON, RATES, Row, add_version
from tests.support.world import START
from tollwright.data.models import AllowanceUse, Charge, Invoice, RerateProposal
from tollwright.domain.calls.queries import explain_charge
from tollwright.domain.invoices import operations as invoices
from tollwright.domain.invoices.queries import check_sums
from tollwright.domain.rates.operations import save_draft
from tollwright.domain.rerating import operations
from tollwright.domain.rerating.scope import CallScope
from tollwright.domain.rerating.whatif import WhatIfRequest, what_if

JANUARY = DECEMBER + timedelta(days=40)
FREE: dict[str, object] = {"name": "free", "prefixes": ["44"], "unit": "seconds", "amount": 100}
Rates = Sequence[tuple[str, str, int, bool]]


def version(story: Story, *allowances: dict[str, object], rates: Rates = RATES) -> None:
    """Another version of RETAIL, from START on."""
    story.versions += 1
    add_version(story.switch.card, story.versions, START, rates, allowances)


def london(nanos: int) -> Rates:
    return [("44", "United Kingdom", nanos, False), ("49", "Germany", 120_000_000, False)]


def all_explain() -> bool:
    """Every charge of every revision replays to its own amount."""
    return all(explain_charge(one.pk).equal for one in Charge.objects.order_by("id"))


def accept_all(story: Story) -> list[Invoice]:
    return [
        note
        for one in RerateProposal.objects.filter(status="proposed").order_by("id")
        for note in operations.accept(proposal=one, at=JANUARY, by=ANNA, render=as_data)
    ]


def test_calls_come_to_share_a_pool(story: Story) -> None:
    """61 and 30 of Acme's 100 s, 60 of Beta's; the call to Berlin has no part in it."""
    version(story, FREE)
    report = story.report()
    assert (report.calls, report.changed, report.outside, report.again) == (4, 3, 0, 0)
    assert report.refused == {}
    story.apply("first")
    assert story.amounts() == {"1": 0, "2": 0, "3": 240_000, "4": 0}
    assert story.days() == [("AUTUMN", 1, 1, 0, 0), ("SPRING", 4, 3, 120, 240_000)]
    drawn = AllowanceUse.objects.order_by("answered_at").values_list("before", "taken")
    assert list(drawn) == [(0, 61), (61, 30), (0, 60)]
    assert (story.report().changed, story.report().again) == (0, 0)
    with pytest.raises(operations.NothingChanges):
        story.apply("second")
    assert all_explain()


def test_calls_outside_the_scope_move_with_it(story: Story) -> None:
    """Of 100 s the first call has 61, the second 30, and 9 are left for the last one, of a minute.
    Then Berlin's 61 s come to the same pool, between them: nothing is left for the last one."""
    version(story, FREE)
    story.take(Row(key=6, seconds=60, minute=6))
    story.apply("before", CallScope(prefix="44"))
    assert story.amounts() == {"1": 0, "2": 0, "3": 240_000, "4": 0, "6": 600_000}
    version(story, FREE | {"prefixes": ["44", "49"]}, rates=RATES)
    scope = CallScope(prefix="49")
    report = story.report(scope)
    # Berlin: 9 s free, 52 are a minute begun: 0.12. The last: a minute, as before, but 0 s free
    assert (report.calls, report.changed, report.outside, report.again) == (1, 1, 0, 1)
    story.apply("berlin", scope)
    assert story.amounts() == {"1": 0, "2": 0, "3": 120_000, "4": 0, "6": 600_000}
    version(story, FREE | {"prefixes": ["44"]})
    story.apply("and back", scope)
    version(story, FREE | {"prefixes": ["44"], "amount": 160})
    first = CallScope(last=NOON + timedelta(seconds=30))
    assert story.report(first).outside == 0  # the other calls keep their version's pool of 100 s
    assert all_explain()


def test_a_call_that_takes_less_leaves_more_to_the_others(story: Story) -> None:
    """Only what is sold to London by then shares the 60 s: the first call takes them all."""
    version(story, FREE | {"amount": 60})
    story.apply("free", CallScope(customer_id=story.switch.world.customer.pk))
    assert story.amounts() | {"4": 0} == {"1": 600_000, "2": 600_000, "3": 240_000, "4": 0}
    version(story)  # no allowances any more
    first = CallScope(last=NOON + timedelta(seconds=30))
    report = story.report(first)
    assert (report.calls, report.changed, report.outside) == (1, 1, 1)
    assert [row.difference_micros for row in report.totals] == [0]  # 0.60 more, and 0.60 less
    assert any("1 calls outside the scope change too" in told for told in report.sentences)
    rerating = story.apply("first", first, at=DECEMBER)
    assert (rerating.calls, rerating.revised, rerating.proposed) == (1, 2, 0)
    assert story.amounts()["1"] == 1_200_000
    assert story.amounts()["2"] == 0
    assert story.history("2")[-1].rated_at == LATER  # by the rules it was rated by
    assert story.report(first).outside == 0
    assert all_explain()


def test_invoiced_calls_of_a_pool_become_proposals(story: Story) -> None:
    """All is invoiced; then 100 s turn out to be free."""
    acme = CallScope(customer_id=story.switch.world.customer.pk)
    story.bill()
    version(story, FREE)
    assert story.apply("first", acme, at=JANUARY).proposed == 2
    assert story.report(acme, at=JANUARY).waiting == 2
    (note,) = accept_all(story)
    assert (note.document_type, note.net_micros) == ("credit_note", -1_800_000)
    assert {key: story.amounts()[key] for key in "123"} == {"1": 0, "2": 0, "3": 240_000}
    assert story.report(acme, at=JANUARY).changed == 0
    assert check_sums() == []
    assert all_explain()


def test_what_a_proposal_would_take_is_taken_until_it_is_rejected(story: Story) -> None:
    """A late call of 60 s gets the 9 s that the proposal leaves of 100; then all it needs."""
    acme = CallScope(customer_id=story.switch.world.customer.pk)
    story.bill()
    version(story, FREE)
    story.apply("first", acme, at=JANUARY)
    story.take(Row(key=9, seconds=60, minute=9))
    assert (story.amounts()["9"], story.history("9")[-1].allowance_s) == (600_000, 9)
    operations.reject(
        proposal=RerateProposal.objects.get(), reason="not agreed", at=JANUARY, by=ANNA
    )
    assert story.amounts()["9"] == 0
    assert story.amounts()["1"] == 1_200_000
    assert AllowanceUse.objects.exclude(charge_id__in=Charge.objects.values("id")).count() == 0
    assert all_explain()


def test_a_late_call_gets_its_turn_back_when_its_period_is_re_rated(story: Story) -> None:
    """It came after the invoice and shares what was left. Re-rated, it goes first."""
    version(story, FREE)
    story.apply("free")
    story.bill()
    story.take(Row(key=9, seconds=60, minute=-5))
    assert (story.amounts()["9"], story.amounts()["1"]) == (600_000, 0)  # 9 s of 60 were left
    report = story.report(CallScope(first=NOON - timedelta(hours=1), last=NOON), at=JANUARY)
    assert (report.calls, report.changed, report.outside) == (1, 1, 2)
    story.apply("turn", CallScope(first=NOON - timedelta(hours=1), last=NOON), at=JANUARY)
    (note,) = accept_all(story)
    # 60 s free; 40 of 61 s free, a minute begun; nothing left: two minutes of 0.60 are due
    assert {key: story.amounts()[key] for key in "912"} == {"9": 0, "1": 600_000, "2": 600_000}
    assert (note.document_type, note.net_micros) == ("debit_note", 1_200_000)
    assert all_explain()


def test_an_issued_charge_whose_amount_stays_keeps_what_it_drew(story: Story) -> None:
    """All of Acme's is free and invoiced. By the next version it would be free by another pool: the
    charges stay, and so does what they took of the first."""
    version(story, FREE)
    story.apply("free")
    story.bill()
    version(story, FREE | {"name": "other"})
    acme = CallScope(customer_id=story.switch.world.customer.pk)
    assert (story.report(acme, at=JANUARY).changed, story.report(acme, at=JANUARY).again) == (0, 0)
    with pytest.raises(operations.NothingChanges):
        story.apply("again", acme, at=JANUARY)


def test_voiding_an_invoice_frees_its_calls_for_their_turn(story: Story) -> None:
    """A late call shares what the invoice left; when the invoice is void, it goes first."""
    version(story, FREE)
    story.apply("free")
    (acme,) = story.bill()
    story.take(Row(key=9, seconds=60, minute=-5))
    assert (story.amounts()["9"], story.amounts()["1"]) == (600_000, 0)
    invoices.void(invoice=acme, reason="Oops", at=JANUARY, by=ANNA)
    assert {key: story.amounts()[key] for key in "912"} == {"9": 0, "1": 600_000, "2": 600_000}
    assert all_explain()


def test_a_what_if_draws_on_the_drafts_own_pools(story: Story) -> None:
    """Acme: 60 of 61 s free, a second is a minute begun; nothing for the next. Beta's minute is."""
    free = [FREE | {"amount": 60}]
    data = {"rates": [minute("44", "0.60"), minute("49", "0.12")], "allowances": free}
    version = save_draft(card=story.switch.card, data=data, at=LATER, by=ANNA)
    before = story.written()
    found = what_if(WhatIfRequest(version=version), NOVEMBER, at=LATER)
    assert [(line.customer, line.difference_micros) for line in found.lines] == [
        ("Acme Ltd", -600_000), ("Beta Ltd", -600_000),
    ]  # fmt: skip
    assert "full when a billing period begins" in found.sentences[0]
    assert story.written() == before
    assert AllowanceUse.objects.count() == 0
    bare = what_if(WhatIfRequest(version=draft(story, [minute("44", "0.60")])), NOVEMBER, at=LATER)
    assert not bare.shares


# Whatever scopes are re-rated in whatever order: the same charges, and once more changes nothing.

CALLS = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from([1, 30, 60, 61, 150]), st.booleans()),
    min_size=1, max_size=6,
)  # fmt: skip
POOLS: tuple[dict[str, object], ...] = (
    FREE,
    {"name": "calls", "unit": "calls", "amount": 1, "weight": 5, "per": "campaign"},
    {"name": "money", "unit": "money", "amount": "0.90"},
)
SCOPES = ("first=12:00-12:04", "44", "49", "beta")


def scopes(story: Story) -> dict[str, CallScope]:
    return {
        "first=12:00-12:04": CallScope(first=NOON, last=NOON + timedelta(minutes=4)),
        "44": CallScope(prefix="44"),
        "49": CallScope(prefix="49"),
        "beta": CallScope(customer_id=story.switch.beta.customer_id),
    }


def rows(calls: Sequence[tuple[int, int, bool]], key: int) -> list[Row]:
    numbers = ("+442079460000", "+4930987654")
    return [
        Row(key=key + n, minute=at, seconds=s, called=numbers[far],
            account=("ACME", "BETA")[n % 3 == 2])
        for n, (at, s, far) in enumerate(calls)
    ]  # fmt: skip


def changes(story: Story, name: str) -> bool:
    report = story.report(scopes(story)[name], at=JANUARY)
    return bool(report.open or report.invoiced)


def re_rated(story: Story, order: Sequence[str]) -> dict[str, int]:
    """Re-rate the scopes in this order, all proposals accepted; what calls then cost."""
    for name in order:
        if changes(story, name):
            story.apply(f"run {name}", scopes(story)[name], at=JANUARY)
            accept_all(story)
            assert not changes(story, name)
    assert all_explain()
    assert check_sums() == []
    return story.amounts()


@settings(
    max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(
    calls=CALLS, late=CALLS, issued=st.booleans(), dearer=st.booleans(),
    amount=st.sampled_from([0, 60, 100, 200]), orders=st.tuples(*[st.permutations(SCOPES)] * 2),
)  # fmt: skip
def test_the_order_of_re_ratings_does_not_matter(
    story: Story,
    calls: list[tuple[int, int, bool]],
    late: list[tuple[int, int, bool]],
    issued: bool,
    dearer: bool,
    amount: int,
    orders: tuple[list[str], list[str]],
) -> None:
    """But for issued charges whose amount stays: they keep their terms, and what they drew."""
    with transaction.atomic():
        version(story, *POOLS)
        story.take(*rows(calls, 100))
        if issued:
            story.bill()
        story.take(*rows(late, 200))
        rates = london(900_000_000) if dearer else RATES
        version(story, *([FREE | {"amount": amount}, *POOLS[1:]] if amount else ()), rates=rates)
        found = []
        for order in orders:
            with transaction.atomic():
                found.append(re_rated(story, order))
                assert issued or not any(changes(story, name) for name in order)
                transaction.set_rollback(True)
        assert issued or found[0] == found[1]
        transaction.set_rollback(True)
    story.versions = 1
    connection.check_constraints()
