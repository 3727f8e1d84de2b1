"""Payments: what came in, what it settled, and its receipt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect

from tollwright.core.money import show as show_micros
from tollwright.domain.entities import Customer, Payment, PaymentChange
from tollwright.domain.lookup import find
from tollwright.domain.payments import operations, queries
from tollwright.domain.payments.queries import OpenInvoice, Share
from tollwright.domain.payments.rows import PaymentRow, payment_rows
from tollwright.gateways.typst import render
from tollwright.web.office.forms import (
    AmountField,
    KeyedForm,
    MomentField,
    OfficeForm,
    choice,
    posted,
)
from tollwright.web.office.invoices import document
from tollwright.web.office.links import row, to
from tollwright.web.office.page import StaffRequest, done, listing, page, show
from tollwright.web.office.permissions import may
from tollwright.web.office.pickers import PickerField, picked
from tollwright.web.shared.filters import since, until
from tollwright.web.shared.formatting import Money, Status
from tollwright.web.shared.labels import label_of, options
from tollwright.web.shared.tables import Column, Filter, Table, field_has, field_is

CONFIRM = "It is meant so: record it"


@page()
def index(request: StaffRequest) -> HttpResponse:
    """Every payment, newest first."""
    table = Table(
        "Payments",
        payment_rows(),
        [
            *COLUMNS,
            Column("free", "Not allocated", _free, number=True),
            Column("state", "Status", lambda one: Status("reversed") if one.reversal else None),
        ],
        [
            picked("customer", "Customer", "customer", "customer_id"),
            Filter("reference", "Reference or receipt", field_has("reference", "receipt__number")),
            Filter("method", "Method", field_is("method"), choices=options("method")),
            Filter("from", "Received from", since("received_at"), kind="date"),
            Filter("to", "Received to", until("received_at"), kind="date"),
        ],
        order="-no",
        empty="No payments yet. Record the first one when money has come in.",
        filename="payments",
    )
    tools = [("Record a payment", to("payment-new"))] if _may(request) else []
    return listing(request, "Payments", table, tools=tools)


def receipt_number(one: Payment) -> str | None:
    """The receipt's number."""
    receipt = getattr(one, "receipt", None)
    return None if receipt is None else str(receipt.number)


COLUMNS = [
    Column("no", "No.", lambda one: one.pk, "pk", row("payment")),
    Column(
        "customer",
        "Customer",
        lambda one: one.customer,
        "customer__name",
        row("customer", "customer_id"),
    ),
    Column("received", "Received", lambda one: one.received_at, "received_at"),
    Column("method", "Method", lambda one: label_of("method", one.method), "method"),
    Column("reference", "Reference", lambda one: one.reference or None, "reference"),
    Column("receipt", "Receipt", lambda one: one.receipt, "receipt__number"),
    Column(
        "amount",
        "Amount",
        lambda one: Money(one.amount_micros, one.currency),
        "amount_micros",
        number=True,
    ),
]


def _free(one: PaymentRow) -> Money:
    return Money(one.left_micros, one.currency)


def _reversal(one: Payment) -> PaymentChange | None:
    return queries.reversal_of(one)


def _may(request: StaffRequest) -> bool:
    return may(request.membership.role, "payments")


@page()
def one(request: StaffRequest, pk: int) -> HttpResponse:
    """A payment with what it settled."""
    payment = find(Payment, pk, "customer", "receipt")
    return show(
        request,
        "payment.html",
        f"Payment {pk}",
        payment=payment,
        receipt=receipt_number(payment),
        shares=queries.settled_by(payment),
        left=queries.left_of(payment),
        changes=payment.changes.all(),
        reversal=queries.reversal_of(payment),
        crumbs=[("Payments", to("payments"))],
    )


@page()
def pdf(_request: StaffRequest, pk: int) -> HttpResponse:
    """The stored receipt."""
    return document(queries.receipt_document(find(Payment, pk)))


@page()
def change_pdf(_request: StaffRequest, pk: int) -> HttpResponse:
    """The stored document of a reversal or re-allocation."""
    return document(queries.change_document(queries.change_by_id(pk)))


