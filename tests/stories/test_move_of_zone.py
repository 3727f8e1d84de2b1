"""Acme moves from Berlin to New York in mid-month: the period ends as it began, the next is six
hours longer, and neither a call nor a free second is counted twice.

GOLD: 31.00 a month in arrears; 100 seconds to London free a period.
"""

from __future__ import annotations

from datetime import UTC, datetime

from tests.stories.journey import begun, minute
from tests.support.billing import say
from tests.support.switch import Row

NOV_1 = datetime(2026, 11, 1, 9, tzinfo=UTC)
NOV_10 = datetime(2026, 11, 10, 9, tzinfo=UTC)
DEC_2 = datetime(2026, 12, 2, 9, tzinfo=UTC)
JAN_4 = datetime(2027, 1, 4, 9, tzinfo=UTC)
FEB_2 = datetime(2027, 2, 2, 9, tzinfo=UTC)
EUR = 1_000_000


def test_move_of_zone(db: None) -> None:
    with begun() as journey:
        gold = journey.sell("GOLD", ("support", 31 * EUR, "arrears"), free_s=100)
        journey.subscribe(gold, "2026-11-01", at=NOV_1)
        say("timezone", "America/New_York", journey.acme, since=NOV_10)

        # November is Berlin's to its end: 61 s free, then 39 s free and a minute, 0.60. A call at
        # 01:00 UTC of 1 December is still November in New York, but Berlin's month is over.
        journey.take(
            "november.csv",
            Row(key=1, seconds=61, minute=minute("2026-11-05")),
            Row(key=2, seconds=61, minute=minute("2026-11-20")),
            Row(key=3, seconds=61, minute=minute("2026-12-01", "01:00")),
            at=DEC_2,
        )
        assert journey.close("november", "2026-11-30", at=DEC_2) == [
            ("invoice", 31_600_000, 37_600_000)  # tax 6.00
        ]

        # December ends at New York's midnight, 05:00 UTC: a call at 03:00 is one of December's,
        # which has 39 free seconds left (0.60); one at 06:00 is January's, free.
        journey.take(
            "december.csv",
            Row(key=4, seconds=61, minute=minute("2027-01-01", "03:00")),
            Row(key=5, seconds=61, minute=minute("2027-01-01", "06:00")),
            at=JAN_4,
        )
        assert journey.close("too early", "2026-12-31", at=JAN_4) == []
        assert journey.close("december", "2027-01-01", at=JAN_4) == [
            ("invoice", 31_600_000, 37_600_000)
        ]
        assert journey.close("january", "2027-02-01", at=FEB_2) == [
            ("invoice", 31 * EUR, 36_890_000)
        ]
        assert journey.lines() == [
            [("support", "01.11-30.11", 31 * EUR), ("usage", "01.11-30.11", 600_000)],
            [("support", "01.12-31.12", 31 * EUR), ("usage", "01.12-31.12", 600_000)],
            [("support", "01.01-31.01", 31 * EUR), ("usage", "01.01-31.01", 0)],
        ]
        november, december, january = journey.issued.values()
        assert november.period_to == december.period_from == datetime(2026, 11, 30, 23, tzinfo=UTC)
        assert december.period_to == january.period_from == datetime(2027, 1, 1, 5, tzinfo=UTC)
