"""The fields of one fee on a plan version's form: what it costs, how often, which part of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from tollwright.core.billing.fees import INTERVALS, MOST_INTERVALS, TIMINGS
from tollwright.domain.entities import PlanFee
from tollwright.domain.plans import operations
from tollwright.web.office.forms import AmountField, as_decimal, choice

ANCHORS = (("calendar", "the calendar, or the bill day"), ("start", "the plan's first day"))
PARTS = (
    ("day", "its share of days"),
    ("of_30", "its share of 30 days"),
    ("second", "its share of seconds"),
    ("none", "the whole"),
)
UNUSED = (("give_back", "are given back"), ("keep", "are kept"))


def fee_fields(place: int) -> dict[str, forms.Field]:
    """The fields of the fee at this place, by name: `kind1`, `name1`, …"""
    label = f"Fee {place}"
    kinds = [(kind, kind) for kind in operations.FEE_KINDS]
    timings = [(timing, timing) for timing in TIMINGS]
    intervals = [(one, one.replace("_", " ")) for one in INTERVALS]
    found: dict[str, forms.Field] = {
        "kind": choice(f"{label}: kind", kinds, required=False),
        "name": forms.CharField(required=False, max_length=200, label=f"{label}: as printed"),
        "amount": AmountField(required=False, label=f"{label}: amount"),
        "interval": choice(
            f"{label}: due every", intervals, required=False,
            help_text="Empty: month; a registration is due once.",
        ),
        "interval_count": forms.IntegerField(
            required=False, min_value=1, max_value=MOST_INTERVALS,
            label=f"{label}: number of them", help_text="Empty: 1. 2 is every second one.",
        ),
        "anchor": choice(f"{label}: counted from", ANCHORS, required=False),
        "timing": choice(f"{label}: billed in", timings, required=False),
        "part": choice(f"{label}: a part of it costs", PARTS, required=False),
        "unused": choice(f"{label}: unused days", UNUSED, required=False),
    }  # fmt: skip
    return {f"{name}{place}": field for name, field in found.items()}


def fee_initial(fee: PlanFee, place: int) -> dict[str, object]:
    """The fields of a fee that is there, as `read_fee` reads them."""
    part = "of_30" if fee.of_days else fee.proration
    told = {
        "kind": fee.kind,
        "name": fee.name,
        "amount": as_decimal(fee.amount_micros),
        "interval": fee.interval,
        "interval_count": fee.interval_count,
        "anchor": fee.anchor,
        "timing": fee.timing,
        "part": part,
        "unused": fee.unused,
    }
    return {f"{name}{place}": value for name, value in told.items()}


def read_fee(data: Mapping[str, Any], place: int) -> dict[str, object] | None:
    """The fee at this place as the domain takes it; None where nothing was filled in."""
    told = {name: data.get(f"{name}{place}") for name in ("kind", "name", "interval", "anchor")}
    amount = data.get(f"amount{place}")
    if not (told["kind"] or told["name"] or amount is not None):
        return None
    part = data.get(f"part{place}")
    return {
        **told,
        "amount_micros": amount,
        "interval_count": data.get(f"interval_count{place}"),
        "timing": data.get(f"timing{place}"),
        "proration": part if part in {"none", "second"} else "day",
        "of_days": 30 if part == "of_30" else None,
        "unused": data.get(f"unused{place}"),
    }
