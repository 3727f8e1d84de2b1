"""What one version changes against another, and how a deck joins a card."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tollwright.core.cards.card import Rate, RateCard
from tollwright.core.cards.diff import (
    begins_without_price,
    count_changes,
    diff_cards,
    diff_rates,
    merge,
)
from tollwright.core.money import Rounding

OCT, NOV, DEC = (datetime(2026, month, 1, tzinfo=UTC) for month in (10, 11, 12))


def row(
    prefix: str,
    price: int,
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    unit_s: int = 60,
    first_s: int = 1,
    blocked: bool = False,
    band: str | None = None,
) -> Rate:
    """A rate at so many nanos."""
    return Rate(
        prefix,
        price,
        unit_s=unit_s,
        first_s=first_s,
        blocked=blocked,
        band=band,
        effective_from=since,
        effective_to=until,
    )


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ([], [row("44", 60)], "new"),
        ([], [row("44", 60, blocked=True)], "blocked"),
        ([row("44", 60)], [row("44", 61)], "increased"),
        ([row("44", 60)], [row("44", 59)], "decreased"),
        ([row("44", 60)], [row("44", 1, unit_s=1)], "changed"),
        ([row("44", 60)], [row("44", 60, NOV)], "unchanged"),
        ([row("44", 60)], [row("44", 60, first_s=30)], "changed"),
        ([row("44", 60)], [row("44", 60, until=NOV)], "changed"),
        ([row("44", 60)], [row("44", 0, blocked=True)], "blocked"),
        ([row("44", 0, blocked=True)], [row("44", 60)], "changed"),
        ([row("44", 60)], [], "closed"),
        ([row("44", 60, OCT), row("44", 70, NOV)], [row("44", 70, NOV)], "unchanged"),
        ([row("44", 70, NOV), row("44", 60, OCT)], [row("44", 60)], "decreased"),
    ],
)
def test_the_fate_of_one_code(old: list[Rate], new: list[Rate], what: str) -> None:
    assert {name: n for name, n in count_changes(old, new).items() if n} == {what: 1}
    assert [change.what for change in diff_rates(old, new).changes] == (
        [] if what == "unchanged" else [what]
    )


def test_bands_are_compared_one_by_one_and_listed_by_code() -> None:
    old = [row("49", 10), row("44", 60, band="peak"), row("44", 30, band="rest")]
    new = [row("44", 60, band="peak"), row("44", 20, band="rest"), row("33", 5)]
    changes = diff_rates(old, new).changes
    assert [(c.prefix, c.what, c.new and c.new.band) for c in changes] == [
        ("33", "new", None),
        ("44", "decreased", "rest"),
        ("49", "closed", None),
    ]


def test_settings_are_named() -> None:
    old = RateCard((row("44", 1),))
    new = RateCard((row("44", 1),), timezone="Europe/Berlin", rounding=Rounding("up", 2))
    assert diff_cards(old, new).settings == (
        (
            "rounding",
            {"mode": "half_up", "decimals": 6},
            {"mode": "up", "decimals": 2},
        ),
        ("timezone", "UTC", "Europe/Berlin"),
    )


OLD = [row("44", 60), row("49", 10), row("33", 5, until=OCT)]


@pytest.mark.parametrize(
    ("deck", "mode", "rows"),
    [
        ([row("44", 70)], "replace", [row("44", 70)]),
        ([row("44", 70)], "amend", [row("49", 10), row("33", 5, until=OCT), row("44", 70)]),
        ([row("44", 70, NOV)], "replace", [row("44", 70, NOV)]),
        (
            [row("44", 70, DEC), row("49", 9, NOV)],
            "replace",
            [row("44", 60, until=DEC), row("44", 70, DEC), row("49", 9, NOV)],
        ),
        (
            [row("33", 6, DEC), row("49", 9, NOV)],
            "replace",
            [row("33", 6, DEC), row("49", 9, NOV)],
        ),
        (
            [row("44", 70, DEC), row("7", 1, NOV)],
            "amend",
            [
                *(row("44", 60, until=DEC), row("49", 10), row("33", 5, until=OCT)),
                *(row("44", 70, DEC), row("7", 1, NOV)),
            ],
        ),
    ],
    ids=["whole card", "one code", "one date", "two dates", "already ended", "amend, two dates"],
)
def test_an_old_price_holds_until_the_new_one_begins(
    deck: list[Rate], mode: str, rows: list[Rate]
) -> None:
    assert merge(OLD, deck, "replace" if mode == "replace" else "amend") == rows


def test_codes_left_without_a_price_are_found() -> None:
    new = [row("44", 70, DEC), row("49", 9), row("7", 1, NOV)]
    assert begins_without_price(OLD, new, NOV) == (1, "44", DEC)
    assert begins_without_price(OLD, new, DEC) is None
    assert begins_without_price([], new, OCT) is None
    assert begins_without_price(OLD, [row("44", 60, until=DEC), *new], NOV) is None
