"""The longest prefix: against the plainest search there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.kernel.words import charges_of
from tollwright.core.cards.card import Rate, RateCard
from tollwright.kernel.rating import layout, trie
from tollwright.kernel.rating.compile import compile_card

PREFIXES = st.sets(st.text("0129", max_size=8), min_size=1, max_size=12)
LONG_PREFIXES = st.sets(st.text("09", min_size=9, max_size=15), max_size=3)
NUMBERS = st.lists(st.text("0129", min_size=1, max_size=15), min_size=1, max_size=200)


@pytest.mark.parametrize(
    ("large_from", "most_pairs", "digits", "paired"),
    [
        pytest.param(2_000, 1 << 24, 3, 1, id="a small card"),
        pytest.param(0, 1 << 24, 5, 1, id="a large card"),
        pytest.param(2_000, 0, 3, 0, id="nodes of one digit"),
        pytest.param(0, 0, 5, 0, id="a large card of many long prefixes"),
    ],
)
@given(PREFIXES, LONG_PREFIXES, NUMBERS)
def test_the_longest_prefix_wins(
    large_from: int,
    most_pairs: int,
    digits: int,
    paired: int,
    prefixes: set[str],
    long_prefixes: set[str],
    numbers: list[str],
) -> None:
    card = card_of(sorted(prefixes | long_prefixes))
    numbers += [number[:15] for prefix in long_prefixes for number in (prefix, prefix + "1")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trie, "SMALL_CARD", large_from)
        patch.setattr(trie, "MOST_ENTRIES", most_pairs)
        words = compile_card(card).words
        found = [row for row, _ in charges_of(card, [(number, 1000) for number in numbers])]
    assert found == [longest(card, number) for number in numbers]
    assert (words[layout.ROOT_SHIFT], words[layout.PAIRED]) == (60 - 4 * digits, paired)


def test_a_card_of_thousands_of_prefixes() -> None:
    prefixes = ["", *(str(number) for number in range(1, trie.SMALL_CARD * 5, 2))]
    numbers = [str(number) for number in range(1, 40_000, 7)] + ["99999999", "1", "12"]
    card = card_of(prefixes)
    found = [row for row, _ in charges_of(card, [(number, 1000) for number in numbers])]
    known = {prefix: row for row, prefix in enumerate(prefixes)}
    assert found == [
        next(known[number[:k]] for k in range(len(number), -1, -1) if number[:k] in known)
        for number in numbers
    ]


def card_of(prefixes: list[str]) -> RateCard:
    return RateCard(rates=tuple(Rate(prefix, 0) for prefix in prefixes))


def longest(card: RateCard, number: str) -> int:
    fit = [row for row, rate in enumerate(card.rates) if number.startswith(rate.prefix)]
    return max(fit, key=lambda row: len(card.rates[row].prefix), default=-1)
