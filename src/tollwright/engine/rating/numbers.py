"""Numbers as a rate card can look them up."""

from __future__ import annotations

from tollwright.core.cards.card import MAX_DIGITS


def ratable(number: str) -> bool:
    """Whether a rate card can look the number up."""
    return number.isascii() and number.isdigit() and len(number) <= MAX_DIGITS


def rated_caller(number: str) -> str:
    """The caller as rating sees it: digits, or '' for a withheld or unreadable number."""
    return number if ratable(number) else ""
