"""Rules: what holds at a scope and why, setting one, and everything that was ever set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect

from tollwright.core.labels import value_text
from tollwright.core.labels.facts import actor_text
from tollwright.core.rules import SETTINGS, Resolved, RuleRow, Setting
from tollwright.core.settings import SCOPES, form_text
from tollwright.domain.entities import Campaign, Customer
from tollwright.domain.errors import NotFound
from tollwright.domain.listing import FilterUnreadable
from tollwright.domain.lookup import find
from tollwright.domain.rules import operations, queries
from tollwright.domain.rules.queries import Place as Scope
from tollwright.domain.rules.rows import RuleListRow, rule_rows
from tollwright.web.office.forms import MomentField, OfficeForm, posted
from tollwright.web.office.links import to
from tollwright.web.office.page import StaffRequest, done, listing, notice, page, show
from tollwright.web.office.pickers import PickerField
from tollwright.web.shared.filters import since, until
from tollwright.web.shared.labels import label_of, options
from tollwright.web.shared.sessions import ask_password_again
from tollwright.web.shared.tables import Column, Filter, Table, field_is


@dataclass(frozen=True, slots=True)
class Place:
    """The scope that a page is about."""

    scope: Scope
    customer: Customer | None = None
    campaign: Campaign | None = None

    @property
    def title(self) -> str:
        """The scope's name for people."""
        if self.campaign is not None:
            return f"{self.campaign.customer.name}: {self.campaign.name}"
        return self.customer.name if self.customer is not None else "all customers"

    @property
    def query(self) -> dict[str, object]:
        """How an address names it."""
        return {
            "customer": f"id-{self.customer.pk}" if self.customer and not self.campaign else None,
            "campaign": f"id-{self.campaign.pk}" if self.campaign else None,
        }

    @property
    def name(self) -> str:
        """tenant, customer or campaign."""
        return queries.scope_of(self.scope)


@dataclass(frozen=True, slots=True)
class InForce:
    """A setting, what it is here, and why."""

    setting: Setting
    resolved: Resolved
    link: str

    @property
    def value(self) -> str:
        """The value as a person reads it."""
        return value_text(self.setting.name, self.resolved.value)

    @property
    def source(self) -> str:
        """Which scope decides."""
        return self.resolved.decided_by.scope

    @property
    def trace(self) -> list[str]:
        """Every scope's say, widest first."""
        return [step.sentence() for step in self.resolved.trace]


SENSITIVE = {"billing_enabled", "second_factor", "tax_rate", "tax_category"}


@page()
def index(request: StaffRequest) -> HttpResponse:
    """What holds at the scope that the address names, each setting with its trace."""
    form, place = _place(request)
    return show(
        request,
        "rules.html",
        f"Rules for {place.title}",
        rules=in_force(request, place),
        place=place,
        form=form,
        tools=[("History", to("rules-history"))],
        crumbs=[("Rules", to("rules"))] if place.customer else [],
    )


@page(needs="rules", methods=("GET", "POST"))
def edit(request: StaffRequest, name: str) -> HttpResponse:
    """Set, lock or withdraw one setting at the scope."""
    if name not in SETTINGS:
        raise NotFound(f"There is no setting {name!r}.")
    (_, place), setting = _place(request), SETTINGS[name]
    now = queries.resolve_for(name, customer=place.customer, campaign=place.campaign, at=request.at)
    said = queries.said_at(name, scope=place.scope, at=request.at)
    form = RuleForm(posted(request), initial=_initial(now, said))
    form.draw(setting, said)
    if request.method == "POST" and (
        name in SENSITIVE or now.locked_by or "locked" in request.POST
    ):
        ask_password_again(request)
    if request.method == "POST" and _save(request, form, name, place):
        return redirect(to("rules", **place.query))
    return show(
        request,
        "rule_edit.html",
        f"{label_of('setting', name)} for {place.title}",
        form=form,
        rule=InForce(setting, now, ""),
        said=said,
        too_narrow=SCOPES.index(queries.scope_of(place.scope)) > SCOPES.index(setting.narrowest),
        back=to("rules", **place.query),
        crumbs=[("Rules", to("rules", **place.query))],
    )


def _initial(now: Resolved, said: RuleRow | None) -> dict[str, object]:
    """What the form starts from: what the scope itself says, else what reaches it from above."""
    if said is None:
        return {"value": form_text(now.value), "locked": False}
    return {"value": form_text(said.value), "locked": said.locked}


def _save(request: StaffRequest, form: RuleForm, name: str, place: Place) -> bool:
    """Whether the form is done with: the rule is set, or nothing in the form was changed."""
    rule, label = None, label_of("setting", name)
    if form.has_changed():
        if not form.is_valid():
            return False
        rule = form.attempt(
            operations.set_rule,
            scope=place.scope,
            at=request.at,
            by=request.by,
            **form.payload(name),
        )
        if form.refused is not None:
            return False
    if rule is None:
        notice(request, f"Nothing changed: {label} for {place.title} stays as it was.")
    else:
        done(request, f"{label} is set for {place.title}.")
    return True


