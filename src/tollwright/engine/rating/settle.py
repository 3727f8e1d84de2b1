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
from tollwright.engine.rating.counted_time import causes_of
from tollwright.engine.rating.historical_terms import Books, HistoricalTerms
from tollwright.engine.rating.periods import Period, read_periods
from tollwright.engine.rating.propagate_costs import propagate_costs
from tollwright.engine.rating.sequential import Consumption, by_kernel
from tollwright.engine.rating.tariffs import CardRepository
from tollwright.engine.rating.terms import read_book
from tollwright.kernel.arrays import Flags, Int64
from tollwright.kernel.call_columns import CallColumns, ChargeColumns
from tollwright.store import allowances as store
from tollwright.store import calls as stored
from tollwright.store.allowances import Uses
from tollwright.store.rerate import lock_usage, new_charge_ids, span_of

QUARTER_US = 900_000_000
Touched = Iterable[tuple[int, datetime]]  # (customer, when a call was answered)


def settle(
    cursor: stored.Cursor,
    *,
    tenant_id: int,
    zone: str,
    at: datetime,
    touched: Touched,
    whole: bool = False,
) -> int:
    """Let the calls of the touched customers and periods draw in turn; `zone` is the tenant's.

    `touched` tells when calls were answered that are new, or no more. `whole`: from the beginning
    of their periods on, since what was fixed in any turn is so no longer.

    Returns how many of all that were gone through core priced, one by one: calls that run into
    another version of their card, and short turns among many.
    """
    moments = list(touched)
    if not moments:
        return 0
    lock_usage(cursor)  # nobody else draws: held until the transaction ends
    book = read_book(cursor)
    cards = CardRepository(cursor)
    walk = _SettlementPass(
        cursor, tenant_id, ZoneInfo(zone), at, Books(book), causes_of(book), cards
    )
    periods = read_periods(cursor, book, (customer_id for customer_id, _ in moments))
    since = dict[tuple[int, Period], datetime]()
    for customer_id, moment in moments:
        period = periods.of(customer_id, moment)
        place = customer_id, period
        since[place] = period[0] if whole else min(since.get(place, moment), moment)
    individually = 0
    for (customer_id, period), moment in sorted(since.items()):
        individually += walk.go(customer_id, period, moment)
    stored.sum_days(cursor, tenant_id=tenant_id, zone=zone, days=sorted(walk.days))
    return individually


@dataclass(slots=True)
class _SettlementPass:
    """One transaction's way through the calls of its customers and periods."""

    cursor: stored.Cursor
    tenant_id: int
    zone: ZoneInfo
    at: datetime
    books: Books
    causes: tuple[str, ...]
    cards: CardRepository
    days: set[stored.CampaignDay] = field(default_factory=set)

    def go(self, customer_id: int, period: Period, since: datetime) -> int:
        """The calls of a customer's period from `since` on, each in its turn."""
        values = {
            "customer_id": customer_id, "first": period[0], "last": period[1], "since": since,
            "versions": self.books.pooled, "causes": list(self.causes), "at": self.at,
            "issued": False,
        }  # fmt: skip
        taken = store.sum_taken(self.cursor, values | {"issued": True})
        calls, stood = store.copy_calls_in_order(self.cursor, values)
        terms = HistoricalTerms(self.cards, self.books, self.causes)
        calls = terms.apply(calls, stood)
        histories = terms.histories(calls, stood.rated_us)
        priced = by_kernel(calls, terms.tariffs, histories, taken)
        new = stood.charge_id == 0
        for row in np.flatnonzero(new & ~priced.charges.rated).tolist():
            raise ValueError(f"call {calls.call_id[row]} came in unrated")
        fresh = _differs(stood, priced.charges)
        charge_id = stood.charge_id.copy()
        charge_id[fresh] = new_charge_ids(self.cursor, int(fresh.sum()))
        charges = priced.charges.replaced(
            charge_id=charge_id, old_id=stood.charge_id, call_id=calls.call_id,
            started_us=calls.started_us, rated_us=stood.rated_us, revision=stood.revision,
            version_id=terms.version_ids(calls), plan_id=calls.plan_id,
        ).pick(fresh)  # fmt: skip
        store.write_charges(self.cursor, charges)
        if len(charges):
            propagate_costs(
                self.cursor, charges.charge_id.tolist(), span_of(charges.started_us),
                tenant_id=self.tenant_id, at=self.at,
            )  # fmt: skip
        uses, pools = uses_of(calls, priced, charge_id, customer_id)
        store.write_uses(self.cursor, uses, tenant_id=self.tenant_id, pools=pools)
        self._note(calls.pick(fresh))
        return int(priced.charges.individually.sum())

    def _note(self, drawing: CallColumns) -> None:
        """The campaigns' days whose sums change; days begin with a quarter of an hour."""
        quarters = drawing.started_us // QUARTER_US
        pairs = np.unique(np.stack([drawing.campaign_id, quarters], axis=1), axis=0)
        self.days |= {
            stored.CampaignDay(
                campaign, moment_of(quarter * QUARTER_US).astimezone(self.zone).date()
            )
            for campaign, quarter in pairs.tolist()
        }


def _differs(stood: ChargeColumns, now: ChargeColumns) -> Flags:
    """Calls that get a charge: their first, or another than stands."""
    other = (stood.amount_micros != now.amount_micros) | (stood.rate_index != now.rate_index)
    other |= (stood.billed_s != now.billed_s) | (stood.allowance_s != now.allowance_s)
    found: Flags = ((stood.charge_id == 0) | other) & now.rated
    return found


def uses_of(
    calls: CallColumns, priced: Consumption, charge_id: Int64, customer_id: int
) -> tuple[Uses, Sequence[str]]:
    """What calls drew, for the charges that they have now, and the names of the pools."""
    row, pool, before, taken = priced.draws.T
    cards = np.array([key[0] for key in priced.pools], np.int64)
    campaigns = np.array([key[1] for key in priced.pools], np.int64)
    uses = Uses(
        charge_id[row], calls.started_us[row], calls.answered_us[row],
        np.full(len(row), customer_id), campaigns[pool], cards[pool], pool + 1, before, taken,
    )  # fmt: skip
    return uses, [key[2] for key in priced.pools]
