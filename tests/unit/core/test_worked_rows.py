"""The worked rows of the contract, and the facts that carriers publish, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.words import call_of, card_of
from tollwright.core.money import micros
from tollwright.core.rating.rate_call import rate_call

PEAK = {"name": "peak", "weight": 10, "windows": [{"start": "08:00", "end": "18:00"}]}
REST = {"name": "rest", "windows": [{"start": "00:00", "end": "24:00"}]}
BANDS = [PEAK, REST]

FLAT_30_6 = [{"price": "0.012", "first_s": 30, "next_s": 6}]
FLAT_30_6_CONNECT = [{"price": "0.012", "first_s": 30, "next_s": 6, "connect_fee": "0.05"}]
MINUTES_CONNECT = [{"price": "0.60", "first_s": 60, "next_s": 60, "connect_fee": "0.05"}]
BY_SECOND = [{"price": "0.0044"}]
TWO_PRICES_BY_SECOND = [
    {"price": "1.00", "unit_s": 1, "connect_fee": "1", "band": "peak"},
    {"price": "0.50", "unit_s": 1, "band": "rest"},
]
TWO_PRICES_BY_MINUTE = [
    {"price": "0.60", "first_s": 60, "next_s": 60, "band": "peak"},
    {"price": "0.30", "first_s": 60, "next_s": 60, "band": "rest"},
]


@pytest.mark.parametrize(
    ("seconds", "at", "rates", "billed_s", "amount"),
    [
        (0, "12:00:00", FLAT_30_6_CONNECT, 0, "0"),
        (1, "12:00:00", FLAT_30_6, 30, "0.006"),
        (30, "12:00:00", FLAT_30_6, 30, "0.006"),
        (31, "12:00:00", FLAT_30_6, 36, "0.0072"),
        (36, "12:00:00", FLAT_30_6, 36, "0.0072"),
        (37, "12:00:00", FLAT_30_6, 42, "0.0084"),
        (60, "12:00:00", MINUTES_CONNECT, 60, "0.65"),
        (61, "12:00:00", MINUTES_CONNECT, 120, "1.25"),
        (10, "12:00:00", BY_SECOND, 10, "0.000733"),
        (3600, "17:30:00", TWO_PRICES_BY_SECOND, 3600, "2701"),
        (61, "17:59:00", TWO_PRICES_BY_MINUTE, 120, "0.90"),
        (119, "17:59:01", TWO_PRICES_BY_MINUTE, 120, "0.90"),
        (61, "17:58:59", TWO_PRICES_BY_MINUTE, 120, "1.20"),
    ],
)
def test_worked_rows_of_the_contract(
    seconds: int, at: str, rates: list[dict[str, Any]], billed_s: int, amount: str
) -> None:
    bands = BANDS if "band" in rates[0] else []
    charge = rate_call(call_of(seconds, at=f"2026-11-16T{at}"), card_of(*rates, bands=bands))
    assert (charge.status, charge.billed_s, charge.amount_micros) == (
        "rated",
        billed_s,
        micros(amount),
    )


def test_a_minute_by_the_second_is_not_rounded_second_by_second() -> None:
    # a rounding of each second to four decimals would give 0.0198
    card = card_of({"price": "0.02"}, rounding={"decimals": 4})
    assert rate_call(call_of(60), card).amount_micros == 20_000


@pytest.mark.parametrize(
    ("family", "first_s", "next_s", "talk_s", "billed_s"),
    [
        ("initial_then_increment", 30, 18, 31, 48), ("round_total", 30, 18, 31, 36),
        ("initial_then_increment", 30, 18, 10, 30), ("round_total", 30, 18, 10, 30),
        ("round_total", 30, 18, 30, 30), ("round_total", 30, 18, 37, 54),
        ("initial_then_increment", 1, 6, 1, 1), ("round_total", 1, 6, 1, 1),
        ("initial_then_increment", 1, 6, 2, 7), ("round_total", 1, 6, 2, 6),
        ("initial_then_increment", 20, 6, 15, 20), ("round_total", 20, 6, 15, 20),
        ("round_total", 0, 6, 5, 6),
    ],
)  # fmt: skip
def test_increments_by_family(
    family: str, first_s: int, next_s: int, talk_s: int, billed_s: int
) -> None:
    card = card_of({"price": "0.6", "first_s": first_s, "next_s": next_s}, family=family)
    charge = rate_call(call_of(talk_s), card)
    assert (charge.billed_s, charge.amount_micros) == (billed_s, billed_s * 10_000)


@pytest.mark.parametrize(
    ("origin", "talk_s", "first_s", "next_s", "billed_s"),
    [
        ("commpeak US 6/6", 10, 6, 6, 12),
        ("commpeak Mexico 60/60", 10, 60, 60, 60),
        ("vaasconsumer 30/6", 10, 30, 6, 30),
        ("vaasconsumer 30/6", 31, 30, 6, 36),
        ("go360host 60/60", 5, 60, 60, 60),
        ("go360host 60/60", 50, 60, 60, 60),
        ("go360host 6/6", 5, 6, 6, 6),
        ("voip.ms 6/6", 27, 6, 6, 30),
        ("infochoice 30/30", 31, 30, 30, 60),
        ("infochoice 1/1", 31, 1, 1, 31),
        ("voipessential 6/6", 15, 6, 6, 18),
        ("warmconnect 6/6", 8, 6, 6, 12),
    ],
)
@pytest.mark.parametrize("family", ["initial_then_increment", "round_total"])
def test_published_examples(
    origin: str,
    talk_s: int,
    first_s: int,
    next_s: int,
    billed_s: int,
    *,
    family: str,
) -> None:
    card = card_of({"price": "0.01", "first_s": first_s, "next_s": next_s}, family=family)
    assert rate_call(call_of(talk_s), card).billed_s == billed_s, origin


@pytest.mark.parametrize(
    ("talk_s", "increment_s", "charge"), [(5, 60, "0.0100"), (50, 60, "0.0100"), (5, 6, "0.0010")]
)
def test_published_charges_at_a_cent_a_minute(talk_s: int, increment_s: int, charge: str) -> None:
    card = card_of({"price": "0.0100", "first_s": increment_s, "next_s": increment_s})
    assert rate_call(call_of(talk_s), card).amount_micros == micros(charge)


# NTL 2001: 3.5 p to connect, then by the second 7.00 p a minute by day, 3.50 cheap, 2.70 weekend
WORKDAY = {"days": [1, 2, 3, 4, 5], "start": "08:00", "end": "18:00"}
NTL_BANDS = [
    {"name": "day", "weight": 2, "windows": [WORKDAY]},
    {"name": "weekend", "weight": 1, "windows": [{"days": [6, 7]}]},
    {"name": "cheap"},
]
NTL_PRICES = {"day": "0.07", "weekend": "0.027", "cheap": "0.035"}


@pytest.mark.parametrize(
    ("at", "seconds", "amount"),
    [
        ("2026-11-16T10:00:00", 60, "0.105"),
        ("2026-11-16T10:00:00", 61, "0.106167"),  # 3.5 + 7.11666...
        ("2026-11-20T17:59:30", 60, "0.0875"),  # Friday: 3.5 + 3.5 + 1.75
        ("2026-11-20T23:59:30", 60, "0.066"),  # into Saturday: 3.5 + 1.75 + 1.35
        ("2026-11-22T23:59:30", 60, "0.066"),  # and out of Sunday
        ("2026-11-16T07:59:59", 2, "0.03675"),  # a second each, 0.058333... and 0.116666...
    ],
)
def test_a_published_tariff_by_the_second(at: str, seconds: int, amount: str) -> None:
    rows = [{"band": b, "price": p, "connect_fee": "0.035"} for b, p in NTL_PRICES.items()]
    card = card_of(*rows, bands=NTL_BANDS, timezone="Europe/London", currency="GBP")
    assert rate_call(call_of(seconds, at=at), card).amount_micros == micros(amount)


@pytest.mark.parametrize(
    ("called", "seconds", "amount"),
    [
        ("447700900123", 61, "0.652497"),  # 1/1 at 64.18 p a minute
        ("448451234567", 30, "0.6418"),  # access charge on 60/1
        ("448451234567", 61, "0.652497"),
        ("449061234567", 61, "1.2836"),  # 60/60
        ("448001234567", 600, "0"),
    ],
)
def test_a_published_reseller_list(called: str, seconds: int, amount: str) -> None:
    price = {"price": "0.6418"}
    rows: list[dict[str, Any]] = [
        price,
        {"prefix": "4484", "first_s": 60} | price,
        {"prefix": "449", "first_s": 60, "next_s": 60} | price,
        {"prefix": "44800"},
    ]
    charge = rate_call(call_of(seconds, called=called), card_of(*rows))
    assert charge.amount_micros == micros(amount)
