"""Columns of what carriers take: as core prices each call's real time, in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.core_pricing import core_charge
from tests.support.examples import examples
from tests.unit.core import strategies
from tests.unit.engine.rerate.test_laws import LATER, stored
from tollwright.core.cards.card import RateCard
from tollwright.core.rating.rate_call import CallInput
from tollwright.engine.rating import refusals
from tollwright.engine.rating.tariffs import unpublished
from tollwright.engine.rerate.costs import NO_CARRIER
from tollwright.engine.rerate.prices import Offer, PriceSource
from tollwright.engine.rerate.reprice import Offers, Repriced, reprice, sorted_spans
from tollwright.engine.rerate.run import Outcome, RerateTally, outcome_of
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import CallColumns, epoch_us
from tollwright.store.rerate import Stored

TRUNKS = 3  # the first is carrier 1's by one card, from LATER on carrier 2's; the last nobody's


@dataclass(frozen=True)
class Bought(PriceSource):
    """Offers of two carriers by trunk."""

    cards: tuple[RateCard, RateCard]

    def whose(self, calls: CallColumns) -> Int64:
        return calls.trunk_no

    def changes(self, whose: int) -> list[int]:
        return [epoch_us(LATER)] if whose == 1 else []

    def carrier(self, whose: int, moment: datetime) -> int:
        return 0 if whose == TRUNKS else 2 if whose == 2 or moment >= LATER else 1

    def offer(self, whose: int, moment: datetime) -> Offer:
        carrier = self.carrier(whose, moment)
        if not carrier:
            return NO_CARRIER
        return Offer(None, unpublished(self.cards[carrier - 1]), carrier_id=carrier)


def charges(calls: Sequence[CallInput], ids: Sequence[int] | None = None) -> Stored:
    found, stood = stored(calls, ids)
    return found.replaced(trunk_no=found.call_id % TRUNKS + 1), stood


def priced(calls: Stored, source: Bought) -> Repriced:
    offers = Offers(source)
    ordered, spans = sorted_spans(calls, offers)
    return reprice(ordered, spans, offers, ())


def outcome(*parts: Repriced) -> Outcome:
    tally = RerateTally(True)
    for part in parts:
        tally.add(part)
    return outcome_of(tally)


CARDS = st.tuples(strategies.cards(allowances=False), strategies.cards(allowances=False))
CALLS = st.lists(strategies.calls(), min_size=1, max_size=12)


@settings(max_examples=examples(40))
@given(cards=CARDS, calls=CALLS)
def test_columns_cost_what_core_makes_of_the_real_time(
    cards: tuple[RateCard, RateCard], calls: list[CallInput]
) -> None:
    source = Bought(cards)
    found = priced(charges(calls), source)
    for place, number in enumerate(found.calls.call_id.tolist()):
        trunk, call = number % TRUNKS + 1, calls[number]
        carrier = source.carrier(trunk, call.answered_at)
        assert int(found.now.carrier_id[place]) == carrier
        charge = core_charge(call, cards[carrier - 1]) if carrier else None
        amount, refusal = int(found.now.amount_micros[place]), int(found.now.status[place])
        if charge is None:
            assert (refusal, amount) == (refusals.UNKNOWN_TRUNK, number)  # as stored
        elif charge.status != "rated":
            assert (refusals.NAMES[refusal], amount) == (charge.status, number)
        else:
            assert (refusal, amount) == (refusals.NONE, charge.amount_micros)
            assert int(found.now.billed_s[place]) == charge.billed_s


@settings(max_examples=examples(40))
@given(cards=CARDS, calls=CALLS, data=st.data())
def test_order_never_matters_and_a_second_run_finds_nothing(
    cards: tuple[RateCard, RateCard], calls: list[CallInput], data: st.DataObject
) -> None:
    source, whole = Bought(cards), charges(calls)
    order = data.draw(st.permutations(range(len(calls))))
    cut = data.draw(st.integers(0, len(calls)))
    halves = [
        priced(charges([calls[i] for i in ids], list(ids)), source)
        for ids in (order[:cut], order[cut:])
        if ids
    ]
    one, other = outcome(priced(whole, source)), outcome(*halves)
    assert (one.groups, one.refused, one.fingerprint) == (
        other.groups, other.refused, other.fingerprint,
    )  # fmt: skip
    moved = int((one.changes.amount_micros - one.changes.old_micros).sum())
    assert sum(group.figures.difference_micros for group in one.groups) == moved
    stood = whole[1]
    after = stood.amount_micros.copy()
    after[np.searchsorted(stood.charge_id, one.changes.charge_id)] = one.changes.amount_micros
    again = outcome(priced((whole[0], stood.replaced(amount_micros=after)), source))
    assert len(again.changes.charge_id) == 0
    assert sum(group.figures.old_micros for group in again.groups) == moved + int(
        stood.amount_micros.sum()
    )