@page(needs="payments", methods=("GET", "POST"), sensitive=True)
def reverse(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a payment back, after saying what that opens again."""
    payment = find(Payment, pk, "customer", "receipt")
    form = KeyedForm(posted(request), initial={"key": f"office-{uuid4()}"})
    if form.is_valid() and form.succeeds(
        operations.reverse_payment,
        payment=payment,
        at=request.at,
        by=request.by,
        render=render,
        **form.cleaned_data,
    ):
        done(request, f"The payment of receipt {receipt_number(payment)} is reversed.")
        return redirect(to("payment", pk))
    amount = Money(payment.amount_micros, payment.currency)
    opened = [str(share.invoice.number) for share in queries.settled_by(payment)]
    return show(
        request,
        "form.html",
        f"Reverse the payment of {payment.customer.name}",
        form=form,
        lead=f"{payment.customer.name} owes {amount} more"
        + (f", and what it had settled is open again: {', '.join(opened)}." if opened else ".")
        + " Receipt and entry stay as they are; a reversal with its own number is issued.",
        button="Reverse the payment",
        button_tone="danger",
        back=to("payment", pk),
        crumbs=_crumbs(payment),
    )


@page(needs="payments", methods=("GET", "POST"))
def allocate(request: StaffRequest, pk: int) -> HttpResponse:
    """Say which invoices a payment settles; the form starts from what it settles now."""
    payment = find(Payment, pk, "customer", "receipt")
    form = AllocateForm(posted(request), initial={"key": f"office-{uuid4()}"})
    form.draw(payment)
    if form.is_valid():
        if not form.changed:
            done(request, "Nothing changed.")
            return redirect(to("payment", pk))
        change = form.attempt(
            operations.reallocate_payment,
            payment=payment,
            to=form.shares(),
            reason=form.cleaned_data["reason"],
            key=form.cleaned_data["key"],
            at=request.at,
            by=request.by,
            render=render,
        )
        if change is not None:
            done(request, f"The payment settles what you chose; {change.number} is issued.")
            return redirect(to("payment", pk))
    amount = Money(payment.amount_micros, payment.currency)
    return show(
        request,
        "form.html",
        f"Allocate the payment of {payment.customer.name}",
        form=form,
        lead=f"{amount} in all; what no invoice gets stays as credit. {payment.customer.name} owes"
        " the same as before. A document with the new allocation is issued.",
        button="Allocate",
        back=to("payment", pk),
        crumbs=_crumbs(payment),
    )


def _crumbs(payment: Payment) -> list[tuple[str, str]]:
    return [("Payments", to("payments")), (f"Payment {payment.pk}", to("payment", payment.pk))]


class AllocateForm(KeyedForm):
    """How much of the payment each invoice gets."""

    def draw(self, payment: Payment) -> None:
        """A field an invoice: those that it settles now, and those that wait for money."""
        self.now = queries.settled_by(payment)
        waiting = queries.open_invoices(payment.customer, currency=payment.currency)
        held = {share.invoice.pk: share for share in self.now}
        more = [Share(one.invoice, 0) for one in waiting if one.invoice.pk not in held]
        self.listed = [*self.now, *more]
        self.fields["reason"].required = False  # asked for when something changes
        for share in self.listed:
            micros = share.amount_micros or 0
            total = Money(share.invoice.total_micros, payment.currency)
            self.fields[f"invoice{share.invoice.pk}"] = AmountField(
                required=False,
                label=f"{share.invoice.number}, due {share.invoice.due_on}",
                help_text=f"of {total}",
                initial=show_micros(micros) if micros else "",
            )

    @property
    def changed(self) -> bool:
        """Whether an amount is another one than now."""
        before = {share.invoice.pk: share.amount_micros or 0 for share in self.listed}
        after = dict.fromkeys(before, 0) | {
            share.invoice.pk: share.amount_micros or 0 for share in self.shares()
        }
        return before != after

    def shares(self) -> list[Share]:
        """What was filled in."""
        filled = [
            (share.invoice, self.cleaned_data.get(f"invoice{share.invoice.pk}"))
            for share in self.listed
        ]
        return [Share(invoice, micros) for invoice, micros in filled if micros]


@page(needs="payments", methods=("GET", "POST"))
def new(request: StaffRequest) -> HttpResponse:
    """Record money that came in: choose the customer, then what it settles."""
    chosen = ChooseForm(request.POST if request.method == "POST" else request.GET)
    if not chosen.is_valid():
        return _choose(request, chosen if "customer" in chosen.data else ChooseForm())
    customer = find(Customer, chosen.cleaned_data["customer"])
    waiting = queries.open_invoices(customer)
    form = PaymentForm(posted(request), initial=_first(request, customer, waiting))
    form.draw(customer, waiting)
    if form.is_valid():
        payment = form.record(
            customer=customer,
            at=request.at,
            by=request.by,
            render=render,
            **form.payload(customer, waiting),
        )
        if payment is not None:
            done(request, f"The payment is recorded; receipt {receipt_number(payment)} is stored.")
            return redirect(to("payment", payment.pk))
    return show(
        request,
        "form.html",
        f"Record a payment of {customer.name}",
        form=form,
        lead=_lead(customer, waiting),
        button="Record it and write the receipt",
        back=to("customer", customer.pk),
        crumbs=[("Payments", to("payments")), (customer.name, to("customer", customer.pk))],
    )


class ChooseForm(OfficeForm):
    """Whose payment it is."""

    customer = PickerField("customer", label="Customer", help_text="A part of the name, or code.")


class PaymentForm(OfficeForm):
    """How much, when, how, and for which invoices."""

    customer = forms.CharField(widget=forms.HiddenInput)
    key = forms.CharField(max_length=90, widget=forms.HiddenInput)
    amount = AmountField(label="Amount")
    received_at = MomentField(label="Received")
    method = choice("Method", options("method"))
    reference = forms.CharField(
        max_length=100, required=False, label="Reference", help_text="As the bank shows it."
    )
    invoices = forms.MultipleChoiceField(
        required=False,
        label="For",
        help_text="None chosen: the oldest open ones first. What is left stays as credit.",
        widget=forms.CheckboxSelectMultiple,
    )

    def record(self, **given: Any) -> Payment | None:
        """The payment; None when it is refused, or when something unusual is asked first."""
        payment = self.attempt(operations.record_payment, **given)
        if isinstance(self.refused, operations.NeedsConfirmation):
            self.fields["confirmed"] = forms.BooleanField(label=CONFIRM, required=False)
        return payment

    def draw(self, customer: Customer, waiting: Sequence[OpenInvoice]) -> None:
        """Offer the customer's open invoices."""
        self.fields["amount"].label = f"Amount in {customer.currency}"
        field = self.fields["invoices"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(str(one.invoice.pk), _offer(one)) for one in waiting]
        if not waiting:
            del self.fields["invoices"]
        if "confirmed" in self.data:
            self.fields["confirmed"] = forms.BooleanField(label=CONFIRM, required=False)

    def payload(self, customer: Customer, waiting: Sequence[OpenInvoice]) -> dict[str, Any]:
        """What `record_payment` is asked for."""
        data = self.cleaned_data
        chosen = set(data.get("invoices") or ())
        named = [one.invoice for one in waiting if str(one.invoice.pk) in chosen]
        return {
            "amount_micros": data["amount"],
            "currency": customer.currency,
            "method": data["method"],
            "reference": data["reference"],
            "received_at": data["received_at"],
            "key": data["key"],
            "allocate_to": named or None,
            "confirmed": data.get("confirmed", False),
        }


def _choose(request: StaffRequest, form: ChooseForm) -> HttpResponse:
    return show(
        request,
        "form_get.html",
        "Record a payment",
        status=404 if form.is_bound else 200,
        form=form,
        button="Next",
        back=to("payments"),
        crumbs=[("Payments", to("payments"))],
    )


def _first(
    request: StaffRequest, customer: Customer, waiting: Sequence[OpenInvoice]
) -> dict[str, Any]:
    wanted = request.GET.get("invoice", "")
    chosen = [one for one in waiting if str(one.invoice.pk) == wanted]
    return {
        "customer": f"id-{customer.pk}",
        "key": f"office-{uuid4()}",
        "received_at": request.at,
        "amount": show_micros(chosen[0].open_micros) if chosen else "",
        "invoices": [wanted] if chosen else [],
    }


def _lead(customer: Customer, waiting: Sequence[OpenInvoice]) -> str:
    owed = Money(sum(one.open_micros for one in waiting), customer.currency)
    if not waiting:
        return f"{customer.name} has no open invoice: the payment stays as their credit."
    return f"{len(waiting)} open invoices, in all {owed}."


def _offer(one: OpenInvoice) -> str:
    left = Money(one.open_micros, one.invoice.currency)
    return f"{one.invoice.number}, due {one.invoice.due_on}, open {left}"
