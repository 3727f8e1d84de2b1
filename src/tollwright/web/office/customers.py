"""Customers: who owes what, and one page that shows all of one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse

from tollwright.domain.customers import operations, queries
from tollwright.domain.customers.rows import customer_rows
from tollwright.domain.entities import Campaign, Customer
from tollwright.domain.invoices.rows import invoice_rows
from tollwright.domain.ledger import queries as ledger
from tollwright.domain.lookup import find
from tollwright.domain.payments.rows import payment_rows
from tollwright.domain.plans.queries import subscriptions_with_terms
from tollwright.domain.reports import queries as reports
from tollwright.web.office import invoices, payments
from tollwright.web.office.home import Tile, about, day_chart, today_of
from tollwright.web.office.links import row, to
from tollwright.web.office.page import StaffRequest, listing, page, show
from tollwright.web.office.permissions import may
from tollwright.web.office.rules import Place, in_force
from tollwright.web.shared.filters import day_of, start_of
from tollwright.web.shared.formatting import Money, Status, number
from tollwright.web.shared.labels import label_of, options
from tollwright.web.shared.tables import Column, Filter, Table, field_has, field_is, short

LATEST = 5
BRIEF = ("number", "period", "total", "open", "status", "no", "received", "receipt", "amount")


@page()
def index(request: StaffRequest) -> HttpResponse:
    """Every customer with what they owe."""
    table = Table(
        "Customers",
        customer_rows(),
        [
            Column("code", "Code", lambda one: one.code, "code", row("customer")),
            Column("name", "Name", lambda one: one.name, "name", row("customer")),
            Column("country", "Country", lambda one: one.country, "country"),
            Column("campaigns", "Campaigns", lambda one: one.campaign_count, "campaign_count"),
            Column("balance", "Owes", _balance, "balance_micros", number=True),
            Column("status", "Status", lambda one: Status(one.status), "status"),
        ],
        [
            Filter("q", "Name, code or e-mail", field_has("name", "code", "email"), kind="search"),
            Filter(
                "status",
                "Status",
                field_is("status"),
                choices=options("status", operations.STATUSES),
            ),
            Filter("country", "Country", field_is("country")),
        ],
        order="name",
        empty="No customers yet. Add the first one: who is billed, in which currency and zone.",
        filename="customers",
    )
    tools = [("Add a customer", to("customer-new"))] if _may(request) else []
    return listing(request, "Customers", table, tools=tools)


@page()
def one(request: StaffRequest, pk: int) -> HttpResponse:
    """All of a customer."""
    customer = find(Customer, pk, "legal_entity")
    return show(
        request,
        "customer.html",
        customer.name,
        customer=customer,
        tiles=_tiles(request, customer),
        chart=day_chart(today_of(request), customer.currency, customer),
        campaigns=queries.campaigns_with_identifiers(customer),
        subscriptions=subscriptions_with_terms(customer=customer),
        invoices=short(
            "Latest invoices",
            invoice_rows(customer)[:LATEST],
            [one for one in invoices.COLUMNS if one.key in BRIEF],
            "No invoices yet. Run billing when a period has ended.",
        ),
        payments=short(
            "Latest payments",
            payment_rows(customer)[:LATEST],
            [one for one in payments.COLUMNS if one.key in BRIEF],
            "No payments yet.",
        ),
        rules=in_force(request, Place(customer, customer)),
        crumbs=[("Customers", to("customers"))],
    )


@page()
def statement(request: StaffRequest, pk: int) -> HttpResponse:
    """Every movement on the customer's account, with the balance after each."""
    customer = find(Customer, pk)
    first, last = (day_of(request.GET.get(name, "")) for name in ("from", "to"))
    currency = request.GET.get("currency", customer.currency)[:3]
    found = ledger.statement(
        customer,
        currency=currency,
        since=start_of(first) if first else None,
        until=start_of(last + timedelta(1)) if last else None,
    )
    table = Table(
        f"Statement in {found.currency}",
        found.rows,
        [
            Column("at", "When", lambda one: one.at),
            Column("recorded_at", "Recorded", lambda one: one.recorded_at),
            Column("what", "What", lambda one: one.memo or label_of("entry_kind", one.kind)),
            Column("amount", "Amount", lambda one: Money(one.amount_micros, found.currency)),
            Column("balance", "Owes after", lambda one: Money(one.balance_micros, found.currency)),
        ],
        [
            Filter("from", "From", _no_filter, kind="date"),
            Filter("to", "To", _no_filter, kind="date"),
            Filter(
                "currency",
                "Currency",
                _no_filter,
                default=customer.currency,
                choices=[(code, code) for code in _currencies(customer)],
            ),
        ],
        empty="Nothing moved on this account.",
        filename=f"statement-{customer.code}",
    )
    return listing(
        request,
        f"Statement of {customer.name}",
        table,
        lead=f"Before: {Money(found.opening_micros, found.currency)}. After:"
        f" {Money(found.closing_micros, found.currency)}. A positive balance is owed to you.",
        crumbs=[("Customers", to("customers")), (customer.name, to("customer", pk))],
    )


@page()
def campaign(request: StaffRequest, pk: int) -> HttpResponse:
    """A campaign: how calls find it, its plans, and its rules with their trace."""
    of = find(Campaign, pk, "customer")
    return show(
        request,
        "campaign.html",
        of.name,
        campaign=of,
        identifiers=queries.identifiers(campaign=of),
        subscriptions=subscriptions_with_terms(campaign=of),
        rules=in_force(request, Place(of, of.customer, of)),
        now=request.at,
        crumbs=[("Customers", to("customers")), (of.customer.name, to("customer", of.customer_id))],
    )


def _tiles(request: StaffRequest, customer: Customer) -> list[Tile]:
    today = today_of(request)
    month = today.replace(day=1)
    owed = ledger.balances(customer) or {customer.currency: 0}
    late = reports.overdue(at=request.at, customer=customer)
    loose = reports.unbilled(at=request.at, customer=customer)
    used = reports.usage_between(month, today, customer=customer)
    calls = to("calls", customer=f"id-{customer.pk}")
    papers = to("invoices", customer=f"id-{customer.pk}")
    return [
        Tile(
            "Owes",
            " + ".join(str(Money(sum_, code)) for code, sum_ in owed.items()),
            "statement",
            to("statement", customer.pk),
        ),
        Tile("Overdue", about(late, customer.currency), "", papers + "&state=overdue"),
        Tile("Unbilled", about(loose, customer.currency), "", calls + "&status=unbilled"),
        Tile(
            "Calls this month",
            about(used, customer.currency),
            f"{number(sum(one.count for one in used))} calls",
            calls,
        ),
    ]


def _balance(one: Any) -> Money:
    return Money(one.balance_micros, one.currency)


def _currencies(customer: Customer) -> list[str]:
    return sorted({customer.currency, *ledger.balances(customer)})


def _no_filter(rows: Any, _value: str) -> Any:
    return rows  # the ledger has already bounded them


def _may(request: StaffRequest) -> bool:
    return may(request.membership.role, "customers")
