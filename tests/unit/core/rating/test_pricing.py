"""From seconds to an amount: one rule a test, with the boundary on both sides."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.words import call_of, card_of
from tollwright.core.money import micros
from tollwright.core.rating.rate_call import CallInput, Charge, rate_call, reckon
from tollwright.core.rating.rate_lookup import prepare

PER_SECOND = {"price": "0.01", "unit_s": 1}
PEAK_UNTIL_18 = [
    {"name": "peak", "weight": 10, "windows": [{"start": "08:00", "end": "18:00"}]},
    {"name": "rest"},
]


def charge(seconds: float, *rows: dict[str, Any], at: str = "", **settings: Any) -> Charge:
    call = call_of(seconds, at=at) if at else call_of(seconds)
    return rate_call(call, card_of(*rows, **settings))


def paid(seconds: float, *rows: dict[str, Any], **settings: Any) -> int:
    return charge(seconds, *rows, **settings).amount_micros


def cents(seconds: float, **fields: Any) -> int:
    """Amount in cents of a call at a cent a second with these fields in its row."""
    return paid(seconds, PER_SECOND | fields) // 10_000


@pytest.mark.parametrize(
    ("rounding", "seconds", "billed_s"),
    [
        ("up", 1.0, 1),
        ("up", 1.001, 2),
        ("down", 1.999, 1),
        ("down", 0.999, 0),
        ("nearest", 1.499, 1),
        ("nearest", 1.5, 2),
        ({"from_ms": 300}, 1.299, 1),
        ({"from_ms": 300}, 1.3, 2),
    ],
)
def test_second_rounding(rounding: Any, seconds: float, billed_s: int) -> None:
    assert charge(seconds, PER_SECOND, second_rounding=rounding).billed_s == billed_s


@pytest.mark.parametrize(("seconds", "expected"), [(0, 0), (5, 0), (6, 11), (7, 12)])
def test_min_seconds_frees_shorter_calls_of_everything(seconds: int, expected: int) -> None:
    assert cents(seconds, min_seconds=6, connect_fee="0.05") == expected


@pytest.mark.parametrize(
    ("mode", "seconds", "expected"),
    [
        ("threshold", 0, 0),
        ("threshold", 10, 0),
        ("threshold", 11, 16),
        ("subtract", 0, 0),
        ("subtract", 9, 5),
        ("subtract", 10, 5),
        ("subtract", 11, 6),
        ("add", 0, 0),
        ("add", 1, 16),
        ("add", 11, 26),
    ],
)
def test_the_three_meanings_of_grace(mode: str, seconds: int, expected: int) -> None:
    # a cent a second, 5 cents to connect, 10 seconds of grace
    grace = {"mode": mode, "seconds": 10}
    assert cents(seconds, grace=grace, connect_fee="0.05") == expected


@pytest.mark.parametrize(("seconds", "expected"), [(5, 25), (10, 25), (11, 26), (15, 37)])
def test_a_grace_that_swallows_the_call_leaves_its_fees(seconds: int, expected: int) -> None:
    # 5 s to 10 are 0 after it: no block of 5 s, but both fees
    fees = {"connect_fee": "0.05", "disconnect_fee": "0.20"}
    block = {"every_s": 5, "amount": "0.07"}
    grace = {"mode": "subtract", "seconds": 10}
    assert cents(seconds, grace=grace, block_charge=block, **fees) == expected


def test_the_fees_of_a_swallowed_call_are_lifted_to_the_minimum() -> None:
    grace = {"mode": "subtract", "seconds": 10}
    assert cents(5, grace=grace, connect_fee="0.05", min_charge="0.10") == 10


@pytest.mark.parametrize(("seconds", "expected"), [(10, 11), (11, 13), (20, 22)])
def test_an_added_grace_in_percent_rounds_up(seconds: int, expected: int) -> None:
    assert cents(seconds, grace={"mode": "add", "percent": 10}) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(3, 3), (4, 10), (9, 10), (10, 10), (11, 11)])
def test_lift(seconds: int, expected: int) -> None:
    assert cents(seconds, lift={"above_s": 3, "to_s": 10}) == expected


@pytest.mark.parametrize(
    ("mode", "seconds", "expected"),
    [("add", 1, 10), ("add", 5, 10), ("subtract", 8, 3), ("subtract", 9, 10)],
)
def test_lift_looks_at_the_seconds_after_the_grace(mode: str, seconds: int, expected: int) -> None:
    grace = {"mode": mode, "seconds": 5}
    assert cents(seconds, grace=grace, lift={"above_s": 3, "to_s": 10}) == expected


@pytest.mark.parametrize(
    ("first_s", "next_s", "seconds", "by_increment", "by_total"),
    [
        (30, 18, 30, 30, 30),
        (30, 18, 31, 48, 36),
        (30, 18, 36, 48, 36),
        (30, 18, 37, 48, 54),
        (30, 18, 48, 48, 54),
        (30, 18, 49, 66, 54),
        (0, 60, 1, 60, 60),
        (1, 60, 1, 1, 1),
        (1, 60, 2, 61, 60),
        (60, 1, 1, 60, 60),
        (60, 1, 61, 61, 61),
    ],
)
def test_billed_seconds_by_family(
    first_s: int, next_s: int, seconds: int, by_increment: int, by_total: int
) -> None:
    row = PER_SECOND | {"first_s": first_s, "next_s": next_s}
    families = ("initial_then_increment", "round_total")
    billed = [charge(seconds, row, family=family).billed_s for family in families]
    assert billed == [by_increment, by_total]


@pytest.mark.parametrize(
    ("seconds", "billed_s", "amount"),
    [
        (180, 180, "0.6"),  # three minutes at 0.20
        (181, 240, "0.7"),  # the fourth at 0.10, whole
        (240, 240, "0.7"),
        (241, 300, "0.8"),
    ],
)
def test_a_step_changes_price_and_increment(seconds: int, billed_s: int, amount: str) -> None:
    steps = [{"from_s": 180, "price": "0.10", "next_s": 60}]
    result = charge(seconds, {"price": "0.20", "steps": steps})
    assert (result.billed_s, result.amount_micros) == (billed_s, micros(amount))


def test_a_step_inside_an_increment_begins_after_it() -> None:
    # 60/60 from 0.60; from second 90 by the second at 0.06: the second minute is whole at 0.60
    steps = [{"from_s": 90, "price": "0.06", "next_s": 1}]
    row = {"price": "0.60", "first_s": 60, "next_s": 60, "steps": steps}
    assert [paid(s, row) for s in (90, 120, 121)] == [1_200_000, 1_200_000, 1_201_000]


def test_a_step_keeps_what_it_does_not_name() -> None:
    steps = [{"from_s": 10, "price": "0.02"}, {"from_s": 20, "next_s": 5}]
    assert [cents(s, steps=steps) for s in (10, 11, 20, 21)] == [10, 12, 30, 40]
    steps = [{"from_s": 10, "next_s": 5}, {"from_s": 20, "price": "0.02"}]
    assert [cents(s, steps=steps) for s in (10, 11, 20, 21)] == [10, 15, 20, 30]


@pytest.mark.parametrize(("seconds", "expected"), [(10, 10), (11, 61), (20, 70), (21, 171)])
def test_the_charge_of_a_step_is_due_once_when_it_is_entered(seconds: int, expected: int) -> None:
    steps = [{"from_s": 10, "charge": "0.50"}, {"from_s": 20, "charge": "1"}]
    assert cents(seconds, steps=steps) == expected


@pytest.mark.parametrize(
    ("from_s", "seconds", "expected"), [(10, 30, 30), (10, 31, 131), (30, 30, 30), (30, 31, 131)]
)
def test_a_step_in_the_first_interval_is_entered_at_its_end(
    from_s: int, seconds: int, expected: int
) -> None:
    assert cents(seconds, first_s=30, steps=[{"from_s": from_s, "charge": "1"}]) == expected


def test_of_two_steps_in_one_increment_the_last_is_entered() -> None:
    steps = [{"from_s": 10, "charge": "1"}, {"from_s": 20, "charge": "2"}]
    assert cents(31, first_s=30, steps=steps) == 231


@pytest.mark.parametrize(("seconds", "expected"), [(1, 25), (30, 25), (31, 26), (40, 35)])
def test_the_first_interval_at_its_own_price(seconds: int, expected: int) -> None:
    assert cents(seconds, first_s=30, first_charge="0.25") == expected


@pytest.mark.parametrize(("seconds", "expected"), [(59, 59), (60, 67), (119, 126), (120, 134)])
def test_a_charge_for_each_whole_block(seconds: int, expected: int) -> None:
    assert cents(seconds, block_charge={"every_s": 60, "amount": "0.07"}) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(0, 0), (1, 6), (9, 14), (10, 35)])
def test_connect_fee_at_once_disconnect_fee_after_a_time(seconds: int, expected: int) -> None:
    fields = {"connect_fee": "0.05", "disconnect_fee": "0.20", "disconnect_after_s": 10}
    assert cents(seconds, **fields) == expected


def test_a_discount_is_on_usage_not_on_fees() -> None:
    # 100 s, a block of 1.00: 2.00 less 25 % = 1.50, and 0.05 + 0.10 whole
    fields = {
        "discount_percent": "25",
        "block_charge": {"every_s": 100, "amount": "1"},
        "connect_fee": "0.05",
        "disconnect_fee": "0.10",
    }
    assert cents(100, **fields) == 165


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, 0), (1, 10), (5, 10), (6, 11), (25, 30), (26, 30)]
)
def test_min_charge_lifts_and_max_charge_caps_with_the_fees_in(seconds: int, expected: int) -> None:
    fields = {"connect_fee": "0.05", "min_charge": "0.10", "max_charge": "0.30"}
    assert cents(seconds, **fields) == expected


def test_a_minimum_finer_than_the_rounding_is_rounded_like_all_else() -> None:
    row = {"price": "0", "min_charge": "0.014"}
    assert paid(1, row, rounding={"decimals": 2}) == 10_000
    assert paid(1, row, rounding={"mode": "up", "decimals": 2}) == 20_000


def test_a_negative_price_is_a_credit_that_a_minimum_of_zero_does_not_lift() -> None:
    assert paid(60, {"price": "-0.5"}, allow_negative=True) == -500_000


@pytest.mark.parametrize(
    ("crossing", "amount"), [("split", 10 * 600_000 + 20 * 300_000), ("at_start", 30 * 600_000)]
)
def test_a_call_over_a_band_edge(crossing: str, amount: int) -> None:
    rows = [
        {"band": "peak", "price": "0.60", "unit_s": 1},
        {"band": "rest", "price": "0.30", "unit_s": 1},
    ]
    result = paid(30, *rows, bands=PEAK_UNTIL_18, crossing=crossing, at="2026-11-16T17:59:50")
    assert result == amount


@pytest.mark.parametrize(
    ("at", "seconds_at_old"),
    [("23:59:50", 10), ("23:59:50.500", 10), ("23:59:49.999", 11), ("23:59:59.999", 1)],
)
def test_a_dated_change_at_midnight(at: str, seconds_at_old: int) -> None:
    rows = [
        {"price": "1", "unit_s": 1, "effective_to": "2026-12-01"},
        {"price": "3", "unit_s": 1, "effective_from": "2026-12-01"},
    ]
    # a second that begins before midnight is the old day's, whole
    expected = seconds_at_old * 1 + (60 - seconds_at_old) * 3
    assert paid(60, *rows, at=f"2026-11-30T{at}") == expected * 1_000_000


def test_a_later_piece_goes_on_in_its_own_increment_without_first_interval() -> None:
    rows = [
        {"band": "peak", "price": "0.01", "unit_s": 1, "first_s": 30, "next_s": 6},
        {"band": "rest", "price": "0.10", "unit_s": 1, "first_s": 60, "next_s": 10},
    ]
    # from 17:59:40: 30 s at peak reach 18:00:10, then 10 s at a time
    for seconds, billed_s in [(30, 30), (31, 40), (40, 40), (41, 50)]:
        result = charge(seconds, *rows, bands=PEAK_UNTIL_18, at="2026-11-16T17:59:40")
        assert result.billed_s == billed_s
        assert result.amount_micros == 300_000 + (billed_s - 30) * 100_000


def test_fees_and_limits_are_those_of_the_first_piece() -> None:
    rows = [
        {
            "band": "peak",
            "price": "0",
            "connect_fee": "1",
            "disconnect_fee": "2",
            "min_charge": "4",
        },
        {"band": "rest", "price": "0", "connect_fee": "10", "min_charge": "50"},
    ]
    assert paid(60, *rows, bands=PEAK_UNTIL_18, at="2026-11-16T17:59:30") == 4_000_000


def test_each_piece_has_the_discount_of_its_row() -> None:
    rows = [
        {"band": "peak", "price": "1", "unit_s": 1, "discount_percent": "50"},
        {"band": "rest", "price": "1", "unit_s": 1},
    ]
    assert paid(20, *rows, bands=PEAK_UNTIL_18, at="2026-11-16T17:59:50") == 15_000_000


def test_a_step_counts_from_the_answer_also_after_a_crossing() -> None:
    step = {"from_s": 20, "price": "5", "charge": "100"}
    rows = [
        {"band": "peak", "price": "1", "unit_s": 1},
        {"band": "rest", "price": "2", "unit_s": 1, "steps": [step]},
    ]
    # 10 s at 1, 10 s at 2, then 5 s at 5 and the charge for entering
    assert paid(25, *rows, bands=PEAK_UNTIL_18, at="2026-11-16T17:59:50") == 155_000_000
    # the step's second lies before the crossing: its price holds, its charge was not entered here
    assert paid(40, *rows, bands=PEAK_UNTIL_18, at="2026-11-16T17:59:30") == 80_000_000


@pytest.mark.parametrize(("from_s", "entered"), [(9, 0), (10, 1), (11, 1)])
def test_the_charge_of_a_step_at_the_crossing(from_s: int, entered: int) -> None:
    # the last second at peak begins 9 s after the answer, the first at rest at 10 s
    rows: list[dict[str, Any]] = [
        {"band": "peak", "price": "1", "unit_s": 1},
        {"band": "rest", "price": "1", "steps": [{"from_s": from_s, "charge": "100"}], "unit_s": 1},
    ]
    amount = paid(20, *rows, bands=PEAK_UNTIL_18, at="2026-11-16T17:59:50")
    assert amount == (20 + 100 * entered) * 1_000_000


def test_an_edge_that_changes_no_price_begins_no_piece() -> None:
    lunch = {"name": "lunch", "weight": 5, "windows": [{"start": "12:00", "end": "13:00"}]}
    rows = [{"band": "peak", "price": "1"}, {"band": "rest", "price": "1"}]
    card = card_of(*rows, bands=[*PEAK_UNTIL_18, lunch])
    call = call_of(60, at="2026-11-16T12:59:30")
    assert len(reckon(call, prepare(card), {}).usage.pieces) == 2  # first interval, then seconds


@pytest.mark.parametrize(("seconds", "status"), [(10, "rated"), (11, "unmatched")])
def test_a_call_into_a_time_without_row_waits_for_a_decision(seconds: int, status: str) -> None:
    rows = [{"band": "peak", "price": "1"}]
    result = charge(seconds, *rows, bands=PEAK_UNTIL_18, at="2026-11-16T17:59:50")
    assert result.status == status
    assert result.reason == ("" if status == "rated" else "10 s after the answer no row holds")


def test_a_call_into_a_blocked_time_waits_for_a_decision() -> None:
    rows: list[dict[str, Any]] = [{"band": "peak", "price": "1"}, {"band": "rest", "blocked": True}]
    result = charge(11, *rows, bands=PEAK_UNTIL_18, at="2026-11-16T17:59:50")
    assert (result.status, result.amount_micros) == ("blocked", 0)


def test_a_unit_of_its_own_for_each_piece_adds_exactly() -> None:
    rows = [
        {"band": "peak", "price": "1", "unit_s": 7},
        {"band": "rest", "price": "1", "unit_s": 60},
    ]
    # 1/7 + 2/60 = 37/210 = 0.176190476...
    assert paid(3, *rows, bands=PEAK_UNTIL_18, at="2026-11-16T17:59:59") == 176_190


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"answered_ms": -1}, "the duration is negative (-1 ms)"),
        ({"answered_ms": 86_400_001}, "the duration is over 24 hours (86400001 ms)"),
        ({"called": ""}, "the called number is missing"),
        ({"called": "44x"}, "the called number '44x' is not made of digits only"),
        ({"called": "٤٤"}, "the called number '٤٤' is not made of digits only"),
        ({"called": "4" * 16}, f"the called number '{'4' * 16}' has more than 15 digits"),
        ({"caller": "anonymous"}, "the caller number 'anonymous' is not made of digits only"),
    ],
)
def test_an_absurd_call_is_invalid_never_an_exception(change: dict[str, Any], reason: str) -> None:
    call = call_of(60)
    fields = {name: getattr(call, name) for name in CallInput.__slots__} | change
    result = rate_call(CallInput(**fields), card_of({}))
    assert (result.status, result.reason, result.amount_micros) == ("invalid", reason, 0)


def test_numbers_of_15_digits_are_numbers() -> None:
    call = CallInput("k", call_of().answered_at, 1000, "1" * 15, "4" * 15)
    assert rate_call(call, card_of({})).status == "rated"


def test_a_call_without_zone_or_of_another_age_is_invalid() -> None:
    call = call_of(60)
    moments = [call.answered_at.replace(tzinfo=None), call.answered_at.replace(year=9999)]
    calls = [CallInput("k", moment, 1000, "1", "44") for moment in moments]
    assert [rate_call(c, card_of({})).status for c in calls] == ["invalid", "invalid"]


def test_a_withheld_caller_and_a_call_of_24_hours_are_rated() -> None:
    call = CallInput("k", call_of().answered_at, 86_400_000, "", "44")
    result = rate_call(call, card_of({"price": "1", "unit_s": 1}))
    assert (result.status, result.amount_micros) == ("rated", 86_400_000_000)
