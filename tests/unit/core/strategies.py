"""Cards and calls over the whole option space, for laws that hold for every one of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tollwright.core.cards.card import RateCard
from tollwright.core.cards.file import load_card
from tollwright.core.rating.rate_call import CallInput

MONDAY = datetime(2026, 11, 16, 17, 50, tzinfo=UTC)
# The clocks of Berlin, New York and Lord Howe (by half an hour), forward and back.
CLOCK_CHANGES = [
    datetime.fromisoformat(f"2026-{moment}+00:00")
    for moment in (
        *("03-29T00:50", "10-25T00:50", "03-08T06:50"),
        *("11-01T05:50", "10-03T15:20", "04-04T14:50"),
    )
]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]
BANDS: list[dict[str, Any]] = [
    {"name": "peak", "weight": 10, "windows": [{"start": "08:00", "end": "18:00"}]},
    {"name": "rest"},
    {"name": "feast", "weight": 20, "dates": ["2026-11-17"], "windows": [{"start": "10:00"}]},
    {
        "name": "night",
        "weight": 15,
        "windows": [
            {"start": "22:00", "end": "02:00", "days": [1, 6, 7]},
            {"start": "02:40", "end": "02:50"},
        ],
    },
]
INCREMENTS = st.sampled_from([1, 6, 18, 30, 60])


def money(highest: int, places: int) -> st.SearchStrategy[str]:
    return st.decimals(0, highest, places=places).map(str)


def sometimes(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "from_s": st.integers(1, 400),
            "price": sometimes(money(2, 4)),
            "next_s": sometimes(INCREMENTS),
            "charge": money(1, 2),
        }
    ),
    max_size=3,
    unique_by=lambda step: step["from_s"],
).map(lambda steps: sorted(steps, key=lambda step: step["from_s"]))

GRACES = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(["threshold", "subtract", "add"]),
        "seconds": st.integers(0, 20),
    }
)

ROWS = st.fixed_dictionaries(
    {
        "prefix": st.sampled_from(["", "4", "44", "4420"]),
        "price": money(3, 6),
        "unit_s": st.sampled_from([1, 6, 60]),
        "first_s": st.one_of(st.just(0), INCREMENTS),
        "next_s": INCREMENTS,
        "connect_fee": money(1, 3),
        "steps": STEPS,
        "grace": sometimes(GRACES),
        "min_seconds": st.integers(0, 10),
        "min_charge": money(1, 2),
        "max_charge": sometimes(st.decimals(1, 50, places=2).map(str)),
        "disconnect_fee": money(1, 2),
        "disconnect_after_s": st.integers(0, 100),
        "block_charge": sometimes(
            st.fixed_dictionaries({"every_s": st.integers(1, 90), "amount": money(1, 2)})
        ),
        "lift": sometimes(st.just({"above_s": 3, "to_s": 12})),
        "discount_percent": st.sampled_from(["0", "12.5", "33.3333", "100"]),
        "band": st.sampled_from([None, "peak", "rest", "feast", "night"]),
        "effective_from": st.sampled_from([None, "2026-11-16T18:03:00Z"]),
        "effective_to": st.sampled_from([None, None, None, "2026-11-16T18:05:00.5Z"]),
        "origin_prefix": st.sampled_from(["", "1"]),
        "length_min": st.sampled_from([None, None, None, 7]),
    }
)

ALLOWANCES = st.lists(
    st.fixed_dictionaries(
        {
            "amount": st.integers(0, 300),
            "unit": st.sampled_from(["seconds", "seconds", "calls", "money"]),
            "prefixes": st.sampled_from([[""], ["4", "33"], ["44"]]),
            "step_s": st.sampled_from([1, 60]),
            "weight": st.integers(0, 2),
            "waives_connect_fee": st.booleans(),
            "excess": st.sampled_from(["partial", "whole_free", "all_or_nothing"]),
        }
    ),
    max_size=2,
)


@st.composite
def cards(draw: st.DrawFn, *, allowances: bool = True) -> RateCard:
    """A card that publishing accepts, with one row at least that fits any call."""
    rows = draw(
        st.lists(
            ROWS,
            max_size=4,
            unique_by=lambda r: (r["prefix"], r["origin_prefix"], r["band"], r["effective_from"]),
        )
    )
    always = {"prefix": "", "origin_prefix": "", "band": None, "effective_from": None}
    rows = [row for row in rows if not always.items() <= row.items() or row["length_min"]]
    rows.append(always | {"price": draw(money(3, 6))})
    free = draw(ALLOWANCES) if allowances else []
    return load_card(
        {
            "rates": rows,
            "bands": BANDS,
            "timezone": draw(st.sampled_from(ZONES)),
            "family": draw(st.sampled_from(["initial_then_increment", "round_total"])),
            "crossing": draw(st.sampled_from(["split", "split", "at_start"])),
            "second_rounding": draw(st.sampled_from(["up", "nearest", "down", {"from_ms": 300}])),
            "rounding": {
                "mode": draw(st.sampled_from(["half_up", "up", "down", "half_even"])),
                "decimals": draw(st.integers(0, 6)),
            },
            "allowances": [a | {"name": f"a{n}"} for n, a in enumerate(free)],
        }
    )


@st.composite
def calls(draw: st.DrawFn, *, longest_s: int = 900) -> CallInput:
    at = draw(st.one_of(st.just(MONDAY), st.sampled_from(CLOCK_CHANGES)))
    at += timedelta(milliseconds=draw(st.integers(0, 20 * 60_000)))
    return CallInput(
        "k",
        at + timedelta(hours=draw(st.sampled_from([0, 1, 6, 14, 22]))),
        draw(st.integers(0, longest_s * 1000)),
        draw(st.sampled_from(["", "1555", "49"])),
        draw(st.sampled_from(["442012345678", "4412345", "331", "4"])),
    )
