"""Shares of recurring fees."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollwright.core.billing.fees import (
    Due,
    Entry,
    FeeTerms,
    Interval,
    Piece,
    by_interval,
    due_pieces,
    give_back,
    price_difference,
    share_micros,
    standing,
    take_back,
)
from tollwright.core.billing.periods import Span, overlap


def d(text: str) -> date:
    return date.fromisoformat(text)


def span(first: str, end: str) -> Span:
    return Span(d(first), d(end))


@pytest.mark.parametrize(
    ("fee_micros", "days", "of_days", "currency", "share"),
    [
        (31_000_000, 31, 31, "EUR", 31_000_000),
        (31_000_000, 21, 31, "EUR", 21_000_000),
        (9_990_000, 21, 31, "EUR", 6_770_000),  # 6.767419…
        (9_990_000, 10, 31, "EUR", 3_220_000),  # 3.222580…
        (1_000_000, 1, 200, "EUR", 10_000),  # 0.005, half up
        (1_000, 1, 2, "JPY", 1_000),  # 0.0005 keeps the fee's own three decimals: half up 0.001
        (1_000_000_000, 1, 3, "JPY", 333_000_000),
        (1_000_000, 1, 3, "KWD", 333_000),
        (1_234_567, 30, 30, "EUR", 1_234_567),  # a whole period is the fee, however fine
        (-31_000_000, 10, 31, "EUR", -10_000_000),
    ],
)
def test_share_of_a_fee(
    fee_micros: int, days: int, of_days: int, currency: str, share: int
) -> None:
    found = share_micros(fee_micros=fee_micros, days=days, of_days=of_days, currency=currency)
    assert found == share


EUR = 1_000_000
MONTHLY = FeeTerms(31 * EUR)


@pytest.mark.parametrize(
    ("day", "interval", "count", "anchor", "first", "end"),
    [
        ("2026-10-11", "month", 1, "2001-01-01", "2026-10-01", "2026-11-01"),
        ("2026-10-11", "month", 1, "2001-01-31", "2026-09-30", "2026-10-31"),
        ("2026-10-11", "month", 2, "2001-01-01", "2026-09-01", "2026-11-01"),
        ("2026-10-11", "quarter", 1, "2001-01-01", "2026-10-01", "2027-01-01"),
        ("2026-10-11", "half_year", 1, "2001-01-01", "2026-07-01", "2027-01-01"),
        ("2026-10-11", "year", 1, "2001-01-01", "2026-01-01", "2027-01-01"),
        ("2026-10-11", "year", 1, "2024-02-29", "2026-02-28", "2027-02-28"),
        ("2028-03-01", "year", 1, "2024-02-29", "2028-02-29", "2029-02-28"),
        ("2027-02-27", "month", 1, "2027-01-29", "2027-01-29", "2027-02-28"),
        ("2027-02-28", "month", 1, "2027-01-29", "2027-02-28", "2027-03-29"),
        ("2028-02-29", "month", 1, "2028-01-29", "2028-02-29", "2028-03-29"),
        ("2027-03-29", "month", 1, "2027-01-29", "2027-03-29", "2027-04-29"),
        ("2026-10-11", "week", 1, "2001-01-01", "2026-10-05", "2026-10-12"),
        ("2026-10-11", "week", 2, "2026-10-07", "2026-10-07", "2026-10-21"),
        ("2026-10-11", "day", 3, "2026-10-10", "2026-10-10", "2026-10-13"),
        ("2026-10-11", "quarter", 1, "2026-11-15", "2026-08-15", "2026-11-15"),
    ],
)
def test_intervals_count_from_their_anchor(
    day: str, interval: Interval, count: int, anchor: str, first: str, end: str
) -> None:
    fee = FeeTerms(EUR, interval, count)
    assert fee.interval_at(d(day), d(anchor)) == span(first, end)


@given(
    day=st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    anchor=st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    interval=st.sampled_from(["day", "week", "month", "quarter", "half_year", "year"]),
    count=st.integers(1, 24),
)
def test_intervals_follow_one_another(
    day: date, anchor: date, interval: Interval, count: int
) -> None:
    fee = FeeTerms(EUR, interval, count)
    found = fee.interval_at(day, anchor)
    assert found.first <= day < found.end
    assert fee.interval_at(found.first, anchor) == found
    assert fee.interval_at(found.last, anchor) == found
    assert fee.interval_at(found.end, anchor).first == found.end
    assert fee.interval_at(anchor, anchor).first == anchor


@pytest.mark.parametrize(
    ("fee", "active", "billed", "pieces"),
    [
        (
            MONTHLY,
            ("2026-10-11", "2026-12-01"),  # begun on the 11th, billed in advance to the end of Nov
            [],
            [("2026-10-11", "2026-11-01", 31, 21), ("2026-11-01", "2026-12-01", 30, 31)],
        ),
        (
            MONTHLY,
            ("2026-10-11", "2026-12-01"),
            [("2026-10-11", "2026-11-01")],
            [("2026-11-01", "2026-12-01", 30, 31)],
        ),
        (MONTHLY, ("2026-10-11", "2026-12-01"), [("2026-10-11", "2026-12-01")], []),
        (
            FeeTerms(7 * EUR, "week"),
            ("2026-10-07", "2026-10-19"),
            [],
            [("2026-10-07", "2026-10-12", 7, 5), ("2026-10-12", "2026-10-19", 7, 7)],
        ),
        (
            MONTHLY,
            ("2026-09-01", "2026-12-01"),  # October's invoice was voided: a hole
            [("2026-09-01", "2026-10-01"), ("2026-11-01", "2026-12-01")],
            [("2026-10-01", "2026-11-01", 31, 31)],
        ),
        (
            FeeTerms(31 * EUR, proration="none"),  # begun on the 11th: October in whole
            ("2026-10-11", "2026-11-01"),
            [],
            [("2026-10-11", "2026-11-01", 31, 31)],
        ),
        (
            FeeTerms(31 * EUR, proration="none"),  # the rest of an October that was paid
            ("2026-10-01", "2026-11-01"),
            [("2026-10-01", "2026-10-11")],
            [("2026-10-11", "2026-11-01", 31, 0)],
        ),
        (
            FeeTerms(30 * EUR, of_days=30),  # 15 of 30 days of October, then February whole
            ("2026-10-17", "2026-11-01"),
            [],
            [("2026-10-17", "2026-11-01", 31, 15)],
        ),
        (
            FeeTerms(30 * EUR, of_days=30),
            ("2027-02-01", "2027-03-01"),
            [],
            [("2027-02-01", "2027-03-01", 28, 30)],
        ),
    ],
    ids=[
        "begins", "next", "all-billed", "weekly", "hole", "whole", "whole-once", "of-30",
        "of-30-whole",
    ],
)  # fmt: skip
def test_pieces_that_are_due(
    fee: FeeTerms,
    active: tuple[str, str],
    billed: list[tuple[str, str]],
    pieces: list[tuple[str, str, int, int]],
) -> None:
    found = due_pieces(
        fee=fee,
        active=span(*active),
        billed=tuple(span(*pair) for pair in billed),
        anchor=fee.counts_from(starts_on=d("2026-10-11"), bill_day=1),
        currency="EUR",
    )
    assert found == tuple(
        Piece(span(first, end), of_days, euros * EUR) for first, end, of_days, euros in pieces
    )
    assert [piece.whole for piece in found] == [piece.span.days == piece.of_days for piece in found]


def test_from_10_august_50_a_month_is_35_48() -> None:
    assert FeeTerms(50 * EUR).share(22, 31, "EUR") == 35_480_000


def back(entries: list[Entry], ends: str, fee: FeeTerms = MONTHLY) -> list[tuple[str, str, int]]:
    """(first day, end, micros) of what is given back when it ends before that day."""
    found = give_back(fee=fee, entries=entries, ends=d(ends), currency="EUR")
    return [
        (f"{one.span.first:%d.%m}", f"{one.span.end:%d.%m}", one.amount_micros) for one in found
    ]


def test_days_paid_in_advance_are_given_back_once() -> None:
    """30 for November; it ends after the 10th: 20 of 30 days come back, and only once."""
    fee = FeeTerms(30 * EUR)
    november = Entry(1, span("2026-11-01", "2026-12-01"), 30 * EUR, of_days=30)
    assert back([november], "2026-11-11", fee) == [("11.11", "01.12", -20_000_000)]
    given = Entry(2, span("2026-11-11", "2026-12-01"), -20_000_000, of=1)
    assert back([november, given], "2026-11-11", fee) == []
    older = Entry(2, span("2026-11-11", "2026-12-01"), -20_000_000)  # goes by its days
    assert back([november, older], "2026-11-11", fee) == []
    assert back([november], "2026-12-01", fee) == []
    assert back([november], "2026-11-11", FeeTerms(30 * EUR, unused="keep")) == []


def test_the_end_moves_day_by_day_as_if_at_once() -> None:
    """31, 30, 29, 28 January on a fee of 10: 9.03 are kept; each give-back rounded alone: 9.04."""
    fee = FeeTerms(10 * EUR)
    entries = [Entry(1, span("2027-01-01", "2027-02-01"), 10 * EUR, of_days=31)]
    for number, ends in enumerate(("2027-01-31", "2027-01-30", "2027-01-29"), start=2):
        (due,) = give_back(fee=fee, entries=entries, ends=d(ends), currency="EUR")
        entries.append(Entry(number, due.span, due.amount_micros, of=due.of))
    assert standing(entries)[0].micros == 9_030_000
    assert back(entries[:1], "2027-01-29", fee) == [("29.01", "01.02", -970_000)]


@pytest.mark.parametrize(
    ("fee", "steps"),
    [
        (FeeTerms(10 * EUR), [9_030_000, 320_000, 330_000, 320_000]),  # each alone 0.32: 9.99
        (FeeTerms(30 * EUR, of_days=30), [28_000_000, 1_000_000, 1_000_000, 0]),  # else 31.00
    ],
    ids=["own-days", "of-30"],
)
def test_an_end_that_moves_on_costs_what_it_would_at_once(fee: FeeTerms, steps: list[int]) -> None:
    """28, 29, 30, 31 January: each part costs what it adds, the month the fee."""
    entries: list[Entry] = []
    january = span("2027-01-01", "2027-02-01")
    for number, last in enumerate(("2027-01-29", "2027-01-30", "2027-01-31", "2027-02-01")):
        stands = standing(entries)
        (piece,) = due_pieces(
            fee=fee, active=span("2027-01-01", last), anchor=d("2001-01-01"), currency="EUR",
            billed=tuple(part for one in stands for part in one.spans), stands=stands,
        )  # fmt: skip
        assert piece.amount_micros == steps[number]
        if piece.amount_micros:
            entries.append(Entry(number, piece.span, piece.amount_micros, 31, interval=january))
    assert sum(entry.amount_micros for entry in entries) == fee.amount_micros
    found = give_back(fee=fee, entries=entries, ends=d("2027-01-16"), currency="EUR")
    left = fee.amount_micros + sum(due.amount_micros for due in found)
    assert left == fee.share(15, 31, "EUR")
    stands = standing([*entries, *(
        Entry(10 + place, due.span, due.amount_micros, of=due.of)
        for place, due in enumerate(found)
    )])  # fmt: skip
    (group,) = by_interval(stands)
    assert price_difference(fee, group, "EUR") is None


@pytest.mark.parametrize(
    ("first", "end", "micros"),
    [
        ("2026-08-10", "2026-09-01", 35_480_000),  # 22 of 31 days, all of 24 hours
        ("2026-10-25", "2026-11-01", 11_340_000),  # 608 400 of 2 682 000 s; by days 11.29
        ("2026-10-01", "2026-11-01", 50_000_000),
    ],
)
def test_a_part_by_seconds(first: str, end: str, micros: int) -> None:
    (piece,) = due_pieces(
        fee=FeeTerms(50 * EUR, proration="second"), active=span(first, end), billed=(),
        anchor=d("2001-01-01"), currency="EUR", zone="Europe/Berlin",
    )  # fmt: skip
    assert piece.amount_micros == micros


@pytest.mark.parametrize(
    ("notes", "given"),
    [(-100, []), (-70, [("01.02", "01.03", -30 * EUR)]), (20, [("01.02", "01.03", -100 * EUR)])],
    ids=["credited-whole", "credited-in-part", "debited"],
)
def test_never_more_goes_back_than_stands(notes: int, given: list[tuple[str, str, int]]) -> None:
    """100 for February, then a note on it, then it ends on 31 January."""
    february = Entry(
        1, span("2027-02-01", "2027-03-01"), 100 * EUR, of_days=28, notes_micros=notes * EUR
    )
    assert back([february], "2027-02-01", FeeTerms(100 * EUR)) == given


def test_what_was_given_back_from_a_void_document_is_taken_back() -> None:
    """January 31.00 is void since; 11.00 of it stand as given back on February's invoice."""
    days = span("2027-01-21", "2027-02-01")
    given = Entry(2, days, -11 * EUR, of=1)
    assert take_back([given]) == (Due(days, 11 * EUR, 2),)
    older = Entry(2, days, -11 * EUR)
    assert take_back([older]) == (Due(days, 11 * EUR, 2),)
    taken = Entry(4, days, 11 * EUR, of=2)
    assert take_back([given, taken]) == ()
    assert take_back([taken]) == (Due(days, -11 * EUR, 4),)  # February's is void too
    january = Entry(1, span("2027-01-01", "2027-02-01"), 31 * EUR, of_days=31)
    assert take_back([january, given]) == ()
    assert take_back([january, older]) == ()


