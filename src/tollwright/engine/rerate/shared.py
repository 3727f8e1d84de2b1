"""Calls that share pools, re-rated: each in its turn, those of the scope by the prices of now.

What a call costs then depends on the calls before it, whether they are in the scope or not. So all
calls of the customer and billing period are gone through from the first one of the scope on: those
of the scope by the terms of now, the others by the terms they were rated by. Charges that wait in
an open proposal count with what is proposed. An issued charge whose amount stays keeps its terms
and what it drew. Calls priced from their cost draw on nothing: of those only such take part as had
drawn before, or are asked for on other terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import numpy as np

from tollwright.core.instants import moment_of
from tollwright.engine.rating import refusals
from tollwright.engine.rating.cost_plus import price_from_cost
from tollwright.engine.rating.historical_terms import Books, HistoricalTerms
from tollwright.engine.rating.periods import Period, Periods, read_periods
from tollwright.engine.rating.pipeline import call_at, prefixes
from tollwright.engine.rating.pools import Key
from tollwright.engine.rating.sequential import (
    Consumption,
    Histories,
    Retained,
    by_core,
    by_kernel,
    may_draw,
)
from tollwright.engine.rating.settle import QUARTER_US, uses_of
from tollwright.engine.rating.tariffs import CardRepository
from tollwright.engine.rating.terms import Book
from tollwright.engine.rating.version_change import VersionHistory
from tollwright.engine.rerate.prices import Offer
from tollwright.engine.rerate.reprice import Offers, Repriced, cost_of
from tollwright.kernel.arrays import Flags, Int64
from tollwright.kernel.call_columns import CallColumns, ChargeColumns, joined
from tollwright.store import allowances as store
from tollwright.store.allowances import Uses
from tollwright.store.calls import Cursor

CustomerPeriod = tuple[int, Period]


class Draws(NamedTuple):
    """What calls draw; `uses.pool` is a place, from 1, in `pools`."""

    uses: Uses
    pools: Sequence[str]


@dataclass(slots=True)
class SharedCalls:
    """Calls of the scope that share pools, to be priced when all of them are known."""

    charges: list[ChargeColumns] = field(default_factory=list)
    _answered: list[Int64] = field(default_factory=list)
    versions: set[int] = field(default_factory=set)

    def take(self, found: Repriced) -> Repriced:
        """The batch without the calls that share pools; those that wait in a proposal stay."""
        status, stood = found.now.status, found.stood
        shares = status == refusals.ALLOWANCES
        status[shares & (stood.waits == 1)] = refusals.NONE
        shares &= stood.waits == 0
        if not shares.any():
            return found
        whose = found.calls.campaign_id[shares]
        self.charges.append(stood.pick(shares).replaced(campaign_id=whose))
        self._answered.append(found.calls.answered_us[shares])
        self.versions |= set(stood.version_id[shares].tolist())
        return found.only(~shares)

    def first_moments(
        self, periods: Periods, customers: Mapping[int, int]
    ) -> dict[CustomerPeriod, datetime]:
        """The customers and billing periods, and when the first call of each was answered."""
        since: dict[CustomerPeriod, datetime] = {}
        for charges, answered in zip(self.charges, self._answered, strict=True):
            quarters = np.stack([charges.campaign_id, answered // QUARTER_US], axis=1)
            _, firsts = np.unique(quarters, axis=0, return_inverse=True)
            least = np.full(int(firsts.max()) + 1, np.iinfo(np.int64).max)
            np.minimum.at(least, firsts.reshape(-1), answered)
            whose = np.zeros(len(least), np.int64)
            whose[firsts.reshape(-1)] = charges.campaign_id
            for campaign_id, us in zip(whose.tolist(), least.tolist(), strict=True):
                moment, customer_id = moment_of(us), customers[campaign_id]
                place = customer_id, periods.of(customer_id, moment)
                since[place] = min(since.get(place, moment), moment)
        return since


def shared(
    cursor: Cursor, offers: Offers, book: Book, causes: tuple[str, ...], aside: SharedCalls
) -> Iterator[tuple[Repriced, Draws]]:
    """What the calls aside come to, and those that move with them, by customer and period."""
    if not aside.charges:
        return
    customers = {one.id: one.customer_id for one in book.campaigns.values()}
    since = aside.first_moments(read_periods(cursor, book, customers.values()), customers)
    terms = HistoricalTerms(CardRepository(cursor), Books(book), causes)
    versions = sorted(aside.versions | offers.source.pooled)
    plans = {held.plan_version_id for held in book.subscriptions if held.cost_plus}
    scope = joined(aside.charges, order_by="charge_id")
    walk = _RepricingPass(cursor, offers, causes, terms, scope, versions, sorted(plans))
    for (customer_id, period), moment in sorted(since.items()):
        yield walk.go(customer_id, period, moment)


@dataclass(slots=True)
class _Turn:
    """The calls of a customer's period, each in its turn: the charges that stand, which are of the
    scope, how they are asked for now and had been (None: nothing but the scope counts)."""

    calls: CallColumns
    stood: ChargeColumns
    inside: Flags
    was: CallColumns | None
    from_cost: list[tuple[Int64, Offer]] = field(default_factory=list)

    def stays(self, priced: ChargeColumns) -> Flags:
        """Issued charges whose amount stays, but that would be rated otherwise."""
        stood = self.stood
        same = self.same_terms & (priced.rate_index == stood.rate_index)
        same &= priced.billed_s == stood.billed_s
        stays: Flags = (stood.issued == 1) & priced.rated & ~same
        stays &= priced.amount_micros == stood.amount_micros
        return stays

    @property
    def same_terms(self) -> Flags:
        """Which are asked for as they had been."""
        if self.was is None:
            return np.zeros(len(self.calls), np.bool_)
        same: Flags = self.calls.tariff_no == self.was.tariff_no
        same &= self.calls.counted_ms == self.was.counted_ms
        return same


@dataclass(slots=True)
class _RepricingPass:
    """One pass. `versions` are those of the calls to be gone through, `scope` the charges of the
    scope, in the order of their ids; by `plans` calls were priced from their cost."""

    cursor: Cursor
    offers: Offers
    causes: tuple[str, ...]
    terms: HistoricalTerms
    scope: ChargeColumns
    versions: list[int]
    plans: list[int]

    def go(self, customer_id: int, period: Period, since: datetime) -> tuple[Repriced, Draws]:
        """The calls of a customer's period from `since` on."""
        values = {
            "customer_id": customer_id, "first": period[0], "last": period[1], "since": since,
            "versions": self.versions, "causes": list(self.causes), "at": since, "issued": True,
        }  # fmt: skip
        calls, stood = store.copy_calls_in_order(self.cursor, values)
        with_others = bool(self.offers.source.pooled)
        inside = np.isin(stood.charge_id, self.scope.charge_id)
        others = with_others & ~np.isin(stood.plan_id, self.plans)
        counts = (inside | others) & (stood.waits == 0)
        calls, stood, inside = calls.pick(counts), stood.pick(counts), inside[counts]
        taken = store.sum_taken(self.cursor, values | {"issued": False}) if with_others else {}
        was = self.terms.apply(calls, stood) if with_others else None
        turn = _Turn(calls, stood, inside, was)
        histories = self._ask(turn)
        priced = by_kernel(turn.calls, self.terms.tariffs, histories, taken)
        individually = int(priced.charges.individually.sum())
        if was is not None and stood.issued.any():
            priced, individually = self._retain(turn, histories, taken, priced)
        self.offers.priced_individually += individually
        return self._compared(turn, priced, customer_id)

    def _ask(self, turn: _Turn) -> dict[int, VersionHistory]:
        """What each call is priced by: in the scope by the offers of now, else as it was rated."""
        count, histories = len(turn.calls), dict[int, VersionHistory]()
        if turn.was is None:
            none = [np.zeros(count, np.int64) for _ in range(3)]
            turn.calls = turn.calls.replaced(tariff_no=none[0], counted_ms=none[1], plan_id=none[2])
        else:
            turn.calls = turn.was.replaced(
                tariff_no=turn.was.tariff_no.copy(), counted_ms=turn.was.counted_ms.copy(),
                plan_id=turn.was.plan_id.copy(),
            )  # fmt: skip
            known = self.terms.histories(turn.was, turn.stood.rated_us)
            histories = {row: one for row, one in known.items() if not turn.inside[row]}
        campaign, answered = turn.calls.campaign_id, turn.calls.answered_us
        for campaign_id in np.unique(campaign[turn.inside]).tolist():
            its = np.flatnonzero(turn.inside & (campaign == campaign_id))
            changes = self.offers.changes(campaign_id)
            for number, rows in enumerate(np.split(its, np.searchsorted(answered[its], changes))):
                if len(rows):
                    offer = self.offers.at(campaign_id, number, int(answered[rows[0]]))
                    histories |= self._offered(turn, rows, offer)
        return histories

    def _offered(self, turn: _Turn, rows: Int64, offer: Offer) -> dict[int, VersionHistory]:
        """Fill in what holds for a campaign's calls of one span; those over a new version."""
        tariff = offer.tariff
        if tariff is None:
            raise ValueError("calls that share pools have an offer")
        if tariff.version.id:
            own = self.terms.published(tariff.version.id, tariff.rounding)
        else:
            own = tariff
        turn.calls.tariff_no[rows] = self.terms.number(own)
        turn.calls.plan_id[rows] = offer.plan_id
        turn.calls.counted_ms[rows] = offer.counted_ms(turn.calls.pick(rows), self.causes)
        if offer.cost_plus is not None:
            turn.from_cost.append((rows, offer))
        crossing = rows[tariff.crosses(turn.calls.pick(rows))].tolist()
        found = {row: tariff.history(call_at(turn.calls, row)) for row in crossing}
        return {row: history for row, history in found.items() if history is not None}

    def _retain(
        self, turn: _Turn, histories: Histories, taken: Mapping[Key, int], priced: Consumption
    ) -> tuple[Consumption, int]:
        """The prices with issued charges that stay counting with what they drew, and how many core
        found; charges that are to be made of their cost draw on nothing."""
        drawing = turn.stood.issued == 1
        for rows, _ in turn.from_cost:
            drawing[rows] = False
        charges, stood = turn.stood.charge_id, turn.stood
        stays = np.flatnonzero(turn.stays(priced.charges) & drawing).tolist()
        drew = store.fetch_uses_of_charges(self.cursor, charges[stood.issued == 1].tolist())
        if all(_drew(priced, row) == drew.get(int(charges[row]), ()) for row in stays):
            return priced, int(priced.charges.individually.sum())
        same = turn.same_terms
        retained = {
            row: Retained(
                int(stood.amount_micros[row]),
                (int(stood.rate_index[row]), int(stood.billed_s[row])) if same[row] else None,
                drew.get(int(charges[row]), ()),
            )
            for row in np.flatnonzero(drawing).tolist()
        }
        found = by_core(turn.calls, self.terms.tariffs, histories, taken, retained)
        return found, len(turn.calls)

    def _compared(
        self, turn: _Turn, priced: Consumption, customer_id: int
    ) -> tuple[Repriced, Draws]:
        """What calls come to as the report counts it: those of the scope, and the others that
        change."""
        calls, stood, now = turn.calls, turn.stood, priced.charges
        prefix = self._prefixes(calls.tariff_no, now, stood.prefix)
        self._price_from_cost(turn, now)
        now = now.replaced(
            version_id=self.terms.version_ids(calls), plan_id=calls.plan_id,
            amount_micros=np.where(now.rated, now.amount_micros, stood.amount_micros),
            prefix=prefix,
            outside=1 - turn.inside, again=np.zeros(len(calls), np.int64),
            rated_us=np.where(turn.inside, 0, stood.rated_us),
            carrier_id=np.zeros(len(calls), np.int64),
        )  # fmt: skip
        found = Repriced(calls, stood, now)
        uses, pools = uses_of(calls, priced, stood.charge_id, customer_id)
        if turn.was is not None:
            differs = ~turn.same_terms | (now.rate_index != stood.rate_index)
            differs |= now.billed_s != stood.billed_s
            differs |= now.allowance_s != stood.allowance_s
            differs &= now.rated & ~found.changed & (stood.issued == 0)
            tariffs = self.terms.tariffs
            now.again[:] = differs & (may_draw(calls, tariffs) | may_draw(turn.was, tariffs))
            stays = stood.charge_id[turn.stays(now)]
            uses = Uses(*(column[~np.isin(uses.charge_id, stays)] for column in uses))
        return found.only(turn.inside | found.changed | (now.again == 1)), Draws(uses, pools)

    def _price_from_cost(self, turn: _Turn, now: ChargeColumns) -> None:
        """The amounts of calls on plans that price from the cost, and why others have none."""
        for rows, offer in turn.from_cost:
            if offer.cost_plus is None or offer.tariff is None:
                continue
            place = np.searchsorted(self.scope.charge_id, turn.stood.charge_id[rows])
            charges = now.pick(rows)
            price_from_cost(
                charges, cost_of(self.scope.pick(place)), offer.cost_plus, offer.tariff.bare
            )
            now.put(rows, charges)

    def _prefixes(self, tariff_no: Int64, now: ChargeColumns, otherwise: Int64) -> Int64:
        """Packed prefixes of the rows that price calls."""
        found = otherwise.copy()
        for number in np.unique(tariff_no).tolist():
            rows = np.flatnonzero((tariff_no == number) & now.rated)
            found[rows] = prefixes(self.terms.tariffs[number].compiled, now.pick(rows))
        return found


def _drew(priced: Consumption, row: int) -> tuple[tuple[Key, int], ...]:
    """What a call takes, by pool."""
    first, end = np.searchsorted(priced.draws[:, 0], [row, row + 1])
    return tuple(
        (priced.pools[pool], taken)
        for _, pool, _, taken in priced.draws[first:end].tolist()
        if taken
    )
