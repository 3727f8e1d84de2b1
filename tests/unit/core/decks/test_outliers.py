"""Which changes of a deck are odd, and which come first."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tollwright.core.cards.card import Rate
from tollwright.core.cards.diff import diff_rates
from tollwright.core.decks.outliers import cheapest, count_flags, judge_changes

CENT = 10_000_000  # nanos


def rates(**prices: int) -> list[Rate]:
    """`_44=3`: code 44 at 3 cents a minute."""
    return [
        Rate(prefix=code.strip("_"), price_nanos=cents * CENT) for code, cents in prices.items()
    ]


@pytest.mark.parametrize(
    ("before", "after", "flags"),
    [
        (2, 20, ("tenfold",)),
        (2, 19, ()),
        (20, 2, ("tenfold",)),
        (2, 0, ("zero",)),
        (5, 4, ("below_cost",)),  # bought at 5
        (5, 6, ()),
        (100, 4, ("tenfold", "below_cost")),
    ],
)
def test_flags_of_a_change(before: int, after: int, flags: tuple[str, ...]) -> None:
    new = rates(_44=after)
    costs = [cheapest(rates(_44=5, _4=1))] if after in (4, 6) else []
    [change] = judge_changes(diff_rates(rates(_44=before), new).changes, new, costs)
    assert change.flags == flags
    assert change.factor == (Fraction(after, before))


def test_a_new_code_is_compared_with_the_shorter_one() -> None:
    new = rates(_44=2, _447=20, _448=3)
    judged = judge_changes(diff_rates(rates(_44=2), new).changes, new)
    assert [(change.prefix, change.flags) for change in judged] == [
        ("447", ("tenfold",)),
        ("448", ()),
    ]
    assert count_flags(judged) == {"tenfold": 1, "zero": 0, "below_cost": 0}


def test_odd_ones_come_first_then_the_biggest() -> None:
    old = rates(_1=10, _2=10, _3=10, _4=10, _5=10)
    new = rates(_1=11, _2=5, _3=100, _4=30, _6=1)
    assert [change.prefix for change in judge_changes(diff_rates(old, new).changes, new)] == [
        "3", "4", "2", "1", "5", "6"
    ]  # fmt: skip


def test_the_cheapest_carrier_counts_and_blocked_rows_do_not() -> None:
    new = rates(_4420=4)
    one = cheapest([*rates(_44=5), Rate(prefix="4420", price_nanos=0, blocked=True)])
    for other, flags in ((rates(_442=3), ()), (rates(_442=6), ("below_cost",))):
        [change] = judge_changes(diff_rates([], new).changes, new, [one, cheapest(other)])
        assert change.flags == flags
