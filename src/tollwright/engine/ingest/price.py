"""The sorted calls of a portion with their charges: grouped by card, rated a group at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from tollwright.core.card import MAX_CALL_MS
from tollwright.core.choose import CardIndex
from tollwright.core.money import Rounding
from tollwright.core.rating import CallInput, Charge, rate_call
from tollwright.engine.ingest.sort import Placed, Refused, refusal
from tollwright.engine.rate.batch import Columns, Rated, rate_batch
from tollwright.engine.rate.crossing import line_of
from tollwright.engine.rate.numbers import rated_caller
from tollwright.engine.rate.terms import Terms, Version

REASONS = {
    "blocked": "blocked_destination",
    "unmatched": "unknown_destination",
    "invalid": "invalid_call",
}
QUARTER_S = 900
LONGEST = timedelta(milliseconds=MAX_CALL_MS)
Load = Callable[[Version, Rounding | None], CardIndex]
Price = tuple[int, str, int, int, int]  # rate row, prefix, billed s, allowance s, micros


@dataclass(slots=True)
class Priced:
    """Calls that will be written, with their prices side by side.

    None: unanswered, or charged when the file is whole (see `Pricer.drawn`).
    """

    placed: list[Placed] = field(default_factory=list)
    prices: list[Price | None] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


@dataclass(slots=True)
class _Portion:
    """What is found out about the calls of a portion, by place."""

    placed: Sequence[Placed]
    prices: list[Price | None]
    refused: dict[int, Refused] = field(default_factory=dict)


class Pricer:
    """Rates portions; `load` gives the prepared card of a version and is called once for each.

    Calls on cards with allowances are only checked: what they cost depends on the calls before
    them, in this file or another. `drawn` tells when such calls were answered: `settle` them.
    """

    def __init__(self, load: Load) -> None:
        self._load = load
        self._cards: dict[tuple[int, Rounding | None], tuple[CardIndex, bool]] = {}
        self._drawn: dict[tuple[int, int], datetime] = {}

    @property
    def drawn(self) -> list[tuple[int, datetime]]:
        """(customer, when) of calls that draw on pools: the first of each quarter of an hour, in
        which no billing period of any zone begins."""
        return [(customer, moment) for (customer, _), moment in self._drawn.items()]

    def price(self, placed: Sequence[Placed]) -> Priced:
        """The portion with its prices; what its card refuses is on the way to quarantine."""
        found = _Portion(placed, [None] * len(placed))
        for terms, places in _groups(placed):
            self._rate(found, terms, places)
        if not found.refused:
            return Priced(list(placed), found.prices)
        kept = [place for place in range(len(placed)) if place not in found.refused]
        return Priced(
            [placed[place] for place in kept],
            [found.prices[place] for place in kept],
            list(found.refused.values()),
        )

    def _rate(self, found: _Portion, terms: Terms, places: list[int]) -> None:
        """Rate the calls of one card version and rounding."""
        card, draws = self._card(version_of(terms), terms.rounding)
        crossing, within = self._crossing(found.placed, terms, places)
        rated = rate_batch(card, _columns(found.placed, within))
        for place, price in zip(within, _prices(rated), strict=True):
            found.prices[place] = price
        for at, (status, why) in rated.refused.items():
            found.refused[within[at]] = _refused(found.placed[within[at]], status, why)
        for place, charge in crossing:
            found.prices[place] = _price(charge)
            if charge.status != "rated":
                found.refused[place] = _refused(found.placed[place], charge.status, charge.reason)
        if draws:
            self._note(found, places)

    def _note(self, found: _Portion, places: list[int]) -> None:
        """Calls that draw on pools come in without a price."""
        for place in places:
            found.prices[place] = None
            call = found.placed[place]
            if place in found.refused or call.answered_at is None:
                continue
            customer = call.terms.campaign.customer_id
            key = customer, int(call.answered_at.timestamp()) // QUARTER_S
            self._drawn[key] = min(self._drawn.get(key, call.answered_at), call.answered_at)

    def _crossing(
        self, placed: Sequence[Placed], terms: Terms, places: list[int]
    ) -> tuple[list[tuple[int, Charge]], list[int]]:
        """The calls that meet a later version, each with its charge; and the places of the rest."""
        card, version = terms.card, version_of(terms)
        later = [] if card is None else card.later(version)
        if card is None or not later:
            return [], places
        charges: list[tuple[int, Charge]] = []
        rest: list[int] = []
        near = later[0].effective_from - LONGEST
        for place in places:
            call = _input(placed[place])
            if call.answered_at <= near:
                rest.append(place)
                continue
            line = line_of(card, version, partial(self._bare, terms.rounding), call=call)
            if line is None:
                rest.append(place)
            else:
                charges.append((place, line.named(rate_call(call, line.index))))
        return charges, rest

    def _bare(self, rounding: Rounding | None, version: Version) -> CardIndex:
        return self._card(version, rounding)[0]

    def _card(self, version: Version, rounding: Rounding | None) -> tuple[CardIndex, bool]:
        """The card without its allowances, as when the pools are empty, and whether it has some."""
        key = version.id, rounding
        found = self._cards.get(key)
        if found is None:
            card = self._load(version, rounding)
            found = card, bool(card.card.allowances)
            if found[1]:
                found = replace(card, card=replace(card.card, allowances=())), True
            self._cards[key] = found
        return found


def version_of(terms: Terms) -> Version:
    """The version of terms that can price. Raises ValueError for others."""
    if terms.version is None:
        raise ValueError("terms without a card version price nothing")
    return terms.version


def _groups(placed: Sequence[Placed]) -> list[tuple[Terms, list[int]]]:
    """Places of the answered calls, one group for each card version and rounding."""
    by_terms: dict[int, tuple[Terms, list[int]]] = {}
    for place, call in enumerate(placed):
        if call.counted_ms >= 0:
            group = by_terms.get(id(call.terms))
            if group is None:
                group = by_terms[id(call.terms)] = (call.terms, [])
            group[1].append(place)
    by_card: dict[tuple[int, Rounding | None], tuple[Terms, list[int]]] = {}
    for terms, places in by_terms.values():
        key = (terms.version.id if terms.version else 0), terms.rounding
        by_card.setdefault(key, (terms, []))[1].extend(places)
    return list(by_card.values())


def _columns(placed: Sequence[Placed], places: Sequence[int]) -> Columns:
    calls = [placed[place] for place in places]
    return Columns(
        [call.called for call in calls],
        [rated_caller(call.caller) for call in calls],
        [call.answered_at for call in calls if call.answered_at is not None],
        [call.counted_ms for call in calls],
    )


def _prices(rated: Rated) -> zip[Price]:
    return zip(
        rated.rate_no,
        rated.prefix,
        rated.billed_s,
        rated.allowance_s,
        rated.amount_micros,
        strict=True,
    )


def _price(charge: Charge) -> Price:
    return (
        charge.rate_index, charge.prefix, charge.billed_s, charge.allowance_s,
        charge.amount_micros,
    )  # fmt: skip


def _input(call: Placed) -> CallInput:
    if call.answered_at is None:
        raise ValueError("a call that was not answered has no price")
    key, caller = call.record.call_key, rated_caller(call.caller)
    return CallInput(key, call.answered_at, call.counted_ms, caller, call.called)


def _refused(call: Placed, status: str, why: str) -> Refused:
    terms = call.terms
    code = terms.card.code if terms.card else ""
    number = terms.version.number if terms.version else 0
    detail = f"Card {code} version {number}: {why}."
    return refusal(call.record, REASONS[status], detail)
