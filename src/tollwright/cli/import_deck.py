"""tollwright import-deck"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tollwright.cli import runtime
from tollwright.cli.files import write_whole

if TYPE_CHECKING:
    from tollwright.domain.entities import RateCard


MappingFile = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="JSON file: how the columns are read."),
]
Answers = Annotated[
    list[str] | None,
    typer.Option("--answer", help="KEY=VALUE: an answer to a question of the preview; repeat it."),
]
SkipFaults = Annotated[
    bool, typer.Option("--skip-faults", help="Leave out the rows that cannot be read.")
]
SaveMapping = Annotated[
    Path | None,
    typer.Option(dir_okay=False, help="Write how the columns were read to this JSON file."),
]


def import_deck(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV, XLSX, XLS or ODS deck.")
    ],
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
    mapping: MappingFile = None,
    answer: Answers = None,
    skip_faults: SkipFaults = False,
    save_mapping: SaveMapping = None,
    tenant: Annotated[str, typer.Option(help="Slug of the tenant.")] = "",
) -> None:
    """Import a rate deck: preview it, and with --publish make it the card's next version.

    What can be read in two ways is asked by the preview and answered by --answer: `country=1`
    (whose codes those without + are; or `international`), `hyphens=area`, `lists=full`,
    `sheet=Rates`, `grace=threshold`, `jurisdiction=highest`, `price=New Rate` (the column of a
    meaning), `column.Zone=ignore` (the meaning of a column), `status.Retired=withdrawn`.

    Examples:

    `tollwright import-deck az.csv --card RETAIL --mode replace`

    `tollwright import-deck az.csv --card RETAIL --mode replace --publish --from 2026-12-01`

    `tollwright import-deck us.xlsx --card US --mode replace --answer country=1`
    """
    runtime.start()
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.audit.operations import By
    from tollwright.domain.rates import operations as rates

    at, by = runtime.now(), By(runtime.operator(), "cli")
    with tenant_scope(runtime.tenant_id(tenant)):
        found = _card(card)
        preview = rates.preview_deck(
            card=found, filename=file.name, content=file.read_bytes(), mode=mode,
            mapping=mapping_in(mapping), answers=answers_in(answer or []), at=at, by=by,
        )  # fmt: skip
        show_preview(preview.summary)
        if save_mapping is not None:
            text = json.dumps(preview.mapping, indent=2, ensure_ascii=False)
            write_whole(save_mapping, text.encode())
        if not publish:
            print("Nothing was changed. Add --publish to make it the next version.")
            return
        version = rates.apply_deck(deck_import=preview, skip_faults=skip_faults, at=at, by=by)
        start = since.astimezone() if since is not None else at
        rates.publish_version(version=version, effective_from=start, at=at, by=by)
        print(f"Published {version}.")


def _card(code: str) -> RateCard:
    """Raises NotFound with the codes that there are."""
    from tollwright.domain.errors import NotFound
    from tollwright.domain.rates import queries

    found = queries.cards().filter(code=code).first()
    if found is None:
        codes = ", ".join(card.code for card in queries.cards()) or "none"
        raise NotFound(f"There is no rate card {code!r}. Cards here: {codes}.")
    return found


def mapping_in(file: Path | None) -> dict[str, object] | None:
    """The column mapping of a JSON file. Raises typer.BadParameter."""
    if file is None:
        return None
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{file} is no JSON: {error}", param_hint="--mapping") from None
    if not isinstance(told, dict):
        raise typer.BadParameter("The file must hold a JSON object.", param_hint="--mapping")
    return told


def answers_in(told: list[str]) -> dict[str, str]:
    """KEY=VALUE pairs. Raises typer.BadParameter."""
    from tollwright.core.decks.mapping import MappingError, answer_of

    try:
        return dict(answer_of(text) for text in told)
    except MappingError as error:
        raise typer.BadParameter(str(error), param_hint="--answer") from None


def show_preview(summary: dict[str, object]) -> None:
    """Print what a preview found: the counts of each fate, then the faults by line."""
    for key, value in summary.items():
        if isinstance(value, dict):
            print(f"  {key}: " + ", ".join(f"{name} {count:,}" for name, count in value.items()))
        elif key == "file_columns" and isinstance(value, list):
            for column in value:
                print(f"  column {column['header']}: {column['meaning'] or 'not used'}")
        elif key == "biggest" and isinstance(value, list):
            for change in value:
                print(f"  {_change(change)}")
        elif key == "unused_columns" and isinstance(value, list):
            print(f"  columns not used: {', '.join(value) or 'none'}")
        elif key == "questions" and isinstance(value, list):
            for question in value:
                print(f"  asked: {_asked(question)}")
        elif isinstance(value, list):
            for fault in value[:20]:
                print(f"  {fault}")
        else:
            print(f"  {key}: {value}")


def _asked(question: dict[str, Any]) -> str:
    choices = ", ".join(f"--answer '{question['key']}={one}'" for one in question["choices"])
    return f"{question['sentence']} {choices}"


def _change(change: dict[str, Any]) -> str:
    flags = f" ! {', '.join(change['flags'])}" if change["flags"] else ""
    before, after = change["before"] or "nothing", change["after"] or "nothing"
    return f"{change['what']} {change['prefix']} {change['name']}: {before} → {after}{flags}"
