"""The audit chain as values: one byte form per row, and the hash that ties it to the row before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeAlias

Plain: TypeAlias = "bool | int | str | list[Plain] | dict[str, Plain] | None"

START = ""  # the hash before the first row


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row of a tenant's chain. `before` and `after` are plain (see `plain`); `at` is aware."""

    tenant_id: int
    seq: int
    at: datetime
    actor: str
    address: str
    action: str
    subject: str
    subject_id: str
    before: Plain
    after: Plain


@dataclass(frozen=True, slots=True)
class Link:
    """A row with the two hashes that were stored beside it."""

    row: AuditRow
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """The first row that does not follow from the one before, and how that shows."""

    seq: int
    reason: str


def plain(value: object) -> Plain:
    """`value` in a form that comes back from the database's JSON as it went in.

    Decimals, moments and days become text; so do floats, whose last digits a store may change.
    Raises TypeError for what has no such form, such as bytes.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date | Decimal | float):
        return str(value)
    if isinstance(value, Mapping):
        return {_storable(str(key)): plain(part) for key, part in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray | memoryview):
        return [plain(part) for part in value]
    raise TypeError(f"an audit row cannot hold {type(value).__name__}: say it as text or a number")


def _storable(text: str) -> str:
    """PostgreSQL keeps neither NUL nor half a surrogate pair."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def canonical(row: AuditRow) -> bytes:
    """The one byte form of a row: JSON with sorted keys, no spaces, UTF-8, `at` in UTC."""
    content = {
        "tenant": row.tenant_id,
        "seq": row.seq,
        "at": _moment(row.at),
        "actor": row.actor,
        "address": row.address,
        "action": row.action,
        "subject": row.subject,
        "subject_id": row.subject_id,
        "before": row.before,
        "after": row.after,
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def row_hash(previous_hash: str, row: AuditRow) -> str:
    """SHA-256 (hex) of the previous row's hash followed by the row's canonical bytes."""
    return hashlib.sha256(previous_hash.encode() + canonical(row)).hexdigest()


def first_break(links: Iterable[Link]) -> tuple[int, str, Break | None]:
    """Walk a chain from its first row: rows that hold, the last good hash, the first break."""
    good, last = 0, START
    for link in links:
        reason = _fault(link, good + 1, last)
        if reason:
            return good, last, Break(link.row.seq, reason)
        good, last = good + 1, link.hash
    return good, last, None


def _fault(link: Link, expected_seq: int, last: str) -> str:
    if link.row.seq != expected_seq:
        return f"row {expected_seq} is missing: row {link.row.seq} stands in its place"
    if link.previous_hash != last:
        return f"row {link.row.seq} does not carry the hash of the row before it"
    if link.hash != row_hash(last, link.row):
        return f"row {link.row.seq} was changed after it was written: its hash does not fit it"
    return ""
