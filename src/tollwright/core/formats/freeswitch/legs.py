"""Which FreeSWITCH rows are B legs when the template does not say it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import islice
from typing import Literal

from msgspec.structs import force_setattr

from tollwright.core.formats.base import Record

_CLAIMS_KEPT = 100_000
_LOOKED_AT = 64
_SECOND = timedelta(seconds=1)


class LegJudge:
    """Collects who names whom as its B leg and sets `leg` and `group_key` of held rows.

    `certain`: the template tells legs itself, nothing is inferred. `legs` auto infers only after
    a row has been seen whose uuid another row claims, for else the switch writes A legs alone.
    """

    def __init__(self, legs: Literal["auto", "a", "ab"], *, certain: bool) -> None:
        self.certain = certain
        self._both = legs == "ab"
        self._only_a = legs == "a"
        self._claims: dict[str, str] = {}

    def claim(self, bleg: str, by: str) -> None:
        """Row `by` names `bleg` as its B leg."""
        if len(self._claims) >= _CLAIMS_KEPT:
            for old in list(islice(self._claims, _CLAIMS_KEPT // 2)):
                del self._claims[old]
        self._claims[bleg] = by

    def apart(self, uuids: Collection[str], claims: Collection[str]) -> bool:
        """Whether rows of these uuids, claims of the rows around them added, are all A legs."""
        if self._both and not self.certain:
            return False
        known = self._claims.keys()
        return not any(uuid in known or uuid in claims for uuid in uuids)

    def settle(self, records: Sequence[Record], given: int) -> None:
        """Set legs of `records[given:]`; the ones before were given out already."""
        for record in islice(records, given, None):
            first = self._claims.get(record.unique_id)
            if first is not None and self._claims.get(first) != record.unique_id:
                self._both = self._both or not self._only_a
                _set_supplier(record, first, f"B leg of {first}")
        if self._both and not self.certain:
            self._infer(records, given)

    def _infer(self, records: Sequence[Record], given: int) -> None:
        callers: dict[str, list[int]] = {}
        by_uuid: dict[str, Record] = {}
        for at, record in enumerate(records):
            callers.setdefault(record.caller, []).append(at)
            by_uuid[record.unique_id] = record
        claimers = {first: bleg for bleg, first in self._claims.items()}
        for at in range(given, len(records)):
            row = records[at]
            if row.leg != "customer" or row.unique_id in claimers or _account(row):
                continue
            places = callers[row.caller]
            after = bisect_right(places, at)
            for place in places[after : after + _LOOKED_AT]:
                other = records[place]
                bleg = by_uuid.get(claimers.get(other.unique_id, ""))
                if _lies_inside(row, other, bleg):
                    why = f"lies inside {other.unique_id} of the same caller: its B leg"
                    _set_supplier(row, other.unique_id, why)
                    break


def _account(record: Record) -> bool:
    return any(kind == "accountcode" for kind, _ in record.hints)


def _lies_inside(row: Record, other: Record, bleg: Record | None) -> bool:
    """Whether `row` can be an earlier B leg of `other`, whose last B leg is `bleg`."""
    if other.leg != "customer" or other.unique_id == row.unique_id or not _within(row, other):
        return False
    if not row.answered:
        return bleg is not None or row.called == other.called
    if bleg is None or bleg.started_at is None or row.ended_at is None or not _account(other):
        return False
    return row.ended_at <= bleg.started_at + _SECOND


def _within(row: Record, other: Record) -> bool:
    if row.started_at is None or row.ended_at is None:
        return False
    if other.started_at is None or other.ended_at is None:
        return False
    return other.started_at <= row.started_at and row.ended_at <= other.ended_at


def _set_supplier(record: Record, group: str, why: str) -> None:
    force_setattr(record, "leg", "supplier")
    force_setattr(record, "group_key", group)
    force_setattr(record, "note", why)
