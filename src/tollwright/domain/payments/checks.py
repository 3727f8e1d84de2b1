"""What is unusual about a payment: asked once, before it is booked."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tollwright.core.billing.periods import day_of
from tollwright.core.document_text import amount_text, day_text
from tollwright.data.models import Customer
from tollwright.domain.invoices import allocation
from tollwright.domain.payments.errors import ReceivedInFuture
from tollwright.domain.tenants.queries import current_tenant

FAR = 2  # times what is open
LONG_AGO = timedelta(days=366)


def questions(
    *, customer: Customer, currency: str, amount_micros: int, received_at: datetime, at: datetime
) -> list[str]:
    """Sentences about what is unusual; none for a usual payment.

    Unusual is more than twice what the customer's invoices of the currency have open (anything,
    where nothing is), and money of a day more than a year ago. Raises ReceivedInFuture for a day
    (the provider's) after today.
    """
    zone = current_tenant().timezone
    found = [*_far_from_open(customer, currency, amount_micros)]
    return found + _long_ago(day_of(received_at, zone), day_of(at, zone))


def _far_from_open(customer: Customer, currency: str, amount_micros: int) -> list[str]:
    waiting = sum(map(allocation.open_micros, allocation.open_invoices(customer, currency)))
    amount = f"{amount_text(amount_micros, currency)} {currency}"
    if amount_micros <= FAR * waiting:
        return []
    if not waiting:
        return [f"{customer.name} has nothing open in {currency}: {amount} would stay as credit."]
    left = f"{amount_text(waiting, currency)} {currency}"
    return [f"{amount} is more than twice what {customer.name} has open, {left}."]


def _long_ago(day: date, today: date) -> list[str]:
    if day > today:
        raise ReceivedInFuture(
            f"{day_text(day)} has not come yet: write the day on which the money was received."
        )
    return [f"{day_text(day)} is more than a year ago."] if day < today - LONG_AGO else []
