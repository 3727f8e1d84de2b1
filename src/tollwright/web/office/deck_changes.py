"""The table of what a deck would change: prices, increments and fees, before and after."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from tollwright.core.cards.card import Rate
from tollwright.core.cards.diff import WHATS
from tollwright.core.decks.outliers import FLAGS, JudgedChange
from tollwright.core.money import show
from tollwright.web.office.cards import begins_with, price_or_blocked
from tollwright.web.shared.labels import label_of, options
from tollwright.web.shared.tables import Column, Filter, Table, field_is


def deck_changes(rows: Sequence[JudgedChange], currency: str, filename: str) -> Table:
    """The changes in the order given: what is odd first, then the biggest."""
    return Table(
        "Changes",
        rows,
        [
            Column("prefix", "Prefix", lambda one: one.prefix or "default", "prefix"),
            Column("name", "Name", _name),
            Column("what", "What", lambda one: label_of("change", one.what), "what"),
            Column("look", "Look at", _flags),
            Column(
                "before", "Before", lambda one: price_or_blocked(one.old, currency), number=True
            ),
            Column("after", "After", lambda one: price_or_blocked(one.new, currency), number=True),
            Column("factor", "Change", lambda one: _percent(one.factor), number=True),
            Column("billed_before", "Billed before", lambda one: _increments(one.old)),
            Column("billed_after", "Billed after", lambda one: _increments(one.new)),
            Column("fees_before", "Fees before", lambda one: _fees(one.old)),
            Column("fees_after", "Fees after", lambda one: _fees(one.new)),
        ],
        [
            Filter("what", "What", field_is("what"), choices=options("change", WHATS)),
            Filter("look", "Look at", _flagged, choices=options("deck_flag", FLAGS)),
            Filter("prefix", "Prefix begins", begins_with),
        ],
        order="",
        empty="It changes nothing: every row is as the card has it.",
        filename=filename,
    )


def _name(change: JudgedChange) -> str:
    rate = change.new or change.old
    return "" if rate is None else rate.name


def _flags(change: JudgedChange) -> str | None:
    return ", ".join(label_of("deck_flag", flag) for flag in change.flags) or None


def _flagged(rows: Any, flag: str) -> list[JudgedChange]:
    return [change for change in rows if flag in change.flags]


def _percent(factor: Fraction | None) -> str | None:
    """`+25 %`, and from ten times on `× 12`."""
    if factor is None:
        return None
    if factor >= 10:
        return f"× {round(factor)}"
    return f"{round((factor - 1) * 100):+d} %"


def _increments(rate: Rate | None) -> str | None:
    return None if rate is None or rate.blocked else f"{rate.first_s}/{rate.next_s}"


def _fees(rate: Rate | None) -> str | None:
    """All amounts of a row but its price."""
    if rate is None or rate.blocked:
        return None
    told = (
        ("connect", rate.connect_fee_micros),
        ("end", rate.disconnect_fee_micros),
        ("first block", rate.first_charge_micros or 0),
        ("minimum", rate.min_charge_micros),
        ("maximum", rate.max_charge_micros or 0),
    )
    parts = [f"{name} {show(amount)}" for name, amount in told if amount]
    if rate.grace is not None and rate.grace.seconds:
        parts.append(f"{rate.grace.seconds} s grace ({rate.grace.mode})")
    return ", ".join(parts) or None
