"""tollwright rerate"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tollwright.cli import runtime
from tollwright.cli.scope import (
    CampaignCode,
    CustomerCode,
    From,
    Prefix,
    TenantSlug,
    To,
    call_scope,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tollwright.data.rerating import Rerating
    from tollwright.domain.rerating.report import DifferenceReport, Part, Row
    from tollwright.domain.rerating.scope import CallScope

SHOWN = 20


def rerate(
    first: From = None,
    last: To = None,
    customer: CustomerCode = "",
    campaign: CampaignCode = "",
    card: Annotated[str, typer.Option(help="Code of the card that rated the calls.")] = "",
    prefix: Prefix = "",
    file: Annotated[int | None, typer.Option(help="Number of the file (batch).")] = None,
    leg: Annotated[
        str, typer.Option(help="sell: what customers pay; cost: what carriers take.")
    ] = "sell",
    carrier: Annotated[
        str, typer.Option(help="With --leg cost: code of the carrier that has the calls now.")
    ] = "",
    apply: Annotated[bool, typer.Option("--apply", help="Write it, after the report.")] = False,
    key: Annotated[str, typer.Option(help="Idempotency key: the same key is done once.")] = "",
    tenant: TenantSlug = "",
) -> None:
    """Price stored calls again by today's rules and prices: a difference report first.

    Nothing is written without --apply. With it, calls on no issued invoice get a new revision;
    for invoiced ones credit or debit notes are proposed, to be decided in the back office.
    With --leg cost it is what carriers take, by today's trunks, assignments and buy cards: no
    document is made. Where plans price from the cost, re-rate the leg cost first, then sell.
    Exit code 3 means that some calls cannot be priced now; they keep their charge.

    Examples:

    `tollwright rerate --from 2026-10-01 --to 2026-11-01 --card RETAIL`

    `tollwright rerate --from 2026-10-01 --to 2026-11-01 --prefix 4420 --apply`

    `tollwright rerate --leg cost --carrier TELCO --from 2026-10-01 --to 2026-11-01`
    """
    runtime.start()
    from dataclasses import replace

    from tollwright.data.scope import tenant_scope
    from tollwright.domain.carriers.queries import carrier_by_code
    from tollwright.domain.rates.queries import card_by_code
    from tollwright.domain.rerating import queries

    at = runtime.now()
    with tenant_scope(runtime.tenant_id(tenant)):
        scope = call_scope(first, last, customer=customer, campaign=campaign, prefix=prefix)
        card_id = card_by_code(card).pk if card else None
        carrier_id = carrier_by_code(carrier).pk if carrier else None
        scope = replace(scope, card_id=card_id, batch_id=file, leg=leg, carrier_id=carrier_id)
        report = queries.difference_report(scope, at=at, progress=tell)
        show(report)
        if apply and report.changed:
            print(written(_apply(scope, report, key, at)))
        elif report.changed:
            print("\nNothing was written. Add --apply to write it.")
    raise typer.Exit(3 if report.refused else 0)


def _apply(scope: CallScope, report: DifferenceReport, key: str, at: datetime) -> Rerating:
    from tollwright.domain.audit.operations import By
    from tollwright.domain.rerating import operations

    return operations.apply(
        scope=scope,
        fingerprint=report.fingerprint,
        key=key or f"cli:{at.isoformat()}",
        at=at,
        by=By(runtime.operator(), "cli"),
    )


def written(rerating: Rerating) -> str:
    """What became of it, in a sentence."""
    return (
        f"\nRe-rating {rerating.pk}: {rerating.revised:,} charges have a new revision,"
        f" {rerating.proposed:,} wait in {rerating.proposals.count()} proposals."
    )


def tell(calls: int) -> None:
    """How far it is, for whoever waits."""
    typer.echo(f"\r{calls:,} calls", err=True, nl=False)


def show(report: DifferenceReport) -> None:
    """The report as a table."""
    typer.echo("\r", err=True, nl=False)
    print(f"{report.calls:,} calls, {report.changed:,} cost another amount now.")
    for sentence in report.sentences:
        print(f"! {sentence}")
    if not report.changed:
        return
    _parts("on no issued invoice", report.open)
    _parts(f"on {report.invoices:,} issued invoices, to be proposed", report.invoiced)
    for title, rows in (
        ("Carrier", report.carriers),
        ("Customer", report.customers),
        ("Campaign", report.campaigns),
        ("Destination prefix", report.destinations),
    ):
        if rows:
            table(title, rows)


def _parts(what: str, parts: Sequence[Part]) -> None:
    from tollwright.core.document_text import amount_text

    for part in parts:
        difference = amount_text(part.difference_micros, part.currency)
        print(f"  {part.calls:,} {what}: {difference} {part.currency}")


def table(title: str, rows: Sequence[Row]) -> None:
    """The rows that change most, increases first."""
    from tollwright.core.document_text import amount_text

    print(f"\n{title:<28} {'calls':>9} {'changed':>9} {'old':>14} {'new':>14} {'difference':>14}")
    moved = [row for row in rows if row.figures.changed]
    for row in moved[:SHOWN]:
        one, unit = row.figures, row.currency
        name = (row.name or "(default row)")[:28]
        print(
            f"{name:<28} {one.calls:>9,} {one.changed:>9,} {amount_text(one.old_micros, unit):>14}"
            f" {amount_text(one.new_micros, unit):>14}"
            f" {amount_text(one.difference_micros, unit):>14} {unit}"
        )
    if len(moved) > SHOWN:
        print(f"… and {len(moved) - SHOWN:,} more")
