"""Calls draw on their pools in turn: by time of answer, then by key, whatever order files come in.

A call on a card with allowances comes in without a charge. When its file is whole, the calls of
its customer and billing period are gone through in turn, from the earliest that is new: those
without a charge get one, those that stand get a new revision where they cost something else now.
A charge on an issued invoice stays: what it took is taken, and calls that come in late share what
is left. A re-rated call keeps the moment of its first rating, so that it replays by the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from tollwright.core.instants import moment_of
from tollwright.engine.rating.columns import causes_of
from tollwright.engine.rating.historical_terms import Asked, Books, Then
from tollwright.engine.rating.periods import Period, read_periods
from tollwright.engine.rating.propagate_costs import follow
from tollwright.engine.rating.sequential import Calls, Priced, price_sequentially
from tollwright.engine.rating.terms import read_book
from tollwright.kernel.arrays import Flags, Int64
from tollwright.store import allowances as store
from tollwright.store import calls
from tollwright.store.allowances import Drawn, Turn, Uses
from tollwright.store.rerate import Charges, claim_charge_ids, lock_usage, span_of

QUARTER_US = 900_000_000
Touched = Iterable[tuple[int, datetime]]  # (customer, when a call was answered)


@dataclass(frozen=True, slots=True)
class Settled:
    """How many calls got their first charge, and how many a new revision.

    Core priced `priced_individually` of all that were gone through, one by one: those that run
    into another version of their card, and short turns among many.
    """

    charged: int = 0
    revised: int = 0
    priced_individually: int = 0

    def __add__(self, other: Settled) -> Settled:
        return Settled(
            self.charged + other.charged,
            self.revised + other.revised,
            self.priced_individually + other.priced_individually,
        )


def settle(
    cursor: calls.Cursor,
    *,
    tenant_id: int,
    zone: str,
    at: datetime,
    touched: Touched,
    whole: bool = False,
) -> Settled:
    """Let the calls of the touched customers and periods draw in turn; `zone` is the tenant's.

    `touched` tells when calls were answered that are new, or no more. `whole`: from the beginning
    of their periods on, since what was fixed in any turn is so no longer.
    """
    told = list(touched)
    if not told:
        return Settled()
    lock_usage(cursor)  # nobody else draws: held until the transaction ends
    walk = _Walk(cursor, tenant_id, ZoneInfo(zone), at, Books(read_book(cursor)))
    periods = read_periods(cursor, walk.books.book, (customer_id for customer_id, _ in told))
    since = dict[tuple[int, Period], datetime]()
    for customer_id, moment in told:
        period = periods.of(customer_id, moment)
        place = customer_id, period
        since[place] = period[0] if whole else min(since.get(place, moment), moment)
    done = Settled()
    for (customer_id, period), moment in sorted(since.items()):
        done += walk.go(customer_id, period, moment)
    calls.sum_days(cursor, tenant_id=tenant_id, zone=zone, days=sorted(walk.days))
    return done


@dataclass(slots=True)
class _Walk:
    """One transaction's way through the calls of its customers and periods."""

    cursor: calls.Cursor
    tenant_id: int
    zone: ZoneInfo
    at: datetime
    books: Books
    days: set[calls.CampaignDay] = field(default_factory=set)

    def go(self, customer_id: int, period: Period, since: datetime) -> Settled:
        """The calls of a customer's period from `since` on, each in its turn."""
        causes = causes_of(self.books.book)
        values = {
            "customer_id": customer_id, "first": period[0], "last": period[1], "since": since,
            "versions": self.books.pooled, "causes": list(causes), "at": self.at, "issued": False,
        }  # fmt: skip
        taken = store.sum_taken(self.cursor, values | {"issued": True})
        turn = store.copy_calls_in_order(self.cursor, values)
        then = Then(self.cursor, self.books, causes)
        asked = then.asked(turn)
        in_turn = calls_of(turn.charges, asked.tariff, asked.counted_ms)
        lines = then.lines(in_turn, turn.rated_us)
        priced = price_sequentially(in_turn, then.tariffs, lines, taken)
        new = turn.charges.charge_id == 0
        for place in np.flatnonzero(new & (priced.rated == 0)).tolist():
            raise ValueError(f"call {turn.charges.call_id[place]} came in unrated")
        fresh = _differs(turn, priced)
        charge_id = turn.charges.charge_id.copy()
        charge_id[fresh] = claim_charge_ids(self.cursor, int(fresh.sum()))
        drawn = _drawn(turn, asked, priced, charge_id, fresh)
        store.write_charges(self.cursor, drawn)
        if len(drawn.charge_id):
            follow(
                self.cursor, drawn.charge_id.tolist(), span_of(drawn.started_us),
                tenant_id=self.tenant_id, at=self.at,
            )  # fmt: skip
        uses, pools = uses_of(turn.charges, priced, charge_id, customer_id)
        store.write_uses(self.cursor, uses, tenant_id=self.tenant_id, pools=pools)
        self._note(turn.only(fresh))
        return Settled(
            int((fresh & new).sum()), int((fresh & ~new).sum()), priced.priced_individually
        )

    def _note(self, turn: Turn) -> None:
        """The campaigns' days whose sums change; days begin with a quarter of an hour."""
        quarters = turn.charges.started_us // QUARTER_US
        pairs = np.unique(np.stack([turn.charges.campaign_id, quarters], axis=1), axis=0)
        self.days |= {
            calls.CampaignDay(
                campaign, moment_of(quarter * QUARTER_US).astimezone(self.zone).date()
            )
            for campaign, quarter in pairs.tolist()
        }


def calls_of(charges: Charges, tariff: Int64, counted_ms: Int64) -> Calls:
    """Stored calls as they are priced in turn."""
    return Calls(
        charges.called, charges.caller, charges.answered_us, counted_ms, charges.campaign_id, tariff
    )


def _differs(turn: Turn, priced: Priced) -> Flags:
    """Calls that get a charge: their first, or another than stands."""
    charges = turn.charges
    other = (charges.amount_micros != priced.amount_micros) | (turn.rate_no != priced.rate_no)
    other |= (charges.billed_s != priced.billed_s) | (turn.allowance_s != priced.allowance_s)
    found: Flags = ((charges.charge_id == 0) | other) & (priced.rated == 1)
    return found


def _drawn(
    turn: Turn,
    asked: Asked,
    priced: Priced,
    charge_id: Int64,
    fresh: Flags,
) -> Drawn:
    charges = turn.charges
    columns = (
        charge_id, charges.charge_id, charges.call_id, charges.started_us, turn.rated_us,
        turn.revision, asked.version_id, asked.plan_id, priced.rate_no, priced.billed_s,
        priced.allowance_s, priced.amount_micros,
    )  # fmt: skip
    return Drawn(*(column[fresh] for column in columns))


def uses_of(
    charges: Charges, priced: Priced, charge_id: Int64, customer_id: int
) -> tuple[Uses, Sequence[str]]:
    """What calls drew, for the charges that they have now, and the names of the pools."""
    place, pool, before, taken = priced.draws.T
    cards = np.array([key[0] for key in priced.pools], np.int64)
    campaigns = np.array([key[1] for key in priced.pools], np.int64)
    uses = Uses(
        charge_id[place], charges.started_us[place], charges.answered_us[place],
        np.full(len(place), customer_id), campaigns[pool], cards[pool], pool + 1, before, taken,
    )  # fmt: skip
    return uses, [key[2] for key in priced.pools]
