"""A wrong price is found after the month was billed, paid by one customer and open at the other.

RETAIL was 0.60 to +44 and 0.12 to +49, a whole minute at a time; right would have been 0.30 and
0.24. Acme called London for 61 s and 30 s and Berlin for 61 s: 1.20 + 0.60 + 0.24 = 2.04; right:
0.60 + 0.30 + 0.48 = 1.38. Beta called London for 60 s: 0.60; right: 0.30.
"""

from __future__ import annotations

from datetime import UTC, datetime

from tests.stories.journey import begun, minute
from tests.support.billing import ANNA, as_data
from tests.support.switch import Row, add_version
from tests.support.world import START
from tollwright.domain.payments.operations import record_payment
from tollwright.domain.rerating import operations, queries
from tollwright.domain.rerating.scope import CallScope

DEC_2 = datetime(2026, 12, 2, 9, tzinfo=UTC)
DEC_10 = datetime(2026, 12, 10, 9, tzinfo=UTC)
DEC_15 = datetime(2026, 12, 15, 9, tzinfo=UTC)
JAN_4 = datetime(2027, 1, 4, 9, tzinfo=UTC)
RIGHT = (("44", "United Kingdom", 300_000_000, False), ("49", "Germany", 240_000_000, False))
NOVEMBER = (
    Row(key=1, seconds=61, minute=minute("2026-11-05")),
    Row(key=2, seconds=30, minute=minute("2026-11-06")),
    Row(key=3, seconds=61, called="+4930987654", minute=minute("2026-11-07")),
    Row(key=4, seconds=60, account="BETA", minute=minute("2026-11-08")),
)


def test_from_the_wrong_invoice_to_the_right_balance(db: None) -> None:
    with begun() as journey:
        journey.take("november.csv", *NOVEMBER, at=DEC_2)
        assert journey.close("november", "2026-11-30", at=DEC_2) == [
            ("invoice", 2_040_000, 2_430_000),  # tax of 2.04: 0.3876, so 0.39
            ("invoice", 600_000, 710_000),
        ]
        record_payment(
            customer=journey.acme, amount_micros=2_430_000, currency="EUR", received_at=DEC_10,
            key="acme pays", method="transfer", reference="INV", at=DEC_10, by=ANNA,
            confirmed=True, render=as_data,
        )  # fmt: skip
        assert journey.owes(journey.acme) == 0

        # Calls of December come in at the wrong price: 61 s, 1.20, on nobody's invoice yet.
        journey.take("december.csv", Row(key=5, seconds=61, minute=minute("2026-12-09")), at=DEC_10)

        # The right prices are published for the past. One call is open and revised at once; four
        # are on paper and become one proposal a document.
        add_version(journey.switch.card, 2, START, RIGHT)
        assert journey.rerate("right prices", at=DEC_15) == (1, 4)
        proposals = {one.invoice.customer.code: one for one in queries.proposals()}
        assert {code: queries.difference_of(one) for code, one in proposals.items()} == {
            "ACME": -660_000, "BETA": -300_000,
        }  # fmt: skip

        # Beta agreed to its price and is refused its note; Acme is credited 0.66 and 0.13 tax.
        operations.reject(
            proposal=proposals["BETA"], reason="priced by contract", at=DEC_15, by=ANNA
        )
        assert journey.accept_all(at=DEC_15) == [("credit_note", -660_000, -790_000)]
        assert journey.statement(journey.acme) == [
            ("invoice", 2_430_000, 2_430_000),
            ("payment", -2_430_000, 0),
            ("credit_note", -790_000, -790_000),
        ]

        # December is billed at the right price, 0.60; the credit of the note pays it, 0.08 is left.
        assert journey.close("december", "2026-12-31", at=JAN_4) == [("invoice", 600_000, 710_000)]
        assert journey.owes(journey.acme) == -80_000
        assert journey.owes(journey.beta) == 710_000

        # Nothing is left to correct but what was refused, and asking again says the same.
        report = queries.difference_report(CallScope(), at=JAN_4)
        differences = {row.name: row.difference_micros for row in report.customers}
        assert differences == {"Acme Ltd": 0, "Beta Ltd": -300_000}
