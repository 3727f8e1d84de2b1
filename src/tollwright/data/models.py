"""Where Django looks for models: every area's, by name."""

from tollwright.data.access import PORTAL_ROLES, ApiKey, Membership, Role, User
from tollwright.data.allowances import AllowanceUse
from tollwright.data.api import ApiRequest
from tollwright.data.audit import AuditEntry
from tollwright.data.calls import (
    Call,
    ChannelHalf,
    Charge,
    ImportBatch,
    Quarantine,
    RawChunk,
    Source,
)
from tollwright.data.carriers import Carrier, CarrierCard, Trunk
from tollwright.data.customers import Campaign, Customer, Identifier, IdentifierKind
from tollwright.data.events import Event
from tollwright.data.invoices import (
    BillingRun,
    Document,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    WriteOff,
)
from tollwright.data.jobs import Job, JobFile
from tollwright.data.ledger import Account, Entry, Posting
from tollwright.data.payments import Allocation, Payment, PaymentChange, Receipt
from tollwright.data.plans import CallPlan, PlanFee, PlanVersion, Subscription
from tollwright.data.rates import CardVersion, DeckImport, Rate, RateCard
from tollwright.data.reports import UsageDay
from tollwright.data.rerating import (
    RerateProposal,
    RerateProposalCall,
    RerateProposalLine,
    Rerating,
)
from tollwright.data.rules import Rule
from tollwright.data.tenants import LegalEntity, NumberSeries, Reseller, Tenant

__all__ = [
    "PORTAL_ROLES",
    "Account",
    "Allocation",
    "AllowanceUse",
    "ApiKey",
    "ApiRequest",
    "AuditEntry",
    "BillingRun",
    "Call",
    "CallPlan",
    "Campaign",
    "CardVersion",
    "Carrier",
    "CarrierCard",
    "ChannelHalf",
    "Charge",
    "Customer",
    "DeckImport",
    "Document",
    "Entry",
    "Event",
    "Identifier",
    "IdentifierKind",
    "ImportBatch",
    "Invoice",
    "InvoiceLine",
    "InvoiceTax",
    "Job",
    "JobFile",
    "LegalEntity",
    "Membership",
    "NumberSeries",
    "Payment",
    "PaymentChange",
    "PlanFee",
    "PlanVersion",
    "Posting",
    "Quarantine",
    "Rate",
    "RateCard",
    "RawChunk",
    "Receipt",
    "RerateProposal",
    "RerateProposalCall",
    "RerateProposalLine",
    "Rerating",
    "Reseller",
    "Role",
    "Rule",
    "Source",
    "Subscription",
    "Tenant",
    "Trunk",
    "UsageDay",
    "User",
    "WriteOff",
]
