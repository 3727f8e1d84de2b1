"""Calls: search, what one cost and why, and taking records in."""

from __future__ import annotations

import hashlib
import io
import re
from datetime import UTC, date, timedelta
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from tollwright.core.formats.tollwright.parse import TollwrightJson
from tollwright.domain.calls import operations, queries, requests
from tollwright.domain.entities import Call, Charge, ImportBatch
from tollwright.domain.errors import DomainError, NotFound
from tollwright.web.api.idempotency import once
from tollwright.web.api.jobs import JobOut, accepted, is_large, prefers_async
from tollwright.web.api.keys import by, require
from tollwright.web.api.paging import Page, PagingQuery, page
from tollwright.web.api.shapes import Decimal, Id, Instant, Money, money

router = Router(tags=["calls"])

_ID = re.compile(r"(\d{4})(\d{2})-(\d{1,18})")
_FILENAME = re.compile(r"[^\w.-]+")
LONGEST_SEARCH = timedelta(days=366)


class ChargeOut(Schema):
    """What one leg of the money of a call costs. sell: the customer pays; buy: the carrier gets."""

    id: Annotated[int, Field(description="as `tollwright explain` takes it")]
    leg: str
    price: Money
    billed_s: int
    prefix: str
    card_version: int
    invoice_line: int | None
    rated_at: Instant


class CallOut(Schema):
    """A call. `id` names its month too; numbers are E.164 digits without the plus."""

    id: Annotated[str, Field(examples=["202610-65537"])]
    call_key: str
    customer: int
    campaign: int
    direction: str
    caller: str
    called: str
    dialled: str
    started_at: Instant
    answered_at: Instant | None
    ended_at: Instant | None
    seconds: Annotated[Decimal, Field(description="answered length, to the millisecond")]
    cause: str
    disposition: str
    agent: str
    trunk: str


class CallDetail(CallOut):
    """A call with its current charges."""

    revision: int
    batch: int
    line: int
    charges: list[ChargeOut]


class Explained(Schema):
    """Why a leg costs what it costs. `replayed`: worked out again just now, it is the same."""

    leg: str
    price: Money
    replayed: bool
    steps: list[str]


class Explanation(Schema):
    """Every current charge of a call, explained."""

    call: str
    charges: list[Explained]


class BatchOut(Schema):
    """What became of a push or file.

    records = rated + unanswered + duplicates + ignored + quarantined.
    """

    id: int
    source: str
    filename: str
    received_at: Instant
    status: str
    records: int
    rated: int
    unanswered: int
    duplicates: int
    ignored: int
    quarantined: int
    reasons: Annotated[
        dict[str, int], Field(description="why records are not rated, or calls without cost")
    ]
    unused_columns: Annotated[list[str], Field(description="columns of the file that are not used")]
    already: Annotated[bool, Field(description="the same bytes had been imported before")] = False


class PushUnreadable(DomainError):
    """The body is not what the source's format takes."""

    code = "push_unreadable"


class SearchTooWide(DomainError):
    """Calls are searched in bounded stretches of time."""

    code = "search_too_wide"


@router.get("/calls", response=Page[CallOut], summary="Search calls, newest first")
def list_calls(  # each is a parameter of the query
    request: HttpRequest,
    paging: PagingQuery,
    since: Annotated[Instant, Query(description="started at or after")],
    until: Annotated[Instant | None, Query(description="started before; default: now")] = None,
    customer: Annotated[Id | None, Query(description="a customer's id")] = None,
    campaign: Annotated[Id | None, Query(description="a campaign's id")] = None,
    number: Annotated[str, Query(description="first or last digits, however dialled")] = "",
    call_key: Annotated[str, Query(description="the switch's key, exact")] = "",
    answered: Annotated[bool | None, Query(description="answered or not")] = None,
) -> object:
    """At most 366 days at once."""
    require(request, "read")
    end = until or timezone.now()
    if end - since > LONGEST_SEARCH:
        raise SearchTooWide(
            "Search at most 366 days at once: name a later since or an earlier until."
        )
    filters = queries.CallFilters(
        first=since, last=end, customer_id=customer, campaign_id=campaign,
        number=number, call_key=call_key, answered=answered,
    )  # fmt: skip
    return page(queries.search(filters), paging, _out, by=("started_at", "id"))


@router.get("/calls/{call_id}", response=CallDetail, summary="Get a call")
def get_call(request: HttpRequest, call_id: str) -> CallDetail:
    """With its current charges."""
    require(request, "read")
    call = _call(call_id)
    return CallDetail(
        **_fields(call), revision=call.revision, batch=call.batch_id, line=call.line_no,
        charges=[_charge(charge) for charge in _charges(call)],
    )  # fmt: skip


@router.get("/calls/{call_id}/explain", response=Explanation, summary="Explain a call's charges")
def explain_call(request: HttpRequest, call_id: str) -> Explanation:
    """Each charge replayed from the stored call and price list, step by step."""
    require(request, "read")
    return Explanation(call=call_id, charges=[_explained(one) for one in _charges(_call(call_id))])


PUSH = {
    "requestBody": {
        "required": True,
        "description": (
            "Records in the source's format, as the switch writes them; for a source of format "
            "tollwright_json a JSON document of records, or one record a line."
        ),
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["records"],
                    "properties": {"records": {"type": "array", "items": {"type": "object"}}},
                },
                "example": {
                    "records": [
                        {
                            "call_key": "b7d1c0de",
                            "started_at": "2026-11-02T09:30:00+01:00",
                            "answered_at": "2026-11-02T09:30:04+01:00",
                            "ended_at": "2026-11-02T09:31:05+01:00",
                            "caller": "+4930123456",
                            "called": "+442079460000",
                            "account": "acme",
                        }
                    ]
                },
            },
            "application/x-ndjson": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}},
        },
    }
}


