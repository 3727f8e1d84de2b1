"""A change of zone makes no call late: what was in a period by its own zone stays in it."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from tests.support.billing import LONG_AGO, Books, bill_and_issue, say
from tollwright.domain.invoices import queries

EUR = 1_000_000
NOV_2 = datetime(2026, 11, 2, 9, tzinfo=UTC)
NOV_10 = datetime(2026, 11, 10, 9, tzinfo=UTC)
DEC_2 = datetime(2026, 12, 2, 9, tzinfo=UTC)
JAN_4 = datetime(2027, 1, 4, 9, tzinfo=UTC)
WEST, EAST = "America/New_York", "Asia/Tokyo"


@pytest.mark.parametrize("since", [LONG_AGO, NOV_10])
@pytest.mark.parametrize("zone", [WEST, EAST])
@pytest.mark.parametrize("late", ["own_invoice", "next_invoice"])
def test_calls_about_midnight_stay_in_their_period(
    books: Books, zone: str, since: datetime, late: str
) -> None:
    """October ends at Berlin's midnight, 23:00 UTC, and is issued; then the customer moves.

    Whatever the other zone's day: October's call stays October's, November's first is November's,
    and one of each zone's end of November is billed once, late nowhere.
    """
    say("late_usage", late)
    books.call("2026-10-31T22:59", 1 * EUR)
    books.call("2026-10-31T23:00", 2 * EUR)
    (october,) = bill_and_issue("october", NOV_2)
    say("timezone", zone, books.world.customer, since=since)
    for moment in ("2026-11-15T12:00", "2026-11-30T14:59", "2026-11-30T23:30"):
        books.call(moment, 4 * EUR)
    later = bill_and_issue("november", DEC_2) + bill_and_issue("december", JAN_4)
    told = [(one.document_type, one.net_micros // EUR) for one in [october, *later]]
    assert [kind for kind, _ in told] == ["invoice"] * len(told)
    assert told[0] == ("invoice", 1)
    assert sum(euros for _, euros in told) == 15
    periods = [(one.period_from, one.period_to) for one in [october, *later]]
    assert all(before[1] == after[0] for before, after in pairwise(periods))
    assert queries.check_sums() == []
