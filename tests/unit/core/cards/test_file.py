"""The file form: what is accepted, what publishing refuses, one canonical form."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.unit.core.words import call_of, card_of
from tollwright.core.cards.card import Rate, RateCard
from tollwright.core.cards.file import CardError, content_hash, dump_card, load_card
from tollwright.core.money import Rounding
from tollwright.core.rating.open_file import open_card
from tollwright.core.rating.rate_call import rate_call

SAMPLE: dict[str, Any] = {
    "side": "sell",
    "currency": "USD",
    "timezone": "UTC",
    "family": "initial_then_increment",
    "crossing": "split",
    "unmatched": "reject",
    "second_rounding": "up",
    "rounding": {"mode": "half_up", "decimals": 6},
    "bands": [
        {
            "name": "peak",
            "weight": 10,
            "windows": [{"days": [1, 2, 3, 4, 5], "start": "08:00", "end": "18:00"}],
        },
        {
            "name": "rest",
            "weight": 0,
            "windows": [{"days": [1, 2, 3, 4, 5, 6, 7], "start": "00:00", "end": "24:00"}],
        },
        {
            "name": "xmas",
            "weight": 20,
            "dates": ["2026-12-25"],
            "windows": [{"start": "00:00", "end": "24:00"}],
        },
    ],
    "rates": [
        {
            "prefix": "44",
            "name": "United Kingdom",
            "band": "peak",
            "connect_fee": "0.05",
            "price": "0.012",
            "unit_s": 60,
            "first_s": 30,
            "next_s": 6,
            "steps": [{"from_s": 180, "price": "0.010", "next_s": 60}],
            "grace": {"mode": "threshold", "seconds": 0},
            "min_seconds": 0,
            "min_charge": "0",
            "max_charge": None,
            "disconnect_fee": "0",
            "blocked": False,
            "origin_prefix": "",
            "length_min": None,
            "length_max": None,
            "effective_from": "2026-01-01T00:00:00Z",
            "effective_to": None,
        }
    ],
    "allowances": [
        {
            "name": "100 free minutes",
            "prefixes": ["44"],
            "unit": "seconds",
            "amount": 6000,
            "step_s": 60,
            "weight": 10,
            "waives_connect_fee": False,
            "excess": "partial",
        }
    ],
}


def refused(**changes: Any) -> tuple[str, ...]:
    """The faults of the sample card with one row's fields changed."""
    card = copy.deepcopy(SAMPLE)
    card["rates"][0].update(changes)
    return refused_card(card)


def refused_card(card: Any) -> tuple[str, ...]:
    with pytest.raises(CardError) as caught:
        load_card(card)
    return tuple(str(fault) for fault in caught.value.faults)


def test_prefix_and_price_are_all_a_row_needs() -> None:
    card = load_card({"rates": [{"prefix": "44", "price": "0.012"}]})
    assert card == RateCard(rates=(Rate(prefix="44", price_nanos=12_000_000),))
    assert (card.rates[0].unit_s, card.rates[0].first_s, card.rates[0].next_s) == (60, 1, 1)
    assert (card.rounding, card.second_from_ms, card.crossing) == (Rounding(), 1, "split")


def test_the_whole_form_reads() -> None:
    card = load_card(SAMPLE)
    rate = card.rates[0]
    assert (rate.price_nanos, rate.connect_fee_micros, rate.band) == (12_000_000, 50_000, "peak")
    assert (rate.steps[0].from_s, rate.steps[0].price_nanos) == (180, 10_000_000)
    assert rate.grace is None  # 0 seconds of grace are none
    assert rate.effective_from == datetime(2026, 1, 1, tzinfo=UTC)
    assert card.allowances[0].amount == 6000


def test_dump_and_load_are_inverse_and_stable() -> None:
    card = load_card(SAMPLE)
    dumped = json.loads(json.dumps(dump_card(card)))
    assert load_card(dumped) == card
    assert dump_card(load_card(dumped)) == dumped


