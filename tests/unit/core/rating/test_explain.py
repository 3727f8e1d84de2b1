"""The steps of a price, as data and as sentences, and their replay."""

from __future__ import annotations

import pytest

from tests.unit.core.words import call_of, card_of
from tollwright.core.cards.card import RateCard
from tollwright.core.rating.explain import (
    ReplayError,
    explain,
    explain_from_cost,
    inputs_of,
    replay,
    sentences,
    why_others_lost,
)
from tollwright.core.rating.legs import CostPlus
from tollwright.core.rating.rate_lookup import prepare

BANDS = [
    {"name": "peak", "weight": 10, "windows": [{"start": "08:00", "end": "18:00"}]},
    {"name": "rest"},
]


def british() -> RateCard:
    return card_of(
        {"prefix": "44", "name": "United Kingdom", "price": "0.60", "band": "peak"}
        | {"first_s": 60, "next_s": 60, "connect_fee": "0.05"},
        {"prefix": "44", "price": "0.30", "band": "rest", "next_s": 60},
        {"prefix": "4", "price": "1"},
        {"prefix": "4420", "price": "1", "effective_from": "2027-01-01"},
        {"prefix": "44", "price": "1", "origin_prefix": "99"},
        {"prefix": "44", "price": "1", "length_max": 5},
        bands=BANDS,
    )


def test_the_sentences_of_a_call_over_a_band_edge() -> None:
    charge = explain(call_of(119, at="2026-11-16T17:59:01"), british(), version="7")
    assert sentences(charge).splitlines() == [
        "Card 7: sell, USD, times in UTC, a first block, then increments; a call over a change of"
        " price: split.",
        "Row 1, prefix 44 (United Kingdom), holds for 442012345678 at 2026-11-16 17:59:01 UTC,"
        " band peak: 0.6 per 60 s, 60/60.",
        "Row 4, prefix 4420, does not: it begins at 2027-01-01 00:00:00 UTC.",
        "Row 5, prefix 44 from 99, does not: the caller does not begin with 99.",
        "Row 6, prefix 44, does not: the number has 12 digits, not 0 to 5.",
        "Row 2, prefix 44, does not: the band of the other has more weight, or begins later.",
        "Row 3, prefix 4, does not: 44 is the longer prefix.",
        "Answered for 119 s.",
        "From second 0: 60 s at 0.6 per 60 s in increments of 60 s = 0.6.",
        "From second 60 (row 2, band rest): 60 s at 0.3 per 60 s in increments of 60 s = 0.3.",
        "Connect fee 0.05.",
        "0.95 rounded once, half up to 6 decimals: 0.950000.",
        "The call costs 0.950000 USD.",
    ]


def test_the_same_as_data() -> None:
    charge = explain(call_of(119, at="2026-11-16T17:59:01"), british())
    facts = [(step.kind, dict(step.facts)) for step in charge.steps]
    pieces = [facts for kind, facts in facts if kind == "piece"]
    assert [(p["rate_index"], p["from_s"], p["billed_s"], p["micros"]) for p in pieces] == [
        (0, 0, 60, "600000"),
        (1, 60, 60, "300000"),
    ]
    assert facts[-1] == ("final", {"amount_micros": 950_000, "billed_s": 120})


def test_every_kind_of_step_is_told() -> None:
    steps = [{"from_s": 30, "price": "0.001", "charge": "0.5"}]
    allowances = [
        {"name": "free", "amount": 10},
        {"name": "credit", "unit": "money", "amount": "0.01"},
    ]
    card = card_of(
        {"price": "0.1", "steps": steps, "grace": {"mode": "add", "seconds": 5}}
        | {"block_charge": {"every_s": 20, "amount": "0.2"}, "discount_percent": "10"}
        | {"disconnect_fee": "0.3", "max_charge": "0.7"},
        allowances=allowances,
        rounding={"decimals": 2},
    )
    said = sentences(explain(call_of(40), card))
    for sentence in (
        "Answered for 40 s; after grace and lift 45 s count.",
        "Allowance free covers 10 s and gives 10.",
        "From second 10 (row 1): 20 s at 0.1 per 60 s in increments of 1 s, less 10 % = 0.03.",
        "and 0.5 on entering the step, less 10 % = 0.450225.",
        "2 whole blocks of 20 s at 0.2 each, less 10 %.",
        "Disconnect fee 0.3.",
        "The maximum charge caps 1.140225 to 0.7.",
        "0.7 rounded once, half up to 2 decimals: 0.70.",
        "Allowance credit gives 0.01 USD.",
        "The call costs 0.69 USD.",
    ):
        assert sentence in said


def test_an_amount_without_end_shows_its_dots() -> None:
    said = sentences(explain(call_of(10), card_of({"price": "0.0044"})))
    assert "0.000733333333... rounded once, half up to 6 decimals: 0.000733." in said


