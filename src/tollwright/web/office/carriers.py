"""Carriers: whose trunks calls go over, and which buy card says what they take."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect

from tollwright.domain.carriers import operations, queries
from tollwright.domain.carriers.rows import carrier_rows
from tollwright.domain.entities import Carrier, RateCard, Trunk
from tollwright.domain.lookup import find
from tollwright.domain.rates.queries import cards
from tollwright.web.office.forms import MomentField, OfficeForm, posted
from tollwright.web.office.links import row, to
from tollwright.web.office.page import StaffRequest, done, listing, page, show
from tollwright.web.office.permissions import may
from tollwright.web.office.pickers import PickerField
from tollwright.web.shared.tables import Column, Filter, Table, field_has

BOTH = ("GET", "POST")


class CarrierForm(OfficeForm):
    """Who carries calls."""

    code = forms.CharField(max_length=40, label="Code", help_text="One word, yours to choose.")
    name = forms.CharField(max_length=200, label="Name")


class TrunkForm(OfficeForm):
    """What in a call's record means the carrier, and when."""

    value = forms.CharField(
        max_length=100,
        label="Trunk",
        help_text="As the switch writes it: the gateway or channel, as telco. With a * at the end,"
        " all that begin so: telco-*.",
    )
    valid_from = MomentField(label="From", help_text="Calls answered from here on; your zone.")
    valid_to = MomentField(label="Until", required=False, help_text="Empty: no end.")


class EndForm(OfficeForm):
    """When a trunk stops leading to its carrier."""

    valid_to = MomentField(label="Until before")


class CardForm(OfficeForm):
    """Which buy card holds, and from when on."""

    card = PickerField("buy-card", label="Buy card")
    valid_from = MomentField(label="From", help_text="Calls answered from here on; your zone.")


@page()
def index(request: StaffRequest) -> HttpResponse:
    """Every carrier with its card of today."""
    table = Table(
        "Carriers",
        carrier_rows(at=request.at),
        [
            Column("code", "Code", lambda one: one.code, "code", row("carrier")),
            Column("name", "Name", lambda one: one.name, "name", row("carrier")),
            Column("trunks", "Trunks", lambda one: one.trunk_count, "trunk_count"),
            Column("card", "Buy card", lambda one: one.card_name, "", row("card", "card_id")),
        ],
        [Filter("q", "Name or code", field_has("name", "code"), kind="search")],
        order="name",
        empty="No carriers yet. Add one with its trunks and its buy card: then you see what calls"
        " cost, and what you keep.",
        filename="carriers",
    )
    tools = [("Add a carrier", to("carrier-new"))] if may(request.membership.role, "rates") else []
    return listing(request, "Carriers", table, tools=tools)


@page()
def one(request: StaffRequest, pk: int) -> HttpResponse:
    """A carrier with its trunks and its cards."""
    carrier = find(Carrier, pk)
    return show(
        request,
        "carrier.html",
        carrier.name,
        carrier=carrier,
        trunks=queries.trunks(carrier=carrier),
        cards=queries.cards(carrier=carrier),
        crumbs=[("Carriers", to("carriers"))],
    )


@page(needs="rates", methods=BOTH)
def new(request: StaffRequest) -> HttpResponse:
    """Add a carrier."""
    form = CarrierForm(posted(request))
    if form.is_valid():
        made = form.attempt(
            operations.create_carrier, at=request.at, by=request.by, **form.cleaned_data
        )
        if made is not None:
            done(request, f"{made.name} is added. Next: its trunks, and its buy card.")
            return redirect(to("carrier", made.pk))
    crumbs = [("Carriers", to("carriers"))]
    return show(
        request, "form.html", "Add a carrier", form=form, back=to("carriers"), crumbs=crumbs
    )


@page(needs="rates", methods=BOTH)
def edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Rename a carrier."""
    carrier = find(Carrier, pk)
    form = CarrierForm(posted(request), initial={"code": carrier.code, "name": carrier.name})
    if form.is_valid() and form.succeeds(
        operations.rename_carrier,
        carrier=carrier,
        at=request.at,
        by=request.by,
        **form.cleaned_data,
    ):
        done(request, "The carrier is renamed.")
        return redirect(to("carrier", pk))
    return _form(request, f"Rename {carrier.name}", form, carrier)


@page(needs="rates", methods=BOTH)
def trunk_new(request: StaffRequest, pk: int) -> HttpResponse:
    """Add a trunk to a carrier."""
    carrier = find(Carrier, pk)
    form = TrunkForm(posted(request))
    if form.is_valid() and form.succeeds(
        operations.add_trunk, carrier=carrier, at=request.at, by=request.by, **form.cleaned_data
    ):
        done(request, "The trunk is added. Calls that came before: see Calls without cost.")
        return redirect(to("carrier", pk))
    return _form(request, f"Add a trunk to {carrier.name}", form, carrier)


@page(needs="rates", methods=BOTH)
def trunk_end(request: StaffRequest, pk: int) -> HttpResponse:
    """Let a trunk end."""
    trunk = find(Trunk, pk, "carrier")
    form = EndForm(posted(request), initial={"valid_to": request.at})
    if form.is_valid() and form.succeeds(
        operations.end_trunk, trunk=trunk, at=request.at, by=request.by, **form.cleaned_data
    ):
        done(request, "The trunk ends then; calls that are priced stay as they are.")
        return redirect(to("carrier", trunk.carrier_id))
    return _form(request, f"End trunk {trunk}", form, trunk.carrier)


@page(needs="rates", methods=BOTH)
def card_assign(request: StaffRequest, pk: int) -> HttpResponse:
    """Say by which buy card a carrier takes its money."""
    carrier = find(Carrier, pk)
    form = CardForm(posted(request))
    if form.is_valid():
        card = find(RateCard, form.cleaned_data["card"])
        since = form.cleaned_data["valid_from"]
        if form.succeeds(
            operations.assign_card, carrier=carrier, card=card, valid_from=since, at=request.at,
            by=request.by,
        ):  # fmt: skip
            done(request, "The card holds from then on; calls that are priced stay as they are.")
            return redirect(to("carrier", pk))
    lead = "" if cards(side="buy") else "First add a rate card of side buy."
    return _form(request, f"Buy card of {carrier.name}", form, carrier, lead)


def _form(
    request: StaffRequest, title: str, form: OfficeForm, carrier: Carrier, lead: str = ""
) -> HttpResponse:
    back = to("carrier", carrier.pk)
    crumbs = [("Carriers", to("carriers")), (carrier.name, back)]
    return show(request, "form.html", title, form=form, back=back, crumbs=crumbs, lead=lead)
