"""The rows of the lists of customers."""

from __future__ import annotations

from dataclasses import dataclass

from tollwright.domain.customers.queries import customers
from tollwright.domain.listing import Listed, listed
from tollwright.domain.reports.queries import with_balance


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer with what it owes, in its own currency."""

    pk: int
    code: str
    name: str
    country: str
    currency: str
    campaign_count: int
    balance_micros: int
    status: str


def customer_rows() -> Listed[CustomerRow]:
    """The provider's customers, by name."""
    return listed(with_balance(customers()), CustomerRow)