# A fee billed by the month in advance while its end moves about, documents are voided and billed
# again: what stands is what its days cost, as if all had been known at once.
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("bill"), st.integers(1, 4)),
        st.tuples(st.just("end"), st.integers(0, 120)),
        st.tuples(st.just("void"), st.integers(0, 10)),
    ),
    max_size=12,
)


@given(moves=MOVES, micros=st.integers(100, 3_000).map(lambda cents: cents * 10_000))
def test_each_day_is_billed_once_and_costs_its_share(
    moves: list[tuple[str, int]], micros: int
) -> None:
    fee, start = FeeTerms(micros), d("2027-01-01")
    documents: dict[int, list[Entry]] = {}
    ends, until = date(2027, 5, 1), start
    for what, number in [*moves, ("bill", 4)]:
        if what == "end":
            ends = start + timedelta(days=number)
        elif what == "void" and documents:
            documents.pop(sorted(documents)[number % len(documents)])
        elif what == "bill":
            until = max(until, date(2027, number + 1, 1))
            lines = _bill(fee, documents, Span(start, until), ends)
            documents[max(documents, default=0) + 1] = lines
    entries = [entry for number in sorted(documents) for entry in documents[number]]
    days = sorted(
        day.toordinal()
        for one in standing(entries)
        for part in one.spans
        for day in (part.first + timedelta(days=n) for n in range(part.days))
    )
    last = min(ends, until)
    assert days == list(range(start.toordinal(), last.toordinal()))
    due = Fraction(0)
    for day in days:
        due += Fraction(micros, fee.interval_at(date.fromordinal(day), start).days)
    assert abs(sum(entry.amount_micros for entry in entries) - due) <= 10_000 * len(documents)


