"""Adding and changing customers, campaigns and identifiers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect

from tollwright.domain.customers import operations
from tollwright.domain.entities import Campaign, Customer, Identifier, LegalEntity
from tollwright.domain.lookup import find
from tollwright.domain.tenants.queries import legal_entities
from tollwright.web.office.forms import (
    MomentField,
    OfficeForm,
    choice,
    posted,
    set_choices,
    zones,
)
from tollwright.web.office.links import to
from tollwright.web.office.page import StaffRequest, done, page, show
from tollwright.web.shared.labels import options

BOTH = ("GET", "POST")
ADDRESS = "Lines as printed on invoices, the country last."


class CustomerForm(OfficeForm):
    """Who is billed."""

    legal_entity = choice("Billed by", ())
    code = forms.CharField(max_length=40, label="Code", help_text="One word, yours to choose.")
    name = forms.CharField(max_length=200, label="Name")
    address = forms.CharField(
        label="Address", help_text=ADDRESS, widget=forms.Textarea(attrs={"rows": 4})
    )
    country = forms.CharField(max_length=2, label="Country", help_text="Two letters, as DE or GB.")
    tax_id = forms.CharField(max_length=40, required=False, label="Tax id")
    email = forms.EmailField(required=False, label="E-mail for bills")
    currency = forms.CharField(max_length=3, label="Currency", help_text="As EUR or USD.")
    timezone = choice("Time zone", ())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "timezone", zones())
        entities = sorted((one.name, one.pk) for one in legal_entities())
        set_choices(self, "legal_entity", [(str(pk), name) for name, pk in entities])


class CustomerChangeForm(CustomerForm):
    """The same, with the state; who bills them stays."""

    status = choice("Status", [(name, name) for name in operations.STATUSES])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["legal_entity"]


class CampaignForm(OfficeForm):
    """A piece of a customer's work."""

    code = forms.CharField(max_length=40, label="Code")
    name = forms.CharField(max_length=200, label="Name")
    kind = choice("Kind", options("campaign_kind", operations.CAMPAIGN_KINDS))


class CampaignChangeForm(CampaignForm):
    """The same, with the state."""

    status = choice("Status", [(name, name) for name in operations.CAMPAIGN_STATUSES])


class IdentifierForm(OfficeForm):
    """What in a call's record means the campaign, and when."""

    kind = choice("What", options("identifier_kind"))
    value = forms.CharField(max_length=100, label="Value")
    valid_from = MomentField(label="From", help_text="Calls from here on; your zone.")
    valid_to = MomentField(label="Until", required=False, help_text="Empty: no end.")


class EndForm(OfficeForm):
    """When an identifier stops meaning its campaign."""

    valid_to = MomentField(label="Until before")


@page(needs="customers", methods=BOTH)
def new(request: StaffRequest) -> HttpResponse:
    """Add a customer."""
    tenant = request.membership.tenant
    first = {"currency": tenant.currency, "timezone": tenant.timezone, "country": tenant.region}
    form = CustomerForm(posted(request), initial=first)
    if form.is_valid():
        data = dict(form.cleaned_data)
        entity = find(LegalEntity, int(data.pop("legal_entity")))
        made = form.attempt(
            operations.create_customer, legal_entity=entity, at=request.at, by=request.by, **data
        )
        if made is not None:
            done(request, f"{made.name} is added. Next: add a campaign, so that calls find them.")
            return redirect(to("customer", made.pk))
    return show(
        request,
        "form.html",
        "Add a customer",
        form=form,
        back=to("customers"),
        crumbs=[("Customers", to("customers"))],
        lead=""
        if legal_entities()
        else "First add the legal entity that signs your invoices, under Control: Company.",
    )


@page(needs="customers", methods=BOTH)
def edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a customer."""
    customer = find(Customer, pk)
    form = CustomerChangeForm(posted(request), initial=_fields(customer, CustomerChangeForm))
    if form.is_valid() and form.succeeds(
        operations.update_customer,
        customer=customer,
        at=request.at,
        by=request.by,
        **form.cleaned_data,
    ):
        done(request, "The customer is changed. Issued documents stay as they are.")
        return redirect(to("customer", pk))
    return _form(request, f"Change {customer.name}", form, to("customer", pk), _of(customer))


@page(needs="customers", methods=BOTH)
def campaign_new(request: StaffRequest, pk: int) -> HttpResponse:
    """Add a campaign to a customer."""
    customer = find(Customer, pk)
    form = CampaignForm(posted(request))
    if form.is_valid():
        made = form.attempt(
            operations.create_campaign,
            customer=customer,
            at=request.at,
            by=request.by,
            **form.cleaned_data,
        )
        if made is not None:
            done(request, "The campaign is added. Next: say by which identifier calls find it.")
            return redirect(to("campaign", made.pk))
    title = f"Add a campaign to {customer.name}"
    return _form(request, title, form, to("customer", pk), _of(customer))


@page(needs="customers", methods=BOTH)
def campaign_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a campaign."""
    campaign = find(Campaign, pk, "customer")
    form = CampaignChangeForm(posted(request), initial=_fields(campaign, CampaignChangeForm))
    if form.is_valid() and form.succeeds(
        operations.update_campaign,
        campaign=campaign,
        at=request.at,
        by=request.by,
        **form.cleaned_data,
    ):
        done(request, "The campaign is changed.")
        return redirect(to("campaign", pk))
    crumbs = [*_of(campaign.customer), (campaign.name, to("campaign", pk))]
    return _form(request, f"Change {campaign.name}", form, to("campaign", pk), crumbs)


@page(needs="customers", methods=BOTH)
def identifier_new(request: StaffRequest, pk: int) -> HttpResponse:
    """Add an identifier to a campaign."""
    campaign = find(Campaign, pk, "customer")
    form = IdentifierForm(posted(request))
    if form.is_valid() and form.succeeds(
        operations.add_identifier,
        campaign=campaign,
        at=request.at,
        by=request.by,
        **form.cleaned_data,
    ):
        done(request, "The identifier is added. Calls that waited for it re-enter from Quarantine.")
        return redirect(to("campaign", pk))
    crumbs = [*_of(campaign.customer), (campaign.name, to("campaign", pk))]
    title = f"Add an identifier to {campaign.name}"
    return _form(request, title, form, to("campaign", pk), crumbs)


@page(needs="customers", methods=BOTH)
def identifier_end(request: StaffRequest, pk: int) -> HttpResponse:
    """Let an identifier end."""
    identifier = find(Identifier, pk, "campaign__customer")
    campaign = identifier.campaign
    form = EndForm(posted(request), initial={"valid_to": request.at})
    if form.is_valid() and form.succeeds(
        operations.end_identifier,
        identifier=identifier,
        at=request.at,
        by=request.by,
        **form.cleaned_data,
    ):
        done(request, "The identifier ends then; calls that were attributed stay as they are.")
        return redirect(to("campaign", campaign.pk))
    crumbs = [*_of(campaign.customer), (campaign.name, to("campaign", campaign.pk))]
    title = f"End {identifier.get_kind_display()} {identifier.value}"
    return _form(request, title, form, to("campaign", campaign.pk), crumbs)


def _form(
    request: StaffRequest, title: str, form: OfficeForm, back: str, crumbs: list[tuple[str, str]]
) -> HttpResponse:
    return show(request, "form.html", title, form=form, back=back, crumbs=crumbs)


def _of(customer: Customer) -> list[tuple[str, str]]:
    return [("Customers", to("customers")), (customer.name, to("customer", customer.pk))]


def _fields(row: Any, form: type[OfficeForm]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in form.base_fields if hasattr(row, name)}
