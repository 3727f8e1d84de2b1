"""Each record of a file to its place: a call to be rated, a duplicate, ignored, or quarantine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta

from tollwright.core.cards.card import MAX_CALL_MS
from tollwright.core.formats.base import TWIN, Fault, Ignored, Item, Record
from tollwright.core.formats.halves import HalfReader
from tollwright.core.numbers import PLAIN, Dialling, Number, digits_of, normalise
from tollwright.engine.ingest.attribute import HINTS, Attributor
from tollwright.engine.ingest.chunk import (
    Attributed,
    Chunk,
    Refused,
    chunk_of,
    clean,
    refusal,
    unstorable,
)
from tollwright.engine.rating.terms import Book, Terms
from tollwright.kernel.numbers import pack_number

Judged = Attributed | Refused | Ignored
_NOT_PRICED = {
    "internal": "one of the switch's own numbers: no card has a row for it.",
    "short": (
        "a service number of the Source's country, too long to be told from the beginning of a"
        " number abroad: no card has a row for it. If the switch dials something before its"
        " numbers, name that in its Source."
    ),
}  # by kind of a number of more than six digits
NO_TRUNKS = HalfReader()
YEARS = range(1990, 2100)  # as tollwright_ensure_months allows


@dataclass(slots=True)
class Tally:
    """What became of the records; `reasons` counts why some are not rated, `priced_individually`
    the legs that
    the kernel left to core: over a change of a card's version, in short turns at pools."""

    rated: int = 0
    unanswered: int = 0
    duplicates: int = 0
    ignored: int = 0
    quarantined: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    priced_individually: int = 0

    def add(self, more: Tally) -> None:
        """Add `more` to this."""
        for column in fields(self):
            both = getattr(self, column.name) + getattr(more, column.name)
            setattr(self, column.name, both)

    @property
    def records(self) -> int:
        return self.rated + self.unanswered + self.duplicates + self.ignored + self.quarantined


@dataclass(frozen=True, slots=True)
class Classifier:
    """Classifies records with the book and the identifiers of one tenant."""

    book: Book
    attributor: Attributor
    region: str
    dialling: Dialling = PLAIN
    halves: HalfReader = NO_TRUNKS

    def classify(self, items: Iterable[Item]) -> Chunk:
        """The chunk classified; nothing is lost: each item is in exactly one of its parts."""
        result = chunk_of(())
        attributed: list[Attributed] = []
        seen: dict[str, Record] = {}
        for item in items:
            if type(item) is Record:
                refused = unstorable(item)
                if refused is None:
                    _note(item, result, seen)
                    result.halves += self.halves.read(item)
                else:
                    result.refused.append(refused)
            elif type(item) is Fault:
                result.refused.append(
                    Refused(item.line, "", item.code[:40], item.reason, clean(item.raw))
                )
            elif type(item) is Ignored:
                result.ignored[item.reason] += 1
        for found in self._attribute_all(list(seen.values())):
            if type(found) is Attributed:
                attributed.append(found)
            elif type(found) is Refused:
                result.refused.append(found)
            elif type(found) is Ignored:
                result.ignored[found.reason] += 1
        calls = chunk_of(attributed)
        return replace(result, calls=calls.calls, terms=calls.terms, record=calls.record)

    def _attribute_all(self, records: list[Record]) -> list[Judged]:
        """`_attributed` for each, but what is alike in a chunk is looked up once for all of it."""
        span = _span(records)
        if span is None:
            return [self._attributed(record) for record in records]
        first, last = span
        named = [(record.campaign, record.queue, record.hints) for record in records]
        effective = {
            words: self.effective(record, first, last)
            for words, record in dict(zip(named, records, strict=True)).items()
        }
        called = digits_of([one.called for one in records], self.region, self.dialling)
        callers = self.dialling.of_callers
        caller = digits_of([one.caller for one in records], self.region, callers)
        found: list[Judged] = []
        for record, words, by, to in zip(records, named, caller, called, strict=True):
            terms = effective[words]
            if terms is None or not terms.plain or self._is_doubtful(record, to):
                found.append(self._attributed(record))
            elif not record.answered:
                found.append(Attributed(record, terms, by, to, None, -1))
            elif record.answered_at is None or not (to and pack_number(to) >= 0):
                found.append(self._attributed(record))
            else:
                found.append(
                    Attributed(record, terms, by, to, record.answered_at, record.answered_ms)
                )
        return found

    def _is_doubtful(self, record: Record, called: str) -> bool:
        """Whether the called number needs a look of its own: an internal one, a word, or none."""
        if not called:
            return False
        if pack_number(called) < 0 or self.dialling.is_internal(called):
            return True
        return normalise(record.called, self.region, self.dialling).is_doubtful

    def effective(self, record: Record, first: datetime, last: datetime) -> Terms | None:
        """The terms of all calls between these moments with the record's words, if they are one
        and no rule asks for a call's cause; None: look at each call."""
        campaign_id = self.attributor.all_along(record, first, last)
        if campaign_id is None:
            return None
        terms = self.book.terms(campaign_id, first)
        same = self.book.terms(campaign_id, last) is terms
        return terms if same and not terms.billable_causes and not terms.reason else None

    def attribute(self, record: Record) -> Judged:
        """The call with its campaign and terms, or why it is none or has to wait."""
        return unstorable(record) or self._attributed(record)

    def _attributed(self, record: Record) -> Judged:
        """The same of a record that can be written."""
        started = record.started_at
        if started is None or started.year not in YEARS:
            return refusal(record, "invalid_time", f"The call starts at {started}.")
        if not 0 <= record.answered_ms <= MAX_CALL_MS:
            return refusal(
                record,
                "invalid_duration",
                f"The call lasts {record.answered_ms} ms: over 24 h.",
            )
        called = normalise(record.called, self.region, self.dialling)
        calling = normalise(record.caller, self.region, self.dialling.of_callers)
        if _is_inside(record, calling, called):
            return Ignored(record.line, "internal leg", record.lines)
        caller = calling.digits
        campaign_id = self.attributor.find(record, caller, called.digits, started)
        if campaign_id is None:
            return refusal(record, "unknown_account", _unknown(record))
        if not record.answered:
            terms = self.book.terms(campaign_id, started)
            return Attributed(record, terms, caller, called.digits, None, -1)
        return self._answered(record, campaign_id, caller, called)

    def _answered(self, record: Record, campaign_id: int, caller: str, number: Number) -> Judged:
        called = number.digits
        if number.is_doubtful and number.kind in _NOT_PRICED:
            why = f"{called} is {_NOT_PRICED[number.kind]}"
            return refusal(record, "unknown_destination", why)
        answered_at = answer_of(record)
        terms = self.book.terms(campaign_id, answered_at)
        if terms.reason:
            return refusal(record, terms.reason, terms.refusal)
        if number.is_doubtful or not (called and pack_number(called) >= 0):
            return refusal(
                record, "invalid_number",
                f"The called number {record.called!r} cannot be read as an international number."
                " Set the Source's region if its numbers are national.",
            )  # fmt: skip
        counted_ms = record.answered_ms
        if not terms.plain:
            counted_ms = terms.counted_ms(counted_ms, record.cause, record.disposition)
        return Attributed(record, terms, caller, called, answered_at, counted_ms)


