"""Invoices that will not be paid: written off, and that taken back."""

from __future__ import annotations

from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import redirect

from tollwright.domain.entities import Invoice
from tollwright.domain.invoices import write_offs
from tollwright.domain.invoices.allocation import open_micros
from tollwright.domain.lookup import find
from tollwright.web.office.forms import KeyedForm, posted
from tollwright.web.office.links import to
from tollwright.web.office.page import StaffRequest, done, page, show
from tollwright.web.shared.formatting import Money


@page(needs="billing", methods=("GET", "POST"))
def write_off(request: StaffRequest, pk: int) -> HttpResponse:
    """Give up what is open of an invoice."""
    invoice = find(Invoice, pk, "customer")
    form = KeyedForm(posted(request), initial={"key": f"office-{uuid4()}"})
    if form.is_valid() and form.succeeds(
        write_offs.write_off, invoice=invoice, at=request.at, by=request.by, **form.cleaned_data
    ):
        done(request, f"What was open of {invoice.number} is written off.")
        return redirect(to("invoice", pk))
    left = Money(open_micros(invoice), invoice.currency)
    return show(
        request,
        "form.html",
        f"Write {invoice} off",
        form=form,
        lead=f"{invoice.customer.name} owes {left} less, at your loss; the invoice's tax stays as"
        " it is, and it asks for no money any more. It can be taken back.",
        button="Write it off",
        button_tone="danger",
        back=to("invoice", pk),
        crumbs=_crumbs(invoice),
    )


@page(needs="billing", methods=("GET", "POST"))
def undo(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a write-off back."""
    invoice = find(Invoice, pk, "customer")
    form = KeyedForm(posted(request), initial={"key": f"office-{uuid4()}"})
    if form.is_valid() and form.succeeds(
        write_offs.undo_write_off,
        invoice=invoice,
        at=request.at,
        by=request.by,
        **form.cleaned_data,
    ):
        done(request, f"{invoice.number} is open again.")
        return redirect(to("invoice", pk))
    micros = Money(write_offs.written_off_micros(invoice), invoice.currency)
    return show(
        request,
        "form.html",
        f"Take the write-off of {invoice} back",
        form=form,
        lead=f"{invoice.customer.name} owes {micros} more, and the invoice is open again.",
        button="Take it back",
        back=to("invoice", pk),
        crumbs=_crumbs(invoice),
    )


def _crumbs(invoice: Invoice) -> list[tuple[str, str]]:
    return [("Invoices", to("invoices")), (str(invoice), to("invoice", invoice.pk))]