@router.post(
    "/calls",
    response={201: BatchOut, 202: JobOut},
    openapi_extra=PUSH,
    summary="Push call records",
)
def push_calls(
    request: HttpRequest,
    source: Annotated[str, Query(description="the source's code")],
    filename: Annotated[str, Query(max_length=100, description="a name to find it by")] = "",
) -> HttpResponse:
    """All or nothing. Records that cannot be rated wait in quarantine and are counted here.

    Takes an Idempotency-Key. The same bytes are imported once even without: then `already` is true.
    More than 1 MiB, and any with `Prefer: respond-async`, is 202 with a job, whose `subject_id` at
    its end is the batch.
    """
    require(request, "calls")
    found = queries.source_by_code(source)
    content = _content(request.body, found.format)

    def name(key: str) -> str:
        given = filename or f"push-{key or hashlib.sha256(content).hexdigest()[:12]}"
        return _FILENAME.sub("-", given)

    if prefers_async(request) or is_large(request.body):
        return accepted(
            request,
            lambda key: requests.request_import(
                source=found, filename=name(key), pieces=[content], at=timezone.now(),
                by=by(request),
            ),
            required=False,
        )  # fmt: skip

    def work(key: str) -> BatchOut:
        taken = operations.ingest(
            source_code=source, filename=name(key), stream=io.BytesIO(content),
            at=timezone.now(), by=by(request),
        )  # fmt: skip
        batch = queries.batch_by_id(taken.batch_id)
        return _batch(batch, reasons=taken.reasons, already=taken.already)

    return once(request, work)


@router.get("/batches", response=Page[BatchOut], summary="List pushes and files, newest first")
def list_batches(request: HttpRequest, paging: PagingQuery) -> object:
    """Every file and push of every source."""
    require(request, "read")
    return page(queries.batches(), paging, _batch)


@router.get("/batches/{int:batch_id}", response=BatchOut, summary="Get a push or file")
def get_batch(request: HttpRequest, batch_id: int) -> BatchOut:
    """`reasons` counts what still waits in quarantine."""
    require(request, "read")
    batch = queries.batch_by_id(batch_id)
    return _batch(batch, reasons=queries.reasons_in(batch))


def _content(body: bytes, format_name: str) -> bytes:
    """The bytes for the source's format: a JSON document of ours becomes one record a line."""
    if not body.strip():
        raise PushUnreadable("The body is empty: send the records in it.")
    if format_name != TollwrightJson.name or not _is_document(body):
        return body
    try:
        records = msgspec.json.decode(body, type=_Push).records
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise PushUnreadable(
            f'The body is not a JSON document {{"records": [...]}}: {error}.'
        ) from None
    return b"".join(bytes(one).translate(None, b"\r\n") + b"\n" for one in records)


class _Push(msgspec.Struct, forbid_unknown_fields=True):
    records: list[msgspec.Raw]


def _is_document(body: bytes) -> bool:
    """Whether it is `{"records": …}` and not a record a line."""
    return re.match(rb'\s*\{\s*"records"\s*:', body) is not None


def _call(call_id: str) -> Call:
    found = _ID.fullmatch(call_id)
    if found is None or not (1990 <= int(found[1]) < 2100 and 1 <= int(found[2]) <= 12):
        raise NotFound(f"There is no call {call_id}.")
    return queries.call_of_month(date(int(found[1]), int(found[2]), 1), int(found[3]))


def _charges(call: Call) -> list[Charge]:
    view = queries.call_with_charges(call.pk, call.started_at)
    return [charge for charge in view.charges if charge.is_current]


def _explained(charge: Charge) -> Explained:
    told = queries.explain_charge(charge.pk, charge.started_at)
    return Explained(
        leg=charge.leg, price=money(charge.amount_micros, charge.currency),
        replayed=told.equal, steps=list(told.sentences),
    )  # fmt: skip


def _charge(charge: Charge) -> ChargeOut:
    return ChargeOut(
        id=charge.pk, leg=charge.leg, price=money(charge.amount_micros, charge.currency),
        billed_s=charge.billed_s, prefix=charge.prefix, card_version=charge.card_version_id,
        invoice_line=charge.invoice_line_id, rated_at=charge.rated_at,
    )  # fmt: skip


def _out(call: Call) -> CallOut:
    return CallOut(**_fields(call))


_PLAIN = (
    "call_key", "direction", "caller", "called", "dialled", "started_at", "answered_at",
    "ended_at", "cause", "disposition", "agent", "trunk",
)  # fmt: skip


def _fields(call: Call) -> dict[str, Any]:
    return {name: getattr(call, name) for name in _PLAIN} | {
        "id": f"{call.started_at.astimezone(UTC):%Y%m}-{call.pk}",
        "customer": call.customer_id,
        "campaign": call.campaign_id,
        "seconds": f"{call.answered_ms // 1000}.{call.answered_ms % 1000:03}",
    }


def _batch(
    batch: ImportBatch, *, reasons: dict[str, int] | None = None, already: bool = False
) -> BatchOut:
    counts = {name: getattr(batch, name) for name in operations.COUNTS}
    return BatchOut(
        id=batch.pk, source=batch.source.code, filename=batch.filename,
        received_at=batch.received_at, status=batch.status, reasons=reasons or {},
        unused_columns=batch.unused_columns, already=already, **counts,
    )  # fmt: skip
