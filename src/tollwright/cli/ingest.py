"""tollwright ingest"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tollwright.cli import runtime
from tollwright.cli.progress import reading

if TYPE_CHECKING:
    from tollwright.engine.ingest import BatchResult


def ingest(
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="CDR files, in their order.")
    ],
    source: Annotated[str, typer.Option(help="Code of the source that wrote them.")],
    tenant: Annotated[str, typer.Option(help="Slug of the tenant.")] = "",
) -> None:
    """Import a switch's files: calls are attributed, deduplicated and rated, all or nothing.

    A file that came before changes nothing. What cannot be parsed, attributed or rated waits in
    quarantine with its reason; exit code 3 means that something waits.

    Examples:

    `tollwright ingest Master.csv --source PBX1`

    `tollwright ingest /var/log/asterisk/cdr-csv/*.csv --source PBX1 --tenant north`
    """
    runtime.start()
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.audit.operations import By
    from tollwright.domain.calls import operations

    tenant_id, by = runtime.tenant_id(tenant), By(runtime.operator(), "cli")
    waiting = 0
    for file in files:
        with (
            tenant_scope(tenant_id),
            file.open("rb") as stream,
            reading(file.name, file.stat().st_size) as progress,
        ):
            result = operations.ingest(
                source_code=source,
                filename=file.name,
                stream=stream,
                at=runtime.now(),
                by=by,
                progress=progress,
            )
        show(result)
        waiting += 0 if result.already else result.quarantined
    raise typer.Exit(3 if waiting else 0)


def show(result: BatchResult) -> None:
    """Print what became of a file, the reasons below it."""
    from tollwright.core.labels import label

    print(result.sentence)
    for reason, count in sorted(result.reasons.items(), key=lambda pair: (-pair[1], pair[0])):
        if count:
            print(f"  {count:>8,}  {label('reason', reason).text}")
