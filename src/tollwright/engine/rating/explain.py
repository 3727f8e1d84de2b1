"""Why a stored charge is what it is: reckoned once more from what is stored, and compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import psycopg

from tollwright.core.cards.card import Allowance
from tollwright.core.cards.dump import told_moment
from tollwright.core.labels import rule_name
from tollwright.core.money import show
from tollwright.core.number_ranges import is_short
from tollwright.core.rating import explain as core
from tollwright.core.rating.allowances import matching
from tollwright.core.rating.legs import CostPlus
from tollwright.core.rating.rate_call import CallInput, Charge, ExplainStep
from tollwright.core.rating.rate_lookup import CardIndex
from tollwright.engine.rating.carriers import Bought, read_carriers
from tollwright.engine.rating.pools import left, none_left
from tollwright.engine.rating.tariffs import CardRepository
from tollwright.engine.rating.terms import Card, Terms, Version, read_book
from tollwright.engine.rating.version_change import Load, VersionHistory, version_history
from tollwright.kernel.numbers import pack_number
from tollwright.store import allowances, propagate_costs, resellers
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
    charge = store.fetch_charge(cursor, charge_id, first=first, last=last)
    if charge is None:
        raise NoSuchCharge(f"There is no charge {charge_id}.")
    return _EXPLAINED[charge.leg](cursor, charge)


def _sell(cursor: store.Cursor, charge: store.StoredCharge) -> Explanation:
    """By the rules, the plan and the card of the customer."""
    book = read_book(cursor, rules_until=charge.rated_at)
    terms = book.terms(charge.campaign_id, charge.answered_at)
    counted_ms = terms.counted_ms(charge.answered_ms, charge.cause, charge.disposition)
    call = _call(charge, counted_ms)

    def load(version: Version) -> CardIndex:
        return CardRepository(cursor).index(version, terms.rounding)

    history, card = _prices(book.cards.values(), charge, load, call)
    plan = store.fetch_cost_plus(cursor, charge.plan_version_id)
    if plan is not None:
        steps = (*_terms_steps(charge, terms, counted_ms), *_crossing_steps(charge, history))
        return _from_cost(cursor, charge, call, history, card, steps, plan)
    fit = matching(card.card.allowances, call.called, call.answered_at, whole=call.whole)
    uses = allowances.fetch_uses(cursor, charge.id) if fit else []
    before = {use.pool: use.before for use in uses}
    steps = (*_terms_steps(charge, terms, counted_ms), *_crossing_steps(charge, history),
             *_pool_steps(fit, before, charge.currency))  # fmt: skip
    return _replayed(charge, call, history, card, steps, _remaining(fit, before))


def _from_cost(
    cursor: store.Cursor, charge: store.StoredCharge, call: CallInput,
    history: VersionHistory | None, card: CardIndex, steps: tuple[ExplainStep, ...], plan: CostPlus,
) -> Explanation:  # fmt: skip
    """By what the call cost when the charge was rated, and the plan's terms."""
    known = store.fetch_costs(cursor, call_id=charge.call_id, started_at=charge.started_at)
    stood = [cost for cost in known if cost.rated_at <= charge.rated_at] or known[:1]
    if charge.billed_s and not stood:
        raise NoSuchCharge(f"Charge {charge.id} is made of what its call costs, and that is gone.")
    cost_micros = stood[-1].amount_micros if stood else 0
    if charge.billed_s:
        steps += (_cost_step(stood[-1]),)
    name = f"{charge.card_code} v{charge.version_number}"
    replayed = core.explain_from_cost(call, card, plan, cost_micros, version=name)
    return _compared(charge, replayed, history, steps)


def _cost_step(cost: store.StoredCost) -> ExplainStep:
    whose = "the parent's"
    if cost.leg == "buy":
        whose = f"the carrier's, by buy card {cost.card_code} version {cost.version_number}"
    return ExplainStep(
        "cost_charge", f"What the call costs is charge {cost.id}: {whose}.",
        (("charge_id", cost.id), ("leg", cost.leg)),
    )  # fmt: skip


def _buy(cursor: store.Cursor, charge: store.StoredCharge) -> Explanation:
    """By the buy card of the carrier, which counts the call's real time."""
    carriers = read_carriers(cursor)
    call = _call(charge, charge.answered_ms)

    def load(version: Version) -> CardIndex:
        found = CardRepository(cursor).index(version, None)
        return replace(found, card=replace(found.card, allowances=()))

    history, card = _prices(carriers.cards.values(), charge, load, call)
    bought = carriers.bought(charge.trunk, charge.answered_at)
    steps = (_carrier_step(charge, bought), *_crossing_steps(charge, history))
    return _replayed(charge, call, history, card, steps, {})


