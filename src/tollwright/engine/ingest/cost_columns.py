"""Answered calls, as the legs of the money beside the customer's are priced from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from tollwright.engine.ingest.calls import Calls
from tollwright.engine.rating.cost import Cost, Words
from tollwright.engine.rating.group import Rated
from tollwright.kernel import call_columns as kernel
from tollwright.kernel.arrays import Int64
from tollwright.kernel.numbers import EMPTY, pack_numbers
from tollwright.kernel.rating.status import BLOCKED, INVALID, UNMATCHED
from tollwright.kernel.text import Text, alike, no_text, text_joined, text_of
from tollwright.store import legs as store

REFUSED = {
    BLOCKED: "blocked_destination",
    UNMATCHED: "unknown_destination",
    INVALID: "invalid_call",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Whose batch the calls are of: `zone` is the tenant's, for the day they count to."""

    tenant_id: int
    source_id: int
    batch_id: int
    zone: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """What decides the cost of answered calls, one place a call.

    Answers are micros since 1970 UTC, milliseconds are real ones, numbers packed for the kernel.
    """

    answered_us: Int64
    answered_ms: Int64
    called: Int64
    caller: Int64
    trunk: Text
    cause: Text
    disposition: Text

    def __len__(self) -> int:
        return len(self.answered_us)

    def pick(self, places: Int64) -> Answered:
        """The calls at these places."""
        return Answered(
            self.answered_us[places], self.answered_ms[places], self.called[places],
            self.caller[places], self.trunk.pick(places), self.cause.pick(places),
            self.disposition.pick(places),
        )  # fmt: skip

    def columns(self, counted_ms: Int64 | None = None) -> kernel.Columns:
        """As a card is asked for them; `counted_ms`: what rules make of their time."""
        lasted = self.answered_ms if counted_ms is None else counted_ms
        return kernel.Columns(self.called, self.caller, self.answered_us, lasted)


def answered(calls: Calls, places: Int64) -> Answered:
    """Some calls of a portion, all of them answered."""
    return Answered(
        calls.answered_us[places], calls.answered_ms[places], calls.called_packed[places],
        calls.caller_packed[places], calls.trunk.pick(places), calls.cause.pick(places),
        calls.disposition.pick(places),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Columns:
    """Calls that are written, one place a call: which they are, whose, and what decides their cost.

    Starts are micros since 1970 UTC.
    """

    call_id: Int64
    started_us: Int64
    customer_id: Int64
    campaign_id: Int64
    calls: Answered

    def __len__(self) -> int:
        return len(self.call_id)


def columns_of(rows: Sequence[store.AnsweredCall]) -> Columns:
    """Answered calls in columns."""
    *numbers, caller, called, trunk, cause, disposition = zip(*rows, strict=True)
    call, started, at, lasted, customer, campaign = (np.array(one, np.int64) for one in numbers)
    callers = pack_numbers(caller)
    told = Answered(
        at, lasted, pack_numbers(called), np.where(callers < 0, EMPTY, callers), text_of(trunk),
        text_of(cause), text_of(disposition),
    )  # fmt: skip
    return Columns(call, started, customer, campaign, told)


@dataclass(frozen=True, slots=True)
class Leg:
    """What the calls at some places cost the provider by one card version."""

    leg: str
    level: int
    version_id: int
    currency: str
    places: Int64
    rated: Rated

    def refuse(self, reasons: Words) -> None:
        """Say why the card prices some of them not."""
        for status, why in REFUSED.items():
            refused = np.flatnonzero(self.rated.charges.status == status)
            if len(refused):
                reasons.put(self.places[refused], f"{self.leg}_{why}")

    def tell(self, cost: Cost) -> None:
        """Say what those that have a price cost."""
        priced = self.rated.priced()
        places = self.places[priced]
        cost.known[places] = True
        cost.amount_micros[places] = self.rated.charges.amount_micros[priced]
        cost.currency.put(places, self.currency)
        cost.reason.put(places, "")


@dataclass(frozen=True, slots=True)
class Priced:
    """Legs one after the other, where they have a price: which of them, and the call's place."""

    which: Int64
    places: Int64
    rate_no: Int64
    billed_s: Int64
    amount_micros: Int64
    prefix: Text


def in_a_row(legs: Sequence[Leg]) -> Priced:
    """What several legs charge."""
    if not legs:
        nothing = np.zeros(0, np.int64)
        return Priced(nothing, nothing, nothing, nothing, nothing, no_text(0))
    priced = [leg.rated.priced() for leg in legs]
    pairs = [(leg, leg.rated.charges, at) for leg, at in zip(legs, priced, strict=True)]
    return Priced(
        np.repeat(np.arange(len(legs)), [len(at) for at in priced]),
        np.concatenate([leg.places[at] for leg, _, at in pairs]),
        np.concatenate([charges.rate_index[at] for _, charges, at in pairs]).astype(np.int64),
        np.concatenate([charges.billed_s[at] for _, charges, at in pairs]).astype(np.int64),
        np.concatenate([charges.amount_micros[at] for _, charges, at in pairs]),
        text_joined([leg.rated.prefixes(at) for leg, _, at in pairs]),
    )


@dataclass(slots=True)
class Costed:
    """How many calls were charged to the provider; why others are known to cost, but not what; how
    many legs core priced_individually, the kernel apart."""

    charged: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    priced_individually: int = 0

    def add(self, more: Costed) -> None:
        """Add `more` to this."""
        self.charged += more.charged
        self.reasons += more.reasons
        self.priced_individually += more.priced_individually


def by_word(column: Text) -> Iterator[tuple[str, Int64]]:
    """The words of a column of few different ones, and the places of each."""
    if not len(column.first):
        return
    codes = alike([column])
    order = np.argsort(codes, kind="stable")
    cuts = np.flatnonzero(np.diff(codes[order])) + 1
    for places in np.split(order, cuts):
        yield column.at(int(places[0])), places
