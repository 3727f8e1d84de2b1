"""Acme moves from 100.00 to 200.00 a month on 15 November, and to 50.00 on the 25th: each new plan
is invoiced on its first day, less what is left of the one before.

Of 30 days 14 cost 100.00 a month (46.67), 10 cost 200.00 (66.67) and 6 cost 50.00 (10.00).
"""

from __future__ import annotations

from datetime import UTC, datetime

from tests.stories.journey import begun

OCT_1 = datetime(2026, 10, 1, 9, tzinfo=UTC)
NOV_2 = datetime(2026, 11, 2, 9, tzinfo=UTC)
NOV_10 = datetime(2026, 11, 10, 9, tzinfo=UTC)
NOV_15 = datetime(2026, 11, 15, 9, tzinfo=UTC)
NOV_25 = datetime(2026, 11, 25, 9, tzinfo=UTC)
DEC_2 = datetime(2026, 12, 2, 9, tzinfo=UTC)
CENT, EUR = 10_000, 1_000_000


def test_change_in_mid_month(db: None) -> None:
    with begun() as journey:
        small, large, tiny = (
            journey.sell(code, ("subscription", amount * EUR, "advance"))
            for code, amount in (("SMALL", 100), ("LARGE", 200), ("TINY", 50))
        )
        journey.subscribe(small, "2026-10-01", at=OCT_1)
        assert journey.close("october", "2026-10-31", at=NOV_2) == [
            ("invoice", 200 * EUR, 238 * EUR)  # October, and November in advance
        ]

        # 106.67 for the 16 days from the 15th, less 53.33: 53.34, tax 10.13. Of November 153.34.
        journey.subscribe(large, "2026-11-15", at=NOV_10)
        assert journey.close("the 15th", "2026-11-14", at=NOV_15) == [
            ("invoice", 5_334 * CENT, 6_347 * CENT)
        ]
        assert journey.lines()[-1] == [
            ("subscription", "15.11-30.11", 10_667 * CENT),
            ("correction", "15.11-30.11", -5_333 * CENT),
        ]
        assert journey.close("again", "2026-11-14", at=NOV_15) == []

        # 10.00 for 6 days, less 40.00 of 106.67 that LARGE keeps 66.67 of: 30.00 are credit.
        journey.subscribe(tiny, "2026-11-25", at=NOV_15)
        assert journey.close("the 25th", "2026-11-24", at=NOV_25) == [
            ("invoice", -30 * EUR, -3_570 * CENT)
        ]
        assert journey.lines()[-1] == [
            ("subscription", "25.11-30.11", 10 * EUR),
            ("correction", "25.11-30.11", -40 * EUR),
        ]
        assert journey.close("november", "2026-11-30", at=DEC_2) == [
            ("invoice", 50 * EUR, 5_950 * CENT)  # December
        ]
        stands = [micros for lines in journey.lines()[:-1] for *_, micros in lines]
        assert sum(stands) == (100 * EUR) + 4_667 * CENT + 6_667 * CENT + 10 * EUR
