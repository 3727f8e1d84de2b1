"""Payments: record money received, and fetch its receipt."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from tollwright.domain.payments import operations, queries
from tollwright.gateways.typst import render
from tollwright.web.api.customers import customer_of
from tollwright.web.api.idempotency import once
from tollwright.web.api.invoices import download, invoice_of
from tollwright.web.api.keys import by, require
from tollwright.web.api.paging import Page, PagingQuery, page
from tollwright.web.api.shapes import Decimal, Instant, Money, money, read_amount

router = Router(tags=["payments"])

Method = Literal["transfer", "card", "direct_debit", "cash"]


class AllocationOut(Schema):
    """What of the payment settles which invoice."""

    invoice: int
    amount: Money


class PaymentOut(Schema):
    """Money received. What is not allocated stays as the customer's credit."""

    id: int
    customer: int
    paid: Money
    method: str
    reference: str
    received_at: Instant
    recorded_at: Instant
    recorded_by: str
    receipt_number: str
    allocations: list[AllocationOut]
    unallocated: Money


class PaymentIn(Schema):
    """Money received. Without `invoices` it settles the oldest open ones first."""

    model_config = ConfigDict(extra="forbid")

    customer: Annotated[int, Field(description="the customer's id")]
    amount: Decimal
    currency: Annotated[str, Field(description="ISO 4217", examples=["EUR"])]
    method: Method = "transfer"
    reference: Annotated[str, Field(max_length=100)] = ""
    received_at: Instant
    invoices: Annotated[
        list[int] | None, Field(description="ids, in the order in which to settle", max_length=200)
    ] = None


@router.get("", response=Page[PaymentOut], summary="List payments, newest first")
def list_payments(
    request: HttpRequest,
    paging: PagingQuery,
    customer: Annotated[int | None, Query(description="a customer's id")] = None,
) -> object:
    """All, or one customer's."""
    require(request, "read")
    rows = queries.payments_in_full(None if customer is None else customer_of(customer))
    return page(rows, paging, _out)


@router.post("", response={201: PaymentOut}, summary="Record a payment")
def record_payment(request: HttpRequest, payload: PaymentIn) -> HttpResponse:
    """Ledger entry, allocation and receipt, all or nothing. Needs an Idempotency-Key."""
    require(request, "payments")
    customer = customer_of(payload.customer)
    named = None if payload.invoices is None else [invoice_of(one) for one in payload.invoices]

    def work(key: str) -> PaymentOut:
        payment = operations.record_payment(
            customer=customer, amount_micros=read_amount(payload.amount), currency=payload.currency,
            method=payload.method, reference=payload.reference, received_at=payload.received_at,
            key=key, allocate_to=named, at=timezone.now(), by=by(request), render=render,
        )  # fmt: skip
        return _out(queries.payment_in_full(payment.pk))

    return once(request, work, required=True)


@router.get("/{int:payment_id}", response=PaymentOut, summary="Get a payment")
def get_payment(request: HttpRequest, payment_id: int) -> PaymentOut:
    """With what it settled."""
    require(request, "read")
    return _out(queries.payment_in_full(payment_id))


@router.get("/{int:payment_id}/receipt", summary="Get the receipt's document")
def get_receipt(request: HttpRequest, payment_id: int) -> HttpResponse:
    """The bytes as they were issued."""
    require(request, "read")
    return download(queries.receipt_document(queries.payment_in_full(payment_id)))


def _out(payment: Any) -> PaymentOut:
    return PaymentOut(
        id=payment.pk,
        customer=payment.customer_id,
        paid=money(payment.amount_micros, payment.currency),
        method=payment.method,
        reference=payment.reference,
        received_at=payment.received_at,
        recorded_at=payment.recorded_at,
        recorded_by=payment.recorded_by,
        receipt_number=payment.receipt.number,
        allocations=[
            AllocationOut(invoice=one.invoice_id, amount=money(one.amount_micros, payment.currency))
            for one in payment.allocations.all()
        ],
        unallocated=money(payment.left_micros, payment.currency),
    )
