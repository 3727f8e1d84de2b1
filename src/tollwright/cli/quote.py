"""tollwright quote"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tollwright.cli.rate import SOME_NOT_RATED, Format, read_text, refuse, why_not
from tollwright.core.cards.read import CardError
from tollwright.core.charges.exact import show_exact
from tollwright.core.charges.plan_file import PlanError, converted, read_json, read_plan
from tollwright.core.charges.routes import Routes, price_by_routes
from tollwright.core.money import MoneyError
from tollwright.core.rating import quote as core
from tollwright.core.rating.call_file import FieldFault
from tollwright.core.rating.open_file import open_card
from tollwright.core.rating.profiles import UnknownProfile


def quote(
    card: Annotated[Path | None, typer.Option(help="The card, a JSON file.")] = None,
    to: Annotated[str, typer.Option(help="The called number, E.164.")] = "",
    seconds: Annotated[str, typer.Option(help="Price a call of so many seconds.")] = "",
    balance: Annotated[str, typer.Option(help="Find the longest call it allows.")] = "",
    origin: Annotated[str, typer.Option("--from", help="The calling number.")] = "",
    at: Annotated[str, typer.Option(help="Answer, ISO 8601; absent: now.")] = "",
    profile: Annotated[str, typer.Option(help="Price as this system did, such as astpp.")] = "",
    explain: Annotated[bool, typer.Option("--explain", help="Say every step.")] = False,
    format: Annotated[str, typer.Option(help="text or json.")] = "text",
    plan: Annotated[Path | None, typer.Option(help="A plan that prices by its routing.")] = None,
    routes: Annotated[Path | None, typer.Option(help="The call's carriers, JSON.")] = None,
) -> None:
    """Ask what a call would cost on a card in a file, why, or how long a balance lasts.

    With a plan and the call's routes: what a plan that prices by its routing takes for it.

    Exit code 0: it can be rated; 3: it cannot (see status and reason); 2: nothing could be read.

    Example: `tollwright quote --card card.json --to 442012345678 --seconds 61 --explain`
    """
    if format not in ("text", Format.json):
        refuse(f"--format {format}: there are text and json.")
    if plan is not None or routes is not None:
        if plan is None or routes is None or card is not None:
            refuse("Say --plan and --routes together, or --card.")
        quote_routes(plan, routes, as_json=format == Format.json)
        return
    if card is None or not to:
        refuse("Say --card and --to, or --plan and --routes.")
    if not seconds and not balance:
        refuse("Say --seconds N for a price, or --balance AMOUNT for the longest call.")
    try:
        answer = core.quote(
            open_card(read_text(card), profile),
            to=to,
            at=at or datetime.now(UTC),
            origin=origin,
            seconds=seconds,
            balance=balance,
        )
    except CardError as error:
        refuse(f"The card {card} cannot be used:\n{error}")
    except OSError as error:
        refuse(why_not(error))
    except MoneyError as error:
        refuse(f"--balance: {error}")
    except (FieldFault, UnknownProfile) as error:
        refuse(str(error))
    as_json = format == Format.json
    typer.echo(
        core.as_json(answer) if as_json else core.as_text(answer, explained=explain), nl=False
    )
    if not answer.rated:
        raise typer.Exit(SOME_NOT_RATED)


def quote_routes(plan: Path, routes: Path, *, as_json: bool) -> None:
    """What a plan takes for a call by the carriers that could have carried it."""
    try:
        terms = read_plan(read_text(plan))
        told = converted(read_json(read_text(routes), "The routes"), Routes, "The routes")
    except PlanError as error:
        refuse(str(error))
    except OSError as error:
        refuse(why_not(error))
    found = price_by_routes(terms.pricing, told)
    amount = None if found.amount is None else show_exact(found.amount)
    if as_json:
        typer.echo(json.dumps({"amount": amount, "how": found.how}, ensure_ascii=False))
    else:
        typer.echo(f"{amount or 'no price'}: {found.how}")
    if found.amount is None:
        raise typer.Exit(SOME_NOT_RATED)
