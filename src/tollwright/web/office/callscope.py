"""Which past calls, as a form of days and names, and in words: what re-rating and what-if ask."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from tollwright.domain.calls.queries import latest_batches
from tollwright.domain.carriers.queries import carriers
from tollwright.domain.customers.queries import campaign_names, customer_names
from tollwright.domain.entities import CallPlan, Campaign, Carrier, Customer, ImportBatch, RateCard
from tollwright.domain.lookup import Kind, name_of
from tollwright.domain.rates.queries import cards
from tollwright.domain.rerating.scope import COST, EVER, NEVER, SELL, CallScope, from_told
from tollwright.web.office.forms import DayField, OfficeForm, choice, set_choices
from tollwright.web.office.page import StaffRequest
from tollwright.web.shared.filters import start_of
from tollwright.web.shared.formatting import long_day

FILES_LISTED = 200
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
    customer = choice("Customer", (), required=False)
    campaign = choice("Campaign", (), required=False)
    begins = forms.CharField(
        max_length=20, required=False, label="Number begins with", help_text="As 4420 or +4420."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "customer", customer_names())
        set_choices(self, "campaign", campaign_names())

    def scope(self) -> CallScope:
        """What the valid form says."""
        said = self.cleaned_data
        return CallScope(
            first=start_of(said["since"]),
            last=start_of(said["until"] + timedelta(days=1)),
            customer_id=_number(said["customer"]),
            campaign_id=_number(said["campaign"]),
            card_id=_number(said.get("card", "")),
            batch_id=_number(said.get("file", "")),
            prefix=said["begins"],
            leg=said.get("leg") or SELL,
            carrier_id=_number(said.get("carrier", "")),
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
    card = choice("Rated by card", (), required=False)
    carrier = choice("Carrier now", (), required=False)
    file = choice("File", (), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [*cards(side="sell"), *cards(side="buy")]
        files = latest_batches(most=FILES_LISTED)
        set_choices(self, "card", [(one.pk, f"{one.name} ({one.side})") for one in offered])
        set_choices(self, "carrier", [(one.pk, one.name) for one in carriers()])
        set_choices(self, "file", [(one.pk, f"{one.pk} {one.filename}") for one in files])


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
        days.append(f"from {long_day(of.first)}")
    if of.last != NEVER:
        days.append(f"to {long_day(of.last - timedelta(microseconds=1))}")
    parts = ["what carriers take"] if of.leg == COST else []
    parts += [" ".join(days)] if days else []
    for key, what, kind, field in NAMED:
        if key in said:
            parts.append(f"{what} {name_of(kind, said[key], field) or said[key]}")
    parts += [f"numbers that begin with +{of.prefix.removeprefix('+')}"] if of.prefix else []
    parts += [f"records {said['records']} of the quarantine"] if "records" in said else []
    return ", ".join(parts) or "all"


def _number(text: str) -> int | None:
    return int(text) if text else None