def _parent(cursor: store.Cursor, charge: store.StoredCharge) -> Explanation:
    """The parent's own reckoning of the same call, in its books."""
    parent_id = resellers.fetch_parent(cursor)
    found: Explanation | None = None
    if parent_id is not None:
        with resellers.as_tenant(cursor, parent_id, back=charge.tenant_id):
            sold = propagate_costs.fetch_parent_charge(cursor, {
                "reseller_id": charge.tenant_id, "started_at": charge.started_at,
                "call_key": f"{charge.source_id}/{charge.call_key}", "rated_at": charge.rated_at,
                "amount_micros": charge.amount_micros, "billed_s": charge.billed_s,
                "card_version_id": charge.card_version_id, "rate_no": charge.rate_no,
            })  # fmt: skip
            if sold is not None:
                found = explain_charge(
                    cursor.connection, sold.charge_id, started_at=sold.started_at
                )
    if found is None:
        raise NoSuchCharge(f"The parent has no charge for charge {charge.id} any more.")
    theirs = found.charge
    same = (theirs.amount_micros, theirs.billed_s, theirs.rate_no, theirs.card_version_id) == (
        charge.amount_micros, charge.billed_s, charge.rate_no, charge.card_version_id,
    )  # fmt: skip
    step = ExplainStep(
        "parent",
        f"No carrier of our own has the trunk {charge.trunk or 'that the record leaves out'}:"
        f" the parent sells the call, by its card {theirs.card_code} version"
        f" {theirs.version_number}.",
        (("card", theirs.card_code), ("version", theirs.version_number)),
    )
    steps = (step, *(one for one in found.steps if one.kind != "terms"))
    return Explanation(charge, found.replayed_micros, found.equal and same, steps)


_EXPLAINED = {"sell": _sell, "buy": _buy, "parent": _parent}


def _call(charge: store.StoredCharge, counted_ms: int) -> CallInput:
    caller = charge.caller if pack_number(charge.caller) >= 0 else ""  # as the kernel sees it
    return CallInput(
        charge.call_key, charge.answered_at, counted_ms, caller, charge.called,
        is_short(charge.called),
    )  # fmt: skip


def _replayed(
    charge: store.StoredCharge, call: CallInput, history: VersionHistory | None, card: CardIndex,
    steps: tuple[ExplainStep, ...], remaining: Mapping[str, int],
) -> Explanation:  # fmt: skip
    name = f"{charge.card_code} v{charge.version_number}"
    replayed = core.explain(call, card, remaining=remaining, version=name)
    return _compared(charge, replayed, history, steps)


def _compared(
    charge: store.StoredCharge,
    replayed: Charge,
    history: VersionHistory | None,
    steps: tuple[ExplainStep, ...],
) -> Explanation:
    """The replayed charge beside the stored one."""
    steps += replayed.steps
    if history is not None:
        replayed = history.named(replayed)
    equal = (replayed.status, replayed.amount_micros, replayed.billed_s, replayed.rate_index) == (
        "rated", charge.amount_micros, charge.billed_s, charge.rate_no,
    )  # fmt: skip
    return Explanation(charge, replayed.amount_micros, equal, steps)


def _carrier_step(charge: store.StoredCharge, bought: Bought | None) -> ExplainStep:
    """Whose trunk it was, and which card that carrier takes its money by."""
    card = None if bought is None else bought.card
    same = card is not None and card.code == charge.card_code
    whose = bought.carrier if bought is not None and same else ""
    why = f"is {whose}'s" if whose else "was a carrier's when the call was rated"
    return ExplainStep(
        "carrier",
        f"Trunk {charge.trunk} {why}: buy card {charge.card_code} version"
        f" {charge.version_number}, by the call's real {charge.answered_ms / 1000:.3f} s.",
        (("carrier", whose), ("card", charge.card_code), ("version", charge.version_number)),
    )


def _prices(
    cards: Iterable[Card], charge: store.StoredCharge, load: Load, call: CallInput
) -> tuple[VersionHistory | None, CardIndex]:
    """The card of the charge; of a call over later versions, those of its history as known then."""
    for card in cards:
        for version in card.versions:
            if version.id == charge.card_version_id:
                history = version_history(card, version, load, call=call, known_at=charge.rated_at)
                return history, history.index if history else load(version)
    raise NoSuchCharge(f"Charge {charge.id} names a card version that is not published here.")


def _crossing_steps(
    charge: store.StoredCharge, history: VersionHistory | None
) -> Iterator[ExplainStep]:
    """Which later versions the call ran into."""
    for version in history.versions[1:] if history else ():
        yield ExplainStep(
            "version",
            f"The call runs into version {version.number} of card {charge.card_code}, in force"
            f" from {told_moment(version.effective_from)}: it is priced piece by piece. Rows are"
            " counted among those of the versions that fit the number.",
            (("card", charge.card_code), ("version", version.number)),
        )


def _pool_steps(
    fit: Sequence[Allowance], before: Mapping[str, int], currency: str
) -> Iterator[ExplainStep]:
    """What each pool had given to earlier calls of the period."""
    remaining = _remaining(fit, before)
    if fit and not before:
        yield ExplainStep(
            "pool",
            "With what the pools have left, the call would run into a time for which nothing"
            " prices it: it is priced without them.",
        )
        return
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


def _remaining(fit: Sequence[Allowance], before: Mapping[str, int]) -> dict[str, int]:
    """What pools had left; a call that drew on none of its pools was priced as if all were empty
    (`sequential.Walk.price_without`)."""
    return left(fit, before) if before else none_left(fit)


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
        return f"{lasted}; the {rule_name('second_rounding')} makes it {counted_ms // 1000} s."
    if charge.answered_ms < terms.minimum_seconds * 1000:
        least = f"{terms.minimum_seconds} s of the {rule_name('minimum_seconds')}"
        return f"{lasted}: under the {least}, free."
    if terms.billable_causes:
        ended = charge.cause or charge.disposition or "no cause"
        causes = f"the causes of the {rule_name('billable_causes')}"
        return f"{lasted}; {ended} is not among {causes}: free."
    return f"{lasted}; the {rule_name('second_rounding')} makes it 0 s."