def _bill(fee: FeeTerms, documents: dict[int, list[Entry]], whole: Span, ends: date) -> list[Entry]:
    entries = [entry for number in sorted(documents) for entry in documents[number]]
    stands = standing(entries)
    covered = tuple(part for one in stands for part in one.spans)
    active = overlap(whole, Span(date.min, ends)) if ends > date.min else None
    pieces = () if active is None else due_pieces(
        fee=fee, active=active, billed=covered, anchor=whole.first, currency="EUR", stands=stands
    )  # fmt: skip
    back = take_back(entries) + give_back(fee=fee, entries=entries, ends=ends, currency="EUR")
    found = [
        Entry(0, piece.span, piece.amount_micros, piece.of_days, interval=piece.interval)
        for piece in pieces
    ] + [Entry(0, due.span, due.amount_micros, of=due.of) for due in back]
    last = max((entry.id for entry in entries), default=0)
    numbers = itertools.count(max(last, _LAST[0]) + 1)
    found = [replace(entry, id=next(numbers)) for entry in found]
    _LAST[0] = max([_LAST[0], *(entry.id for entry in found)])
    return found


_LAST = [0]  # no number is given twice, as in the database


@given(
    first=st.dates(date(2026, 1, 1), date(2026, 6, 1)),
    length=st.integers(1, 400),
    interval=st.sampled_from(["day", "week", "month", "quarter", "half_year", "year"]),
    count=st.integers(1, 3),
)
def test_pieces_cover_the_days_once(
    first: date, length: int, interval: Interval, count: int
) -> None:
    active = Span(first, date.fromordinal(first.toordinal() + length))
    pieces = due_pieces(
        fee=FeeTerms(EUR, interval, count), active=active, billed=(), anchor=first, currency="EUR"
    )
    assert sum(piece.span.days for piece in pieces) == length
    assert pieces[0].span.first == active.first
    assert pieces[-1].span.end == active.end
    assert all(a.span.end == b.span.first for a, b in itertools.pairwise(pieces))
    assert all(piece.span.days <= piece.of_days for piece in pieces)
