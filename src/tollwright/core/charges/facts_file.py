"""The text of a facts file (CSV or JSON lines) to facts; what cannot be read is a fault.

A record is told once for its type and key: the same again is a duplicate, another telling takes
its place if its `updated_at` (else its place in the file) is later. What is open counts up to the
last proof of life of its agent, for a day at the most.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from tollwright.core.charges import facts as fact
from tollwright.core.charges.exact import exact
from tollwright.core.charges.facts import DAY_MS, Facts, Fault
from tollwright.core.charges.plan_file import PlanError, read_json
from tollwright.core.charges.states import STATES
from tollwright.core.charges.window import instant_ms
from tollwright.core.money import MoneyError

COLUMNS = (
    *("type", "key", "agent", "campaign", "from", "to", "state", "code", "contact", "result"),
    *("channel", "direction", "wait_s", "talk_s", "outcome", "flags", "lead", "phone", "value"),
    *("currency", "voids", "meter", "quantity", "language", "updated_at"),
)
RESULTS = ("answered", "abandoned", "overflow", "voicemail", "closed")
CLIPPED = {32_767, 65_535, 2**31 - 1, 2**32 - 1}
FIRST_MS, LAST_MS = instant_ms("1990-01-01", "UTC"), instant_ms("2100-01-01", "UTC")
CALL_COLUMNS = {"call_key", "campaign", "answered_at", "seconds", "amount"}
Row = Mapping[str, Any]


class Unreadable(ValueError):
    """A record that cannot be a fact: the code says which kind of fault, the text why."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(slots=True)
class _Told:
    """A telling of one record."""

    place: int
    at: int  # updated_at, 0: not said
    fact: Any
    is_open: bool = False


