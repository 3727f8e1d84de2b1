"""The legal entities that sign documents."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect

from tollwright.domain.entities import LegalEntity
from tollwright.domain.lookup import find
from tollwright.domain.tenants import operations
from tollwright.domain.tenants.rows import entity_rows
from tollwright.web.office.forms import OfficeForm, posted
from tollwright.web.office.links import row, to
from tollwright.web.office.page import StaffRequest, done, listing, page, show
from tollwright.web.office.permissions import may
from tollwright.web.shared.tables import Column, Filter, Table, field_has

BOTH = ("GET", "POST")


class EntityForm(OfficeForm):
    """Who signs: as printed on every document."""

    name = forms.CharField(max_length=200, label="Name")
    number_prefix = forms.CharField(
        max_length=10, label="Before every number", help_text="As NC for NC-INV-2026-000001."
    )
    address = forms.CharField(
        label="Address",
        help_text="Lines as printed, the country last.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    country = forms.CharField(max_length=2, label="Country", help_text="Two letters, as DE.")
    tax_id = forms.CharField(max_length=40, required=False, label="Tax id")
    registration = forms.CharField(max_length=80, required=False, label="Registration")
    email = forms.EmailField(required=False, label="E-mail")
    phone = forms.CharField(max_length=40, required=False, label="Phone")
    website = forms.CharField(max_length=100, required=False, label="Website")
    bank_name = forms.CharField(max_length=100, required=False, label="Bank")
    iban = forms.CharField(max_length=42, required=False, label="IBAN")
    bic = forms.CharField(max_length=11, required=False, label="BIC")
    brand_colour = forms.CharField(
        label="Colour of documents", widget=forms.TextInput(attrs={"type": "color"})
    )


@page()
def index(request: StaffRequest) -> HttpResponse:
    """Who signs."""
    table = Table(
        "Legal entities",
        entity_rows(),
        [
            Column("name", "Name", lambda one: one.name, "name", row("entity")),
            Column("prefix", "Numbers begin", lambda one: one.number_prefix, "number_prefix"),
            Column("country", "Country", lambda one: one.country, "country"),
            Column("tax", "Tax id", lambda one: one.tax_id or None, "tax_id"),
            Column("iban", "IBAN", lambda one: one.iban or None, "iban"),
        ],
        [Filter("name", "Name", field_has("name"))],
        order="name",
        empty="Nobody signs your invoices yet. Add the first legal entity.",
        filename="legal-entities",
    )
    can = may(request.membership.role, "access")
    tools = [("Add a legal entity", to("entity-new"))] if can else []
    return listing(request, "Company", table, tools=tools)


@page(needs="access", methods=BOTH, sensitive=True)
def new(request: StaffRequest) -> HttpResponse:
    """Add who signs."""
    first = {"brand_colour": "#0f5c5c", "country": request.membership.tenant.region}
    form = EntityForm(posted(request), initial=first)
    if form.is_valid() and form.succeeds(
        operations.create_legal_entity, at=request.at, by=request.by, **form.cleaned_data
    ):
        done(request, "The legal entity is added.")
        return redirect(to("company"))
    return _form(request, "Add a legal entity", form)


@page(writes="access", methods=BOTH, sensitive=True)
def edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change what new documents say."""
    entity = find(LegalEntity, pk)
    first = {name: getattr(entity, name) for name in EntityForm.base_fields}
    form = EntityForm(posted(request), initial=first)
    if form.is_valid() and form.succeeds(
        operations.update_legal_entity,
        entity=entity,
        at=request.at,
        by=request.by,
        **form.cleaned_data,
    ):
        done(request, "New documents use it from now on; issued ones stay as they are.")
        return redirect(to("company"))
    return _form(request, f"Change {entity.name}", form)


def _form(request: StaffRequest, title: str, form: EntityForm) -> HttpResponse:
    crumbs = [("Company", to("company"))]
    return show(request, "form.html", title, form=form, back=to("company"), crumbs=crumbs)
