"""What people did, as records: sessions, states, contacts, outcomes, seats, counts; and calls.

Instants are whole milliseconds since 1970-01-01 UTC; intervals are half-open. Names are empty
where a record does not tell them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

SECOND_MS = 1_000
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Session:
    """An agent was logged in."""

    key: str
    agent: str
    campaign: str
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class State:
    """An agent was in a state."""

    key: str
    agent: str
    campaign: str
    since: int
    until: int
    state: str
    code: str = ""
    contact: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """One offered interaction; `since` is when it was offered."""

    key: str
    agent: str
    campaign: str
    since: int
    channel: str = ""
    direction: str = ""
    result: str = ""
    wait_ms: int = 0
    talk_ms: int = 0
    code: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A disposition as it was told at `told`; `voids` names the one that it cancels."""

    key: str
    agent: str
    campaign: str
    since: int
    told: int
    outcome: str = ""
    flags: frozenset[str] = frozenset()
    contact: str = ""
    lead: str = ""
    phone: str = ""
    talk_ms: int = 0
    value: Fraction | None = None
    currency: str = ""
    voids: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """An agent holds a seat on days, both included; `last` None: still."""

    key: str
    agent: str
    campaign: str
    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class Metered:
    """Any other counted event."""

    key: str
    agent: str
    campaign: str
    since: int
    meter: str
    quantity: Fraction
    code: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class RatedCall:
    """A call and its amount; `answered` None: nobody answered."""

    key: str
    campaign: str
    answered: int | None
    length_ms: int
    amount: Fraction


@dataclass(frozen=True, slots=True)
class Fault:
    """A record that is not priced: its place (1 = the first), key, why by code and in words."""

    place: int
    key: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What was told, each record once; `outcomes`: all tellings of a key, in order."""

    sessions: Sequence[Session] = ()
    states: Sequence[State] = ()
    contacts: Sequence[Contact] = ()
    outcomes: Mapping[str, Sequence[Outcome]] = field(default_factory=dict)
    assignments: Sequence[Assignment] = ()
    counts: Sequence[Metered] = ()
    calls: Sequence[RatedCall] = ()
    faults: Sequence[Fault] = ()
    duplicates: int = 0
    stale: int = 0

    def with_calls(self, calls: Sequence[RatedCall], faults: Sequence[Fault]) -> Facts:
        """The same with calls, and with what could not be read of them."""
        return replace(self, calls=calls, faults=[*self.faults, *faults])
