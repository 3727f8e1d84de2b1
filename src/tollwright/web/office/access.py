"""Who may come in: people with their roles, and programs with their keys."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect

from tollwright.domain.access import operations, queries
from tollwright.domain.access.rows import key_rows, member_rows
from tollwright.domain.entities import PORTAL_ROLES, ApiKey, Customer, Membership, Role
from tollwright.domain.lookup import find
from tollwright.web.office.forms import ConfirmForm, OfficeForm, choice, posted
from tollwright.web.office.links import row, to
from tollwright.web.office.page import StaffRequest, done, listing, page, show
from tollwright.web.office.permissions import may
from tollwright.web.office.pickers import PickerField
from tollwright.web.shared.tables import Column, Filter, Table, field_has, field_is

BOTH = ("GET", "POST")


class PersonForm(OfficeForm):
    """An address with a role; a password makes the user if there is none."""

    email = forms.EmailField(label="E-mail")
    role = choice("Role", Role.choices)
    customer = PickerField(
        "customer",
        required=False,
        label="Customer",
        help_text="For portal roles: whose people they are.",
    )
    password = forms.CharField(
        required=False,
        label="First password",
        help_text="For a new person only. At least 10 characters; they change it themselves.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class AddressForm(OfficeForm):
    """What a person signs in with."""

    email = forms.EmailField(label="E-mail")


class KeyForm(OfficeForm):
    """A program's name and what it may do."""

    name = forms.CharField(max_length=100, label="Name")
    role = choice("Role", [one for one in Role.choices if one[0] not in PORTAL_ROLES])


@page()
def index(request: StaffRequest) -> HttpResponse:
    """People with their roles."""
    can = may(request.membership.role, "access")
    table = Table(
        "People",
        member_rows(),
        [
            Column("email", "Person", lambda one: one.email, "user__email"),
            Column("role", "Role", lambda one: one.role, "role"),
            Column(
                "customer",
                "Customer",
                lambda one: one.customer,
                "customer__name",
                row("customer", "customer_id"),
            ),
            Column("seen", "Last sign-in", lambda one: one.last_login, "user__last_login"),
            *(
                [
                    Column("address", "", lambda _one: "Address", "", row("access-address")),
                    Column("end", "", lambda _one: "Withdraw", "", row("access-withdraw")),
                ]
                if can
                else []
            ),
        ],
        [
            Filter("email", "Person", field_has("user__email")),
            Filter("role", "Role", field_is("role"), choices=Role.choices),
        ],
        order="email",
        filename="people",
    )
    tools = [("Add a person", to("access-new"))] if can else []
    return listing(request, "People and keys", table, tools=[*tools, ("API keys", to("keys"))])


@page(needs="access", methods=BOTH, sensitive=True)
def new(request: StaffRequest) -> HttpResponse:
    """Give a person a role; make them first if need be."""
    form = PersonForm(posted(request))
    if form.is_valid():
        granted = form.attempt(_let_in, request=request, data=form.cleaned_data)
        if granted is not None:
            done(request, f"{granted.user.email} is {granted.get_role_display()} now.")
            return redirect(to("access"))
    return show(
        request,
        "form.html",
        "Add a person",
        form=form,
        back=to("access"),
        crumbs=[("People", to("access"))],
    )


def _let_in(*, request: StaffRequest, data: dict[str, Any]) -> Membership:
    email = data["email"].lower()
    user = queries.user_by_email(email) or operations.create_user(
        email=email, password=data["password"] or None, at=request.at, by=request.by
    )
    customer = find(Customer, data["customer"]) if data["customer"] else None
    return operations.grant_role(
        user=user, role=data["role"], customer=customer, at=request.at, by=request.by
    )


