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
from tollwright.web.api.shapes import Decimal, Id, Instant, Money, money, read_amount

router = Router(tags=["payments"])

Method = Literal["transfer", "card", "direct_debit", "cash"]


class AllocationOut(Schema):
    """What of the payment settles which invoice."""

    invoice: int
    amount: Money


class ChangeOut(Schema):
    """A reversal or re-allocation, with a document of its own; the receipt stays as it was."""

    id: int
    kind: str
    number: str
    reason: str
    at: Instant
    recorded_by: str


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
    reversed: Annotated[bool, Field(description="the money was taken back")]
    changes: list[ChangeOut]


class PaymentIn(Schema):
    """Money received. Without `invoices` it settles the oldest open ones first."""

    model_config = ConfigDict(extra="forbid")

    customer: Annotated[Id, Field(description="the customer's id")]
    amount: Decimal
    currency: Annotated[str, Field(description="ISO 4217", examples=["EUR"])]
    method: Method = "transfer"
    reference: Annotated[str, Field(max_length=100)] = ""
    received_at: Instant
    invoices: Annotated[
        list[Id] | None, Field(description="ids, in the order in which to settle", max_length=200)
    ] = None
    confirm: Annotated[
        bool,
        Field(description="book it although something is unusual (payment_needs_confirmation)"),
    ] = False


class ReverseIn(Schema):
    """Why the money is not yours: it bounced, or was typed wrongly."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=200)]


class ShareIn(Schema):
    """So much of the payment for an invoice; without an amount, what fits."""

    model_config = ConfigDict(extra="forbid")

    invoice: Id
    amount: Decimal | None = None


class AllocateIn(Schema):
    """All that the payment is to settle, in this order; the rest stays as credit."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=200)]
    allocations: Annotated[list[ShareIn], Field(max_length=200)]


@router.get("", response=Page[PaymentOut], summary="List payments, newest first")
def list_payments(
    request: HttpRequest,
    paging: PagingQuery,
    customer: Annotated[Id | None, Query(description="a customer's id")] = None,
) -> object:
    """All, or one customer's."""
    require(request, "read")
    rows = queries.payments_in_full(None if customer is None else customer_of(customer))
    return page(rows, paging, _out)


@router.post("", response={201: PaymentOut}, summary="Record a payment")
def record_payment(request: HttpRequest, payload: PaymentIn) -> HttpResponse:
    """Ledger entry, allocation and receipt, all or nothing. Needs an Idempotency-Key.

    More than twice what is open, or a day more than a year ago, is 409 `payment_needs_confirmation`
    without `confirm`; a day to come is refused.
    """
    require(request, "payments")
    customer = customer_of(payload.customer)
    named = None if payload.invoices is None else [invoice_of(one) for one in payload.invoices]

    def work(key: str) -> PaymentOut:
        payment = operations.record_payment(
            customer=customer, amount_micros=read_amount(payload.amount), currency=payload.currency,
            method=payload.method, reference=payload.reference, received_at=payload.received_at,
            key=key, allocate_to=named, confirmed=payload.confirm, at=timezone.now(),
            by=by(request), render=render,
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


@router.post("/{int:payment_id}/reversal", response={201: PaymentOut}, summary="Reverse a payment")
def reverse_payment(request: HttpRequest, payment_id: int, payload: ReverseIn) -> HttpResponse:
    """Mirror entry, invoices open again and a document. Needs an Idempotency-Key."""
    require(request, "payments")
    payment = queries.payment_in_full(payment_id)

    def work(key: str) -> PaymentOut:
        operations.reverse_payment(
            payment=payment, reason=payload.reason, key=key, at=timezone.now(), by=by(request),
            render=render,
        )  # fmt: skip
        return _out(queries.payment_in_full(payment_id))

    return once(request, work, required=True)


@router.post(
    "/{int:payment_id}/allocations",
    response={201: PaymentOut},
    summary="Let a payment settle other invoices",
)
def allocate_payment(request: HttpRequest, payment_id: int, payload: AllocateIn) -> HttpResponse:
    """Instead of what it settles now. Needs an Idempotency-Key."""
    require(request, "payments")
    payment = queries.payment_in_full(payment_id)
    shares = [
        queries.Share(
            invoice_of(one.invoice), None if one.amount is None else read_amount(one.amount)
        )
        for one in payload.allocations
    ]

    def work(key: str) -> PaymentOut:
        operations.reallocate_payment(
            payment=payment, to=shares, reason=payload.reason, key=key, at=timezone.now(),
            by=by(request), render=render,
        )  # fmt: skip
        return _out(queries.payment_in_full(payment_id))

    return once(request, work, required=True)


@router.get(
    "/changes/{int:change_id}/pdf",
    summary="Get the document of a reversal or re-allocation",
)
def get_change(request: HttpRequest, change_id: int) -> HttpResponse:
    """The bytes as they were issued."""
    require(request, "read")
    return download(queries.change_document(queries.change_by_id(change_id)))


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
            AllocationOut(
                invoice=one.invoice.pk, amount=money(one.amount_micros or 0, payment.currency)
            )
            for one in queries.settled_by(payment)
        ],
        unallocated=money(payment.left_micros, payment.currency),
        reversed=queries.reversal_of(payment) is not None,
        changes=[
            ChangeOut(
                id=one.pk,
                kind=one.kind,
                number=one.number,
                reason=one.reason,
                at=one.at,
                recorded_by=one.recorded_by,
            )
            for one in payment.changes.all()
        ],
    )