@pytest.mark.parametrize(
    ("seconds", "called", "sentence"),
    [
        (0, "44", "No charge: a call of 0 seconds costs nothing."),
        (3, "44", "No charge: 3 s is under the minimum of 6 s."),
        (60, "33", "Not rated (no rate): no row for 33."),
        (60, "", "Not rated (not a valid call): the called number is missing."),
    ],
)
def test_why_nothing_is_due(seconds: int, called: str, sentence: str) -> None:
    assert sentence in sentences(
        explain(call_of(seconds, called=called), card_of({"min_seconds": 6}))
    )


def test_a_long_list_of_losers_is_cut() -> None:
    rows = [{"origin_prefix": str(n)} for n in range(200, 240)]
    steps = explain(call_of(), card_of({}, *rows)).steps
    assert len([step for step in steps if step.kind == "lost"]) == 21


def test_a_row_of_another_band_does_not_hold() -> None:
    call = call_of(at="2026-11-16T20:00")
    assert dict(why_others_lost(call, prepare(british())))[0] == "band peak does not apply then"


def test_replay_gives_the_stored_amount_or_says_what_differs() -> None:
    card = card_of({"price": "0.60"}, allowances=[{"name": "a", "amount": 90}])
    cheaper = card_of({"price": "0.50"}, allowances=[{"name": "a", "amount": 90}])
    stored = inputs_of(call_of(60), card, "h1", remaining={"a": 30})
    assert stored["amount_micros"] == 300_000
    assert replay(stored, card, "h1").amount_micros == 300_000
    with pytest.raises(ReplayError, match="stored with card h1, replayed with h2"):
        replay(stored, card, "h2")
    with pytest.raises(ReplayError, match=r"stored as rated 0.3, replayed as rated 0.25"):
        replay(stored, cheaper, "h1")
    del stored["called"]
    with pytest.raises(ReplayError, match="not complete: 'called'"):
        replay(stored, card, "h1")


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        (
            CostPlus(markup_ppm=152_500, fixed_micros=1_000),
            [
                "The plan prices from the provider's cost: cost + 15.25 % + 0.001 USD.",
                "The provider pays 0.024908; by these terms 0.02970647.",
                "0.02970647 rounded once, half up to 4 decimals: 0.0297.",
                "The call costs 0.0297 USD.",
            ],
        ),
        (
            CostPlus(markup_ppm=-500_000, floor_micros=20_000, cap_micros=1_000_000),
            [
                "The plan prices from the provider's cost: cost - 50 %, at least 0.02"
                " USD, at most 1.00 USD.",
                "The provider pays 0.024908; by these terms 0.012454.",
                "The plan lifts 0.012454 to 0.02.",
                "0.02 rounded once, half up to 4 decimals: 0.0200.",
                "The call costs 0.0200 USD.",
            ],
        ),
        (
            CostPlus(cap_micros=20_000),
            [
                "The plan prices from the provider's cost: cost, at most 0.02 USD.",
                "The provider pays 0.024908; by these terms 0.024908.",
                "The plan caps 0.024908 to 0.02.",
                "0.02 rounded once, half up to 4 decimals: 0.0200.",
                "The call costs 0.0200 USD.",
            ],
        ),
    ],
)
def test_a_price_that_is_made_of_the_cost(terms: CostPlus, told: list[str]) -> None:
    card = card_of({"price": "9", "connect_fee": "1"}, rounding={"decimals": 4})
    charge = explain_from_cost(call_of(61), card, terms, 24_908)
    assert sentences(charge).splitlines()[1:] == [
        "Row 1, prefix 44, holds for 442012345678 at 2026-11-16 12:00:00 UTC: 1/1.",
        "Answered for 61 s.",
        *told,
    ]


def test_a_closed_number_has_no_price_of_its_cost() -> None:
    card = card_of({"blocked": True})
    assert explain_from_cost(call_of(61), card, CostPlus(fixed_micros=5), 9) == explain(
        call_of(61), card
    )


@pytest.mark.parametrize(
    ("row", "seconds"),
    [
        ({"price": "1", "min_seconds": 90}, "No charge: 61 s is under the minimum of 90 s."),
        (
            {"price": "1", "connect_fee": "1", "grace": {"mode": "subtract", "seconds": 61}},
            "Answered for 61 s; after grace and lift 0 s count.",
        ),
    ],
)
def test_seconds_that_are_not_billed_are_free_whatever_the_card_takes(
    row: dict[str, object], seconds: str
) -> None:
    charge = explain_from_cost(call_of(61), card_of(row), CostPlus(fixed_micros=5), 9)
    assert (charge.status, charge.amount_micros, charge.billed_s) == ("rated", 0, 0)
    assert sentences(charge).splitlines()[2:] == [
        seconds,
        "The plan prices from the provider's cost: cost + 0.000005 USD.",
        "The call costs 0.000000 USD.",
    ]
