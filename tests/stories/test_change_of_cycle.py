"""Acme is invoiced by the week from December on: 49.00 a month stays 49.00 a month, and free
seconds come with each week.

GOLD: 49.00 a month in advance; 100 seconds to London free a period.
"""

from __future__ import annotations

from datetime import UTC, datetime

from tests.stories.journey import begun, minute
from tests.support.billing import say
from tests.support.switch import Row

NOV_1 = datetime(2026, 11, 1, 9, tzinfo=UTC)
NOV_10 = datetime(2026, 11, 10, 9, tzinfo=UTC)
DEC_2 = datetime(2026, 12, 2, 9, tzinfo=UTC)
DEC_14 = datetime(2026, 12, 14, 9, tzinfo=UTC)
JAN_4 = datetime(2027, 1, 4, 9, tzinfo=UTC)
FEB_2 = datetime(2027, 2, 2, 9, tzinfo=UTC)
EUR = 1_000_000


def test_change_of_cycle(db: None) -> None:
    with begun() as journey:
        gold = journey.sell("GOLD", ("subscription", 49 * EUR, "advance"), free_s=100)
        journey.subscribe(gold, "2026-11-01", at=NOV_1)

        # Said on 10 November, the week begins when November is over: one pool for the month.
        say("cycle", "weekly", journey.acme, since=NOV_10)
        journey.take(
            "november.csv",
            Row(key=1, seconds=61, minute=minute("2026-11-05")),
            Row(key=2, seconds=61, minute=minute("2026-11-20")),  # 39 s free, a minute: 0.60
            at=DEC_2,
        )
        # November and December in advance: 98.00 and 0.60, tax 18.73.
        assert journey.close("november", "2026-11-30", at=DEC_2) == [
            ("invoice", 98_600_000, 117_330_000)
        ]

        # Tuesday 1 to Sunday 6 December is a period, then weeks, each with 100 seconds. The first
        # has 0.60; the second's call is free, so there is nothing to invoice.
        journey.take(
            "december.csv",
            Row(key=3, seconds=61, minute=minute("2026-12-02")),
            Row(key=4, seconds=61, minute=minute("2026-12-04")),
            Row(key=5, seconds=61, minute=minute("2026-12-08")),
            at=DEC_14,
        )
        assert journey.close("weeks", "2026-12-13", at=DEC_14) == [("invoice", 600_000, 710_000)]

        # January is due on the first invoice after it began, that of 28 December to 3 January;
        # February begins on a Monday, on which the last week of January is invoiced.
        assert journey.close("january", "2027-01-03", at=JAN_4) == [
            ("invoice", 49 * EUR, 58_310_000)
        ]
        assert journey.close("february", "2027-01-31", at=FEB_2) == [
            ("invoice", 49 * EUR, 58_310_000)
        ]
        assert journey.lines() == [
            [
                ("subscription", "01.11-30.11", 49 * EUR),
                ("subscription", "01.12-31.12", 49 * EUR),
                ("usage", "01.11-30.11", 600_000),
            ],
            [("usage", "01.12-06.12", 600_000)],
            # the free call of 8 December, for which no invoice was made, does not come back
            [("subscription", "01.01-31.01", 49 * EUR)],
            [("subscription", "01.02-28.02", 49 * EUR)],
        ]
        days = [(str(one.days.first), str(one.days.last)) for one in journey.issued.values()]
        assert days == [
            ("2026-11-01", "2026-11-30"),
            ("2026-12-01", "2026-12-06"),
            ("2026-12-28", "2027-01-03"),
            ("2027-01-25", "2027-01-31"),
        ]