@dataclass(slots=True)
class FactsReader:
    """`zone`: of bare instants; `currency`: of the plan."""

    zone: str
    currency: str
    _tellings: dict[tuple[str, str], list[_Told]] = field(default_factory=dict)
    _faults: list[Fault] = field(default_factory=list)
    _alive: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _duplicates: int = 0
    _stale: int = 0

    def read(self, text: str, *, jsonl: bool) -> Facts:
        """Raises PlanError: it is no such file at all."""
        if jsonl:
            return self.read_records(json_rows(text))
        return self.read_records(csv_rows(text, set(COLUMNS), {"type", "key"}))

    def read_records(self, rows: Iterable[tuple[int, Row]]) -> Facts:
        """Records with their places; see `as_row`."""
        for place, row in rows:
            try:
                self._take(place, row)
            except Unreadable as error:
                key = str(row.get("key") or "")
                self._faults.append(Fault(place, key, error.code, str(error)))
        return self._facts()

    def _take(self, place: int, row: Row) -> None:
        kind, key = _text(row, "type"), _text(row, "key")
        if kind not in _READERS:
            raise Unreadable("unknown_type", f"type {kind!r} is none of {', '.join(_READERS)}.")
        if not key:
            raise Unreadable("no_key", "the record has no key.")
        at = 0 if not _text(row, "updated_at") else self.moment(row, "updated_at")
        found = _READERS[kind](self, row)
        told = _Told(place, at, found, kind in {"state", "session"} and not _text(row, "to"))
        self._proof(found, at)
        self._tell(kind, key, told)

    def _tell(self, kind: str, key: str, told: _Told) -> None:
        before = self._tellings.setdefault((kind, key), [])
        if any(one.fact == told.fact and one.is_open == told.is_open for one in before):
            self._duplicates += 1
            return
        if before:
            last = before[-1]
            if last.fact.agent != told.fact.agent or _far(last.fact, told.fact):
                raise Unreadable(
                    "key_conflict",
                    f"the key {key!r} is another record's: another agent, or more than a day away.",
                )
            if told.at and last.at and told.at <= last.at:
                self._stale += 1
                return
        if kind == "outcome":
            moment = told.at or (told.fact.since if not before else before[-1].fact.told)
            told.fact = replace(told.fact, told=moment)
        before.append(told)

    def _proof(self, found: Any, at: int) -> None:
        """Until when the agent was seen."""
        seen = [at, getattr(found, "since", 0), getattr(found, "until", 0)]
        self._alive[found.agent] = max(self._alive[found.agent], *seen)

    def _facts(self) -> Facts:
        found: dict[str, list[Any]] = defaultdict(list)
        outcomes: dict[str, list[fact.Outcome]] = {}
        for (kind, key), tellings in self._tellings.items():
            if not tellings:
                continue
            if kind == "outcome":
                outcomes[key] = [one.fact for one in tellings]
                continue
            found[kind].append(self._closed(tellings[-1]))
        for key, tellings_of in outcomes.items():
            target = tellings_of[-1].voids
            if target and target not in outcomes:
                place = self._tellings["outcome", key][-1].place
                message = f"it voids {target!r}, which no record tells of."
                self._faults.append(Fault(place, key, "voids_nothing", message))
        self._faults.sort(key=lambda fault: fault.place)
        return Facts(
            sessions=found["session"], states=found["state"], contacts=found["contact"],
            outcomes=outcomes, assignments=found["assignment"], counts=found["count"],
            faults=self._faults, duplicates=self._duplicates, stale=self._stale,
        )  # fmt: skip

    def _closed(self, told: _Told) -> Any:
        if not told.is_open:
            return told.fact
        seen = min(self._alive[told.fact.agent], told.fact.since + DAY_MS)
        return replace(told.fact, until=max(seen, told.fact.since))

    def moment(self, row: Row, name: str) -> int:
        """An ISO 8601 instant in ms; a bare one is the zone's."""
        text = _text(row, name)
        return moment_ms(text, name, self.zone)

    def session(self, row: Row) -> fact.Session:
        """A `session` record."""
        since, until = self._span(row)
        return fact.Session(_text(row, "key"), _agent(row), _text(row, "campaign"), since, until)

    def state(self, row: Row) -> fact.State:
        """A `state` record."""
        since, until = self._span(row)
        state = _text(row, "state").lower()
        if state not in STATES:
            raise Unreadable("unknown_state", f"state {state!r} is none of {', '.join(STATES)}.")
        return fact.State(
            _text(row, "key"), _agent(row), _text(row, "campaign"), since, until, state,
            _text(row, "code").upper(), _text(row, "contact"), _text(row, "language"),
        )  # fmt: skip

    def contact(self, row: Row) -> fact.Contact:
        """A `contact` record."""
        result = _text(row, "result") or "answered"
        if result not in RESULTS:
            raise Unreadable("unknown_result", f"result {result!r} is none of {RESULTS}.")
        return fact.Contact(
            _text(row, "key"), _text(row, "agent"), _text(row, "campaign"),
            self.moment(row, "from"), _text(row, "channel"), _text(row, "direction"), result,
            _seconds_ms(row, "wait_s"), _seconds_ms(row, "talk_s"), _text(row, "code").upper(),
            _text(row, "language"),
        )  # fmt: skip

    def outcome(self, row: Row) -> fact.Outcome:
        """An `outcome` record."""
        value, currency = _text(row, "value"), _text(row, "currency")
        if value and currency and currency != self.currency:
            message = f"its value is in {currency}, the plan is in {self.currency}."
            raise Unreadable("other_currency", message)
        flags = row.get("flags") or ""
        words = flags if isinstance(flags, list) else str(flags).split(";")
        return fact.Outcome(
            key=_text(row, "key"), agent=_text(row, "agent"), campaign=_text(row, "campaign"),
            since=self.moment(row, "from"), told=0, outcome=_text(row, "outcome"),
            flags=frozenset(word.strip() for word in words if word.strip()),
            contact=_text(row, "contact"), lead=_text(row, "lead"), phone=_text(row, "phone"),
            talk_ms=_seconds_ms(row, "talk_s"), value=_number(row, "value") if value else None,
            currency=currency, voids=_text(row, "voids"), language=_text(row, "language"),
        )  # fmt: skip

    def assignment(self, row: Row) -> fact.Assignment:
        """An `assignment` record."""
        first, last = _day(row, "from"), _text(row, "to")
        until = _day(row, "to") if last else None
        if until is not None and until < first:
            raise Unreadable("negative", "it ends before it begins.")
        key = _text(row, "key")
        return fact.Assignment(key, _agent(row), _text(row, "campaign"), first, until)

    def count(self, row: Row) -> fact.Metered:
        """A `count` record."""
        meter = _text(row, "meter")
        if not meter:
            raise Unreadable("no_meter", "a count names its meter.")
        return fact.Metered(
            _text(row, "key"), _text(row, "agent"), _text(row, "campaign"),
            self.moment(row, "from"), meter, _number(row, "quantity", 6),
            _text(row, "code").upper(), _text(row, "language"),
        )  # fmt: skip

    def _span(self, row: Row) -> tuple[int, int]:
        since = self.moment(row, "from")
        until = self.moment(row, "to") if _text(row, "to") else since
        if until < since:
            raise Unreadable("negative", "it ends before it begins.")
        if until - since > DAY_MS:
            raise Unreadable("too_long", "it lasts longer than 24 hours.")
        return since, until


_READERS: Mapping[str, Callable[[FactsReader, Row], Any]] = {
    "session": FactsReader.session, "state": FactsReader.state, "contact": FactsReader.contact,
    "outcome": FactsReader.outcome, "assignment": FactsReader.assignment,
    "count": FactsReader.count,
}  # fmt: skip


