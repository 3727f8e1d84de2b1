"""Why a stored charge is what it is: reckoned once more from what is stored, and compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from tollwright.core import explain as core
from tollwright.core.allowances import matching
from tollwright.core.card import Allowance
from tollwright.core.carddump import show_moment
from tollwright.core.choose import CardIndex
from tollwright.core.money import show
from tollwright.core.rating import CallInput, ExplainStep
from tollwright.engine.rate.cards import card_of
from tollwright.engine.rate.crossing import Line, line_of
from tollwright.engine.rate.numbers import rated_caller
from tollwright.engine.rate.pools import left
from tollwright.engine.rate.terms import Book, Terms, Version, read_book
from tollwright.store import allowances
from tollwright.store import terms as store
from tollwright.store.calls import cursor_on

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


class NoSuchCharge(LookupError):
    """There is no charge of this id, or it is another tenant's."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A charge with its reckoning. `equal`: the replay gave the stored amount, to the micro."""

    charge: store.StoredCharge
    replayed_micros: int
    equal: bool
    steps: tuple[ExplainStep, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a person reads, one sentence a step; the last says whether the replay agrees."""
        stored, currency = show(self.charge.amount_micros), self.charge.currency
        if self.equal:
            verdict = f"Replayed from what is stored: {stored} {currency}, as charged."
        else:
            verdict = (
                f"THE REPLAY DIFFERS: stored {stored} {currency}, replayed"
                f" {show(self.replayed_micros)} {currency}. Do not send this charge to a customer"
                " before the difference is understood."
            )
        return (*(step.text for step in self.steps), verdict)


def explain_charge(
    connection: psycopg.Connection[Any],
    charge_id: int,
    *,
    started_at: datetime | None = None,
) -> Explanation:
    """Replay a charge from the stored call, card version and the rules known when it was rated.

    The connection is inside a transaction of the tenant. `started_at` is the call's start: with
    it one month is looked at instead of all. Raises NoSuchCharge.
    """
    cursor = cursor_on(connection)
    first, last = (EARLIEST, LATEST) if started_at is None else _around(started_at)
    charge = store.charge(cursor, charge_id, first=first, last=last)
    if charge is None:
        raise NoSuchCharge(f"There is no charge {charge_id}.")
    book = read_book(cursor, rules_until=charge.rated_at)
    terms = book.terms(charge.campaign_id, charge.answered_at)
    counted_ms = terms.counted_ms(charge.answered_ms, charge.cause, charge.disposition)
    call = CallInput(
        charge.call_key,
        charge.answered_at,
        counted_ms,
        rated_caller(charge.caller),
        charge.called,
    )
    line, card = _prices(cursor, book, charge, terms, call)
    fit = matching(card.card.allowances, call.called, call.answered_at)
    before = {pool: taken for pool, taken, _ in allowances.uses(cursor, charge_id)} if fit else {}
    name = f"{charge.card_code} v{charge.version_number}"
    replayed = core.explain(call, card, remaining=left(fit, before), version=name)
    steps = (
        *_terms_steps(charge, terms, counted_ms), *_crossing_steps(charge, line),
        *_pool_steps(fit, before, charge.currency), *replayed.steps,
    )  # fmt: skip
    if line is not None:
        replayed = line.named(replayed)
    equal = (replayed.status, replayed.amount_micros, replayed.billed_s, replayed.rate_index) == (
        "rated", charge.amount_micros, charge.billed_s, charge.rate_no,
    )  # fmt: skip
    return Explanation(charge, replayed.amount_micros, equal, steps)


def _prices(
    cursor: store.Cursor, book: Book, charge: store.StoredCharge, terms: Terms, call: CallInput
) -> tuple[Line | None, CardIndex]:
    """The card of the charge; of a call over later versions, those on one line as known then."""

    def load(version: Version) -> CardIndex:
        return card_of(cursor, version.id, version.content_hash, terms.rounding)

    card = card_of(cursor, charge.card_version_id, charge.content_hash, terms.rounding)
    for known in book.cards.values():
        for version in known.versions:
            if version.id == charge.card_version_id:
                line = line_of(known, version, load, call=call, known_at=charge.rated_at)
                return line, line.index if line else card
    return None, card


def _crossing_steps(charge: store.StoredCharge, line: Line | None) -> Iterator[ExplainStep]:
    """Which later versions the call ran into."""
    for version in line.versions[1:] if line else ():
        yield ExplainStep(
            "version",
            f"The call runs into version {version.number} of card {charge.card_code}, in force"
            f" from {show_moment(version.effective_from)}: it is priced piece by piece. Rows are"
            " counted among those of the versions that fit the number.",
            (("card", charge.card_code), ("version", version.number)),
        )


def _pool_steps(
    fit: Sequence[Allowance], before: Mapping[str, int], currency: str
) -> Iterator[ExplainStep]:
    """What each pool had given to earlier calls of the period."""
    remaining = left(fit, before)
    for allowance in {one.pool_name: one for one in fit}.values():
        pool = allowance.pool_name
        full, taken, rest = (
            _shown(amount, allowance.unit, currency)
            for amount in (allowance.amount, before.get(pool, 0), remaining[pool])
        )
        yield ExplainStep(
            "pool",
            f"Of {full} of {pool}, earlier calls of the billing period had taken {taken}:"
            f" {rest} are left.",
            (("pool", pool), ("full", allowance.amount), ("taken", before.get(pool, 0))),
        )


def _shown(amount: int, unit: str, currency: str) -> str:
    if unit == "money":
        return f"{show(amount)} {currency}"
    return f"{amount} s" if unit == "seconds" else f"{amount} calls"


def _around(moment: datetime) -> tuple[datetime, datetime]:
    return moment, moment.replace(microsecond=999_999)


def _terms_steps(
    charge: store.StoredCharge, terms: Terms, counted_ms: int
) -> Iterator[ExplainStep]:
    """Why this card, and what the rules made of the seconds."""
    same = terms.version is not None and terms.version.id == charge.card_version_id
    why = terms.why_card if same else "it was chosen when the call was rated"
    number = charge.version_number
    yield ExplainStep(
        "terms",
        f"Campaign {terms.campaign.code} of customer {terms.campaign.customer_code}: card"
        f" {charge.card_code}, {why}; version {number} was published for the moment of the"
        " answer.",
        (("campaign", terms.campaign.code), ("card", charge.card_code), ("version", number)),
    )
    if counted_ms != charge.answered_ms:
        yield ExplainStep("rules", _rules_text(charge, terms, counted_ms), (
            ("answered_ms", charge.answered_ms), ("counted_ms", counted_ms),
        ))  # fmt: skip


def _rules_text(charge: store.StoredCharge, terms: Terms, counted_ms: int) -> str:
    lasted = f"The call lasted {charge.answered_ms / 1000:.3f} s"
    if counted_ms:
        return f"{lasted}; the rule second_rounding makes it {counted_ms // 1000} s."
    if charge.answered_ms < terms.minimum_seconds * 1000:
        return f"{lasted}: under the {terms.minimum_seconds} s of the rule minimum_seconds, free."
    if terms.billable_causes:
        ended = charge.cause or charge.disposition or "no cause"
        return f"{lasted}; {ended} is not among the causes of the rule billable_causes: free."
    return f"{lasted}; the rule second_rounding makes it 0 s."
