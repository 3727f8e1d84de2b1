"""Acme moves to a larger plan in mid-month, to its next version, leaves, and comes back: fees by
days, registration once for each plan.

BASIC: 10.00 once, 30.00 a month in advance. LARGE: 20.00 once, 100.00; its next version 120.00.
"""

from __future__ import annotations

from datetime import UTC, datetime

from tests.stories.journey import begun

OCT_1 = datetime(2026, 10, 1, 9, tzinfo=UTC)
NOV_2 = datetime(2026, 11, 2, 9, tzinfo=UTC)
NOV_10 = datetime(2026, 11, 10, 9, tzinfo=UTC)
DEC_2 = datetime(2026, 12, 2, 9, tzinfo=UTC)
JAN_4 = datetime(2027, 1, 4, 9, tzinfo=UTC)
FEB_2 = datetime(2027, 2, 2, 9, tzinfo=UTC)
MAR_2 = datetime(2027, 3, 2, 9, tzinfo=UTC)
MAY_2 = datetime(2027, 5, 2, 9, tzinfo=UTC)
EUR = 1_000_000


def test_change_of_plan(db: None) -> None:
    with begun() as journey:
        basic = journey.sell(
            "BASIC", ("registration", 10 * EUR, "advance"), ("subscription", 30 * EUR, "advance")
        )
        large = journey.sell(
            "LARGE", ("registration", 20 * EUR, "advance"), ("subscription", 100 * EUR, "advance")
        )
        journey.subscribe(basic, "2026-10-01", at=OCT_1)
        # 10.00, October and November: 70.00, tax 13.30.
        assert journey.close("october", "2026-10-31", at=NOV_2) == [
            ("invoice", 70 * EUR, 83_300_000)
        ]

        # On 10 November: LARGE from the 16th. 15 of 30 days of BASIC's November come back.
        journey.subscribe(large, "2026-11-16", at=NOV_10)
        assert journey.close("november", "2026-11-30", at=DEC_2) == [
            ("invoice", 155 * EUR, 184_450_000)
        ]
        assert journey.lines()[-1] == [
            ("registration", "", 20 * EUR),
            ("subscription", "16.11-30.11", 50 * EUR),
            ("subscription", "01.12-31.12", 100 * EUR),
            ("correction", "16.11-30.11", -15 * EUR),
        ]

        # LARGE's next version from 1 January: nothing is due for December any more. January comes
        # on its first day, at which December's run is made; February with January's invoice. No
        # registration.
        larger = journey.sell(
            "LARGE2",
            ("registration", 20 * EUR, "advance"),
            ("subscription", 120 * EUR, "advance"),
            plan=large.plan,
        )
        held = journey.subscribe(larger, "2027-01-01", at=DEC_2)
        assert journey.close("december", "2026-12-31", at=JAN_4) == [
            ("invoice", 120 * EUR, 142_800_000)
        ]
        assert journey.lines()[-1] == [("subscription", "01.01-31.01", 120 * EUR)]
        assert journey.close("january", "2027-01-31", at=FEB_2) == [
            ("invoice", 120 * EUR, 142_800_000)
        ]
        assert journey.lines()[-1] == [("subscription", "01.02-28.02", 120 * EUR)]

        # Acme leaves after February, and is back on BASIC from April: registered already.
        journey.end(held, "2027-02-28", at=FEB_2)
        assert journey.close("february", "2027-02-28", at=MAR_2) == []
        journey.subscribe(basic, "2027-04-01", at=MAR_2)
        assert journey.close("april", "2027-04-30", at=MAY_2) == [("invoice", 60 * EUR, 71_400_000)]
        assert journey.lines()[-1] == [
            ("subscription", "01.04-30.04", 30 * EUR),
            ("subscription", "01.05-31.05", 30 * EUR),
        ]
