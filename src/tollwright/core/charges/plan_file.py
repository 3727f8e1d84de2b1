"""The text of a plan file to a plan, with a customer's overlay, all faults at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, NoReturn, TypeVar

import msgspec

from tollwright.core.charges.exact import exact
from tollwright.core.charges.plan import Bundle, Discount, Fee, FileForm, Item, Plan, Sla
from tollwright.core.charges.refusals import refusals
from tollwright.core.money import MoneyError

LISTS: Mapping[str, type[msgspec.Struct]] = {
    "fees": Fee, "items": Item, "bundles": Bundle, "discounts": Discount, "sla": Sla,
}  # fmt: skip
WHOLE = {"minimum", "maximum", "sla_limits", "pricing", "trial"}
Form = TypeVar("Form", bound=msgspec.Struct)


class PlanError(ValueError):
    """The plan cannot be used; `faults` says why, a sentence each, with the place."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


def read_json(text: str, what: str) -> Any:
    """A JSON text, its numbers exact. Raises PlanError: it is none, or says a key twice."""
    try:
        return json.loads(
            text.removeprefix("\ufeff"), object_pairs_hook=_each_key_once,
            parse_float=Decimal, parse_constant=_no_number,
        )  # fmt: skip
    except json.JSONDecodeError as error:
        _refuse(f"{what} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.")
    except RecursionError:
        _refuse(f"{what} is nested too deep to be read.")


def read_plan(text: str) -> Plan:
    """Raises PlanError with all faults of the plan."""
    return plan_of(read_json(text, "The plan"))


def plan_for(data: Any, overlay: Any, *, first: date, end: date) -> Plan:
    """A plan's object with a customer's overlay, in the days [first, end) that are priced.

    Raises PlanError: also where the overlay holds for a part of these days.
    """
    if overlay is None:
        return plan_of(data)
    told = converted(overlay, Overlay, "The overlay")
    since, until = told.first_day or first, told.end_day or end
    if until <= first or since >= end:
        return plan_of(data)
    if since > first or until < end:
        _refuse("The overlay holds for a part of these days: price the parts one by one.")
    return plan_of(overlaid(data, told.changes) if isinstance(data, dict) else data)


class Overlay(FileForm, frozen=True, rename={"first_day": "from", "end_day": "to"}):
    """A customer's own terms, by code, on the days [from, to)."""

    changes: dict[str, Any]
    customer: str = ""
    subscription: str = ""
    first_day: date | None = None
    end_day: date | None = None


def plan_of(data: Any) -> Plan:
    """The same from an object."""
    if not isinstance(data, dict):
        _refuse('A plan is one JSON object: {"code": ..., "currency": ..., "items": [...]}.')
    faults: list[str] = []
    found = {name: _listed(data, name, form, faults) for name, form in LISTS.items()}
    rest = {key: _with_limits(key, value) for key, value in data.items() if key not in LISTS}
    try:
        plan = msgspec.convert(rest, Plan, dec_hook=_exact)
    except msgspec.ValidationError as error:
        raise PlanError([*faults, _said("The plan", error)]) from None
    if faults:
        raise PlanError(faults)
    plan = msgspec.structs.replace(plan, **found)
    if wrong := refusals(plan):
        raise PlanError(wrong)
    return plan


def overlaid(plan: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """A plan's object with a customer's own terms: by code; named keys replace, null removes."""
    found, gone = dict(plan), []
    for code, change in dict(overlay).items():
        places = ((name, _place(found, name, code)) for name in LISTS)
        home, place = next(((name, n) for name, n in places if n is not None), ("", 0))
        if home:
            rows = list(found[home])
            rows[place : place + 1] = [] if change is None else [merged(rows[place], change)]
            found[home] = rows
        elif code in WHOLE:
            found[code] = merged(found.get(code), change)
            if change is None:
                del found[code]
        else:
            gone.append(f"The overlay changes {code!r}, which is not in plan {plan.get('code')!r}.")
    if gone:
        raise PlanError(gone)
    return found


def merged(old: Any, new: Any) -> Any:
    """An object's keys replaced by those of another, deep; null removes a key."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    found = dict(old)
    for key, value in new.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key), value)
    return found


def converted(value: Any, form: type[Form], what: str) -> Form:
    """An object as a structure. Raises PlanError, which names `what` and the key."""
    try:
        return msgspec.convert(value, form, dec_hook=_exact)
    except msgspec.ValidationError as error:
        _refuse(_said(what, error))


def _place(plan: Mapping[str, Any], name: str, code: str) -> int | None:
    rows = plan.get(name)
    if not isinstance(rows, list):
        return None
    fits = (n for n, row in enumerate(rows) if isinstance(row, dict) and row.get("code") == code)
    return next(fits, None)


def _listed(
    data: Mapping[str, Any], name: str, form: type[msgspec.Struct], faults: list[str]
) -> tuple[msgspec.Struct, ...]:
    rows = data.get(name, [])
    if not isinstance(rows, list):
        faults.append(f"{name} is a list of objects.")
        return ()
    found = []
    for place, row in enumerate(rows, start=1):
        code = row.get("code", "") if isinstance(row, dict) else ""
        try:
            found.append(msgspec.convert(_whole(row), form, dec_hook=_exact))
        except msgspec.ValidationError as error:
            faults.append(_said(f"{name} {place}{f' ({code})' if code else ''}", error))
    return tuple(found)


def _whole(row: Any) -> Any:
    """A row in its long form."""
    if not isinstance(row, dict):
        return row
    return {key: _with_limits(key, value) for key, value in _committed(row).items()}


def _committed(row: dict[str, Any]) -> dict[str, Any]:
    """A commitment may stand beside the price of its item, or in it."""
    if "commit" not in row or not isinstance(row.get("price"), dict):
        return row
    rest = {key: value for key, value in row.items() if key != "commit"}
    return {**rest, "price": {**row["price"], "commit": row["commit"]}}


def _with_limits(key: str, value: Any) -> Any:
    """A minimum or maximum may be its amount alone."""
    is_amount = key in {"minimum", "maximum"} and isinstance(value, str | int)
    return {"amount": value} if is_amount and not isinstance(value, bool) else value


def _exact(kind: type, value: object) -> object:
    """Fractions from texts and whole numbers; others are not exact in JSON."""
    if kind is not Fraction:
        raise NotImplementedError
    if isinstance(value, Decimal):
        raise ValueError(f'write the number as a text, "{value}"')
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError('Expected a number as a text, such as "0.012"')
    try:
        return exact(value)
    except MoneyError as error:
        raise ValueError(str(error)) from None


def _said(what: str, error: msgspec.ValidationError) -> str:
    told, _, place = str(error).partition(" - at ")
    where = place.strip("`").removeprefix("$").removeprefix(".")
    if told.startswith("Object contains unknown field "):
        told = f"unknown key {told.removeprefix('Object contains unknown field ').strip('`')!r}"
    elif told.startswith("Object missing required field "):
        told = f"{told.removeprefix('Object missing required field ').strip('`')!r} is missing"
    return f"{what}{f', {where}' if where else ''}: {told.replace('`', '')}."


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        _refuse(f"The key {twice!r} is there twice in one object; keep the one that is meant.")
    return found


def _no_number(text: str) -> NoReturn:
    _refuse(f"{text} is not a number.")


def _refuse(fault: str) -> NoReturn:
    raise PlanError([fault])
