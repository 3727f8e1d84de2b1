"""Which past calls, as a form of days and names, and in words: what re-rating and what-if ask."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from tollwright.domain.entities import CallPlan, Campaign, Carrier, Customer, ImportBatch, RateCard
from tollwright.domain.lookup import Kind, name_of
from tollwright.domain.rerating.scope import COST, EVER, NEVER, SELL, CallScope, from_told
from tollwright.web.office.forms import DayField, OfficeForm
from tollwright.web.office.page import StaffRequest
from tollwright.web.office.pickers import PickerField
from tollwright.web.shared.filters import start_of
from tollwright.web.shared.formatting import day

LEGS = ((SELL, "What customers pay"), (COST, "What carriers take"))

NAMED: tuple[tuple[str, str, Kind, str], ...] = (
    ("customer_id", "customer", Customer, "name"),
    ("campaign_id", "campaign", Campaign, "name"),
    ("card_id", "card", RateCard, "name"),
    ("plan_id", "plan", CallPlan, "name"),
    ("batch_id", "file", ImportBatch, "filename"),
    ("carrier_id", "carrier", Carrier, "name"),
)


class ScopeForm(OfficeForm):
    """Days in the viewer's zone, both inclusive; everything else may be left open."""

    since = DayField(label="First day")
    until = DayField(label="Last day")
    customer = PickerField("customer", label="Customer", required=False)
    campaign = PickerField("campaign", label="Campaign", required=False)
    begins = forms.CharField(
        max_length=20, required=False, label="Number begins with", help_text="As 4420 or +4420."
    )

    def scope(self) -> CallScope:
        """What the valid form says."""
        said = self.cleaned_data
        return CallScope(
            first=start_of(said["since"]),
            last=start_of(said["until"] + timedelta(days=1)),
            customer_id=said["customer"],
            campaign_id=said["campaign"],
            card_id=said.get("card"),
            batch_id=said.get("file"),
            prefix=said["begins"],
            leg=said.get("leg") or SELL,
            carrier_id=said.get("carrier"),
        )

    def clean(self) -> dict[str, Any] | None:
        """Refuse days in the wrong order."""
        said = super().clean() or self.cleaned_data
        first, last = said.get("since"), said.get("until")
        if first and last and last < first:
            self.add_error("until", "The last day is before the first.")
        return said


class RerateForm(ScopeForm):
    """Also by the card that rated the calls, by file, and of which leg of the money."""

    leg = forms.ChoiceField(label="Of what", choices=LEGS, required=False)
    card = PickerField("card", label="Rated by card", required=False)
    carrier = PickerField("carrier", label="Carrier now", required=False)
    file = PickerField("file", label="File", required=False)


def last_month(request: StaffRequest) -> dict[str, object]:
    """The days a form begins with: last month and this one up to today."""
    today = timezone.localdate(request.at)
    first = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    return {"since": first, "until": today}


def scope_text(said: Mapping[str, Any]) -> str:
    """Which calls a re-rating was of, in words: `CallScope.told`, its days in the viewer's zone."""
    of = from_told(said)
    days = []
    if of.first != EVER:
        days.append(f"from {day(of.first)}")
    if of.last != NEVER:
        days.append(f"to {day(of.last - timedelta(microseconds=1))}")
    parts = ["what carriers take"] if of.leg == COST else []
    parts += [" ".join(days)] if days else []
    for key, what, kind, field in NAMED:
        if key in said:
            parts.append(f"{what} {name_of(kind, said[key], field) or said[key]}")
    parts += [f"numbers that begin with +{of.prefix.removeprefix('+')}"] if of.prefix else []
    parts += [f"records {said['records']} of the quarantine"] if "records" in said else []
    return ", ".join(parts) or "all"
