"""The things that operations and queries take and give back, for their callers to name.

A caller above the domain reads their fields; it asks for rows by the functions of
`domain/<area>/queries.py` alone, and never by their managers (tests/laws/test_web.py).
"""

from __future__ import annotations

from tollwright.data.access import PORTAL_ROLES, ApiKey, Membership, Role, User
from tollwright.data.audit import AuditEntry
from tollwright.data.calls import Call, Charge, ImportBatch, Quarantine, Source
from tollwright.data.carriers import Carrier, CarrierCard, Trunk
from tollwright.data.customers import Campaign, Customer, Identifier, IdentifierKind
from tollwright.data.invoices import (
    BillingRun,
    Document,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    WriteOff,
)
from tollwright.data.jobs import Job
from tollwright.data.payments import Allocation, Payment, PaymentChange, Receipt
from tollwright.data.plans import CallPlan, PlanFee, PlanVersion, Subscription
from tollwright.data.rates import CardVersion, DeckImport, Rate, RateCard
from tollwright.data.rerating import RerateProposal, Rerating
from tollwright.data.rules import Rule
from tollwright.data.tenants import LegalEntity, Reseller, Tenant

__all__ = [
    "PORTAL_ROLES",
    "Allocation",
    "ApiKey",
    "AuditEntry",
    "BillingRun",
    "Call",
    "CallPlan",
    "Campaign",
    "CardVersion",
    "Carrier",
    "CarrierCard",
    "Charge",
    "Customer",
    "DeckImport",
    "Document",
    "Identifier",
    "IdentifierKind",
    "ImportBatch",
    "Invoice",
    "InvoiceLine",
    "InvoiceTax",
    "Job",
    "LegalEntity",
    "Membership",
    "Payment",
    "PaymentChange",
    "PlanFee",
    "PlanVersion",
    "Quarantine",
    "Rate",
    "RateCard",
    "Receipt",
    "RerateProposal",
    "Rerating",
    "Reseller",
    "Role",
    "Rule",
    "Source",
    "Subscription",
    "Tenant",
    "Trunk",
    "User",
    "WriteOff",
]
