"""Payments: what came in, what it settled, and its receipt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect

from tollwright.core.money import show as show_micros
from tollwright.domain.entities import Customer, Payment
from tollwright.domain.lookup import find
from tollwright.domain.payments import operations, queries
from tollwright.domain.payments.queries import OpenInvoice
from tollwright.gateways.typst import render
from tollwright.web.office.calls import customers
from tollwright.web.office.forms import AmountField, MomentField, OfficeForm, choice, posted
from tollwright.web.office.invoices import document
from tollwright.web.office.links import row, to
from tollwright.web.office.page import StaffRequest, done, listing, page, show
from tollwright.web.office.permissions import may
from tollwright.web.shared.filters import since, until
from tollwright.web.shared.formatting import Money
from tollwright.web.shared.labels import label_of, options
from tollwright.web.shared.tables import Column, Filter, Table, field_has, field_is


@page()
def index(request: StaffRequest) -> HttpResponse:
    """Every payment, newest first."""
    table = Table(
        "Payments",
        queries.payments_in_full(),
        [*COLUMNS, Column("free", "Not allocated", _free, number=True)],
        [
            Filter("customer", "Customer", field_is("customer_id"), choices=customers()),
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
        lambda one: one.customer.name,
        "customer__name",
        row("customer", "customer_id"),
    ),
    Column("received", "Received", lambda one: one.received_at, "received_at"),
    Column("method", "Method", lambda one: label_of("method", one.method), "method"),
    Column("reference", "Reference", lambda one: one.reference or None, "reference"),
    Column("receipt", "Receipt", receipt_number, "receipt__number"),
    Column(
        "amount",
        "Amount",
        lambda one: Money(one.amount_micros, one.currency),
        "amount_micros",
        number=True,
    ),
]


def _free(one: Any) -> Money:
    return Money(one.left_micros, one.currency)


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
        allocations=queries.allocations_of(payment),
        left=queries.left_of(payment),
        crumbs=[("Payments", to("payments"))],
    )


@page()
def pdf(_request: StaffRequest, pk: int) -> HttpResponse:
    """The stored receipt."""
    return document(queries.receipt_document(find(Payment, pk)))


@page(needs="payments", methods=("GET", "POST"))
def new(request: StaffRequest) -> HttpResponse:
    """Record money that came in: choose the customer, then what it settles."""
    number = request.POST.get("customer") or request.GET.get("customer", "")
    if not number.isdigit():
        return _choose(request)
    customer = find(Customer, int(number))
    waiting = queries.open_invoices(customer)
    form = PaymentForm(posted(request), initial=_first(request, customer, waiting))
    form.draw(customer, waiting)
    if form.is_valid():
        payment = form.attempt(
            operations.record_payment,
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

    def draw(self, customer: Customer, waiting: Sequence[OpenInvoice]) -> None:
        """Offer the customer's open invoices."""
        self.fields["amount"].label = f"Amount in {customer.currency}"
        field = self.fields["invoices"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(str(one.invoice.pk), _offer(one)) for one in waiting]
        if not waiting:
            del self.fields["invoices"]

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
        }


def _choose(request: StaffRequest) -> HttpResponse:
    form = OfficeForm()
    form.fields["customer"] = choice("Customer", customers())
    return show(
        request,
        "form_get.html",
        "Record a payment",
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
        "customer": customer.pk,
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