def test_every_option_survives_dump_and_load() -> None:
    card = card_of(
        {
            "steps": [{"from_s": 60, "price": "0.1", "next_s": 6, "charge": "0.01"}],
            "grace": {"mode": "add", "seconds": 3, "percent": 10},
            "lift": {"above_s": 0, "to_s": 20},
            "block_charge": {"every_s": 180, "amount": "0.02"},
            "first_charge": "0.3",
            "discount_percent": "12.5",
            "min_seconds": 2,
            "min_charge": "0.01",
            "max_charge": "9",
            "disconnect_fee": "0.1",
            "disconnect_after_s": 10,
            "origin_prefix": "1",
            "length_min": 9,
            "length_max": 12,
            "effective_from": "2026-03-01",
            "effective_to": "2026-04-01",
            "unit_s": 30,
        },
        {"prefix": "", "price": "-0.1", "blocked": True},
        allow_negative=True,
        unmatched="default",
        timezone="Europe/Berlin",
        second_rounding={"from_ms": 300},
        rounding={"mode": "half_even", "decimals": 4},
        allowances=[
            {"name": "a", "unit": "money", "amount": "5.5", "pool": "p", "expires_at": "2026-12-01"}
        ],
    )
    assert load_card(json.loads(json.dumps(dump_card(card)))) == card
    assert card.rates[0].discount_ppm == 125_000
    assert card.rates[0].effective_to == datetime(2026, 3, 31, 22, tzinfo=UTC)  # midnight in Berlin
    assert card.allowances[0].amount == 5_500_000


