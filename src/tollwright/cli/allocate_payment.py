"""tollwright allocate-payment"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tollwright.cli import runtime
from tollwright.cli.pay import numbered, show, write

if TYPE_CHECKING:
    from tollwright.domain.payments.queries import Share


def allocate_payment(
    receipt: Annotated[str, typer.Argument(help="Number of the payment's receipt.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    key: Annotated[str, typer.Option(help="Idempotency key: it is done once.")],
    to: Annotated[
        list[str] | None,
        typer.Option(help="Invoice that it settles, as NUMBER or NUMBER=50.00; none: all credit."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write the document to.")] = None,
    tenant: Annotated[str, typer.Option(help="Slug of the tenant.")] = "",
) -> None:
    """Let a payment settle other invoices than it does now.

    Example: `tollwright allocate-payment NC-RCT-2026-000007 --to NC-INV-2026-000009=50.00
    --reason 'Meant for November' --key A7`
    """
    runtime.start()
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.audit.operations import By
    from tollwright.domain.payments import operations, queries
    from tollwright.gateways.typst import render

    tenant_id = runtime.tenant_id(tenant)
    with tenant_scope(tenant_id):
        payment = queries.payment_by_receipt(receipt)
        change = operations.reallocate_payment(
            payment=payment, to=[share(text) for text in to or []], reason=reason, key=key,
            at=runtime.now(), by=By(runtime.operator(), "cli"), render=render,
        )  # fmt: skip
    with tenant_scope(tenant_id):
        show(payment, None)
        write("Allocation", queries.change_document(change), out)


def share(text: str) -> Share:
    """`NC-INV-2026-000009=50.00` as a share. Raises NotFound, AmountInvalid."""
    from tollwright.core.money import MoneyError, micros
    from tollwright.domain.payments.operations import AmountInvalid, Share

    number, _, amount = text.partition("=")
    try:
        return Share(numbered(number), micros(amount) if amount else None)
    except MoneyError as error:
        raise AmountInvalid(f"The amount {error}. Write it as in 50.00.") from error
