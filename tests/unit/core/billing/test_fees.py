"""Shares of recurring fees."""

from __future__ import annotations

import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollwright.core.billing.fees import Billed, Piece, Refund, due_pieces, refunds, share_micros
from tollwright.core.billing.periods import Cycle, Span


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


@pytest.mark.parametrize(
    ("active", "billed", "cycle", "pieces"),
    [
        (
            ("2026-10-11", "2026-12-01"),  # begun on the 11th, billed in advance to the end of Nov
            [],
            "monthly",
            [("2026-10-11", "2026-11-01", 31), ("2026-11-01", "2026-12-01", 30)],
        ),
        (
            ("2026-10-11", "2026-12-01"),
            [("2026-10-11", "2026-11-01")],
            "monthly",
            [("2026-11-01", "2026-12-01", 30)],
        ),
        (("2026-10-11", "2026-12-01"), [("2026-10-11", "2026-12-01")], "monthly", []),
        (
            ("2026-10-01", "2026-10-20"),  # ends on the 19th
            [],
            "monthly",
            [("2026-10-01", "2026-10-20", 31)],
        ),
        (
            ("2026-10-07", "2026-10-19"),
            [],
            "weekly",
            [("2026-10-07", "2026-10-12", 7), ("2026-10-12", "2026-10-19", 7)],
        ),
        (
            ("2026-09-01", "2026-12-01"),  # October's invoice was voided: a hole
            [("2026-09-01", "2026-10-01"), ("2026-11-01", "2026-12-01")],
            "monthly",
            [("2026-10-01", "2026-11-01", 31)],
        ),
    ],
    ids=["begins", "next", "all-billed", "ends", "weekly", "hole"],
)
def test_pieces_that_are_due(
    active: tuple[str, str],
    billed: list[tuple[str, str]],
    cycle: Cycle,
    pieces: list[tuple[str, str, int]],
) -> None:
    found = due_pieces(
        active=span(*active),
        billed=tuple(span(*pair) for pair in billed),
        cycle=cycle,
        anchor=d("2026-10-11"),
    )
    assert found == tuple(Piece(span(first, end), of_days) for first, end, of_days in pieces)
    assert [piece.whole for piece in found] == [piece.span.days == piece.of_days for piece in found]


def test_days_paid_in_advance_are_given_back_once() -> None:
    """30 for November; it ends after the 10th: 20 of 30 days come back, and only once."""
    november = Billed(span("2026-11-01", "2026-12-01"), 30_000_000)
    found = refunds(billed=(november,), ends=d("2026-11-11"), currency="EUR")
    assert found == (Refund(span("2026-11-11", "2026-12-01"), -20_000_000),)
    given_back = Billed(found[0].span, found[0].amount_micros)
    assert refunds(billed=(november, given_back), ends=d("2026-11-11"), currency="EUR") == ()
    assert refunds(billed=(november,), ends=d("2026-12-01"), currency="EUR") == ()


@given(
    first=st.dates(date(2026, 1, 1), date(2026, 6, 1)),
    length=st.integers(1, 400),
    cycle=st.sampled_from(["weekly", "monthly", "anniversary", "day"]),
)
def test_pieces_cover_the_days_once(first: date, length: int, cycle: Cycle) -> None:
    active = Span(first, date.fromordinal(first.toordinal() + length))
    pieces = due_pieces(active=active, billed=(), cycle=cycle, anchor=first)
    assert sum(piece.span.days for piece in pieces) == length
    assert pieces[0].span.first == active.first
    assert pieces[-1].span.end == active.end
    assert all(a.span.end == b.span.first for a, b in itertools.pairwise(pieces))
    assert all(piece.span.days <= piece.of_days for piece in pieces)
