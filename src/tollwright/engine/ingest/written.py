"""Calls that are written, as the legs of the money beside the customer's are priced from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from tollwright.engine.rate import batch as rate
from tollwright.engine.rate.numbers import rated_caller

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
REFUSED = {
    "blocked": "blocked_destination",
    "unmatched": "unknown_destination",
    "invalid": "invalid_call",
}
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Place:
    """Whose batch the calls are of: `zone` is the tenant's, for the day they count to."""

    tenant_id: int
    source_id: int
    batch_id: int
    zone: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Columns:
    """Answered calls, one place a call; instants are micros since 1970 UTC."""

    call_id: Int64
    started_us: Int64
    answered_us: Int64
    answered_ms: Int64
    customer_id: Int64
    campaign_id: Int64
    caller: Sequence[str]
    called: Sequence[str]
    trunk: Sequence[str]

    def __len__(self) -> int:
        return len(self.call_id)

    def owners(self) -> tuple[Int64, ...]:
        """Which call it is and whose."""
        return self.call_id, self.started_us, self.customer_id, self.campaign_id

    def started(self, place: int) -> datetime:
        return EPOCH + int(self.started_us[place]) * MICROSECOND

    def answered(self, place: int) -> datetime:
        return EPOCH + int(self.answered_us[place]) * MICROSECOND

    def rated(self, places: Sequence[int], counted_ms: Sequence[int] | None = None) -> rate.Columns:
        """What a card is asked for some of them; `counted_ms`: what rules make of their time."""
        at = np.array(places, np.int64)
        return rate.Columns(
            [self.called[place] for place in places],
            [rated_caller(self.caller[place]) for place in places],
            [EPOCH + us * MICROSECOND for us in self.answered_us[at].tolist()],
            list(counted_ms or self.answered_ms[at].tolist()),
        )


@dataclass(frozen=True, slots=True)
class Leg:
    """What the calls at some places cost the provider by one card version."""

    leg: str
    level: int
    version_id: int
    currency: str
    places: Sequence[int]
    rated: rate.Rated

    def priced(self) -> Iterator[tuple[int, int]]:
        """(place in `rated`, place of the call) of those that have a price."""
        for at, place in enumerate(self.places):
            if at not in self.rated.refused:
                yield at, place

    def refused(self) -> dict[int, str]:
        """Why the card prices some of them not, by place."""
        return {
            self.places[at]: f"{self.leg}_{REFUSED[status]}"
            for at, (status, _) in self.rated.refused.items()
        }

    def lines(self, calls: Columns) -> Iterator[str]:
        """Rows of tw_legs, without their ids."""
        rated = self.rated
        at = np.array(self.places, np.int64)
        rows = zip(
            *(column[at].tolist() for column in calls.owners()),
            rated.rate_no,
            rated.billed_s,
            rated.amount_micros,
            rated.prefix,
            strict=True,
        )
        end = f"{self.level}\t{self.leg}\t{self.currency}"
        for place, (call, started, customer, campaign, row, billed, micros, prefix) in enumerate(
            rows
        ):
            if place not in rated.refused:
                yield (
                    f"{call}\t{started}\t{customer}\t{campaign}\t{self.version_id}\t{row}"
                    f"\t{billed}\t{micros}\t{end}\t{prefix}\n"
                )


@dataclass(slots=True)
class Costed:
    """How many calls were charged to the provider; why others are known to cost, but not what."""

    charged: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


def in_order(columns: Iterable[Sequence[int]]) -> list[Int64]:
    """Columns of whole numbers as arrays."""
    return [np.array(column, np.int64) for column in columns]