def test_what_is_spelt_out_does_not_change_the_hash_but_a_price_does() -> None:
    short = card_of({"price": "0.10"})
    spelt = card_of({"price": "0.1", "first_s": 1, "blocked": False, "grace": None})
    assert content_hash(short) == content_hash(spelt)
    assert len(content_hash(short)) == 64
    assert content_hash(short) != content_hash(card_of({"price": "0.11"}))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"price": "0.0123456789"}, "row 1, price: 0.0123456789 has more than 9 decimals"),
        ({"price": "NaN"}, "row 1, price: 'NaN' is not a finite number"),
        (
            {"price": float("nan")},
            'row 1, price: nan is a binary number: write it in quotes, "0.012"',
        ),
        ({"price": 0.012}, 'row 1, price: 0.012 is a binary number: write it in quotes, "0.012"'),
        ({"price": "-0.01"}, "row 1, price: -0.01 is negative and the card has no allow_negative"),
        ({"price": "100000.1"}, "row 1, price: 100000.1 is more than 100000 per minute"),
        ({"price": None}, "row 1, price: missing"),
        ({"price": "abc"}, "row 1, price: 'abc' is not a number"),
        ({"prefix": "+44"}, "row 1, prefix: '+44' is not made of digits 0-9 only"),
        ({"prefix": None}, "row 1, prefix: missing"),
        ({"colour": "red"}, "row 1, colour: unknown key"),
        ({"band": "night"}, "row 1, band: 'night' is not a band of this card"),
        ({"connect_fee": "-1"}, "row 1, connect_fee: -1 is negative"),
        ({"connect_fee": "0.0000001"}, "row 1, connect_fee: 0.0000001 has more than 6 decimals"),
        ({"next_s": 0}, "row 1, next_s: 0 is outside 1 to 86400"),
        ({"first_s": -1}, "row 1, first_s: -1 is outside 0 to 86400"),
        ({"first_s": True}, "row 1, first_s: must be a whole number, not True"),
        ({"unit_s": "60"}, "row 1, unit_s: must be a whole number, not '60'"),
        ({"max_charge": "1", "min_charge": "2"}, "row 1, max_charge: is below min_charge"),
        (
            {"first_charge": "1", "first_s": 0},
            "row 1, first_charge: needs a first interval: first_s is 0",
        ),
        ({"length_min": 9, "length_max": 8}, "row 1, length_max: is below length_min"),
        (
            {"effective_to": "2026-01-01T00:00:00Z"},
            "row 1, effective_to: is not after effective_from: the row would never apply",
        ),
        (
            {"effective_from": "soon"},
            "row 1, effective_from: 'soon' is not an ISO 8601 date or time",
        ),
        (
            {"grace": {"mode": "subtract", "percent": 5}},
            'row 1, grace.percent: only a grace of mode "add" can be a percentage',
        ),
        ({"grace": {"seconds": 3, "kind": 1}}, "row 1, grace.kind: unknown key"),
        ({"steps": [{"price": "1"}]}, "row 1, steps[1].from_s: missing"),
        (
            {"steps": [{"from_s": 9}, {"from_s": 9}]},
            "row 1, steps[2].from_s: is not after the step before it",
        ),
        (
            {"lift": {"above_s": 10, "to_s": 10}},
            "row 1, lift.to_s: is not after above_s: it would never lift",
        ),
        ({"discount_percent": "100.1"}, "row 1, discount_percent: 100.1 is outside 0 to 100"),
        (
            {"discount_percent": 1.23456},
            "row 1, discount_percent: 1.23456 has more than 4 decimals",
        ),
        ({"blocked": "no"}, "row 1, blocked: must be true or false, not 'no'"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_bad_row_is_refused_with_its_number_and_reason(
    changes: dict[str, Any], fault: str
) -> None:
    assert refused(**changes) == (fault,)


@pytest.mark.parametrize("price", ["100000", "99999.999999999", "0.000000001", "0"], ids=str)
def test_prices_up_to_the_bound_are_accepted(price: str) -> None:
    assert card_of({"price": price}).rates[0].price_nanos >= 0


def test_the_bound_of_a_price_is_per_minute_whatever_the_unit() -> None:
    assert card_of({"price": "1666.666666666", "unit_s": 1}).rates
    with pytest.raises(CardError, match="more than 100000 per minute"):
        card_of({"price": "1666.666666667", "unit_s": 1})


def test_a_negative_price_needs_the_cards_word() -> None:
    assert card_of({"price": "-0.01"}, allow_negative=True).rates[0].price_nanos == -10_000_000


@pytest.mark.parametrize("percent", ["12.5", 12.5, "12.50"])
def test_a_percentage_is_no_money_and_needs_no_quotes(percent: object) -> None:
    assert card_of({"discount_percent": percent}).rates[0].discount_ppm == 125_000


def test_a_blocked_row_needs_no_price() -> None:
    card = load_card({"rates": [{"prefix": "4490", "blocked": True}]})
    assert (card.rates[0].blocked, card.rates[0].price_nanos) == (True, 0)


def test_the_card_in_the_handbook_is_accepted() -> None:
    page = (Path(__file__).parents[4] / "docs" / "rating.md").read_text(encoding="utf-8")
    sample = page.split("```json\n")[1].split("```")[0]
    card = load_card(json.loads(sample))
    assert (len(card.rates), len(card.bands), card.timezone) == (4, 3, "Europe/London")


def test_all_faults_come_at_once_in_the_order_of_the_file() -> None:
    rows = [{"prefix": "1", "price": "x"}, {"prefix": "2", "price": "1"}, {"prefix": "3"}]
    faults = refused_card({"rates": rows, "colour": 1, "timezone": "Mars/Base"})
    assert faults == (
        "colour: unknown key",
        "timezone: 'Mars/Base' is not a time zone of the IANA list, such as Europe/Berlin",
        "row 1, price: 'x' is not a number",
        "row 3, price: missing",
    )


def test_a_long_list_of_faults_is_cut_in_the_message_only() -> None:
    with pytest.raises(CardError) as caught:
        load_card({"rates": [{"prefix": "1", "price": "x"}] * 50})
    assert len([f for f in caught.value.faults if f.field == "price"]) == 50
    assert str(caught.value).endswith(" more")


def test_two_rows_that_nothing_tells_apart() -> None:
    row = {"prefix": "44", "price": "1"}
    assert refused_card({"rates": [row, row]}) == (
        "row 2, prefix: '44' is there already, in row 1",
    )
    spelt_out = row | {"length_min": 0, "length_max": 15}
    assert len(refused_card({"rates": [row, spelt_out]})) == 1
    later = row | {"effective_from": "2026-01-01"}
    assert len(load_card({"rates": [row, later]}).rates) == 2


def test_a_key_that_a_file_says_twice() -> None:
    text = (
        '{"rates": [{"prefix": "44", "price": "1"}, {"prefix": "49", "price": "1", "price": "2"}]}'
    )
    with pytest.raises(CardError) as caught:
        open_card(text)
    assert str(caught.value) == "price: is there twice in the object with prefix: 49"


@pytest.mark.parametrize("data", [None, [], "card", 5, {"rates": {}}, {"rates": [5]}, {}])
def test_what_is_no_card_at_all(data: Any) -> None:
    assert refused_card(data)


@pytest.mark.parametrize("value", ["sometimes", {"from_ms": 0}, {"from_ms": 1001}, {"from": 1}, 5])
def test_second_rounding_that_is_none(value: Any) -> None:
    assert len(refused_card(SAMPLE | {"second_rounding": value})) == 1


def test_the_default_row_is_needed_where_the_unmatched_go_to_it() -> None:
    assert refused_card(SAMPLE | {"unmatched": "default"}) == (
        'unmatched: "default" needs a row with the prefix ""',
    )


def test_units_without_a_common_multiple_in_reach() -> None:
    rows = [{"prefix": str(n), "price": "1", "unit_s": n} for n in (59, 61, 53, 47)]
    assert refused_card({"rates": rows}) == (
        "rates: the unit_s of the rows have no common multiple up to 1000000",
    )


def test_units_with_a_common_multiple_of_a_million() -> None:
    rows = [{"prefix": str(n), "price": "1", "unit_s": n} for n in (64, 15_625)]
    assert len(load_card({"rates": rows}).rates) == 2


def test_a_card_has_62_bands_at_most() -> None:
    bands = [{"name": f"b{n}", "weight": n} for n in range(63)]
    card = {"rates": [{"prefix": "44", "price": "1"}], "bands": bands}
    assert refused_card(card) == ("bands: are 63: at most 62",)
    assert len(load_card(card | {"bands": bands[1:]}).bands) == 62


def test_a_row_has_32_steps_at_most() -> None:
    steps = [{"from_s": n, "price": "1"} for n in range(1, 34)]
    assert refused(steps=steps) == ("row 1, steps: are 33: at most 32",)
    assert len(card_of({"steps": steps[1:]}).rates[0].steps) == 32


@pytest.mark.parametrize("lengths", [{"length_max": 2}, {"length_min": 2, "length_max": 2}])
def test_a_number_as_short_as_the_prefix_is_a_number(lengths: dict[str, Any]) -> None:
    assert rate_call(call_of(called="44"), card_of(lengths)).status == "rated"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"amount": -1}, "allowances[1].amount: -1 is outside 0 to 1000000000000"),
        ({"unit": "euros"}, "allowances[1].unit: 'euros' is none of seconds, calls, money"),
        ({"step": 5}, "allowances[1].step: unknown key"),
        ({"prefixes": ["x"]}, "allowances[1].prefixes: 'x' is not made of digits 0-9 only"),
        ({"name": ""}, "allowances[1].name: is empty"),
        (
            {"starts_at": "2026-01-01", "expires_at": "2026-01-01"},
            "allowances[1].expires_at: is not after starts_at",
        ),
    ],
)
def test_a_bad_allowance(changes: dict[str, Any], fault: str) -> None:
    card = copy.deepcopy(SAMPLE)
    card["allowances"][0].update(changes)
    assert refused_card(card) == (fault,)


def test_a_shared_pool_has_one_size() -> None:
    pools = [
        {"name": "a", "amount": 10, "pool": "p"},
        {"name": "b", "amount": 20, "pool": "p"},
    ]
    assert refused_card(SAMPLE | {"allowances": pools}) == (
        "allowances[2].pool: is shared with another unit, amount or per",
    )
