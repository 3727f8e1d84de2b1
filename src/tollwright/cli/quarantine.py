"""tollwright quarantine"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from tollwright.cli import runtime
from tollwright.cli.scope import TenantSlug

SHOWN = 20


class Action(StrEnum):
    """What to do with the records."""

    LIST = "list"
    REENTER = "reprocess"
    CORRECT = "correct"
    DISMISS = "dismiss"


def quarantine(
    action: Annotated[Action, typer.Argument(help="What to do with them.")] = Action.LIST,
    ids: Annotated[list[int] | None, typer.Option("--id", help="Number of a record.")] = None,
    reason: Annotated[str, typer.Option(help="Those of one reason, as unknown_account.")] = "",
    tenant: TenantSlug = "",
) -> None:
    """Records that wait: list them, reprocess them, correct invoiced calls, dismiss them.

    `reprocess` tries them once more, after the identifier, rule or card is corrected. `correct`
    takes those of reason late_correction and proposes credit or debit notes, decided in the back
    office.
    Without --id it is all that wait, or those of --reason; `dismiss` needs one of the two.
    Exit code 3 means that some of them wait still.

    Examples:

    `tollwright quarantine`

    `tollwright quarantine reprocess --reason unknown_account`

    `tollwright quarantine correct`
    """
    runtime.start()
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.calls import queries

    with tenant_scope(runtime.tenant_id(tenant)):
        if action is Action.CORRECT and not (ids or reason):
            reason = "late_correction"
        rows = queries.quarantine(reason=reason).order_by("id")
        rows = rows.filter(pk__in=ids) if ids else rows
        chosen = list(rows.values_list("id", flat=True))
        if gone := sorted(set(ids or ()) - set(chosen)):
            raise typer.BadParameter(f"No such records wait: {', '.join(map(str, gone))}.")
        if action is Action.DISMISS and not (ids or reason):
            raise typer.BadParameter("Say which to dismiss: --id or --reason.")
        left = _list(chosen) if action is Action.LIST else _do(action, chosen)
    raise typer.Exit(3 if left else 0)


def _list(ids: list[int]) -> int:
    from tollwright.domain.calls import queries

    for why, count in queries.waiting_by_reason().items():
        print(f"{count:>9,}  {why}")
    for one in queries.quarantine().filter(pk__in=ids[-SHOWN:]):
        print(f"\nno. {one.pk}, {one.batch.filename} line {one.line_no}: {one.reason}")
        print(f"  {one.detail}")
    if len(ids) > SHOWN:
        print(f"\n… and {len(ids) - SHOWN:,} older ones")
    return len(ids)


def _do(action: Action, ids: list[int]) -> int:
    """Do it and say what became of them; how many wait still."""
    from tollwright.domain.audit.operations import By
    from tollwright.domain.calls import operations
    from tollwright.domain.rerating import corrections

    at, by = runtime.now(), By(runtime.operator(), "cli")
    if action is Action.DISMISS:
        print(f"{operations.dismiss(ids=ids, at=at, by=by):,} records are dismissed.")
        return 0
    if action is Action.CORRECT:
        corrected = corrections.correct(ids=ids, at=at, by=by)
        print(corrected.sentence)
        return corrected.refused + corrected.others
    reentered = operations.reprocess(ids=ids, at=at, by=by)
    print(reentered.sentence)
    return reentered.waiting
