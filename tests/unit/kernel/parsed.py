"""What columns tell of a file, row for row, beside what the readable rule tells."""

from __future__ import annotations

from datetime import datetime

from tollwright.core.formats.asterisk import ASTERISK_CSV
from tollwright.core.formats.base import Item, Options, Record
from tollwright.core.formats.table import TableFormat
from tollwright.core.instants import micros_of
from tollwright.core.numbers import digits_of
from tollwright.kernel.arrays import NONE
from tollwright.kernel.cdr.columns import ColumnReader
from tollwright.kernel.cdr.parsed_columns import ParsedColumns
from tollwright.kernel.numbers import pack_number

Fact = tuple[object, ...]


def us(moment: datetime | None) -> int:
    return NONE if moment is None else micros_of(moment)


def fact_of(item: Item, region: str) -> Fact:
    """What is written of a row, as columns tell it."""
    if not isinstance(item, Record):
        return (type(item).__name__, item.line, item.lines, getattr(item, "code", ""))
    if item.leg != "customer":
        return ("Leg", item.line, item.leg)
    called, caller = digits_of([item.called, item.caller], region)
    return (
        "Call", item.line, item.call_key, item.group_key, item.direction, item.cause, caller,
        called, item.dialled,
        item.disposition, item.trunk_out or item.trunk_in, item.agent, us(item.started_at),
        us(item.answered_at), us(item.ended_at), item.answered_ms,
    )  # fmt: skip


def row_of(parsed: ParsedColumns, row: int, region: str) -> Fact:
    if parsed.odd[row]:
        return fact_of(parsed.read(row), region)
    calls = parsed.calls
    texts = (calls.key, calls.group, calls.direction, calls.cause, calls.caller, calls.called,
             calls.dialled, calls.disposition, calls.trunk, calls.agent)  # fmt: skip
    moments = (calls.started_us, calls.answered_us, calls.ended_us, calls.answered_ms)
    assert calls.called_packed[row] == pack_number(calls.called.at(row))
    return (
        "Call", parsed.first_line + row, *(text.at(row) for text in texts),
        *(int(moment[row]) for moment in moments),
    )  # fmt: skip


def facts(
    data: bytes, options: Options, chunk_rows: int = 4, *, rule: TableFormat = ASTERISK_CSV
) -> tuple[list[Fact], int]:
    """What columns tell of a file, and how many of its rows were told in columns."""
    found: list[Fact] = []
    quick = 0
    chunks = [data[at : at + 700] for at in range(0, len(data), 700)]
    for part in ColumnReader(rule, options, chunk_rows).read(chunks):
        if isinstance(part, ParsedColumns):
            found += [row_of(part, row, options.region) for row in range(len(part))]
            quick += int((~part.odd).sum())
        else:
            found += [fact_of(item, options.region) for item in part]
    return found, quick


def by_rule(data: bytes, options: Options, rule: TableFormat = ASTERISK_CSV) -> list[Fact]:
    return [fact_of(item, options.region) for item in rule.parse([data], options)]
