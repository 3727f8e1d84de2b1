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
    calls = priced.placed
    records = [call.record for call in calls]
    texts: tuple[list[str], ...] = (
        [record.call_key for record in records], [record.group_key for record in records],
        [record.direction for record in records], [call.caller for call in calls],
        [call.called for call in calls], [record.dialled for record in records],
        [record.cause for record in records], [record.disposition for record in records],
        [record.trunk_out or record.trunk_in for record in records],
        [record.agent for record in records],
    )  # fmt: skip
    rows = zip(
        range(call_id, call_id + len(calls)),
        [_micros(record.started_at) for record in records],
        [_micros(call.answered_at) for call in calls],
        [_micros(record.ended_at) for record in records],
        [record.answered_ms for record in records],
        [record.line for record in records],
        *[stage.column(column) for column in texts],
        _terms_columns(calls),
        _price_columns(priced.prices, charge_id),
        strict=True,
    )
    lines = [LINE % row for row in rows]
    return [
        "".join(lines[at : at + LINES_A_WRITE]).encode()
        for at in range(0, len(lines), LINES_A_WRITE)
    ]


def _terms_columns(calls: list[Placed]) -> list[str]:
    """Customer, campaign, currency, card and plan version: few different ones, made once each."""
    known: dict[tuple[int, bool], str] = {}
    found: list[str] = []
    for call in calls:
        key = id(call.terms), call.counted_ms < 0
        text = known.get(key)
        if text is None:
            text = known[key] = _terms_column(call)
        found.append(text)
    return found


def _terms_column(call: Placed) -> str:
    terms, campaign = call.terms, call.terms.campaign
    owner = f"{campaign.customer_id}\t{campaign.id}"
    if call.counted_ms < 0 or terms.version is None:
        return f"{owner}\t{campaign.currency}\t{NULL}\t{NULL}"
    return f"{owner}\t{terms.currency}\t{terms.version.id}\t{terms.plan_version_id or NULL}"


def _price_columns(prices: list[Price | None], charge_id: int) -> list[str]:
    return [
        NO_CHARGE if price is None else f"{at}\t%s\t%s\t%s\t%s\t%s" % price
        for at, price in enumerate(prices, charge_id)
    ]


def _micros(moment: datetime | None) -> int | str:
    return NULL if moment is None else (moment - EPOCH) // MICROSECOND


NULL = "\\N"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NO_CHARGE = "\t".join([NULL] * 6)
LINE = "\t".join(["%s"] * 18) + "\n"  # the columns of tw_staged, some of them in one text
