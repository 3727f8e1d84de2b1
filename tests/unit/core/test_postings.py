"""Every event of money as postings that sum to zero."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollwright.core.postings import (
    Postings,
    invoice_postings,
    payment_postings,
    reversal,
    write_off_postings,
)

AMOUNTS = st.integers(-(10**15), 10**15)


def said(postings: Postings) -> dict[str, int]:
    return {row.account: row.amount_micros for row in postings}


def test_an_invoice_is_owed_and_earned() -> None:
    found = invoice_postings(net_micros=109_387_290, tax_micros=20_780_000, rounding_micros=2_710)
    assert said(found) == {
        "receivable": 130_170_000,
        "revenue": -109_387_290,
        "tax": -20_780_000,
        "rounding": -2_710,
    }


def test_a_credit_note_is_the_mirror() -> None:
    parts = {"net_micros": 100, "tax_micros": 19, "rounding_micros": 1}
    credit = invoice_postings(**{name: -amount for name, amount in parts.items()})
    assert credit == reversal(invoice_postings(**parts))


def test_a_payment_and_a_write_off_lower_what_is_owed() -> None:
    assert said(payment_postings(50)) == {"cash": 50, "receivable": -50}
    assert said(write_off_postings(50)) == {"write_off": 50, "receivable": -50}


def test_zero_postings_are_left_out() -> None:
    found = invoice_postings(net_micros=100, tax_micros=0, rounding_micros=0)
    assert said(found) == {"receivable": 100, "revenue": -100}
    assert invoice_postings(net_micros=0, tax_micros=0, rounding_micros=0) == ()


@pytest.mark.parametrize("undone", [False, True], ids=["entry", "reversal"])
@given(net=AMOUNTS, tax=AMOUNTS, rounding=AMOUNTS)
def test_an_entry_sums_to_zero(undone: bool, net: int, tax: int, rounding: int) -> None:
    found = invoice_postings(net_micros=net, tax_micros=tax, rounding_micros=rounding)
    rows = reversal(found) if undone else found
    assert sum(row.amount_micros for row in rows) == 0
    assert all(row.amount_micros for row in rows)
