"""Acme begins on 11 November, and leaves on 20 January: each day is paid once, free seconds come
with the month.

GOLD: 50.00 once, 30.00 a month in advance, 9.00 in arrears; 100 seconds to London free a period.
"""

from __future__ import annotations

from datetime import UTC, datetime

from tests.stories.journey import begun, minute
from tests.support.switch import Row

NOV_9 = datetime(2026, 11, 9, 9, tzinfo=UTC)
DEC_2 = datetime(2026, 12, 2, 9, tzinfo=UTC)
JAN_4 = datetime(2027, 1, 4, 9, tzinfo=UTC)
FEB_2 = datetime(2027, 2, 2, 9, tzinfo=UTC)
MAR_2 = datetime(2027, 3, 2, 9, tzinfo=UTC)
EUR = 1_000_000


def test_start_in_mid_month(db: None) -> None:
    with begun() as journey:
        gold = journey.sell(
            "GOLD",
            ("registration", 50 * EUR, "advance"),
            ("subscription", 30 * EUR, "advance"),
            ("support", 9 * EUR, "arrears"),
            free_s=100,
        )
        held = journey.subscribe(gold, "2026-11-11", at=NOV_9)

        # 61 s of the 100 are free; of the next 61 s the last 39, and 22 s are a minute: 0.60.
        journey.take(
            "november.csv",
            Row(key=1, seconds=61, minute=minute("2026-11-12")),
            Row(key=2, seconds=61, minute=minute("2026-11-20")),
            at=DEC_2,
        )
        # 50.00, 20 of 30 days of 30.00 and of 9.00, December in advance: 106.60, tax 20.25.
        assert journey.close("november", "2026-11-30", at=DEC_2) == [
            ("invoice", 106_600_000, 126_850_000)
        ]
        assert journey.lines()[-1] == [
            ("registration", "", 50 * EUR),
            ("subscription", "11.11-30.11", 20 * EUR),
            ("subscription", "01.12-31.12", 30 * EUR),
            ("support", "11.11-30.11", 6 * EUR),
            ("usage", "01.11-30.11", 600_000),
        ]

        # December has its own 100 seconds. January's 30.00 and December's 9.00; tax 7.41.
        journey.take("december.csv", Row(key=3, seconds=61, minute=minute("2026-12-03")), at=JAN_4)
        assert journey.close("december", "2026-12-31", at=JAN_4) == [
            ("invoice", 39 * EUR, 46_410_000)
        ]

        # It ends on 20 January: 20 of 31 days are 19.35 and 5.81. 10.65 of January come back.
        journey.end(held, "2027-01-20", at=JAN_4)
        assert journey.close("january", "2027-01-31", at=FEB_2) == [
            ("invoice", -4_840_000, -5_760_000)
        ]
        assert journey.lines()[-1] == [
            ("support", "01.01-20.01", 5_810_000),
            ("correction", "21.01-31.01", -10_650_000),
        ]
        assert journey.close("february", "2027-02-28", at=MAR_2) == []
        assert journey.owes(journey.acme) == 126_850_000 + 46_410_000 - 5_760_000