def _is_inside(record: Record, caller: Number, called: Number) -> bool:
    """Whether the call never leaves the switch: between its own numbers, to a feature or a user."""
    if called.kind == caller.kind == "internal":
        return True
    return called.stays_inside and record.direction != "inbound"


def _note(record: Record, result: Chunk, seen: dict[str, Record]) -> None:
    """Count the record if it is no call of its own; else it is the first of its key."""
    if record.note.startswith(TWIN):
        result.duplicates += 1
        return
    if record.leg != "customer":
        result.ignored[f"{record.leg} leg"] += 1
        return
    first = seen.setdefault(record.call_key, record)
    if first is record:
        return
    if facts_of(first) == facts_of(record):
        result.duplicates += 1
    else:
        result.later.append(record)


def _span(records: list[Record]) -> tuple[datetime, datetime] | None:
    """The first and the last moment that the calls name; None where one of them is impossible."""
    moments = [record.started_at for record in records if record.started_at is not None]
    lengths = [record.answered_ms for record in records]
    if len(moments) < len(records) or not moments:
        return None
    if min(lengths) < 0 or max(lengths) > MAX_CALL_MS:
        return None
    if min(moments).year not in YEARS or max(moments).year not in YEARS:
        return None
    moments += [record.answered_at for record in records if record.answered_at is not None]
    return min(moments), max(moments)


def facts_of(record: Record) -> tuple[object, ...]:
    """What two records about one call must agree on to be the same."""
    return (
        record.started_at, record.answered_at, record.ended_at, record.answered_ms, record.caller,
        record.called, record.dialled, record.direction, record.cause, record.disposition,
        record.trunk_in, record.trunk_out, record.agent,
    )  # fmt: skip


def answer_of(record: Record) -> datetime:
    """The answer's instant. Formats tell it; a record that waits from before they did is answered
    its length before its end."""
    if record.answered_at is not None:
        return record.answered_at
    length = timedelta(milliseconds=record.answered_ms)
    if record.ended_at is not None:
        return record.ended_at - length
    if record.started_at is None:
        raise ValueError("a call without a start has no place here")
    return max(
        record.started_at, record.started_at + timedelta(0, 0, 0, record.duration_ms) - length
    )


def _unknown(record: Record) -> str:
    words = [f"campaign {record.campaign}"] if record.campaign else []
    words += [f"queue {record.queue}"] if record.queue else []
    words += [f"{kind} {value}" for kind, value in record.hints if kind in HINTS]
    fits = ", ".join(words) or "nothing but numbers"
    return (
        f"No identifier that holds on {record.started_at:%Y-%m-%d} fits {fits}, caller"
        f" {record.caller}, called {record.called}. Give one of them to a campaign."
    )
