"""The sorted calls of a portion with their charges: grouped by card, rated a group at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import numpy as np

from tollwright.core.money import Rounding
from tollwright.core.rating.legs import CostPlus
from tollwright.core.rating.rate_call import CallInput, Charge, rate_call
from tollwright.core.rating.rate_lookup import CardIndex
from tollwright.engine.ingest.calls import Calls
from tollwright.engine.ingest.classify import Refused, refusal
from tollwright.engine.rating.cost import Cost
from tollwright.engine.rating.cost_plus import price_from_cost, sentence
from tollwright.engine.rating.numbers import rated_caller
from tollwright.engine.rating.terms import Terms, Version
from tollwright.engine.rating.version_change import line_of, meeting
from tollwright.kernel.arrays import Flags, Int32, Int64
from tollwright.kernel.call_columns import Columns, new_charges
from tollwright.kernel.rating.batch import rate_batch
from tollwright.kernel.rating.layout import CompiledCard
from tollwright.kernel.rating.status import RATED
from tollwright.kernel.text import Text, no_text, text_of, unpacked

REASONS = {
    "blocked": "blocked_destination",
    "unmatched": "unknown_destination",
    "invalid": "invalid_call",
}
QUARTER_US = 900_000_000
Load = Callable[[Version, Rounding | None], CardIndex]
Compiled = Callable[[Version, Rounding | None], CompiledCard]
CostOf = Callable[[Calls, Int64], Cost]
Group = tuple[int, Rounding | None, CostPlus | None]


@dataclass(frozen=True, slots=True)
class Prices:
    """What calls cost, one place a call; a call without `charged` has no charge: unanswered, or
    charged when the file is whole (see `Pricer.drawn`). `priced_individually` were rated one by
    one."""

    charged: Flags
    rate_no: Int32
    billed_s: Int32
    allowance_s: Int32
    amount_micros: Int64
    prefix: Text
    priced_individually: int


@dataclass(frozen=True, slots=True)
class Priced:
    """Calls that will be written, with their prices side by side."""

    calls: Calls
    prices: Prices
    refused: list[Refused]


class _Portion:
    """What is found out about the calls of a portion, by place."""

    def __init__(self, calls: Calls) -> None:
        count = len(calls)
        self.calls = calls
        self.charged: Flags = np.zeros(count, bool)
        self.rate_no: Int32 = np.zeros(count, np.int32)
        self.billed_s: Int32 = np.zeros(count, np.int32)
        self.allowance_s: Int32 = np.zeros(count, np.int32)
        self.amount_micros: Int64 = np.zeros(count, np.int64)
        self.prefix = no_text(count)
        self.refused: dict[int, Refused] = {}
        self.priced_individually = 0

    def refuse(self, place: int, terms: Terms, status: str, why: str) -> None:
        """The call at this place waits in quarantine, its card says why."""
        self.wait(place, terms, REASONS[status], f"{why}.")

    def wait(self, place: int, terms: Terms, reason: str, why: str) -> None:
        """The call at this place waits in quarantine; `why` is a sentence."""
        code = terms.card.code if terms.card else ""
        number = terms.version.number if terms.version else 0
        detail = f"Card {code} version {number}: {why}"
        self.refused[place] = refusal(self.calls.record(place), reason, detail)
        self.charged[place] = False

    def name(self, places: Int64, prefixes: Text) -> None:
        """The prefixes of the calls at these places."""
        shift = np.int32(len(self.prefix.data))
        data = np.concatenate((self.prefix.data, prefixes.data))
        self.prefix = Text(data, self.prefix.first, self.prefix.size)
        self.prefix.first[places] = prefixes.first + shift
        self.prefix.size[places] = prefixes.size

    def priced(self) -> Priced:
        """All calls but the refused ones."""
        prices = Prices(
            self.charged, self.rate_no, self.billed_s, self.allowance_s, self.amount_micros,
            self.prefix, self.priced_individually,
        )  # fmt: skip
        if not self.refused:
            return Priced(self.calls, prices, [])
        kept = np.delete(np.arange(len(self.calls)), list(self.refused))
        prices = Prices(
            prices.charged[kept], prices.rate_no[kept], prices.billed_s[kept],
            prices.allowance_s[kept], prices.amount_micros[kept], prices.prefix.pick(kept),
            prices.priced_individually,
        )  # fmt: skip
        return Priced(self.calls.pick(kept), prices, list(self.refused.values()))


class Pricer:
    """Rates portions; `load` gives the prepared card of a version, `compiled` its arrays
    without allowances; both are asked once at most. `cost_of` tells what the calls at some places
    cost the provider.

    Calls on cards with allowances are only checked: what they cost depends on the calls before
    them, in this file or another. `drawn` tells when such calls were answered: `settle` them.
    """

    def __init__(self, load: Load, compiled: Compiled, cost_of: CostOf) -> None:
        self._load = load
        self._compiled = compiled
        self._cost_of = cost_of
        self._kept: dict[tuple[int, Rounding | None], CompiledCard] = {}
        self._cards: dict[tuple[int, Rounding | None], CardIndex] = {}
        self._drawn: dict[tuple[int, int], datetime] = {}

    @property
    def drawn(self) -> list[tuple[int, datetime]]:
        """(customer, when) of calls that draw on pools: the first of each quarter of an hour, in
        which no billing period of any zone begins."""
        return [(customer, moment) for (customer, _), moment in self._drawn.items()]

    def price(self, calls: Calls) -> Priced:
        """The portion with its prices; what its card refuses is on the way to quarantine."""
        found = _Portion(calls)
        for terms, places in _groups(calls):
            self._rate(found, terms, places)
        return found.priced()

    def _rate(self, found: _Portion, terms: Terms, places: Int64) -> None:
        """Rate the calls of one card version, rounding and price from the cost."""
        version = version_of(terms)
        crossing, within = self._crossing(found.calls, terms, places)
        found.priced_individually += (
            0 if version.has_allowances else len(crossing)
        )  # `settle` counts those
        self._by_kernel(found, terms, within)
        for place, charge in crossing:
            _set(found, place, charge)
            if charge.status != "rated":
                found.refuse(place, terms, charge.status, charge.reason)
        if terms.cost_plus is not None:
            self._from_cost(found, terms, terms.cost_plus, places[found.charged[places]])
        if version.has_allowances:
            self._note(found, places)

    def _by_kernel(self, found: _Portion, terms: Terms, places: Int64) -> None:
        calls, card = found.calls, self._arrays(version_of(terms), terms.rounding)
        columns = Columns(
            calls.called_packed[places], calls.caller_packed[places], calls.answered_us[places],
            calls.counted_ms[places],
        )  # fmt: skip
        charges = rate_batch(card, columns).charges
        found.charged[places] = True
        found.rate_no[places] = charges.rate_index
        found.billed_s[places] = charges.billed_s
        found.allowance_s[places] = charges.allowance_s
        found.amount_micros[places] = charges.amount_micros
        good = np.flatnonzero(charges.status == 0)
        found.name(places[good], unpacked(card.rate_prefixes[charges.rate_index[good]]))
        for place in places[np.flatnonzero(charges.status)].tolist():
            charge = rate_call(_input(calls, place), self._bare(terms.rounding, version_of(terms)))
            found.refuse(place, terms, charge.status, charge.reason)

    def _from_cost(self, found: _Portion, terms: Terms, plan: CostPlus, places: Int64) -> None:
        """The amounts of calls that their card has rated, made of what they cost."""
        card, cost = (
            self._arrays(version_of(terms), terms.rounding),
            self._cost_of(found.calls, places),
        )
        charges = new_charges(len(places))
        charges.status[:], charges.billed_s[:] = RATED, found.billed_s[places]
        charges.amount_micros[:] = found.amount_micros[places]
        reasons = price_from_cost(charges, cost, plan, card)
        found.amount_micros[places] = charges.amount_micros
        for at in np.flatnonzero(charges.status).tolist():
            why = sentence(cost, at, card.currency)
            found.wait(int(places[at]), terms, reasons.at(at), why)

    def _note(self, found: _Portion, places: Int64) -> None:
        """Calls that draw on pools come in without a price."""
        rated = places[found.charged[places]]
        found.charged[places] = False
        calls = found.calls
        customers = np.array([terms.campaign.customer_id for terms in calls.terms])
        quarters = calls.answered_us[rated] // QUARTER_US
        for customer, quarter, place in zip(
            customers[calls.which[rated]].tolist(), quarters.tolist(), rated.tolist(), strict=True
        ):
            key, moment = (customer, quarter), calls.moment(place)
            self._drawn[key] = min(self._drawn.get(key, moment), moment)

    def _crossing(
        self, calls: Calls, terms: Terms, places: Int64
    ) -> tuple[list[tuple[int, Charge]], Int64]:
        """The calls that meet a later version, each with its charge; and the places of the rest."""
        card, version = terms.card, version_of(terms)
        later = [] if card is None else card.later(version)
        if card is None or not later:
            return [], places
        met = meeting(calls.answered_us[places], calls.counted_ms[places], later)
        charges: list[tuple[int, Charge]] = []
        for place in places[met].tolist():
            call = _input(calls, place)
            line = line_of(card, version, partial(self._bare, terms.rounding), call=call)
            if line is not None:
                charges.append((place, line.named(rate_call(call, line.index))))
        crossing = np.array([place for place, _ in charges], np.int64)
        return charges, np.setdiff1d(places, crossing, assume_unique=True)

    def _bare(self, rounding: Rounding | None, version: Version) -> CardIndex:
        """The card without its allowances, as when the pools are empty."""
        key = version.id, rounding
        found = self._cards.get(key)
        if found is None:
            found = self._load(version, rounding)
            if version.has_allowances:
                found = replace(found, card=replace(found.card, allowances=()))
            self._cards[key] = found
        return found

    def _arrays(self, version: Version, rounding: Rounding | None) -> CompiledCard:
        key = version.id, rounding
        if key not in self._kept:
            self._kept[key] = self._compiled(version, rounding)
        return self._kept[key]


def version_of(terms: Terms) -> Version:
    """The version of terms that can price. Raises ValueError for others."""
    if terms.version is None:
        raise ValueError("terms without a card version price nothing")
    return terms.version


def _groups(calls: Calls) -> Iterator[tuple[Terms, Int64]]:
    """Places of the answered calls that are priced alike, one group after the other."""
    by_card: dict[Group, list[int]] = {}
    for place, terms in enumerate(calls.terms):
        key = (terms.version.id if terms.version else 0), terms.rounding, terms.cost_plus
        by_card.setdefault(key, []).append(place)
    answered = calls.counted_ms >= 0
    for places in by_card.values():
        found = np.flatnonzero(answered & np.isin(calls.which, places))
        if len(found):
            yield calls.terms[places[0]], found


def _set(found: _Portion, place: int, charge: Charge) -> None:
    found.charged[place] = True
    found.rate_no[place] = charge.rate_index
    found.billed_s[place] = charge.billed_s
    found.allowance_s[place] = charge.allowance_s
    found.amount_micros[place] = charge.amount_micros
    found.name(np.array([place]), text_of([charge.prefix]))


def _input(calls: Calls, place: int) -> CallInput:
    return CallInput(
        calls.key.at(place), calls.moment(place), int(calls.counted_ms[place]),
        rated_caller(calls.caller.at(place)), calls.called.at(place),
    )  # fmt: skip
