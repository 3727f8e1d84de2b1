"""The sorted calls of a portion with their charges: grouped by card, rated a group at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tollwright.core.choose import CardIndex
from tollwright.core.money import Rounding
from tollwright.engine.ingest.sort import Placed, Refused, refusal
from tollwright.engine.rate.batch import Columns, Rated, rate_batch
from tollwright.engine.rate.numbers import rated_caller
from tollwright.engine.rate.terms import Terms, Version

REASONS = {
    "blocked": "blocked_destination",
    "unmatched": "unknown_destination",
    "invalid": "invalid_call",
}
Load = Callable[[Version, Rounding | None], CardIndex]
Price = tuple[int, str, int, int, int]  # rate row, prefix, billed s, allowance s, micros


@dataclass(slots=True)
class Priced:
    """Calls that will be written, with their prices side by side (None: unanswered)."""

    placed: list[Placed] = field(default_factory=list)
    prices: list[Price | None] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


class Pricer:
    """Rates portions; `load` gives the prepared card of a version and is called once for each."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._cards: dict[tuple[int, Rounding | None], CardIndex] = {}

    def price(self, placed: Sequence[Placed]) -> Priced:
        """The portion with its prices; what its card refuses is on the way to quarantine."""
        prices: list[Price | None] = [None] * len(placed)
        refused: dict[int, Refused] = {}
        for terms, places in _groups(placed):
            card = self._card(terms)
            if card.card.allowances:
                refused |= {place: _no_pools(placed[place]) for place in places}
                continue
            rated = rate_batch(card, _columns(placed, places))
            for place, price in zip(places, _prices(rated), strict=True):
                prices[place] = price
            for at, (status, why) in rated.refused.items():
                refused[places[at]] = _refused(placed[places[at]], status, why)
        if not refused:
            return Priced(list(placed), prices)
        kept = [place for place in range(len(placed)) if place not in refused]
        return Priced(
            [placed[place] for place in kept],
            [prices[place] for place in kept],
            list(refused.values()),
        )

    def _card(self, terms: Terms) -> CardIndex:
        version = terms.version
        if version is None:
            raise ValueError("terms without a card version price nothing")
        key = version.id, terms.rounding
        card = self._cards.get(key)
        if card is None:
            card = self._cards[key] = self._load(version, terms.rounding)
        return card


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


def _no_pools(call: Placed) -> Refused:
    code = call.terms.card.code if call.terms.card else ""
    return refusal(
        call.record, "allowances",
        f"Card {code} has allowances, and what customers have left of them is not kept yet."
        " Price the campaign by a card without allowances.",
    )  # fmt: skip


def _refused(call: Placed, status: str, why: str) -> Refused:
    terms = call.terms
    code = terms.card.code if terms.card else ""
    number = terms.version.number if terms.version else 0
    detail = f"Card {code} version {number}: {why}."
    return refusal(call.record, REASONS[status], detail)
