"""The calls of a file and their charges: CALLS.csv in, OUT.csv (or JSON) out, in one order.

A line that is no call keeps its place with status `invalid` and the reason; the rest go on.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, ROUND_UP, Decimal, InvalidOperation
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tollwright.core.money import show
from tollwright.core.rating.rate_call import CallInput, Charge, rate_calls
from tollwright.core.rating.rate_lookup import CardIndex

COLUMNS = ("call_key", "answered_at", "seconds", "caller", "called")
REQUIRED = ("call_key", "answered_at", "seconds", "called")
OUT_COLUMNS = (
    "call_key",
    "status",
    "reason",
    "prefix",
    "band",
    "billed_s",
    "amount",
    "allowance_s",
)
UNREADABLE = "\ufffd"  # what reading leaves of a byte that is no UTF-8
LONGEST_REASON = 200  # it quotes what stood in the line
MOST_SECONDS = 10**9  # far beyond any call, near enough to be computed with

Row = list[str] | str  # a text says why it does not read
Way = Callable[[Sequence[CallInput], CardIndex], list[Charge]]


class CallFileError(ValueError):
    """A file of which nothing can be read: the message says what is missing."""


class FieldFault(ValueError):
    """One field of a line that does not read."""


@dataclass(frozen=True, slots=True)
class CallLine:
    """One line: its call, or why it is none."""

    call_key: str
    call: CallInput | None
    reason: str = ""


class Reading(NamedTuple):
    """What of a card decides how a line reads: the zone of times without offset, the second."""

    zone: ZoneInfo
    second_from_ms: int


def parse_calls(text: str, index: CardIndex) -> list[CallLine]:
    """The lines of a CALLS.csv after its header; empty lines are passed over.

    Columns are found by their names in any order, `caller` may be missing. Raises CallFileError
    when there is no header or a column is missing.
    """
    rows = _rows(text.removeprefix("\ufeff"))
    names = names_of(next(rows, None))
    reading = Reading(index.zone, index.card.second_from_ms)
    return [read_line(row, names, reading) for row in rows]


def names_of(header: Row | None) -> list[str]:
    """The names of the columns by a file's first row, None: it has none. Raises CallFileError."""
    if header is None:
        raise CallFileError("the file of calls is empty: its first line names the columns")
    if isinstance(header, str):
        raise CallFileError(f"the header of the file of calls does not read: {header}")
    names = [name.strip().lower() for name in header]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise CallFileError(_no_columns(header, missing))
    twice = sorted({name for name in names if name in COLUMNS and names.count(name) > 1})
    if twice:
        raise CallFileError(f"the header of the file of calls says {', '.join(twice)} twice")
    return names


def _no_columns(header: list[str], missing: list[str]) -> str:
    line = "".join(header)
    if UNREADABLE in line or "\0" in line:
        return "the file of calls is not UTF-8 text: save it as CSV in UTF-8"
    wrong = next((sign for sign in ";\t|" if len(header) == 1 and sign in line), "")
    parted = f" (they are parted by {wrong!r} here; part them by commas)" if wrong else ""
    return (
        f"the file of calls has no column {', '.join(missing)}:"
        f" its first line must be {','.join(COLUMNS)}{parted}"
    )


def _rows(text: str) -> Iterator[Row]:
    """Rows that hold anything; a text in place of a row says why it does not read."""
    reader = csv.reader(io.StringIO(text, newline=""))
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"line {reader.line_num}: {error}"
            continue
        if holds_anything(row):
            yield row


def holds_anything(row: Row) -> bool:
    """Whether a row is one: an empty line, or one of commas alone, is passed over."""
    return isinstance(row, str) or any(field.strip() for field in row)


def read_line(row: Row, names: Sequence[str], reading: Reading) -> CallLine:
    """The call of a row, or why it is none."""
    if isinstance(row, str):
        return CallLine("", None, row)
    fields = dict(zip(names, (field.strip() for field in row), strict=False))
    key = fields.get("call_key", "")
    if len(row) != len(names):
        return CallLine(key, None, f"the line has {len(row)} fields, the header {len(names)}")
    if not key:
        return CallLine(key, None, "call_key is missing")
    if any(UNREADABLE in field for field in row):
        return CallLine(key, None, "the line has a byte that is not UTF-8")
    try:
        call = CallInput(
            call_key=key,
            answered_at=read_moment(fields["answered_at"], reading.zone),
            answered_ms=read_milliseconds(fields["seconds"], reading.second_from_ms),
            caller=fields.get("caller", "").removeprefix("+"),
            called=fields["called"].removeprefix("+"),
        )
    except FieldFault as fault:
        return CallLine(key, None, str(fault))
    return CallLine(key, call)


def read_moment(text: str, zone: ZoneInfo) -> datetime:
    """ISO 8601 to UTC; a time without offset is wall time in `zone`. Raises FieldFault."""
    if not text:
        raise FieldFault("answered_at is missing")
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise FieldFault(f"answered_at {text!r} is not an ISO 8601 time") from None


def read_milliseconds(text: str, from_ms: int) -> int:
    """Seconds with decimals to whole ms. Raises FieldFault.

    What is finer than a ms goes the way that keeps the second rounding exact: up where any
    fraction counts, else down.
    """
    if not text:
        raise FieldFault("seconds is missing")
    try:
        seconds = Decimal(text)
    except InvalidOperation:
        raise FieldFault(f"seconds {text!r} is not a number") from None
    if not seconds.is_finite() or abs(seconds) > MOST_SECONDS:
        raise FieldFault(f"seconds {text!r} is not a duration")
    finer = ROUND_UP if from_ms == 1 else ROUND_FLOOR
    return int((seconds * 1000).to_integral_value(rounding=finer))


def rate_lines(
    lines: Sequence[CallLine], index: CardIndex, *, rate: Way = rate_calls
) -> list[Charge]:
    """A charge for each line, in the order of the file; `rate` is how the calls get theirs."""
    charges = iter(rate([line.call for line in lines if line.call], index))
    return [next(charges) if line.call else Charge("invalid", line.reason) for line in lines]


def out_row(call_key: str, charge: Charge, decimals: int) -> dict[str, str]:
    """The OUT columns of one charge; what is not rated has no seconds and no amount."""
    rated = charge.status == "rated"
    return {
        "call_key": call_key,
        "status": charge.status,
        "reason": charge.reason[:LONGEST_REASON],
        "prefix": charge.prefix,
        "band": charge.band,
        "billed_s": str(charge.billed_s) if rated else "",
        "amount": show(charge.amount_micros, decimals) if rated else "",
        "allowance_s": str(charge.allowance_s) if rated else "",
    }


def out_csv(rows: Sequence[dict[str, str]]) -> str:
    """OUT.csv with its header."""
    out = io.StringIO()
    writer = csv.DictWriter(out, OUT_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def out_json(rows: Sequence[dict[str, str]]) -> str:
    """The same rows as a JSON list: seconds are numbers, amounts texts, what is not rated null."""
    whole = ("billed_s", "allowance_s")
    data = [
        {
            key: (int(value) if value else None) if key in whole else value
            for key, value in row.items()
        }
        | {"amount": row["amount"] or None}
        for row in rows
    ]
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
