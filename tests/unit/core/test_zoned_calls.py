"""A call answered in a zone with summer time costs what it costs at the same instant in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from tollwright.core.cards.card import Band, Rate, RateCard, Window
from tollwright.core.rating.rate_call import CallInput, rate_call, rate_calls

BERLIN = ZoneInfo("Europe/Berlin")
# 0.06 a minute from 02:30 to 05:00 on Berlin's walls, 0.12 at any other time.
CARD = RateCard(
    rates=(Rate("4", 60_000_000, band="early"), Rate("4", 120_000_000, band="rest")),
    bands=(Band("early", 5, (Window(150, 300),)), Band("rest")),
    timezone="Europe/Berlin",
)


@pytest.mark.parametrize(
    ("answered_at", "micros"),
    [
        # 30 minutes to 02:00, which is 03:00: then 90 minutes of the early band.
        pytest.param(datetime(2026, 3, 29, 1, 30, tzinfo=BERLIN), 9_000_000, id="into summer"),
        # 60 minutes to 02:30, 30 early, 30 from the second 02:00 on at rest.
        pytest.param(datetime(2026, 10, 25, 1, 30, tzinfo=BERLIN), 12_600_000, id="into winter"),
        # 20 early, 30 at rest, 70 early again.
        pytest.param(datetime(2026, 10, 25, 2, 40, tzinfo=BERLIN), 9_000_000, id="first 02:40"),
        pytest.param(
            datetime(2026, 10, 25, 2, 40, tzinfo=BERLIN, fold=1), 7_200_000, id="second 02:40"
        ),
        pytest.param(
            datetime(2026, 10, 25, 2, 40, tzinfo=timezone(timedelta(hours=2))),
            9_000_000,
            id="an offset",
        ),
    ],
)
def test_seconds_pass_in_real_time(answered_at: datetime, micros: int) -> None:
    call = CallInput("a", answered_at, 7_200_000, "", "4")
    assert rate_call(call, CARD).amount_micros == micros
    in_utc = CallInput("a", answered_at.astimezone(UTC), 7_200_000, "", "4")
    assert rate_call(in_utc, CARD).amount_micros == micros


def test_the_year_is_that_of_utc() -> None:
    new_year = datetime(2201, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    last = CallInput("a", new_year, 1000, "", "4")
    over = CallInput("b", new_year + timedelta(hours=1), 1000, "", "4")
    first, second = rate_calls([last, over], CARD)
    assert first.status == "rated"
    assert (second.status, second.reason) == ("invalid", "answered_at is in the year 2201")
    beginning = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    early = rate_call(CallInput("c", beginning, 1000, "", "4"), CARD)
    assert early.reason == "answered_at is in the year 1"
