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
from tollwright.engine.rating.historical_terms import Asked, Books, Then
from tollwright.engine.rating.packed import packed
from tollwright.engine.rating.periods import Period, Periods, read_periods
from tollwright.engine.rating.pools import Key
from tollwright.engine.rating.sequential import Calls, Kept, Priced, by_core, price_sequentially
from tollwright.engine.rating.sequential_kernel import may_draw
from tollwright.engine.rating.settle import calls_of, uses_of
from tollwright.engine.rating.terms import Book
from tollwright.engine.rating.version_change import Line
from tollwright.engine.rerate import refusals
from tollwright.engine.rerate.cost_plus import from_cost
from tollwright.engine.rerate.prices import Offer
from tollwright.engine.rerate.reprice import Offers, Repriced
from tollwright.kernel.arrays import Flags, Int64
from tollwright.kernel.call_columns import new_charges
from tollwright.store import allowances as store
from tollwright.store.allowances import Turn, Uses
from tollwright.store.calls import Cursor
from tollwright.store.rerate import Bytes, Charges


class Draws(NamedTuple):
    """What calls draw; `uses.pool` is a place, from 1, in `pools`."""

    uses: Uses
    pools: Sequence[str]


@dataclass(slots=True)
class Aside:
    """Calls of the scope that share pools, to be priced when all of them are known."""

    _charges: list[Int64] = field(default_factory=list)
    _campaigns: list[Int64] = field(default_factory=list)
    _answered: list[Int64] = field(default_factory=list)
    _costs: list[tuple[Int64, Bytes]] = field(default_factory=list)
    versions: set[int] = field(default_factory=set)

    def take(self, found: Repriced) -> Repriced:
        """The batch without the calls that share pools; those that wait in a proposal stay."""
        shares = found.refusal == refusals.ALLOWANCES
        found.refusal[shares & (found.stored.waits == 1)] = refusals.NONE
        shares &= found.stored.waits == 0
        if not shares.any():
            return found
        self._charges.append(found.stored.charge_id[shares])
        self._campaigns.append(found.stored.campaign_id[shares])
        self._answered.append(found.stored.answered_us[shares])
        self._costs.append((found.stored.cost_micros[shares], found.stored.cost_currency[shares]))
        self.versions |= set(found.stored.version_id[shares].tolist())
        return found.only(~shares)

    def places(self, periods: Periods, customers: Mapping[int, int]) -> dict[Place, datetime]:
        """The customers and billing periods, and when the first call of each was answered."""
        since: dict[Place, datetime] = {}
        for campaigns, answered in zip(self._campaigns, self._answered, strict=True):
            quarters = np.stack([campaigns, answered // QUARTER_US], axis=1)
            _, firsts = np.unique(quarters, axis=0, return_inverse=True)
            least = np.full(int(firsts.max()) + 1, np.iinfo(np.int64).max)
            np.minimum.at(least, firsts.reshape(-1), answered)
            whose = np.zeros(len(least), np.int64)
            whose[firsts.reshape(-1)] = campaigns
            for campaign_id, us in zip(whose.tolist(), least.tolist(), strict=True):
                moment, customer_id = moment_of(us), customers[campaign_id]
                place = customer_id, periods.of(customer_id, moment)
                since[place] = min(since.get(place, moment), moment)
        return since

    @property
    def charges(self) -> Int64:
        """The charges of the calls."""
        return np.concatenate([np.zeros(0, np.int64), *self._charges])

    @property
    def costs(self) -> Costs:
        """What those calls cost, by charge."""
        charge_id = self.charges
        order = np.argsort(charge_id)
        micros = np.concatenate([np.zeros(0, np.int64), *(one for one, _ in self._costs)])
        currency = np.concatenate([np.zeros(0, "S3"), *(one for _, one in self._costs)])
        return Costs(charge_id[order], micros[order], currency[order])


class Costs(NamedTuple):
    """What calls cost, by the id of their charge, ascending."""

    charge_id: Int64
    micros: Int64
    currency: Bytes

    def put_on(self, calls: Charges) -> Charges:
        """Calls of these charges with what they cost."""
        place = np.searchsorted(self.charge_id, calls.charge_id)
        return calls._replace(cost_micros=self.micros[place], cost_currency=self.currency[place])


Place = tuple[int, Period]
QUARTER_US = 900_000_000  # no billing period of any zone begins within a quarter of an hour


def shared(
    cursor: Cursor, offers: Offers, book: Book, causes: tuple[str, ...], aside: Aside
) -> Iterator[tuple[Repriced, Draws]]:
    """What the calls aside come to, and those that move with them, by customer and period."""
    customers = {one.id: one.customer_id for one in book.campaigns.values()}
    since = aside.places(read_periods(cursor, book, customers.values()), customers)
    then = Then(cursor, Books(book), causes)
    versions = sorted(aside.versions | offers.source.pooled)
    plans = {held.plan_version_id for held in book.subscriptions if held.cost_plus}
    walk = _Walk(cursor, offers, causes, then, aside.costs, versions, sorted(plans))
    for (customer_id, period), moment in sorted(since.items()):
        yield walk.go(customer_id, period, moment)


@dataclass(slots=True)
class _Walk:
    """One pass. `versions` are those of the calls to be gone through, `costs` what the calls of the
    scope cost; by `plans` calls were priced from their cost."""

    cursor: Cursor
    offers: Offers
    causes: tuple[str, ...]
    then: Then
    costs: Costs
    versions: list[int]
    plans: list[int]
    _from_cost: list[tuple[Int64, Offer]] = field(default_factory=list)

    def go(self, customer_id: int, period: Period, since: datetime) -> tuple[Repriced, Draws]:
        """The calls of a customer's period from `since` on."""
        values = {
            "customer_id": customer_id, "first": period[0], "last": period[1], "since": since,
            "versions": self.versions, "causes": list(self.causes), "at": since, "issued": True,
        }  # fmt: skip
        turn = store.copy_calls_in_order(self.cursor, values)
        inside = np.isin(turn.charges.charge_id, self.costs.charge_id)
        others = bool(self.offers.source.pooled) & ~np.isin(turn.charges.plan_id, self.plans)
        turn = turn.only((inside | others) & (turn.charges.waits == 0))
        inside = np.isin(turn.charges.charge_id, self.costs.charge_id)
        stored = bool(self.offers.source.pooled)
        taken = store.sum_taken(self.cursor, values | {"issued": False}) if stored else {}
        was = self.then.asked(turn) if stored else None
        self._from_cost.clear()
        asked, lines = self._asked(turn, inside, was)
        calls = calls_of(turn.charges, asked.tariff, asked.counted_ms)
        priced = price_sequentially(calls, self.then.tariffs, lines, taken)
        self.offers.priced_individually += priced.priced_individually
        if was is not None and turn.issued.any():
            priced = self._keeping(turn, calls, lines, taken, was, priced)
        return self._told(turn, inside, asked, was, priced, customer_id)

    def _asked(self, turn: Turn, inside: Flags, was: Asked | None) -> tuple[Asked, dict[int, Line]]:
        """What each call is priced by: in the scope by the offers of now, else as it was rated."""
        asked = Asked(*(np.zeros(len(inside), np.int64) for _ in Asked._fields))
        lines: dict[int, Line] = {}
        if was is not None:
            asked = Asked(*(column.copy() for column in was))
            calls = calls_of(turn.charges, was.tariff, was.counted_ms)
            lines = {
                place: line
                for place, line in self.then.lines(calls, turn.rated_us).items()
                if not inside[place]
            }
        charges = turn.charges
        for campaign_id in np.unique(charges.campaign_id[inside]).tolist():
            its = np.flatnonzero(inside & (charges.campaign_id == campaign_id))
            spans = np.split(
                its, np.searchsorted(charges.answered_us[its], self.offers.changes(campaign_id))
            )
            for number, here in enumerate(spans):
                if len(here):
                    lines |= self._offered(turn, campaign_id, number, here, asked)
        return asked, lines

    def _offered(
        self, turn: Turn, campaign_id: int, span: int, here: Int64, asked: Asked
    ) -> dict[int, Line]:
        """Fill in what holds for a campaign's calls of one span; those over a new version."""
        charges = turn.charges
        offer = self.offers.at(campaign_id, span, int(charges.answered_us[here[0]]))
        if offer.tariff is None:
            asked.tariff[here] = self.then.number(offer.version_id, offer.rounding)
        else:
            asked.tariff[here] = self.then.given(offer.tariff())
        asked.version_id[here], asked.plan_id[here] = offer.version_id, offer.plan_id
        its = Charges._make(column[here] for column in charges)
        asked.counted_ms[here] = offer.counted_ms(its, self.causes)
        if offer.cost_plus is not None:
            self._from_cost.append((here, offer))
        if offer.line is None:
            return {}
        calls = calls_of(charges, asked.tariff, asked.counted_ms)
        ends = calls.answered_us[here] + calls.counted_ms[here] * 1000
        meeting = here[ends > offer.meets_us].tolist()
        found = {place: offer.line(calls.call(place)) for place in meeting}
        return {place: line for place, line in found.items() if line is not None}

    def _keeping(
        self,
        turn: Turn,
        calls: Calls,
        lines: Mapping[int, Line],
        taken: Mapping[Key, int],
        was: Asked,
        priced: Priced,
    ) -> Priced:
        """The prices with issued charges that stay counting with what they drew; those that are to
        be made of their cost draw on nothing."""
        drawing = turn.issued == 1
        for here, _ in self._from_cost:
            drawing[here] = False
        stays = [place for place in _stays(turn, calls, was, priced) if drawing[place]]
        charges = turn.charges.charge_id
        drawn = store.fetch_uses_of_charges(self.cursor, charges[turn.issued == 1].tolist())
        if all(_drew(priced, place) == drawn.get(int(charges[place]), ()) for place in stays):
            return priced
        same = _same_terms(calls, was)
        kept = {
            place: Kept(
                int(turn.charges.amount_micros[place]),
                (int(turn.rate_no[place]), int(turn.charges.billed_s[place]))
                if same[place]
                else None,
                drawn.get(int(charges[place]), ()),
            )
            for place in np.flatnonzero(drawing).tolist()
        }
        self.offers.priced_individually += len(charges) - priced.priced_individually
        return by_core(calls, self.then.tariffs, lines, taken, kept)

    def _told(
        self,
        turn: Turn,
        inside: Flags,
        asked: Asked,
        was: Asked | None,
        priced: Priced,
        customer_id: int,
    ) -> tuple[Repriced, Draws]:
        """What calls come to as the report counts it: those of the scope, and the others that
        change."""
        charges, rated = turn.charges, priced.rated == 1
        calls = calls_of(charges, asked.tariff, asked.counted_ms)
        refusal = np.where(rated, refusals.NONE, refusals.UNMATCHED)
        self._reprice_from_cost(charges, priced, refusal)
        rated = refusal == refusals.NONE
        found = Repriced(
            charges,
            refusal,
            np.where(rated, priced.amount_micros, charges.amount_micros),
            priced.billed_s, priced.allowance_s, priced.rate_no, asked.version_id, asked.plan_id,
            self._prefixes(asked.tariff, priced, packed(charges.prefix)),
            1 - inside,
            np.zeros(len(inside), np.int64),
            np.where(inside, 0, turn.rated_us),
            np.zeros(len(inside), np.int64),
        )  # fmt: skip
        uses, pools = uses_of(charges, priced, charges.charge_id, customer_id)
        if was is not None:
            differs = ~_same_terms(calls, was) | (priced.rate_no != turn.rate_no)
            differs |= priced.billed_s != charges.billed_s
            differs |= priced.allowance_s != turn.allowance_s
            differs &= rated & ~found.changed & (turn.issued == 0)
            before = calls._replace(tariff=was.tariff)
            tariffs = self.then.tariffs
            found.anew[:] = differs & (may_draw(calls, tariffs) | may_draw(before, tariffs))
            stays = charges.charge_id[_stays(turn, calls, was, priced)]
            uses = Uses(*(column[~np.isin(uses.charge_id, stays)] for column in uses))
        return found.only(inside | found.changed | (found.anew == 1)), Draws(uses, pools)

    def _reprice_from_cost(self, charges: Charges, priced: Priced, refusal: Int64) -> None:
        """The amounts of calls on plans that price from the cost, and why others have none."""
        for here, offer in self._from_cost:
            if offer.cost_plus is None or offer.prices is None:
                continue
            calls = self.costs.put_on(Charges._make(column[here] for column in charges))
            rated = new_charges(len(here))._replace(
                status=refusal[here].astype(np.int8),
                billed_s=priced.billed_s[here].astype(np.int32),
                amount_micros=priced.amount_micros[here],
            )
            unknown = from_cost(calls, rated, offer.cost_plus, offer.prices.compiled)
            priced.amount_micros[here] = rated.amount_micros
            refusal[here] = np.where(unknown == refusals.NONE, refusal[here], unknown)

    def _prefixes(self, tariff: Int64, priced: Priced, otherwise: Int64) -> Int64:
        """Packed prefixes of the rows that price calls."""
        for number in np.unique(tariff).tolist():
            compiled = self.then.tariffs[number].compiled
            here = (tariff == number) & (priced.rated == 1)
            otherwise[here] = compiled.rate_prefixes[priced.rate_no[here]]
        return otherwise


def _same_terms(calls: Calls, was: Asked) -> Flags:
    found: Flags = (calls.tariff == was.tariff) & (calls.counted_ms == was.counted_ms)
    return found


def _stays(turn: Turn, calls: Calls, was: Asked, priced: Priced) -> Int64:
    """Places of issued charges whose amount stays, but that would be rated otherwise."""
    same = _same_terms(calls, was) & (priced.rate_no == turn.rate_no)
    same &= priced.billed_s == turn.charges.billed_s
    stays = (turn.issued == 1) & (priced.rated == 1) & ~same
    stays &= priced.amount_micros == turn.charges.amount_micros
    return np.flatnonzero(stays)


def _drew(priced: Priced, place: int) -> tuple[tuple[Key, int], ...]:
    """What a call takes, by pool."""
    first, end = np.searchsorted(priced.draws[:, 0], [place, place + 1])
    return tuple(
        (priced.pools[pool], taken)
        for _, pool, _, taken in priced.draws[first:end].tolist()
        if taken
    )
