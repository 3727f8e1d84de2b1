"""tollwright what-if"""

from __future__ import annotations

from pathlib import Path
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
    from tollwright.data.plans import PlanVersion
    from tollwright.data.rates import CardVersion
    from tollwright.domain.rerating.whatif import Line, WhatIf, WhatIfRequest


def what_if(
    first: From = None,
    last: To = None,
    card: Annotated[str, typer.Option(help="Code of the card.")] = "",
    plan: Annotated[str, typer.Option(help="Code of the call plan.")] = "",
    version: Annotated[
        int | None, typer.Option(help="Number of the version; default: the latest.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A card file (JSON).")
    ] = None,
    customer: CustomerCode = "",
    campaign: CampaignCode = "",
    prefix: Prefix = "",
    everyone: Annotated[
        bool, typer.Option("--everyone", help="All calls, not only those on this card or plan.")
    ] = False,
    tenant: TenantSlug = "",
) -> None:
    """Hold a draft card or plan against past calls: who would pay more or less, losers first.

    Nothing is written. Exit code 3 means that some calls would not be priced.

    Examples:

    `tollwright what-if --card RETAIL --version 2 --from 2026-10-01 --to 2026-11-01`

    `tollwright what-if --file card.json --from 2026-10-01 --to 2026-11-01`

    `tollwright what-if --plan BASIC --version 3 --from 2026-10-01 --to 2026-11-01 --everyone`
    """
    runtime.start()
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.rerating import whatif

    with tenant_scope(runtime.tenant_id(tenant)):
        scope = call_scope(first, last, customer=customer, campaign=campaign, prefix=prefix)
        payload = _payload(card, plan, version, file)
        found = whatif.what_if(payload, scope, everyone=everyone, at=runtime.now())
        show(found)
    raise typer.Exit(3 if found.refused else 0)


def _payload(card: str, plan: str, version: int | None, file: Path | None) -> WhatIfRequest:
    from tollwright.cli.rate import read_text
    from tollwright.domain.rerating import whatif

    return whatif.WhatIfRequest(
        version=_card_version(card, version) if card else None,
        card=None if file is None else whatif.card_of_file(read_text(file)),
        plan=_plan_version(plan, version) if plan else None,
    )


def _card_version(code: str, number: int | None) -> CardVersion:
    from tollwright.domain.errors import NotFound
    from tollwright.domain.rates.queries import card_by_code

    card = card_by_code(code)
    rows = card.versions.select_related("card").order_by("-number")
    found = (rows if number is None else rows.filter(number=number)).first()
    if found is None:
        numbers = ", ".join(str(one.number) for one in rows) or "none"
        raise NotFound(f"Card {code} has no version {number or ''}. There are: {numbers}.")
    return found


def _plan_version(code: str, number: int | None) -> PlanVersion:
    from tollwright.domain.errors import NotFound
    from tollwright.domain.plans.queries import plan_by_code, versions

    rows = versions(plan_by_code(code))
    found = (rows if number is None else rows.filter(number=number)).first()
    if found is None:
        numbers = ", ".join(str(one.number) for one in rows) or "none"
        raise NotFound(f"Plan {code} has no version {number or ''}. There are: {numbers}.")
    return found


def show(found: WhatIf) -> None:
    """The answer as a table."""
    print(f"{found.title[0].upper()}{found.title[1:]} over {found.calls:,} calls")
    for sentence in found.sentences:
        print(f"! {sentence}")
    print(f"{found.losers:,} customers would pay more, {found.winners:,} less.\n")
    head = f"{'Customer':<28} {'calls':>9} {'unpriced':>9} {'old':>14} {'new':>14}"
    print(head + f" {'difference':>14} {'margin then':>14}")
    for line in found.lines:
        print(_row(line, line.customer))
    for line in found.totals:
        print(_row(line, "all"))
        if line.fees.once_micros:
            from tollwright.core.document_text import amount_text

            once = amount_text(line.fees.once_micros, line.currency)
            print(f"Registration fees would add {once} {line.currency} once.")


def _row(line: Line, name: str) -> str:
    from tollwright.core.document_text import amount_text

    margin = line.new_margin_micros
    amounts = (line.old_micros, line.new_micros, line.difference_micros)
    shown = " ".join(f"{amount_text(one, line.currency):>14}" for one in amounts)
    told = "–" if margin is None else amount_text(margin, line.currency)
    calls = f"{line.usage.calls:>9,} {line.usage.refused:>9,}"
    return f"{name[:28]:<28} {calls} {shown} {told:>14} {line.currency}"
