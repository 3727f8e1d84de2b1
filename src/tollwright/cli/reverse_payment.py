"""tollwright reverse-payment"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tollwright.cli import runtime
from tollwright.cli.pay import write


def reverse_payment(
    receipt: Annotated[str, typer.Argument(help="Number of the payment's receipt.")],
    reason: Annotated[str, typer.Option(help="Why, as in 'Bounced'.")],
    key: Annotated[str, typer.Option(help="Idempotency key: money moves once.")],
    out: Annotated[Path | None, typer.Option(help="Folder to write the document to.")] = None,
    tenant: Annotated[str, typer.Option(help="Slug of the tenant.")] = "",
) -> None:
    """Take a payment back that bounced or was typed wrongly.

    What it had settled is open again; a reversal with its own number is issued, the receipt stays.

    Example: `tollwright reverse-payment NC-RCT-2026-000007 --reason Bounced --key BANK-77`
    """
    runtime.start()
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.audit.operations import By
    from tollwright.domain.payments import operations, queries
    from tollwright.gateways.typst import render

    tenant_id = runtime.tenant_id(tenant)
    with tenant_scope(tenant_id):
        payment = queries.payment_by_receipt(receipt)
        opened = [share.invoice for share in queries.settled_by(payment)]
        change = operations.reverse_payment(
            payment=payment, reason=reason, key=key, at=runtime.now(),
            by=By(runtime.operator(), "cli"), render=render,
        )  # fmt: skip
    with tenant_scope(tenant_id):
        for invoice in opened:
            print(f"  open again: {invoice.number}")
        write("Reversal", queries.change_document(change), out)
