"""Columns of what carriers take: as core prices each call's real time, in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.unit.core import strategies
from tests.unit.engine.rerate.test_laws import LATER, stored
from tollwright.core.cards.card import RateCard
from tollwright.core.rating.rate_call import CallInput, rate_call
from tollwright.core.rating.rate_lookup import prepare
from tollwright.engine.rerate import refusals
from tollwright.engine.rerate.costs import NOBODYS
from tollwright.engine.rerate.prices import Offer, Prices
from tollwright.engine.rerate.reprice import Offers, Repriced, reprice, sorted_spans
from tollwright.engine.rerate.run import Outcome, Tally, outcome_of
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import epoch_us
from tollwright.kernel.rating.compile import compile_card
from tollwright.store.rerate import Charges

TRUNKS = 3  # the first is carrier 1's by one card, from LATER on carrier 2's; the last nobody's


@dataclass(frozen=True)
class Bought:
    """Offers of two carriers by trunk."""

    cards: tuple[RateCard, RateCard]
    pooled: frozenset[int] = frozenset()

    def whose(self, calls: Charges) -> Int64:
        return calls.trunk

    def changes(self, whose: int) -> list[int]:
        return [epoch_us(LATER)] if whose == 1 else []

    def carrier(self, whose: int, moment: datetime) -> int:
        return 0 if whose == TRUNKS else 2 if whose == 2 or moment >= LATER else 1

    def offer(self, whose: int, moment: datetime) -> Offer:
        carrier = self.carrier(whose, moment)
        if not carrier:
            return NOBODYS
        prices = Prices(compile_card(self.cards[carrier - 1]))
        return Offer(None, carrier, 0, "USD", prices, carrier_id=carrier)


def charges(calls: Sequence[CallInput], ids: Sequence[int] | None = None) -> Charges:
    found = stored(calls, ids)
    return found._replace(trunk=found.call_id % TRUNKS + 1)


def priced(calls: Charges, source: Bought) -> Repriced:
    offers = Offers(source)
    ordered, spans = sorted_spans(calls, offers)
    return reprice(ordered, spans, offers, ())


def outcome(*parts: Repriced) -> Outcome:
    tally = Tally(True)
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
    for place, number in enumerate(found.stored.call_id.tolist()):
        trunk, call = number % TRUNKS + 1, calls[number]
        carrier = source.carrier(trunk, call.answered_at)
        assert int(found.carrier_id[place]) == carrier
        charge = rate_call(call, prepare(cards[carrier - 1])) if carrier else None
        amount, refusal = int(found.amount_micros[place]), int(found.refusal[place])
        if charge is None:
            assert (refusal, amount) == (refusals.UNKNOWN_TRUNK, number)  # as stored
        elif charge.status != "rated":
            assert (refusals.NAMES[refusal], amount) == (charge.status, number)
        else:
            assert (refusal, amount) == (refusals.NONE, charge.amount_micros)
            assert int(found.billed_s[place]) == charge.billed_s


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
    after = whole.amount_micros.copy()
    after[np.searchsorted(whole.charge_id, one.changes.charge_id)] = one.changes.amount_micros
    again = outcome(priced(whole._replace(amount_micros=after), source))
    assert len(again.changes.charge_id) == 0
    assert sum(group.figures.old_micros for group in again.groups) == moved + int(
        whole.amount_micros.sum()
    )
