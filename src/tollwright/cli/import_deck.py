"""tollwright import-deck"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tollwright.cli import runtime


def import_deck(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV or XLSX deck.")],
    card: Annotated[str, typer.Option(help="Code of the rate card that the deck is for.")],
    mode: Annotated[
        str, typer.Option(help="replace: the deck is the whole card; amend: it changes some rows.")
    ],
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish it; without: only the preview is printed.")
    ] = False,
    since: Annotated[
        datetime | None, typer.Option("--from", help="Calls answered from here on; default: now.")
    ] = None,
    tenant: Annotated[str, typer.Option(help="Slug of the tenant.")] = "",
) -> None:
    """Import a rate deck: preview it, and with --publish make it the card's next version.

    Examples:

    `tollwright import-deck az.csv --card RETAIL --mode replace`

    `tollwright import-deck az.csv --card RETAIL --mode replace --publish --from 2026-12-01`
    """
    runtime.start()
    from tollwright.data.models import RateCard
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.audit.operations import By
    from tollwright.domain.errors import NotFound
    from tollwright.domain.rates import operations as rates

    at, by = runtime.now(), By(runtime.operator(), "cli")
    with tenant_scope(runtime.tenant_id(tenant)):
        found = RateCard.objects.filter(code=card).first()
        if found is None:
            codes = ", ".join(RateCard.objects.values_list("code", flat=True)) or "none"
            raise NotFound(f"There is no rate card {card!r}. Cards here: {codes}.")
        preview = rates.preview_deck(
            card=found, filename=file.name, content=file.read_bytes(), mode=mode, at=at, by=by
        )
        show_preview(preview.summary)
        if not publish:
            print("Nothing was changed. Add --publish to make it the next version.")
            return
        version = rates.apply_deck(deck_import=preview, at=at, by=by)
        start = since.astimezone() if since is not None else at
        rates.publish_version(version=version, effective_from=start, at=at, by=by)
        print(f"Published {version}.")


def show_preview(summary: dict[str, object]) -> None:
    """Print what a preview found: the counts of each fate, then the faults by line."""
    for key, value in summary.items():
        if isinstance(value, dict):
            print(f"  {key}: " + ", ".join(f"{name} {count:,}" for name, count in value.items()))
        elif key == "unused_columns" and isinstance(value, list):
            print(f"  columns not used: {', '.join(value) or 'none'}")
        elif isinstance(value, list):
            for fault in value[:20]:
                print(f"  {fault}")
        else:
            print(f"  {key}: {value}")
