"""What taking money refuses."""

from __future__ import annotations

from tollwright.domain.errors import DomainError


class AmountInvalid(DomainError):
    """A payment is a positive amount that the currency can be paid in."""

    code = "payment_amount_invalid"


class CannotSettle(DomainError):
    """A named invoice is another customer's, of another currency, or waits for no money."""

    kind, code = "conflict", "invoice_cannot_be_settled"


class AlreadyReversed(DomainError):
    """The payment was taken back: nothing of it can move any more."""

    kind, code = "conflict", "payment_already_reversed"


class ReceivedInFuture(DomainError):
    """Money of a day that has not come is not received."""

    code = "payment_in_future"


class NeedsConfirmation(DomainError):
    """Something about the payment is unusual; whoever meant it says so."""

    kind, code = "conflict", "payment_needs_confirmation"
