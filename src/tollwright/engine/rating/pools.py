"""What the pools of a customer have given within one billing period.

A pool belongs to a card and is the customer's, or a campaign's where the allowance says so. What
was taken is counted, not what is left: a new version of the card may change a pool's size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tollwright.core.cards.card import Allowance
from tollwright.core.rating.allowances import AllowanceUse

Key = tuple[int, int, str]  # card, campaign (0: the customer's), pool


class Draw(NamedTuple):
    """What a pool had given before a call, and what it gave this one."""

    pool: Key
    before: int
    taken: int


def left(allowances: Iterable[Allowance], before: Mapping[str, int]) -> dict[str, int]:
    """What each pool has left when `before` was taken; a pool that is not named is full."""
    return {
        allowance.pool_name: max(0, allowance.amount - before.get(allowance.pool_name, 0))
        for allowance in allowances
    }


def none_left(allowances: Iterable[Allowance]) -> dict[str, int]:
    """Every pool empty."""
    return {allowance.pool_name: 0 for allowance in allowances}


def pool_key(allowance: Allowance, card_id: int, campaign_id: int) -> Key:
    """Whose pool an allowance is drawn from."""
    own = campaign_id if allowance.per == "campaign" else 0
    return card_id, own, allowance.pool_name


@dataclass(slots=True)
class Pools:
    """The pools of one customer in one period: what was taken so far."""

    taken: dict[Key, int] = field(default_factory=dict)

    def before(
        self, allowances: Iterable[Allowance], card_id: int, campaign_id: int
    ) -> dict[str, int]:
        """What was taken from each of the allowances' pools."""
        return {
            allowance.pool_name: self.taken.get(pool_key(allowance, card_id, campaign_id), 0)
            for allowance in allowances
        }

    def draw(
        self,
        allowances: Sequence[Allowance],
        card_id: int,
        campaign_id: int,
        uses: Sequence[AllowanceUse],
    ) -> list[Draw]:
        """Take what a call used; how its pools stood. `allowances` are those that fit the call."""
        draws = []
        for key in sorted({pool_key(one, card_id, campaign_id) for one in allowances}):
            taken = sum(use.amount for use in uses if use.pool == key[2])
            draws.append(self.take(key, taken))
        return draws

    def take(self, key: Key, taken: int) -> Draw:
        """Take so much from a pool."""
        before = self.taken.get(key, 0)
        self.taken[key] = before + taken
        return Draw(key, before, taken)
