"""tollwright explain"""

from __future__ import annotations

from typing import Annotated

import typer

from tollwright.cli import runtime


def explain(
    charge: Annotated[int, typer.Argument(help="The charge's id, as screens and lists show it.")],
    tenant: Annotated[str, typer.Option(help="Slug of the tenant.")] = "",
) -> None:
    """Say step by step why a call cost what it cost, calculated again from what is stored.

    Exit code 1 when the result is not the stored amount.

    Example: `tollwright explain 65536`
    """
    runtime.start()
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.calls import queries

    with tenant_scope(runtime.tenant_id(tenant)):
        explanation = queries.explain_charge(charge)
    for number, sentence in enumerate(explanation.sentences, 1):
        print(f"{number:>3}. {sentence}")
    raise typer.Exit(0 if explanation.equal else 1)
