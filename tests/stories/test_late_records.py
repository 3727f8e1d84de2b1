"""Calls that come late, three months long: on the next invoice, on a note, on an invoice of their
own; and a switch that changes what it had told of a billed call.
"""

from __future__ import annotations

from datetime import UTC, datetime

from tests.stories.journey import Journey, begun, minute
from tests.support.billing import say
from tests.support.switch import Row

DEC_2 = datetime(2026, 12, 2, 9, tzinfo=UTC)
DEC_9 = datetime(2026, 12, 9, 9, tzinfo=UTC)
JAN_4 = datetime(2027, 1, 4, 9, tzinfo=UTC)
JAN_20 = datetime(2027, 1, 20, 9, tzinfo=UTC)
FEB_2 = datetime(2027, 2, 2, 9, tzinfo=UTC)


def november(journey: Journey) -> None:
    """61 s and 30 s to London: 1.20 + 0.60 = 1.80, tax 0.34."""
    journey.take(
        "november.csv",
        Row(key=1, seconds=61, minute=minute("2026-11-05")),
        Row(key=2, seconds=30, minute=minute("2026-11-12")),
        at=DEC_2,
    )
    assert journey.close("november", "2026-11-30", at=DEC_2) == [("invoice", 1_800_000, 2_140_000)]


def test_late_calls_over_three_months(db: None) -> None:
    with begun() as journey:
        november(journey)

        # On 9 December the switch sends a file again with a call of November that it had held
        # back (61 s: 1.20), beside one of December (30 s: 0.60). What it sent before is known.
        again = journey.take(
            "december.csv",
            Row(key=2, seconds=30, minute=minute("2026-11-12")),
            Row(key=3, seconds=61, minute=minute("2026-11-20")),
            Row(key=4, seconds=30, minute=minute("2026-12-03")),
            at=DEC_9,
        )
        assert (again.rated, again.duplicates, again.quarantined) == (2, 1, 0)
        # The rule says next_invoice: December's has both, 1.80 and 19 % of it.
        assert journey.close("december", "2026-12-31", at=JAN_4) == [
            ("invoice", 1_800_000, 2_140_000)
        ]

        # From now on late calls are billed apart. One of November (121 s: 1.80) and one of
        # December (60 s to Berlin: 0.12) come on 20 January, with one of January (61 s: 1.20).
        say("late_usage", "own_invoice", since=JAN_4)
        journey.take(
            "january.csv",
            Row(key=5, seconds=121, minute=minute("2026-11-25")),
            Row(key=6, seconds=60, called="+4930987654", minute=minute("2026-12-28")),
            Row(key=7, seconds=61, minute=minute("2027-01-10")),
            at=JAN_20,
        )
        assert journey.close("january", "2027-01-31", at=FEB_2) == [
            ("debit_note", 1_920_000, 2_280_000),  # tax of 1.92: 0.3648, so 0.36
            ("invoice", 1_200_000, 1_430_000),
        ]
        assert journey.owes(journey.acme) == 2_140_000 * 2 + 2_280_000 + 1_430_000


def test_a_billed_call_that_was_longer_and_then_shorter_after_all(db: None) -> None:
    with begun() as journey:
        november(journey)

        # The switch corrects call 1: 121 s, three minutes, 1.80 instead of 1.20. It waits, nothing
        # moves; accepted, it is a debit note of 0.60 and 0.11 tax.
        journey.take("fixed.csv", Row(key=1, seconds=121, minute=minute("2026-11-05")), at=DEC_9)
        assert journey.owes(journey.acme) == 2_140_000
        assert journey.correct(at=DEC_9).proposed == 1
        assert journey.accept_all(at=DEC_9) == [("debit_note", 600_000, 710_000)]

        # And once more: it was 30 s, 0.60. 1.20 less than what stands goes back: the debit note's
        # 0.60 and the rest of the invoice's, each on a credit note of its own document.
        journey.take(
            "fixed again.csv", Row(key=1, seconds=30, minute=minute("2026-11-05")), at=JAN_4
        )
        assert journey.correct(at=JAN_4).proposed == 1
        notes = journey.accept_all(at=JAN_4)
        assert sum(net for _, net, _ in notes) == -1_200_000
        assert {kind for kind, _, _ in notes} == {"credit_note"}
        # In the end 0.60 + 0.60 are billed, as if it had been told so at once; each document's tax
        # was rounded for itself: 2.14 + 0.71 - 0.71 - 0.71 = 1.43, and 19 % of 1.20 is 0.23.
        assert journey.owes(journey.acme) == 1_430_000
        assert journey.close("december", "2026-12-31", at=JAN_4) == []
