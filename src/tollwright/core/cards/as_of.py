"""A card as it stands at one moment, for calls of any time: what a what-if asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tollwright.core.cards.card import Rate, RateCard


def as_of(card: RateCard, at: datetime) -> RateCard:
    """The card with the rows that hold at `at` (aware), their dates taken off.

    A card whose rows begin next month can so be held against the calls of last month. Bands keep
    their times of the week.
    """
    held = tuple(
        replace(rate, effective_from=None, effective_to=None)
        for rate in card.rates
        if _holds(rate, at)
    )
    return replace(card, rates=held)


def last_start(card: RateCard, otherwise: datetime) -> datetime:
    """When the last of the card's rows begins; `otherwise` where none says."""
    begins = [rate.effective_from for rate in card.rates]
    return max((moment for moment in begins if moment), default=otherwise)


def _holds(rate: Rate, at: datetime) -> bool:
    begun = rate.effective_from is None or rate.effective_from <= at
    return begun and (rate.effective_to is None or at < rate.effective_to)
