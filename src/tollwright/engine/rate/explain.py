"""Why a stored charge is what it is: reckoned once more from what is stored, and compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from tollwright.core import explain as core
from tollwright.core.money import show
from tollwright.core.rating import CallInput, ExplainStep
from tollwright.engine.rate.cards import card_of
from tollwright.engine.rate.numbers import rated_caller
from tollwright.engine.rate.terms import Terms, read_book
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
    card = card_of(cursor, charge.card_version_id, charge.content_hash, terms.rounding)
    counted_ms = terms.counted_ms(charge.answered_ms, charge.cause, charge.disposition)
    call = CallInput(
        charge.call_key,
        charge.answered_at,
        counted_ms,
        rated_caller(charge.caller),
        charge.called,
    )
    replayed = core.explain(call, card, version=f"{charge.card_code} v{charge.version_number}")
    steps = (*_terms_steps(charge, terms, counted_ms), *replayed.steps)
    equal = (replayed.status, replayed.amount_micros, replayed.billed_s, replayed.rate_index) == (
        "rated", charge.amount_micros, charge.billed_s, charge.rate_no,
    )  # fmt: skip
    return Explanation(charge, replayed.amount_micros, equal, steps)


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