def read_calls(text: str, zone: str) -> tuple[list[fact.RatedCall], list[Fault]]:
    """A CSV of rated calls. Raises PlanError: it is none."""
    return calls_of(csv_rows(text, CALL_COLUMNS, CALL_COLUMNS - {"campaign"}), zone)


def calls_of(
    rows: Iterable[tuple[int, Row]], zone: str
) -> tuple[list[fact.RatedCall], list[Fault]]:
    """The same from rows of texts with their places."""
    calls: dict[str, fact.RatedCall] = {}
    faults: list[Fault] = []
    for place, row in rows:
        key = _text(row, "call_key")
        try:
            call = _call(row, key, zone)
            if calls.setdefault(key, call) != call:
                raise Unreadable("key_conflict", f"call {key!r} is there with other facts too.")
        except Unreadable as error:
            faults.append(Fault(place, key, error.code, str(error)))
    return list(calls.values()), faults


def _call(row: Row, key: str, zone: str) -> fact.RatedCall:
    told = _text(row, "answered_at")
    answered = moment_ms(told, "answered_at", zone) if told else None
    amount = _number(row, "amount") if _text(row, "amount") else exact(0)
    length = _seconds_ms(row, "seconds")
    return fact.RatedCall(key, _text(row, "campaign"), answered, length, amount)


def csv_rows(text: str, known: set[str], need: set[str]) -> Iterator[tuple[int, Row]]:
    """The rows of a CSV with a header in any order. Raises PlanError for another header."""
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(lines, [])]
        odd = [name for name in header if name not in known]
        if odd or not need <= set(header) or len(set(header)) < len(header):
            raise PlanError([_header(odd, header, known, need)])
        for place, cells in enumerate(lines, start=1):
            if cells:
                yield place, dict(zip(header, map(str.strip, cells), strict=False))
    except csv.Error as error:
        raise PlanError([f"The file is no CSV: {error} in line {lines.line_num}."]) from None


def _header(odd: list[str], header: list[str], known: set[str], need: set[str]) -> str:
    if odd:
        return f"The header names {', '.join(odd)}; known are {', '.join(sorted(known))}."
    if missing := need - set(header):
        return f"The header lacks {', '.join(sorted(missing))}."
    return "The header names a column twice."


def json_rows(text: str) -> Iterator[tuple[int, Row]]:
    """The objects of JSON lines; a line that is none raises PlanError."""
    for place, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if not line.strip():
            continue
        row = read_json(line, f"Line {place}")
        yield place, as_row(row, f"Line {place}")


def as_row(record: Any, what: str) -> Row:
    """An object as a row of texts. Raises PlanError: it is none, or names what nobody reads."""
    if not isinstance(record, dict):
        raise PlanError([f"{what} is no object."])
    if odd := sorted(set(record) - set(COLUMNS)):
        raise PlanError([f"{what} names {', '.join(odd)}; known: {', '.join(COLUMNS)}."])
    told = {name: value for name, value in record.items() if value is not None}
    return {
        name: value if isinstance(value, list) else str(value).strip()
        for name, value in told.items()
    }


def moment_ms(text: str, name: str, zone: str) -> int:
    """Raises Unreadable (`bad_time`)."""
    try:
        found = instant_ms(text, zone)
    except (ValueError, OverflowError):
        message = f"{name} {text!r} is no instant; write it as 2026-11-20T10:00:16-05:00."
        raise Unreadable("bad_time", message) from None
    if not FIRST_MS <= found < LAST_MS:
        raise Unreadable("bad_time", f"{name} {text!r} is not of the years 1990 to 2099.")
    return found


def _day(row: Row, name: str) -> date:
    text = _text(row, name)
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        message = f"{name} {text!r} is no day; write it as 2026-11-20."
        raise Unreadable("bad_time", message) from None


def _seconds_ms(row: Row, name: str) -> int:
    if not _text(row, name):
        return 0
    seconds = _number(row, name)
    if seconds < 0:
        raise Unreadable("negative", f"{name} is less than 0.")
    if seconds in CLIPPED:
        raise Unreadable("clipped", f"{name} {seconds} is where a counter ends, not a length.")
    if seconds * 1_000 > DAY_MS:
        raise Unreadable("too_long", f"{name}: longer than 24 hours.")
    return int(seconds * 1_000)


def _number(row: Row, name: str, places: int = 9) -> Any:
    text = _text(row, name)
    try:
        return exact(text, places)
    except MoneyError as error:
        raise Unreadable("bad_number", f"{name}: {error}.") from None


def _agent(row: Row) -> str:
    agent = _text(row, "agent")
    if not agent:
        raise Unreadable("no_agent", "the record names no agent.")
    return agent


def _text(row: Row, name: str) -> str:
    found: str = row.get(name) or ""
    return found


def _far(one: Any, other: Any) -> bool:
    if isinstance(one, fact.Assignment):
        return False
    apart: int = abs(one.since - other.since)
    return apart > DAY_MS
