"""tollwright bill"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tollwright.cli import runtime
from tollwright.cli.files import is_whole, write_document


def bill(
    until: Annotated[
        datetime | None,
        typer.Option(help="Bill the periods that ended by then (your zone); default: now."),
    ] = None,
    finalise: Annotated[
        bool, typer.Option("--finalise", help="Issue the drafts whose grace is over.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write the issued documents to, as PDF.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only count every document against its rows.")
    ] = False,
    key: Annotated[str, typer.Option(help="Idempotency key: the same key is the same run.")] = "",
    tenant: Annotated[str, typer.Option(help="Slug of the tenant.")] = "",
) -> None:
    """Draft invoices for the periods that have ended; with --finalise issue them.

    A customer who cannot be billed is named with the reason; the others are drafted. With --out,
    what is missing or cut there of the same `--until`, or of the run before, is written again.

    Examples:

    `tollwright bill --until 2026-11-01`

    `tollwright bill --until 2026-11-01 --finalise --out invoices/`

    `tollwright bill --check`
    """
    runtime.start()
    at = runtime.now()
    tenant_id = runtime.tenant_id(tenant)
    if check:
        raise typer.Exit(check_all(tenant_id))
    end = until.astimezone() if until is not None else at
    run_id = draft(tenant_id, end, key or f"cli:{at.isoformat()}", at)
    if finalise:
        issue(tenant_id, run_id, at, out)
    else:
        print("Nothing was issued. Add --finalise to give them their numbers.")


def draft(tenant_id: int, until: datetime, key: str, at: datetime) -> int:
    """Run billing, each customer in its own transaction, and print the drafts; the run's id."""
    from tollwright.core.document_text import amount_text
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.audit.operations import By
    from tollwright.domain.invoices import queries, runs
    from tollwright.domain.invoices.notices import notices_of
    from tollwright.jobs.here import work_off

    with tenant_scope(tenant_id):
        by = By(runtime.operator(), "cli")
        run = runs.start_run(until=until, key=key, at=at, by=by)
        group = runs.job_of(run)
    failed = [] if group is None else work_off(tenant_id, group.pk)
    with tenant_scope(tenant_id):
        drafts = list(queries.drafts(run))
        print(f"{len(drafts)} drafts up to {until:%Y-%m-%d %H:%M}:")
        for invoice in drafts:
            total = amount_text(invoice.total_micros, invoice.currency)
            print(f"  {invoice.customer.name}: {total} {invoice.currency}")
        for sentence in notices_of(run):
            print(f"  {sentence}")
    for one in failed:
        print(f"  not drafted: {one.name}: {one.sentence}")
    return run.pk


def issue(tenant_id: int, run_id: int, at: datetime, out: Path | None) -> None:
    """Finalise the drafts that are ready, each in its own transaction; write their documents."""
    from tollwright.data.models import BillingRun
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.audit.operations import By
    from tollwright.domain.invoices import operations, queries
    from tollwright.gateways.typst import render

    with tenant_scope(tenant_id):
        drafts = list(queries.drafts(BillingRun.objects.get(pk=run_id)))
    by = By(runtime.operator(), "cli")
    for invoice in drafts:
        try:
            with tenant_scope(tenant_id):
                done = operations.finalise(invoice=invoice, at=at, by=by, render=render)
                document = queries.document_of(done)
        except operations.NotReady as why:
            print(f"  waits: {why}")
            continue
        where = "" if out is None or document is None else f" → {write_document(out, document)}"
        print(f"  issued {done.number}{where}")
    if out is not None:
        write_missing(tenant_id, run_id, out)


def write_missing(tenant_id: int, run_id: int, out: Path) -> None:
    """Write what of this run, and of one before that was stopped, is missing or cut in `out`."""
    from tollwright.data.models import BillingRun
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.invoices import queries

    with tenant_scope(tenant_id):
        for document in queries.documents_to_have(BillingRun.objects.get(pk=run_id)):
            path = out / document.filename
            if not is_whole(path, document):
                print(f"  written again → {write_document(out, document)}")


def check_all(tenant_id: int) -> int:
    """Print where a figure differs from its rows; the exit code: 0 when nowhere."""
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.invoices import queries

    with tenant_scope(tenant_id):
        found = queries.check_sums()
    for one in found:
        print(f"{one.document}: {one.figure} says {one.shown}, its rows come to {one.counted}")
    print("Every figure equals its rows." if not found else f"{len(found)} figures are wrong.")
    return 1 if found else 0
