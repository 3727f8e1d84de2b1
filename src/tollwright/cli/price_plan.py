"""tollwright price-plan"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from tollwright.cli.rate import SOME_NOT_RATED, Format, read_text, refuse, why_not
from tollwright.core.charges.bundles import Grant
from tollwright.core.charges.exact import exact
from tollwright.core.charges.facts import Facts
from tollwright.core.charges.facts_file import FactsReader, read_calls
from tollwright.core.charges.plan import Plan
from tollwright.core.charges.plan_file import PlanError, converted, plan_for, read_json
from tollwright.core.charges.price_plan import (
    Asked,
    NothingToPrice,
    PricedPlan,
    Subscription,
    as_data,
)
from tollwright.core.charges.price_plan import (
    price_plan as priced_plan,
)
from tollwright.core.money import MoneyError


def price_plan(
    plan: Annotated[Path, typer.Option(help="The plan, a JSON file.")],
    since: Annotated[str, typer.Option("--from", help="The first day, 2026-11-01.")],
    until: Annotated[str, typer.Option("--to", help="The day after the last.")],
    facts: Annotated[Path | None, typer.Option(help="What people did: CSV or JSON lines.")] = None,
    calls: Annotated[Path | None, typer.Option(help="Rated calls, CSV.")] = None,
    overlay: Annotated[Path | None, typer.Option(help="A customer's own terms, JSON.")] = None,
    subscription: Annotated[
        Path | None, typer.Option(help="Its days, pauses and trial, JSON.")
    ] = None,
    grants: Annotated[Path | None, typer.Option(help="What bundles hold, JSON.")] = None,
    profile: Annotated[Path | None, typer.Option(help="Quantities by item, JSON.")] = None,
    format: Annotated[str, typer.Option(help="text or json.")] = "text",
) -> None:
    """Price a period of a plan from facts in files, with no database.

    Exit code 0: priced; 3: some facts were not (they are named on stderr); 2: nothing could be
    read.

    Example: `tollwright price-plan --plan plan.json --facts facts.csv --from 2026-11-01 --to
    2026-12-01`
    """
    if format not in ("text", Format.json):
        refuse(f"--format {format}: there are text and json.")
    first, end = _day(since, "--from"), _day(until, "--to")
    if end <= first:
        refuse("--to is the day after the last one: it comes after --from.")
    try:
        terms = _plan(plan, overlay, first, end)
        found = _facts(terms, facts, calls)
        asked = Asked(
            first,
            end,
            _subscription(subscription),
            _grants(grants),
            _profile(terms, profile),
        )
        priced = priced_plan(terms, found, asked)
    except (PlanError, NothingToPrice) as error:
        refuse(str(error))
    except OSError as error:
        refuse(why_not(error))
    _write(priced, terms.currency, as_json=format == Format.json)
    for fault in priced.faults:
        where = f"Record {fault.place}" if fault.place else "A record"
        typer.echo(f"{where} ({fault.key}), {fault.code}: {fault.message}", err=True)
    if priced.faults:
        raise typer.Exit(SOME_NOT_RATED)


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        refuse(f"{option} {text!r} is no day; write it as 2026-11-01.")


def _plan(path: Path, overlay: Path | None, first: date, end: date) -> Plan:
    told = None if overlay is None else read_json(read_text(overlay), "The overlay")
    return plan_for(read_json(read_text(path), "The plan"), told, first=first, end=end)


def _facts(plan: Plan, facts: Path | None, calls: Path | None) -> Facts:
    found = Facts()
    if facts is not None:
        jsonl = facts.suffix.lower() in {".jsonl", ".ndjson"}
        found = FactsReader(plan.timezone, plan.currency).read(read_text(facts), jsonl=jsonl)
    if calls is None:
        return found
    rated, faults = read_calls(read_text(calls), plan.timezone)
    return found.with_calls(rated, faults)


def _subscription(path: Path | None) -> Subscription:
    if path is None:
        return Subscription()
    told = read_json(read_text(path), "The subscription")
    return converted(told, Subscription, "The subscription")


def _grants(path: Path | None) -> list[Grant]:
    if path is None:
        return []
    told = read_json(read_text(path), "The grants")
    if not isinstance(told, list):
        refuse("Grants are a list of objects: bundle, kind, left, expires_on.")
    return [converted(one, Grant, f"Grant {n}") for n, one in enumerate(told, start=1)]


def _profile(plan: Plan, path: Path | None) -> Mapping[str, Fraction]:
    if path is None:
        return {}
    told: Any = read_json(read_text(path), "The profile")
    codes = {item.code for item in plan.items}
    if not isinstance(told, dict) or not set(told) <= codes:
        refuse(f"A profile is an object of quantities by item: {', '.join(sorted(codes))}.")
    try:
        return {code: exact(value) for code, value in told.items()}
    except MoneyError as error:
        refuse(f"The profile: {error}.")


def _write(priced: PricedPlan, currency: str, *, as_json: bool) -> None:
    told = as_data(priced, currency)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    for line in priced.lines:
        data = line.as_data(currency)
        where = f" ({line.campaign})" if line.campaign else ""
        typer.echo(f"{data['amount']:>14}  {line.code}{where}: {line.how}")
    typer.echo(f"{told['total']:>14}  {currency} in all")
