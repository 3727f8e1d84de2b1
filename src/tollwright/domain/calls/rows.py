"""The rows of the lists of calls, files, sources and quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tollwright.data.models import Customer
from tollwright.domain.calls import queries
from tollwright.domain.listing import Listed, listed


@dataclass(frozen=True, slots=True)
class CallListRow:
    """A call with its sell charge; None where it was not charged."""

    pk: int
    started_at: datetime
    answered_at: datetime | None
    answered_ms: int
    customer_id: int
    customer: str
    campaign: str
    caller: str
    called: str
    cause: str
    billed_s: int | None
    amount_micros: int | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A file or push of call records, with what became of its records."""

    pk: int
    filename: str
    source: str
    received_at: datetime
    records: int
    rated: int
    unanswered: int
    duplicates: int
    ignored: int
    quarantined: int
    status: str


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A switch or dialler with its number of files."""

    pk: int
    code: str
    name: str
    format: str
    timezone: str
    region: str
    files: int


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """A record that waits, or waited, and why."""

    pk: int
    reason: str
    detail: str
    source: str
    batch_id: int
    filename: str
    line_no: int
    created_at: datetime
    status: str


def call_rows(customer: Customer | None = None) -> Listed[CallListRow]:
    """Current calls, unordered: for tables of millions."""
    found = queries.calls_with_charge(customer=customer)
    return listed(found, CallListRow, customer="customer__name", campaign="campaign__name")


def batch_rows() -> Listed[BatchRow]:
    """Files and pushes, newest first."""
    return listed(queries.batches(), BatchRow, source="source__name")


def source_rows() -> Listed[SourceRow]:
    """The sources, by code."""
    return listed(queries.sources_with_counts(), SourceRow)


def quarantine_rows() -> Listed[QuarantineRow]:
    """Every record of the quarantine, whatever became of it, newest first."""
    paths = {"source": "source__name", "filename": "batch__filename"}
    return listed(queries.quarantined(), QuarantineRow, **paths)