@page(needs="access", methods=BOTH, sensitive=True)
def change_address(request: StaffRequest, pk: int) -> HttpResponse:
    """Give a person another address to sign in with."""
    membership = find(Membership, pk, "user")
    form = AddressForm(posted(request), initial={"email": membership.user.email})
    if form.is_valid():
        form.attempt(
            operations.change_email_of_member,
            membership=membership,
            email=form.cleaned_data["email"],
            at=request.at,
            by=request.by,
        )
        if form.refused is None:
            done(request, f"{membership.user.email} is the address to sign in with now.")
            return redirect(to("access"))
    return show(
        request,
        "form.html",
        "Change an address",
        form=form,
        back=to("access"),
        crumbs=[("People", to("access"))],
    )


@page(needs="access", methods=BOTH, sensitive=True)
def withdraw(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a role away, after saying what that does."""
    membership = find(Membership, pk, "user", "customer")
    form = ConfirmForm(posted(request))
    if request.method == "POST" and form.is_valid():
        operations.withdraw_role(membership=membership, at=request.at, by=request.by)
        done(request, "The role is withdrawn; their next click is refused.")
        return redirect(to("access"))
    return show(
        request,
        "form.html",
        f"Withdraw the role of {membership.user.email}",
        form=form,
        lead=f"{membership.user.email} will no longer be {membership.get_role_display()} here."
        " What they did stays in the audit log.",
        button="Withdraw",
        button_tone="danger",
        back=to("access"),
        crumbs=[("People", to("access"))],
    )


@page()
def keys(request: StaffRequest) -> HttpResponse:
    """API keys; the key itself was shown once."""
    can = may(request.membership.role, "access")
    table = Table(
        "API keys",
        key_rows(),
        [
            Column("name", "Name", lambda one: one.name, "name"),
            Column("prefix", "Begins with", lambda one: one.prefix, "prefix"),
            Column("role", "Role", lambda one: one.role, "role"),
            Column("created", "Issued", lambda one: one.created_at, "created_at"),
            Column("by", "By", lambda one: one.created_by),
            Column("revoked", "Revoked", lambda one: one.revoked_at, "revoked_at"),
            *(
                [
                    Column(
                        "end",
                        "",
                        lambda one: "" if one.revoked_at else "Revoke",
                        "",
                        lambda one: None if one.revoked_at else to("key-revoke", one.pk),
                    )
                ]
                if can
                else []
            ),
        ],
        [Filter("name", "Name", field_has("name"))],
        order="-created",
        empty="No keys yet. Issue one for each program that uses the API.",
        filename="keys",
    )
    tools = [("Issue a key", to("key-new"))] if can else []
    crumbs = [("People and keys", to("access"))]
    return listing(request, "API keys", table, tools=tools, crumbs=crumbs)


@page(needs="access", methods=BOTH, sensitive=True)
def key_new(request: StaffRequest) -> HttpResponse:
    """Issue a key; the answer is the only page that ever shows it."""
    form = KeyForm(posted(request))
    crumbs = [("API keys", to("keys"))]
    if form.is_valid():
        issued = form.attempt(
            operations.issue_api_key, at=request.at, by=request.by, **form.cleaned_data
        )
        if issued is not None:
            key, secret = issued
            response = show(
                request, "key.html", f"Key for {key.name}", secret=secret, crumbs=crumbs
            )
            response["Cache-Control"] = "no-store"
            return response
    return show(
        request,
        "form.html",
        "Issue a key",
        form=form,
        back=to("keys"),
        crumbs=crumbs,
        button="Issue",
    )


@page(needs="access", methods=BOTH, sensitive=True)
def key_revoke(request: StaffRequest, pk: int) -> HttpResponse:
    """Shut a program out."""
    key = find(ApiKey, pk)
    form = ConfirmForm(posted(request))
    if request.method == "POST" and form.is_valid():
        operations.revoke_api_key(key=key, at=request.at, by=request.by)
        done(request, f"The key {key.name} is revoked.")
        return redirect(to("keys"))
    return show(
        request,
        "form.html",
        f"Revoke the key {key.name}",
        form=form,
        lead=f"Every program that uses {key.prefix}… is refused from then on."
        " This cannot be undone.",
        button="Revoke",
        button_tone="danger",
        back=to("keys"),
        crumbs=[("API keys", to("keys"))],
    )
