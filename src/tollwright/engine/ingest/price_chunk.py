"""The classified calls of a chunk with their charges: by tariff, priced a group at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import numpy as np

from tollwright.core.instants import moment_of
from tollwright.core.rating.legs import CostPlus
from tollwright.engine.ingest.chunk import Chunk, refusal
from tollwright.engine.rating.cost_plus import describe
from tollwright.engine.rating.pipeline import call_at, price
from tollwright.engine.rating.refusals import COST_OTHER_CURRENCY, NAMES, UNKNOWN_COST
from tollwright.engine.rating.tariffs import CardRepository, Tariff
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import (
    BLOCKED,
    INVALID,
    NOT_CHARGED,
    UNMATCHED,
    CallColumns,
    ChargeColumns,
    no_charges,
)

REASONS = {
    BLOCKED: "blocked_destination",
    UNMATCHED: "unknown_destination",
    INVALID: "invalid_call",
    UNKNOWN_COST: NAMES[UNKNOWN_COST],
    COST_OTHER_CURRENCY: NAMES[COST_OTHER_CURRENCY],
}
QUARTER_US = 900_000_000
CostOf = Callable[[CallColumns], ChargeColumns]
Group = tuple[Tariff, CostPlus | None]


class ChunkPricer:
    """Prices chunks. `cost_of` tells what calls cost the provider.

    Calls on cards with allowances are only checked: what they cost depends on the calls before
    them, in this file or another. `consuming` tells when such calls were answered: `settle` them.
    """

    def __init__(self, cards: CardRepository, cost_of: CostOf) -> None:
        self._cards = cards
        self._cost_of = cost_of
        self._consuming: dict[tuple[int, int], datetime] = {}

    @property
    def consuming(self) -> list[tuple[int, datetime]]:
        """(customer, when) of calls that draw on pools: the first of each quarter of an hour, in
        which no billing period of any zone begins."""
        return [(customer, moment) for (customer, _), moment in self._consuming.items()]

    def price(self, chunk: Chunk) -> int:
        """Give the chunk its charges; what its card refuses goes to its `refused`.

        Returns how many calls core priced, of those whose charges stay. Unanswered calls, and those
        to be charged when the file is whole, are NOT_CHARGED.
        """
        chunk.charges = no_charges(len(chunk.calls))
        refused: list[int] = []
        individually = 0
        for (tariff, plan), rows in self._groups(chunk):
            cost = None if plan is None else self._cost_of(chunk.calls.pick(rows))
            charges = price(chunk.calls.asked(rows), tariff, plan=plan, cost=cost)
            for place in np.flatnonzero(~charges.rated).tolist():
                row = int(rows[place])
                refused.append(row)
                detail = _detail(chunk, row, tariff, cost, place)
                reason = REASONS[int(charges.status[place])]
                chunk.refused.append(refusal(chunk.record(row), reason, detail))
            if tariff.version.has_allowances:
                self._note(chunk, rows[charges.rated])
                charges.status[:] = NOT_CHARGED
            else:
                individually += int(charges.individually.sum())
            chunk.charges.put(rows, charges)
        if refused:
            chunk.keep(np.delete(np.arange(len(chunk.calls)), refused))
        return individually

    def _groups(self, chunk: Chunk) -> Iterator[tuple[Group, Int64]]:
        """Rows of the answered calls that are priced alike, one group after the other."""
        by_tariff: dict[Group, list[int]] = {}
        for number, terms in enumerate(chunk.terms):
            if terms.card is not None and terms.version is not None:
                tariff = self._cards.tariff(terms.card, terms.version, terms.rounding)
                by_tariff.setdefault((tariff, terms.cost_plus), []).append(number)
        answered = chunk.calls.counted_ms >= 0
        known = [number for numbers in by_tariff.values() for number in numbers]
        if (answered & ~np.isin(chunk.calls.terms_no, known)).any():
            raise ValueError("terms without a card version price nothing")
        for group, numbers in by_tariff.items():
            rows = np.flatnonzero(answered & np.isin(chunk.calls.terms_no, numbers))
            if len(rows):
                yield group, rows

    def _note(self, chunk: Chunk, rows: Int64) -> None:
        """Calls that draw on pools come in without a price."""
        customers = np.array([terms.campaign.customer_id for terms in chunk.terms])
        answered = chunk.calls.answered_us[rows]
        pairs = zip(
            customers[chunk.calls.terms_no[rows]].tolist(), (answered // QUARTER_US).tolist(),
            answered.tolist(), strict=True,
        )  # fmt: skip
        for customer, quarter, us in pairs:
            key, moment = (customer, quarter), moment_of(us)
            self._consuming[key] = min(self._consuming.get(key, moment), moment)


def _detail(chunk: Chunk, row: int, tariff: Tariff, cost: ChargeColumns | None, place: int) -> str:
    """Why the call waits in quarantine, in a sentence; its cost is in row `place` of `cost`."""
    call = call_at(chunk.calls, row)
    said = tariff.price_one(call)
    if said.status != "rated":
        why = f"{said.reason}."
    elif cost is not None:
        why = describe(cost, place, tariff.card.currency)
    else:
        raise ValueError(f"core prices the call in row {row}, the kernel does not")
    return f"Card {tariff.card.code} version {tariff.version.number}: {why}"
