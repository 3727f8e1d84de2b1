"""tollwright pay"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tollwright.cli import runtime
from tollwright.cli.files import write_document

if TYPE_CHECKING:
    from tollwright.data.models import Document, Invoice, Payment


def pay(
    customer: Annotated[str, typer.Argument(help="Code of the customer who paid.")],
    amount: Annotated[str, typer.Argument(help="What came in, as in 130.17.")],
    key: Annotated[
        str, typer.Option(help="Idempotency key, such as the bank's own: money counts once.")
    ],
    invoice: Annotated[
        list[str] | None, typer.Option(help="Number of an invoice it is for; default: the oldest.")
    ] = None,
    currency: Annotated[str, typer.Option(help="Default: the customer's.")] = "",
    method: Annotated[str, typer.Option(help="transfer, card, direct_debit or cash.")] = "transfer",
    reference: Annotated[str, typer.Option(help="What the bank statement says.")] = "",
    received: Annotated[
        datetime | None, typer.Option(help="When it came in (your zone); default: now.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write the receipt to.")] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Book it although something about it is unusual.")
    ] = False,
    tenant: Annotated[str, typer.Option(help="Slug of the tenant.")] = "",
) -> None:
    """Record a payment: it settles invoices, the oldest first, and gets a receipt.

    More than twice what is open, or a day more than a year ago, asks for --yes; a day to come is
    refused. `reverse-payment` takes a payment back, `allocate-payment` gives it other invoices.

    Examples:

    `tollwright pay ACME 130.17 --key BANK-2026-11-03-0007`

    `tollwright pay ACME 500 --key K8 --invoice NC-INV-2026-000004 --out receipts/`
    """
    runtime.start()
    from tollwright.core.money import MoneyError, micros
    from tollwright.data.models import Customer
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.audit.operations import By
    from tollwright.domain.errors import NotFound
    from tollwright.domain.payments import operations
    from tollwright.gateways.typst import render

    at = runtime.now()
    try:
        amount_micros = micros(amount)
    except MoneyError as error:
        raise operations.AmountInvalid(f"The amount {error}. Write it as in 130.17.") from error
    tenant_id = runtime.tenant_id(tenant)
    with tenant_scope(tenant_id):
        payer = Customer.objects.filter(code=customer).first()
        if payer is None:
            raise NotFound(f"There is no customer {customer!r}.")
        payment = operations.record_payment(
            customer=payer, amount_micros=amount_micros, currency=currency or payer.currency,
            method=method, reference=reference, key=key, confirmed=yes,
            received_at=received.astimezone() if received is not None else at,
            allocate_to=None if invoice is None else [numbered(number) for number in invoice],
            at=at, by=By(runtime.operator(), "cli"), render=render,
        )  # fmt: skip
    with tenant_scope(tenant_id):  # the money is booked, whatever becomes of the file
        show(payment, out)


def numbered(number: str) -> Invoice:
    """The invoice of that number. Raises NotFound."""
    from tollwright.data.models import Invoice
    from tollwright.domain.errors import NotFound

    found = Invoice.objects.filter(number=number).first()
    if found is None:
        raise NotFound(f"There is no invoice {number!r}.")
    return found


def show(payment: Payment, out: Path | None) -> None:
    """Print what a payment settled; write its receipt into `out`."""
    from tollwright.core.document_text import amount_text
    from tollwright.domain.payments import queries

    for part in queries.settled_by(payment):
        amount = amount_text(part.amount_micros or 0, payment.currency)
        print(f"  {part.invoice.number}: {amount} {payment.currency}")
    left = queries.left_of(payment)
    if left:
        print(f"  stays as credit: {amount_text(left, payment.currency)} {payment.currency}")
    write("Receipt", queries.receipt_document(payment), out)


def write(what: str, document: Document | None, out: Path | None) -> None:
    """Name a stored document; write it into `out`."""
    if document is None:
        return
    print(f"{what} {document.filename.removesuffix('.pdf')}")
    if out is not None:
        print(f"  → {write_document(out, document)}")
