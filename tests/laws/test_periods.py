"""Periods of pools, fees and invoices are the same periods, whatever the rules said and when."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.billing import ANNA, Books, as_data, open_books
from tests.support.world import World
from tollwright.core.billing.periods import BEFORE, CYCLES, Calendar, Period, PeriodTerms
from tollwright.data.models import Charge, Invoice, InvoiceLine
from tollwright.data.scope import tenant_scope
from tollwright.domain.database import database
from tollwright.domain.invoices import operations
from tollwright.domain.invoices.terms import calendar_of
from tollwright.domain.rules.operations import set_rule
from tollwright.engine.rating.periods import read_periods
from tollwright.engine.rating.terms import read_book
from tollwright.store.calls import cursor_on

ZONES = (
    "Europe/Berlin", "Asia/Tokyo", "America/New_York", "UTC", "Asia/Kathmandu",
    "Pacific/Kiritimati", "Pacific/Pago_Pago",
)  # fmt: skip
FIRST, LAST = datetime(2026, 9, 20, tzinfo=UTC), datetime(2026, 12, 20, tzinfo=UTC)
MOMENTS = st.datetimes(
    FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None), timezones=st.just(UTC)
)
TERMS = st.builds(
    PeriodTerms, st.sampled_from(CYCLES), st.sampled_from(ZONES), st.sampled_from([1, 15, 31])
)
RULES = st.one_of(
    st.tuples(st.just("cycle"), st.sampled_from(CYCLES)),
    st.tuples(st.just("timezone"), st.sampled_from(ZONES)),
    st.tuples(st.just("bill_day"), st.sampled_from([1, 15, 31])),
)
# (now, what is said now and from when on; nothing said: billing is run and issued)
EVENTS = st.lists(
    st.tuples(MOMENTS, st.none() | st.tuples(RULES, MOMENTS, st.sampled_from(["tenant", "own"]))),
    min_size=1,
    max_size=8,
)


def walk(calendar: Calendar, since: datetime = FIRST, until: datetime = LAST) -> list[Period]:
    """Every period that holds a moment between the two."""
    found = [calendar.at(since)]
    while found[-1].until <= until:
        found.append(calendar.at(found[-1].until))
    return found


@given(
    changes=st.dictionaries(MOMENTS, TERMS, max_size=6),
    first=TERMS,
    anchor=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    asked=st.lists(MOMENTS, min_size=1, max_size=20),
    later=st.dictionaries(MOMENTS, TERMS, max_size=4),
    kept=st.sets(st.integers(0, 150), max_size=30),
)
def test_a_calendar_is_contiguous_and_what_is_issued_stands(
    changes: dict[datetime, PeriodTerms],
    first: PeriodTerms,
    anchor: date,
    asked: list[datetime],
    later: dict[datetime, PeriodTerms],
    kept: set[int],
) -> None:
    """Some of its periods are issued, then the rules are others, of the past too."""
    before = Calendar([(BEFORE, first), *sorted(changes.items())], anchor)
    _follow_one_another(before, asked)
    issued = [period for place, period in enumerate(walk(before)) if place in kept]
    after = Calendar([(BEFORE, first), *sorted((changes | later).items())], anchor, issued)
    _follow_one_another(after, asked)
    assert set(issued) <= set(walk(after))


def _follow_one_another(calendar: Calendar, asked: list[datetime]) -> None:
    periods = walk(calendar)
    for one, following in itertools.pairwise(periods):
        assert one.until == following.since
        assert one.days.end == following.days.first
    for moment in asked:
        (period,) = [one for one in periods if one.since <= moment < one.until]
        assert calendar.at(moment) == period
        day = calendar.day(moment)
        assert period.days.first <= day < period.days.end
        assert calendar.on(day) == period
        assert period.since <= calendar.begins(day) < period.until


@pytest.fixture
def books(world: World) -> Iterator[Books]:
    with tenant_scope(world.tenant.pk):
        yield open_books(world)


@given(events=EVENTS, anchor=st.dates(date(2026, 9, 20), date(2026, 10, 5)))
@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    print_blob=True,
)
def test_pools_and_invoices_have_the_same_periods(
    books: Books, events: list[Any], anchor: date
) -> None:
    """Rules of provider and customer, of the past and to come, between billing runs; a call every
    53 hours. Invoices follow one another but where nothing is due, are the pools' periods, and hold
    each call once."""
    with transaction.atomic():
        customer = books.world.customer
        books.subscribe(
            [("support", 1_000_000, "arrears")], starts_on=anchor.isoformat(), interval="day"
        )
        moment = FIRST
        while moment < LAST:
            books.call(moment.replace(tzinfo=None).isoformat(), 1_000)
            moment += timedelta(hours=53)
        for place, (now, said) in enumerate(sorted(events, key=lambda event: event[0])):
            if said is None:
                _bill(f"run {place}", now)
                continue
            (name, value), since, whose = said
            scope: Any = "tenant" if whose == "tenant" else customer
            set_rule(setting=name, value=value, scope=scope, effective_from=since, at=now, by=ANNA)
        _bill("last", LAST)
        _hold(books, anchor)
        transaction.set_rollback(True)


def _bill(key: str, until: datetime) -> None:
    run = operations.run_billing(until=until, key=key, at=until, by=ANNA)
    issued = operations.finalise_run(run=run, at=until, by=ANNA, render=as_data)
    assert issued.left == ()


def _hold(books: Books, plan_begins: date) -> None:
    customer = books.world.customer
    invoices = list(Invoice.objects.filter(document_type="invoice").order_by("period_from"))
    assert invoices
    for one, following in itertools.pairwise(invoices):
        if one.days.end < following.days.first:  # then nothing was due on the days between
            assert following.days.first <= plan_begins
            assert not Charge.objects.filter(
                started_at__gte=one.period_to, started_at__lt=following.period_from
            )
            continue
        assert (one.period_to, one.days.end) == (following.period_from, following.days.first)
    cursor = cursor_on(database())
    pools = read_periods(cursor, read_book(cursor), [customer.pk])
    calendar = calendar_of(customer)
    for invoice in invoices:
        for moment in (invoice.period_from, invoice.period_to - timedelta(microseconds=1)):
            assert pools.of(customer.pk, moment) == (invoice.period_from, invoice.period_to)
            assert calendar.at(moment) == pools.calendar(customer.pk).at(moment)
        assert calendar.at(invoice.period_from).days == invoice.days
    line_of = dict(InvoiceLine.objects.values_list("pk", "invoice_id"))
    billed = Charge.objects.exclude(invoice_line_id=None)
    assert {one.pk: line_of[one.invoice_line_id or 0] for one in billed} == {
        charge.pk: invoice.pk
        for charge in Charge.objects.all()
        for invoice in invoices
        if invoice.period_from <= charge.started_at < invoice.period_to
    }
