"""A plan of a few lines, facts in a few words, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tollwright.core.charges.bundles import Grant
from tollwright.core.charges.exact import exact
from tollwright.core.charges.facts_file import COLUMNS, FactsReader, read_calls
from tollwright.core.charges.plan_file import converted, plan_of
from tollwright.core.charges.price_plan import (
    Asked,
    PricedPlan,
    Subscription,
    as_data,
    price_plan,
)

NOVEMBER = ("2026-11-01", "2026-12-01")
Rows = Sequence[Mapping[str, Any]]


def priced(
    plan: Mapping[str, Any],
    facts: Rows = (),
    *,
    calls: Sequence[Sequence[object]] = (),
    days: tuple[str, str] = NOVEMBER,
    subscription: Mapping[str, Any] | None = None,
    grants: Rows = (),
    profile: Mapping[str, str] | None = None,
) -> PricedPlan:
    """What a plan of EUR in UTC comes to, unless it says otherwise."""
    terms = plan_of({"code": "P", "currency": "EUR", "timezone": "UTC", **plan})
    reader = FactsReader(terms.timezone, terms.currency)
    found = reader.read(as_csv(facts), jsonl=False)
    lines = [
        "call_key,campaign,answered_at,seconds,amount",
        *(",".join(map(str, c)) for c in calls),
    ]
    found = found.with_calls(*read_calls("\n".join(lines), terms.timezone))
    first, end = map(date.fromisoformat, days)
    asked = Asked(
        first,
        end,
        converted(dict(subscription or {}), Subscription, "The subscription"),
        [converted(dict(one), Grant, "A grant") for one in grants],
        {code: exact(value) for code, value in (profile or {}).items()},
    )
    return price_plan(terms, found, asked)


def as_csv(facts: Rows) -> str:
    """Records with a key of their own where they tell none."""
    lines = [",".join(COLUMNS)]
    for place, row in enumerate(facts):
        cells = {"key": f"k{place:04}", **row}
        lines.append(",".join(str(cells.get(name, "")) for name in COLUMNS))
    return "\n".join(lines)


def lines_of(found: PricedPlan, currency: str = "EUR") -> dict[str, str]:
    """Amounts by line."""
    data = [line.as_data(currency) for line in found.lines]
    return {str(one["item"]): str(one["amount"]) for one in data}


def total_of(found: PricedPlan, currency: str = "EUR") -> str:
    """The total as text."""
    return str(as_data(found, currency)["total"])


def item(measure: Mapping[str, Any], price: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """An item called `x`."""
    return {"code": "x", "measure": measure, "price": {"model": "per_unit", **price}, **more}


def of(quantity: int | str, price: Mapping[str, Any], **more: Any) -> PricedPlan:
    """What a quantity of a count comes to."""
    plan = {"items": [item({"kind": "count", "meter": "m"}, price, **more)]}
    return priced(plan, profile={"x": str(quantity)})