@page()
def history(request: StaffRequest) -> HttpResponse:
    """Every rule that was ever set: who, when, from when on."""
    table = Table(
        "Rules ever set",
        rule_rows(),
        [
            Column("set_at", "Set at", lambda one: one.set_at, "set_at"),
            Column("set_by", "By", lambda one: actor_text(one.set_by), "set_by"),
            Column("setting", "Setting", lambda one: label_of("setting", one.setting), "setting"),
            Column("value", "Value", _said),
            Column("locked", "Locked", lambda one: one.locked, "locked"),
            Column("scope", "For", _scope_name),
            Column("from", "From", lambda one: one.effective_from, "effective_from"),
            Column("note", "Note", lambda one: one.note or None),
        ],
        [
            Filter(
                "setting",
                "Setting",
                field_is("setting"),
                choices=options("setting"),
            ),
            Filter("from_day", "Set from", since("set_at"), kind="date"),
            Filter("to_day", "Set to", until("set_at"), kind="date"),
        ],
        order="-set_at",
        empty="No rule was set yet: the built-in values hold. Set one under Rules.",
        filename="rules",
    )
    return listing(request, "Rules ever set", table, crumbs=[("Rules", to("rules"))])


class RuleForm(OfficeForm):
    """A value, or its withdrawal; a lock; from when on. It starts from what holds."""

    here = forms.BooleanField(
        required=False,
        label="Set it here, even if it is the same",
        help_text="A later change above then does not reach this.",
    )

    withdraw = forms.BooleanField(required=False, label="Withdraw: let the scope above decide")
    locked = forms.BooleanField(required=False, label="Lock: scopes below may not change it")
    effective_from = MomentField(required=False, label="From", help_text="Empty: from now on.")
    note = forms.CharField(required=False, max_length=200, label="Note")

    def draw(self, setting: Setting, said: RuleRow | None) -> None:
        """Put the field that fits the setting first; `said` is the scope's own rule."""
        self.fields["value"] = _field(setting)
        if said is not None:
            del self.fields["here"]
        self.order_fields(["value", "here", "effective_from", "note", "locked", "withdraw"])

    def payload(self, name: str) -> dict[str, Any]:
        """What `set_rule` is asked for."""
        data = self.cleaned_data
        return {
            "setting": name,
            "value": None if data["withdraw"] else data["value"],
            "locked": data["locked"] and not data["withdraw"],
            "effective_from": data["effective_from"],
            "note": data["note"],
        }


def in_force(request: StaffRequest, place: Place) -> list[InForce]:
    """Every setting at the scope, with the link that changes it."""
    listed = queries.rules_in_force(customer=place.customer, campaign=place.campaign, at=request.at)
    return [
        InForce(setting, resolved, to("rule-edit", setting.name, **place.query))
        for setting, resolved in listed
    ]


class PlaceForm(OfficeForm):
    """For whom: nothing is everybody; a campaign is narrower than a customer."""

    customer = PickerField("customer", label="Customer", required=False)
    campaign = PickerField("campaign", label="Campaign", required=False)

    def place(self) -> Place:
        """What the valid form names."""
        said = self.cleaned_data
        if said["campaign"] is not None:
            one = find(Campaign, said["campaign"], "customer")
            return Place(one, one.customer, one)
        if said["customer"] is not None:
            of = find(Customer, said["customer"])
            return Place(of, of)
        return Place("tenant")


def _place(request: StaffRequest) -> tuple[PlaceForm, Place]:
    """Raises NotFound for an id of nobody, FilterUnreadable for other words that name no one."""
    kind, _, number = request.GET.get("scope", "").partition("-")  # as older links say it
    told = {name: request.GET.get(name, "") for name in ("customer", "campaign")}
    form = PlaceForm(told | ({kind: f"id-{number}"} if kind in told else {}))
    if not form.is_valid():
        why = " ".join(str(one) for errors in form.errors.values() for one in errors)
        ids = all(form.data[name].removeprefix("id-").isdecimal() for name in form.errors)
        raise NotFound(why) if ids else FilterUnreadable(why)
    return form, form.place()


def _field(setting: Setting) -> forms.Field:
    label = "Value"
    required = not setting.optional and setting.kind != "texts"
    if setting.kind == "bool":
        choices: tuple[tuple[str, str], ...] = (("yes", "yes"), ("no", "no"))
        return forms.ChoiceField(label=label, choices=choices)
    if setting.kind == "choice":
        listed = options(setting.name, setting.choices)
        return forms.ChoiceField(
            label=label,
            choices=listed if required else [("", "not set"), *listed],
            required=required,
        )
    return forms.CharField(label=label, required=required, help_text=HINTS.get(setting.kind, ""))


HINTS = {
    "whole": "A whole number.",
    "decimal": "A number such as 19 or 7.5.",
    "zone": "A time zone such as Europe/Berlin.",
    "rounding": "half up, half even, up or down, and 0 to 6 decimals, as in: half up 4",
    "texts": "Separated by commas, as in NORMAL_CLEARING, USER_BUSY.",
}


def _said(rule: RuleListRow) -> str:
    return "withdrawn" if rule.value is None else value_text(rule.setting, rule.value)


def _scope_name(rule: RuleListRow) -> str:
    if rule.campaign is not None:
        return f"{rule.customer}: {rule.campaign}"
    if rule.customer is not None:
        return rule.customer
    return "the platform" if rule.tenant_id is None else "all customers"
