"""Double entry: what each event does to which account. Every tuple here sums to zero.

Positive on a receivable is what the customer owes; so income and tax stand negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AccountKind = Literal["receivable", "revenue", "tax", "cash", "rounding", "write_off"]


@dataclass(frozen=True, slots=True)
class PostingRow:
    """A signed amount on an account of the entry's customer and currency."""

    account: AccountKind
    amount_micros: int


Postings = tuple[PostingRow, ...]


def invoice_postings(*, net_micros: int, tax_micros: int, rounding_micros: int) -> Postings:
    """An invoice (or, with negative amounts, a credit note): the customer owes the total."""
    return _entry(
        ("receivable", net_micros + tax_micros + rounding_micros),
        ("revenue", -net_micros),
        ("tax", -tax_micros),
        ("rounding", -rounding_micros),
    )


def payment_postings(amount_micros: int) -> Postings:
    """Money came in: the customer owes that much less."""
    return _entry(("cash", amount_micros), ("receivable", -amount_micros))


def write_off_postings(amount_micros: int) -> Postings:
    """What will not be paid any more."""
    return _entry(("write_off", amount_micros), ("receivable", -amount_micros))


def reversal(postings: Postings) -> Postings:
    """The entry that undoes another."""
    return tuple(PostingRow(row.account, -row.amount_micros) for row in postings)


def _entry(*rows: tuple[AccountKind, int]) -> Postings:
    """Zero postings are left out: they say nothing. Raises ValueError if the rest is unbalanced."""
    if sum(amount for _, amount in rows):
        raise ValueError(f"an entry sums to zero, not {sum(amount for _, amount in rows)}")
    return tuple(PostingRow(account, amount) for account, amount in rows if amount)
