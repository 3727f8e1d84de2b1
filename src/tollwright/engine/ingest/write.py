"""One portion into the database: stage, compare with what is known, insert, quarantine, sum."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from tollwright.engine.ingest import stage
from tollwright.engine.ingest.price import Price, Priced
from tollwright.engine.ingest.sort import Placed, Refused, Tally, refusal
from tollwright.store import batches, calls

AROUND = timedelta(days=32)  # how far a correction may move a call
LINES_A_WRITE = 4_096


@dataclass(frozen=True, slots=True)
class Place:
    """Where rows belong: `zone` is the tenant's, for the day they count to."""

    tenant_id: int
    source_id: int
    batch_id: int
    zone: str
    at: datetime


@dataclass(slots=True)
class Writer:
    """Writes portions of one batch on the caller's cursor and transaction."""

    cursor: calls.Cursor
    place: Place
    _months: set[tuple[int, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        calls.make_staged(self.cursor)
        batches.make_refused(self.cursor)

    def write(self, priced: Priced, refused: list[Refused]) -> Tally:
        """What became of the portion's calls and refused rows."""
        tally = Tally()
        refused = refused + priced.refused
        if priced.placed:
            refused += self.calls(priced, tally)
        if refused:
            self.refuse(refused, tally)
        return tally

    def refuse(self, refused: list[Refused], tally: Tally) -> None:
        """To quarantine; a row that waits there already is a duplicate."""
        rows = stage.refused_rows(refused)
        place = self.place
        values = {
            "tenant_id": place.tenant_id, "batch_id": place.batch_id,
            "source_id": place.source_id, "at": place.at,
        }  # fmt: skip
        reasons = batches.quarantine(self.cursor, rows, values)
        tally.quarantined += len(reasons)
        tally.duplicates += len(refused) - len(reasons)
        tally.reasons.update(reasons)

    def calls(self, priced: Priced, tally: Tally) -> list[Refused]:
        """Write the calls; those that must wait come back as refused."""
        placed = priced.placed
        for month in {(c.record.started_at.year, c.record.started_at.month) for c in placed
                      if c.record.started_at} - self._months:  # fmt: skip
            calls.ensure_month(self.cursor, datetime(*month, 1, tzinfo=self.place.at.tzinfo))
            self._months.add(month)
        call_id, charge_id = calls.id_block(self.cursor)
        calls.stage(self.cursor, _pieces(priced, call_id, charge_id))
        gone, refused, recount = self._meet(placed, call_id, tally)
        place = self.place
        if len(gone) < len(placed):
            calls.insert(
                self.cursor, tenant_id=place.tenant_id, source_id=place.source_id,
                batch_id=place.batch_id, zone=place.zone, at=place.at,
            )  # fmt: skip
        for at, call in enumerate(placed):
            if at not in gone:
                if call.counted_ms < 0:
                    tally.unanswered += 1
                else:
                    tally.rated += 1
        calls.sum_again(self.cursor, tenant_id=place.tenant_id, zone=place.zone, days=recount)
        return refused

    def _meet(
        self, placed: list[Placed], first_id: int, tally: Tally
    ) -> tuple[set[int], list[Refused], list[tuple[int, date]]]:
        """Compare with the calls there are.

        Gives the places that are not to be written, those of them that must wait, and the
        (campaign, day) whose sums a correction changes.
        """
        starts = [call.record.started_at for call in placed if call.record.started_at]
        met = calls.meet(
            self.cursor, source_id=self.place.source_id, first=min(starts) - AROUND,
            last=max(starts) + AROUND,
        )  # fmt: skip
        if not met:
            return set(), [], []
        same = [row[0] for row in met if row[4]]
        told = [row for row in met if not row[4]]
        issued = calls.issued(self.cursor, [(row[1], row[2]) for row in told]) if told else set()
        late = [row[0] for row in told if row[1] in issued]
        changed = [row for row in told if row[1] not in issued]
        tally.duplicates += len(same)
        if same or late:
            calls.unstage(self.cursor, same + late)
        days: list[tuple[int, date]] = []
        if changed:
            tally.reasons["corrections"] += len(changed)
            old = [(row[1], row[2], row[3]) for row in changed]
            days = calls.touched_days(
                self.cursor, zone=self.place.zone, calls=[(row[0], row[1]) for row in old]
            )
            calls.revise(self.cursor, [row[0] for row in changed], old)
        refused = [_late(placed[call_id - first_id]) for call_id in late]
        return {call_id - first_id for call_id in same + late}, refused, days


def _late(call: Placed) -> Refused:
    return refusal(
        call.record, "late_correction",
        "The record changes a call that is on an issued invoice. Void the invoice, then let the"
        " record re-enter; or credit or debit the difference, then dismiss the record.",
    )  # fmt: skip


def _pieces(priced: Priced, call_id: int, charge_id: int) -> list[bytes]:
    """The rows of tw_staged, some thousands of lines a piece."""
    lines = [
        _line(call, price, call_id + at, charge_id + at)
        for at, (call, price) in enumerate(zip(priced.placed, priced.prices, strict=True))
    ]
    return [
        "".join(lines[at : at + LINES_A_WRITE]).encode()
        for at in range(0, len(lines), LINES_A_WRITE)
    ]


def _line(call: Placed, price: Price | None, call_id: int, charge_id: int) -> str:
    record, terms = call.record, call.terms
    campaign = terms.campaign
    texts = stage.columns((
        record.call_key, record.group_key, record.direction, call.caller, call.called,
        record.dialled, record.cause, record.disposition, record.trunk_out or record.trunk_in,
        record.agent,
    ))  # fmt: skip
    head = (
        f"{call_id}\t{_micros(record.started_at)}\t{_micros(call.answered_at)}\t"
        f"{_micros(record.ended_at)}\t{record.answered_ms}\t{record.line}\t{campaign.customer_id}\t{campaign.id}\t0\t{texts}\t"
    )
    if price is None or terms.version is None:
        return head + campaign.currency + NO_CHARGE
    rate_no, prefix, billed_s, allowance_s, amount = price
    return (
        f"{head}{terms.currency}\t{charge_id}\t{terms.version.id}\t"
        f"{terms.plan_version_id or NULL}\t{rate_no}\t{prefix}\t"
        f"{billed_s}\t{allowance_s}\t{amount}\n"
    )


def _micros(moment: datetime | None) -> int | str:
    return NULL if moment is None else (moment - EPOCH) // MICROSECOND


NULL = "\\N"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NO_CHARGE = f"\t{NULL}" * 8 + "\n"
