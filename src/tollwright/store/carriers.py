"""Reading what the buy side of a call needs to know: trunks, assignments, buy cards."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from tollwright.store.rows import Cursor, fetch_all
from tollwright.store.sql import statements
from tollwright.store.terms import CardVersionRow

SQL = statements("carriers.sql")


class TrunkRow(NamedTuple):
    """What a switch writes, from when to when, and the carrier (its code) that this means."""

    value: str
    valid_from: datetime
    valid_to: datetime | None
    carrier_id: int
    carrier: str


class AssignedCardRow(NamedTuple):
    """The buy card that a carrier takes its money by, from when on."""

    carrier_id: int
    valid_from: datetime
    card_id: int


def fetch_trunks(cursor: Cursor) -> list[TrunkRow]:
    """Every trunk, by the time from which it holds."""
    return fetch_all(cursor, TrunkRow, SQL["fetch_trunks"])


def fetch_assigned_cards(cursor: Cursor) -> list[AssignedCardRow]:
    """Every assignment; of one moment the one written last comes last."""
    return fetch_all(cursor, AssignedCardRow, SQL["fetch_assigned_cards"])


def fetch_cards(cursor: Cursor) -> list[CardVersionRow]:
    """The buy cards with their published versions, in the order in which they hold."""
    return fetch_all(cursor, CardVersionRow, SQL["fetch_cards"])
