"""tollwright write-off"""

from __future__ import annotations

from typing import Annotated

import typer

from tollwright.cli import runtime
from tollwright.cli.pay import numbered


def write_off(
    invoice: Annotated[str, typer.Argument(help="Number of the invoice.")],
    reason: Annotated[str, typer.Option(help="Why, as in 'Insolvent'.")],
    key: Annotated[str, typer.Option(help="Idempotency key: money moves once.")],
    undo: Annotated[bool, typer.Option("--undo", help="Take a write-off back.")] = False,
    tenant: Annotated[str, typer.Option(help="Slug of the tenant.")] = "",
) -> None:
    """Give up what is open of an invoice: the customer owes it no more.

    Example: `tollwright write-off NC-INV-2026-000004 --reason Insolvent --key W4`
    """
    runtime.start()
    from tollwright.core.document_text import amount_text
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.audit.operations import By
    from tollwright.domain.invoices import write_offs

    with tenant_scope(runtime.tenant_id(tenant)):
        act = write_offs.undo_write_off if undo else write_offs.write_off
        row = act(
            invoice=numbered(invoice), reason=reason, key=key, at=runtime.now(),
            by=By(runtime.operator(), "cli"),
        )  # fmt: skip
        amount = f"{amount_text(abs(row.amount_micros), row.invoice.currency)}"
        words = "open again" if undo else "written off"
        print(f"{invoice}: {amount} {row.invoice.currency} {words}")
