"""Calls draw on their pools in turn: by time of answer, then by key, whatever order files come in.

A call on a card with allowances comes in without a charge. When its file is whole, the calls of
its customer and billing period are gone through in turn, from the earliest that is new: those
without a charge get one, those that stand get a new revision where they cost something else now.
A charge on an issued invoice stays: what it took is taken, and calls that come in late share what
is left. A re-rated call keeps the moment of its first rating, so that it replays by the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from tollwright.core.allowances import matching
from tollwright.core.card import Allowance
from tollwright.core.choose import CardIndex
from tollwright.core.money import Rounding
from tollwright.core.rating import CallInput, rate_call
from tollwright.core.rating import Charge as Priced
from tollwright.engine.rate.cards import card_of
from tollwright.engine.rate.crossing import line_of
from tollwright.engine.rate.numbers import rated_caller
from tollwright.engine.rate.periods import Period, Periods
from tollwright.engine.rate.pools import Draw, Pools, left
from tollwright.engine.rate.terms import Book, Card, Version, read_book
from tollwright.store import allowances as store
from tollwright.store import calls
from tollwright.store.allowances import Drawn

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NULL = "\\N"
Touched = Iterable[tuple[int, datetime]]  # (customer, when a call was answered)


@dataclass(frozen=True, slots=True)
class Settled:
    """How many calls got their first charge, and how many a new revision."""

    charged: int = 0
    revised: int = 0


def settle(
    cursor: calls.Cursor, *, tenant_id: int, zone: str, at: datetime, touched: Touched
) -> Settled:
    """Let the calls of the touched customers and periods draw in turn; `zone` is the tenant's.

    `touched` tells when calls were answered that are new, or no more.
    """
    told = list(touched)
    if not told:
        return Settled()
    store.lock(cursor, sorted({customer for customer, _ in told}))
    turn = _Turn(cursor, tenant_id, ZoneInfo(zone), at, Books(read_book(cursor)))
    periods, since = Periods(turn.books.book), dict[tuple[int, Period], datetime]()
    for customer_id, moment in told:
        place = customer_id, periods.of(customer_id, moment)
        since[place] = min(since.get(place, moment), moment)
    for (customer_id, period), moment in sorted(since.items()):
        turn.walk(customer_id, period, moment)
    calls.sum_again(cursor, tenant_id=tenant_id, zone=zone, days=sorted(turn.days))
    return Settled(turn.charged, turn.revised)


@dataclass(slots=True)
class Books:
    """The book as it was when charges were rated."""

    book: Book
    _then: dict[datetime, Book] = field(default_factory=dict)
    _known: dict[int, Book] = field(default_factory=dict)
    versions: dict[int, tuple[Card, Version]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for card in self.book.cards.values():
            self.versions |= {version.id: (card, version) for version in card.versions}

    def at(self, moment: datetime) -> Book:
        """By the rules that had been set by then."""
        found = self._then.get(moment)
        if found is None:
            count = sum(rule.set_at <= moment for rule in self.book.rules)
            found = self._known.setdefault(count, self.book.as_of(moment))
            self._then[moment] = found
        return found


@dataclass(slots=True)
class _Portion:
    """What is to be written for some calls."""

    charges: list[str] = field(default_factory=list)
    uses: list[str] = field(default_factory=list)
    told_anew: list[int] = field(default_factory=list)
    next_id: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    """What a call comes to in its turn."""

    version: Version
    plan_version_id: int | None
    currency: str
    rated_at: datetime
    charge: Priced
    draws: list[Draw]
    own: frozenset[str]  # pools of the campaign alone
    card_id: int

    @property
    def price(self) -> tuple[int, int, int, int]:
        charge = self.charge
        return charge.rate_index, charge.billed_s, charge.allowance_s, charge.amount_micros


@dataclass(slots=True)
class _Turn:
    """One transaction's walk."""

    cursor: calls.Cursor
    tenant_id: int
    zone: ZoneInfo
    at: datetime
    books: Books
    days: set[tuple[int, date]] = field(default_factory=set)
    charged: int = 0
    revised: int = 0
    _cards: dict[tuple[int, Rounding | None], CardIndex] = field(default_factory=dict)

    def walk(self, customer_id: int, period: Period, since: datetime) -> None:
        """The calls of a customer's period from `since` on, each in its turn."""
        values = {
            "customer_id": customer_id, "first": period[0], "last": period[1], "since": since,
            "versions": [
                version.id for _, version in self.books.versions.values() if version.has_allowances
            ],
        }  # fmt: skip
        pools = Pools(store.taken(self.cursor, values))
        for portion in store.calls_in_turn(self.cursor, values):
            out = _Portion(next_id=store.charge_ids(self.cursor))
            for row in portion:
                if not row.issued:
                    self._take(customer_id, row, pools, out)
            store.write_charges(self.cursor, out.charges)
            store.write_uses(
                self.cursor, tenant_id=self.tenant_id, told_anew=out.told_anew, lines=out.uses
            )

    def _take(self, customer_id: int, row: Drawn, pools: Pools, out: _Portion) -> None:
        found = self._price(row, pools)
        if row.charge_id is not None and found.charge.status != "rated":
            return  # it stands as it was charged; re-rating tells why it cannot be priced now
        charge_id = row.charge_id
        if charge_id is None or found.price != row.price:
            charge_id, out.next_id = out.next_id, out.next_id + 1
            out.charges.append(self._charge_line(row, found, charge_id))
            self.days.add((row.campaign_id, row.started_at.astimezone(self.zone).date()))
            self.charged += row.charge_id is None
            self.revised += row.charge_id is not None
        elif found.draws == row.draws:
            return
        else:
            out.told_anew.append(charge_id)
        out.uses += [_use_line(customer_id, row, found, charge_id, draw) for draw in found.draws]

    def _price(self, row: Drawn, pools: Pools) -> _Found:
        """What the call comes to with what is left; it is taken from the pools."""
        rated_at = row.rated_at or self.at
        terms = self.books.at(rated_at).terms(row.campaign_id, row.answered_at)
        card, version, plan_id = terms.card, terms.version, terms.plan_version_id
        if row.version_id is not None:
            card, version = self.books.versions[row.version_id]
            plan_id = row.plan_version_id
        if card is None or version is None:
            raise ValueError(f"call {row.call_id} came in without a card")
        load = partial(self._load, rounding=terms.rounding)
        counted_ms = terms.counted_ms(row.answered_ms, row.cause, row.disposition)
        call = CallInput(
            row.call_key, row.answered_at, counted_ms, rated_caller(row.caller), row.called
        )
        line = line_of(card, version, load, call=call, known_at=rated_at)
        index = line.index if line else load(version)
        fit = matching(index.card.allowances, row.called, row.answered_at)
        before = pools.before(fit, card.id, row.campaign_id)
        charge = rate_call(call, index, remaining=left(fit, before))
        draws = pools.draw(fit, card.id, row.campaign_id, charge.uses)
        return _Found(
            version, plan_id, card.currency, rated_at, line.named(charge) if line else charge,
            draws, _own(fit), card.id,
        )  # fmt: skip

    def _load(self, version: Version, rounding: Rounding | None) -> CardIndex:
        found = self._cards.get((version.id, rounding))
        if found is None:
            found = card_of(self.cursor, version.id, version.content_hash, rounding)
            self._cards[version.id, rounding] = found
        return found

    def _charge_line(self, row: Drawn, found: _Found, charge_id: int) -> str:
        """A row of tw_drawn. Raises ValueError for a call that no row of its card prices."""
        charge = found.charge
        if charge.status != "rated":
            raise ValueError(f"call {row.call_id} came in unrated: {charge.reason}")
        revision = row.revision if row.charge_revision is None else row.charge_revision + 1
        values = (
            charge_id, _null(row.charge_id), row.call_id, _micros(row.started_at),
            _micros(found.rated_at), revision, found.version.id, _null(found.plan_version_id),
            *found.price, charge.prefix, found.currency,
        )  # fmt: skip
        return "\t".join(map(str, values)) + "\n"


def _own(allowances: Iterable[Allowance]) -> frozenset[str]:
    return frozenset(one.pool_name for one in allowances if one.per == "campaign")


def _use_line(customer_id: int, row: Drawn, found: _Found, charge_id: int, draw: Draw) -> str:
    """A row of tw_uses."""
    campaign = row.campaign_id if draw.pool in found.own else NULL
    values = (
        charge_id, _micros(row.started_at), _micros(row.answered_at), customer_id, campaign,
        found.card_id, _escaped(draw.pool), draw.before, draw.taken,
    )  # fmt: skip
    return "\t".join(map(str, values)) + "\n"


def _null(number: int | None) -> int | str:
    return NULL if number is None else number


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": None})


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)
