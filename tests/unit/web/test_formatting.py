"""Money, numbers and dates as the viewer's language writes them, and bars whose quarters are round.

Expected texts are those of CLDR, read there by hand.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from tollwright.web.shared import formatting
from tollwright.web.shared.charts import Day, day_chart
from tollwright.web.shared.formatting import Money

ON = date(2026, 10, 5)
AT = datetime(2026, 10, 5, 12, 3, 22, tzinfo=UTC)  # 14:03:22 in Berlin


@pytest.mark.parametrize(
    ("language", "amount", "exact", "moment", "day", "long_day", "weekday", "short_day", "month"),
    [
        ("en", "1,234.50 EUR", "-0.000125", "2026-10-05 14:03:22 CEST", "2026-10-05",
         "5 October 2026", "Mon 5 Oct 2026", "5 Oct", "October 2026"),
        ("de", "1.234,50 EUR", "-0,000125", "05.10.2026, 14:03:22 CEST", "05.10.2026",
         "5. Oktober 2026", "Mo., 5. Okt. 2026", "5. Okt.", "Oktober 2026"),
        ("fr", "1\u202f234,50 EUR", "-0,000125", "5 oct. 2026, 14:03:22 CEST", "5 oct. 2026",
         "5 octobre 2026", "lun. 5 oct. 2026", "5 oct.", "octobre 2026"),
        ("es", "1.234,50 EUR", "-0,000125", "5 oct 2026, 14:03:22 CEST", "5 oct 2026",
         "5 de octubre de 2026", "lun, 5 oct 2026", "5 oct", "octubre de 2026"),
    ],
)  # fmt: skip
def test_a_value_is_written_in_the_viewers_language(
    language: str, amount: str, exact: str, moment: str, day: str, long_day: str,
    weekday: str, short_day: str, month: str,
) -> None:  # fmt: skip
    with translation.override(language), timezone.override(ZoneInfo("Europe/Berlin")):
        written = [
            str(Money(1_234_500_000, "EUR")),
            formatting.number(Decimal("-0.000125")),
            formatting.moment(AT),
            formatting.day(ON),
            formatting.long_day(ON),
            formatting.weekday(ON),
            formatting.short_day(ON),
            formatting.month(ON),
        ]
    expected = [amount, exact, moment, day, long_day, weekday, short_day, month]
    assert [text.replace(formatting.NBSP, " ") for text in written] == expected


def test_a_day_of_a_moment_is_the_viewers_and_machines_read_iso_in_every_language() -> None:
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)  # 1 July in Berlin
    with translation.override("de"), timezone.override(ZoneInfo("Europe/Berlin")):
        assert formatting.day(late) == "01.07.2026"
        assert formatting.iso_day(late) == "2026-07-01"
        assert formatting.iso_month(late) == "2026-07"
        assert formatting.month_key(late) == "202606"  # calls are kept by months of UTC


def test_a_chart_says_its_days_and_tells_no_use_from_a_sum_of_zero() -> None:
    days = [
        Day(date(2026, 10, 5), 1_800_000, "3 calls"),
        Day(date(2026, 10, 6), 0, "1 call"),
        Day(date(2026, 10, 7), -500_000),
        Day(date(2026, 10, 8), 1, used=True),
    ]
    chart = day_chart(days, currency="EUR", title="Charges", empty="None.")
    assert [line.label for line in chart.lines] == ["2.00", "1.50", "1.00", "0.50", "0.00"]
    assert [bar.height for bar in chart.bars] == [900, 0, 0, 6]  # of 1000; a little is still seen
    assert [bar.text.replace(formatting.NBSP, " ") for bar in chart.bars] == [
        "1.80 EUR, 3 calls", "0.00 EUR, 1 call", "-0.50 EUR", "0.000001 EUR",
    ]  # fmt: skip
    assert chart.ticks == ("5 Oct", "7 Oct", "8 Oct")
    unused = [Day(date(2026, 10, 5), 0, used=False)]
    assert day_chart(unused, currency="EUR", title="Charges", empty="None.").is_empty
    assert not day_chart(days[1:2], currency="EUR", title="Charges", empty="None.").is_empty
