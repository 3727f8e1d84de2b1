"""tollwright audit-verify"""

from __future__ import annotations

from typing import Annotated

import typer

from tollwright.cli import runtime


def audit_verify(
    tenant: Annotated[str, typer.Option(help="Slug of the tenant; empty: all of them.")] = "",
) -> None:
    """Check the hash chain of the audit log; exit code 1 when a row was changed or removed.

    Example: `tollwright audit-verify`
    """
    runtime.start()
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.audit import queries as audit
    from tollwright.domain.tenants import queries as tenants

    broken = False
    for slug in [tenant] if tenant else list(tenants.tenant_slugs()):
        with tenant_scope(runtime.tenant_id(slug)):
            check = audit.verify_chain()
        if check.ok:
            print(f"{slug}: {check.rows} rows, the chain is whole.")
        else:
            broken = True
            print(f"{slug}: the chain breaks at row {check.first_bad_seq} of {check.rows}.")
    raise typer.Exit(1 if broken else 0)
