"""tollwright import-card"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tollwright.cli import runtime
from tollwright.cli.rate import read_text
from tollwright.cli.scope import TenantSlug


def import_card(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Card file (JSON).")],
    card: Annotated[str, typer.Option(help="Code of the rate card that the file is for.")],
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish it; without: it stays a draft.")
    ] = False,
    since: Annotated[
        datetime | None,
        typer.Option("--from", help="With --publish: calls answered from here on; default: now."),
    ] = None,
    tenant: TenantSlug = "",
) -> None:
    """Make a card file the next version of a rate card: a draft, or with --publish its prices.

    The file is the whole card with its bands and allowances, as `tollwright quote` and `rate`
    take it; its side and currency must be the card's. Refused, nothing is kept.

    Examples:

    `tollwright import-card key_markets.json --card KEY`

    `tollwright import-card key_markets.json --card KEY --publish --from 2026-12-01`
    """
    if since is not None and not publish:
        raise typer.BadParameter("A draft begins when it is published: add --publish.")
    runtime.start()
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.audit.operations import By
    from tollwright.domain.rates import operations as rates
    from tollwright.domain.rates.queries import card_by_code

    at, by = runtime.now(), By(runtime.operator(), "cli")
    with tenant_scope(runtime.tenant_id(tenant)):
        version = rates.save_draft(card=card_by_code(card), data=read_text(file), at=at, by=by)
        if publish:
            start = since.astimezone() if since is not None else at
            rates.publish_version(version=version, effective_from=start, at=at, by=by)
        bands, allowances = (len(version.options.get(key, ())) for key in ("bands", "allowances"))
        rows = version.rates.count()
    print(f"{version}: {rows:,} rows, {bands} bands, {allowances} allowances.")
    print(f"Published from {start:%Y-%m-%d %H:%M %Z}." if publish else "It is a draft.")
