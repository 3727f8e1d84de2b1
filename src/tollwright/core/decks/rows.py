"""What a deck says, row by row, in the units of `core.cards.card`."""

from __future__ import annotations

from datetime import datetime

import msgspec

from tollwright.core.cards.card import Grace, GraceMode, Rate


class DeckRow(msgspec.Struct, frozen=True, gc=False):
    """One code with its price: nanos per `unit_s`, fees in micros, dates aware UTC (None = open).

    `line` is the 1-based line of the file (row of the sheet); a code list makes several rows of
    one line. A blocked row has price 0, and so has a withdrawn one: its code is not sold any more.
    first_charge_micros: what the first interval costs where its price is another one.
    """

    prefix: str
    name: str
    price_nanos: int
    unit_s: int
    first_s: int
    next_s: int
    connect_fee_micros: int = 0
    min_charge_micros: int = 0
    max_charge_micros: int | None = None
    grace_s: int = 0
    origin_prefix: str = ""
    effective_from: datetime | None = None
    effective_to: datetime | None = None
    blocked: bool = False
    first_charge_micros: int | None = None
    disconnect_fee_micros: int = 0
    min_seconds: int = 0
    grace_mode: GraceMode = "subtract"
    withdrawn: bool = False
    line: int = 0


class DeckFault(msgspec.Struct, frozen=True, gc=False):
    """A cell (or row: column '') that could not be read, with the sentence to show."""

    line: int
    column: str
    reason: str


class DeckColumn(msgspec.Struct, frozen=True, gc=False):
    """A column of the file, what is read from it ('' = nothing, 'ignore' = left out as told), and
    what stands in it first.
    """

    header: str
    meaning: str
    example: str


def as_rate(row: DeckRow) -> Rate:
    """The row as a rate of a card."""
    return Rate(
        prefix=row.prefix,
        price_nanos=row.price_nanos,
        name=row.name,
        connect_fee_micros=row.connect_fee_micros,
        unit_s=row.unit_s,
        first_s=row.first_s,
        next_s=row.next_s,
        grace=Grace(row.grace_mode, row.grace_s) if row.grace_s else None,
        min_seconds=row.min_seconds,
        min_charge_micros=row.min_charge_micros,
        max_charge_micros=row.max_charge_micros,
        first_charge_micros=row.first_charge_micros,
        disconnect_fee_micros=row.disconnect_fee_micros,
        blocked=row.blocked,
        origin_prefix=row.origin_prefix,
        effective_from=row.effective_from,
        effective_to=row.effective_to,
    )
