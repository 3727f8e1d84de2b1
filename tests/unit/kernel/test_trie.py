"""The longest prefix: against the plainest search there is."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.kernel.words import charges_of
from tollwright.core.card import Rate, RateCard
from tollwright.kernel.trie import FULL_FRONT, SMALL_CARD, build_trie

PREFIXES = st.sets(st.text("0129", max_size=6), min_size=1, max_size=12)
NUMBERS = st.lists(st.text("0129", min_size=1, max_size=15), min_size=1, max_size=200)


@given(PREFIXES, NUMBERS)
def test_the_longest_prefix_wins(prefixes: set[str], numbers: list[str]) -> None:
    card = card_of(sorted(prefixes))
    found = [row for row, _ in charges_of(card, [(number, 1000) for number in numbers])]
    assert found == [longest(card, number) for number in numbers]


def test_a_large_card_has_a_table_of_five_digits_in_front() -> None:
    prefixes = ["", *(str(number) for number in range(1, SMALL_CARD * 5, 2))]
    numbers = [str(number) for number in range(1, 40_000, 7)] + ["99999999", "1", "12"]
    card = card_of(prefixes)
    found = [row for row, _ in charges_of(card, [(number, 1000) for number in numbers])]
    known = {prefix: row for row, prefix in enumerate(prefixes)}
    expected = [
        next(known[number[:k]] for k in range(len(number), -1, -1) if number[:k] in known)
        for number in numbers
    ]
    assert found == expected
    _, front, _, _ = build_trie(np.array([0x0AAA_AAAA_AAAA_AAAA]), np.array([0]))
    assert len(front) < 16**FULL_FRONT  # a small card does without


def card_of(prefixes: list[str]) -> RateCard:
    return RateCard(rates=tuple(Rate(prefix, 0) for prefix in prefixes))


def longest(card: RateCard, number: str) -> int:
    fit = [row for row, rate in enumerate(card.rates) if number.startswith(rate.prefix)]
    return max(fit, key=lambda row: len(card.rates[row].prefix), default=-1)
