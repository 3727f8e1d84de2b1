"""What-if: other prices over past calls. Nothing is ever written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tollwright.core.cards.as_of import as_of, last_start
from tollwright.core.cards.card import RateCard as Card
from tollwright.core.cards.file import load_card
from tollwright.core.cards.read import CardError
from tollwright.core.rating.open_file import card_data
from tollwright.data.customers import Customer
from tollwright.data.plans import PlanVersion, Subscription
from tollwright.data.rates import CardVersion
from tollwright.data.scope import current_tenant_id
from tollwright.domain.database import database_cursor
from tollwright.domain.errors import DomainError
from tollwright.domain.rates import queries as rates
from tollwright.domain.rates.errors import CardRefused
from tollwright.domain.rerating import fees as plan_fees
from tollwright.domain.rerating import report as reports
from tollwright.domain.rerating.fees import NO_FEES, Fees
from tollwright.domain.rerating.scope import EVER, NEVER, CallScope, stored
from tollwright.domain.tenants.queries import current_tenant
from tollwright.engine.rating.refusals import SENTENCES
from tollwright.engine.rating.tariffs import CardRepository
from tollwright.engine.rating.terms import read_book
from tollwright.engine.rerate.prices import GivenCard, GivenPlan, SellPrices
from tollwright.engine.rerate.run import Figures, Outcome, Progress, RefusedCall, run
from tollwright.store import rerate as store


class OneOfThese(DomainError):
    """Name one card version, card file or plan version: nothing, or several, were named."""

    code = "what_if_needs_one_price"


class PeriodNeeded(DomainError):
    """Fees cannot be compared without a beginning and an end."""

    code = "what_if_needs_a_period"


@dataclass(frozen=True, slots=True)
class WhatIfRequest:
    """Which prices: a card version (draft or published), a card as values, or a plan version.

    `as_of`: rows with dates are taken as they stand then; None: when all of them have begun.
    """

    version: CardVersion | None = None
    card: Card | None = None
    plan: PlanVersion | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One customer in one currency. `buy_micros` None: no carrier's charges are known."""

    customer_id: int
    customer: str
    currency: str
    usage: Figures
    fees: Fees = NO_FEES
    buy_micros: int | None = None

    @property
    def old_micros(self) -> int:
        return self.usage.old_micros + self.fees.old_micros

    @property
    def new_micros(self) -> int:
        return self.usage.new_micros + self.fees.new_micros

    @property
    def difference_micros(self) -> int:
        """More than 0: the customer pays more."""
        return self.new_micros - self.old_micros

    @property
    def old_margin_micros(self) -> int | None:
        return None if self.buy_micros is None else self.old_micros - self.buy_micros

    @property
    def new_margin_micros(self) -> int | None:
        return None if self.buy_micros is None else self.new_micros - self.buy_micros


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer. Who would pay more comes first; calls that the prices do not cover are counted
    with what they cost now, on both sides, and by reason in `refused`."""

    title: str
    lines: tuple[Line, ...]
    totals: tuple[Line, ...]
    destinations: tuple[reports.Row, ...]
    refused: dict[str, int]
    examples: tuple[RefusedCall, ...]
    with_fees: bool
    without_fees: bool  # a plan's calls are looked at, but only some of those its fees are due for
    shares: bool  # calls draw on allowances of the new prices
    priced_individually: int  # calls that were priced one by one, not by the kernel

    @property
    def calls(self) -> int:
        return sum(line.usage.calls for line in self.totals)

    @property
    def losers(self) -> int:
        """Customers who would pay more."""
        return sum(line.difference_micros > 0 for line in self.lines)

    @property
    def winners(self) -> int:
        """Customers who would pay less."""
        return sum(line.difference_micros < 0 for line in self.lines)

    @property
    def uncovered_ppm(self) -> int:
        """Calls that would not be priced, parts in a million."""
        return sum(self.refused.values()) * 10**6 // self.calls if self.calls else 0

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader must know beside the figures."""
        told = [
            f"{count:,} of {self.calls:,} calls would not be priced: {SENTENCES[reason]}."
            for reason, count in self.refused.items()
        ]
        if self.shares:
            told.append(
                "Allowances of the new prices are full when a billing period begins, and only the"
                " calls looked at draw on them: choose whole billing periods."
            )
        if self.without_fees:
            told.append(
                "Fees are left out on both sides: they are due for all calls, not for those of a"
                " prefix, a file or a card alone."
            )
        if not self.calls:
            told.append("No calls found: choose another period, or compare with everyone's calls.")
        return (*told, *reports.walked_text(self.priced_individually))


def what_if(
    payload: WhatIfRequest,
    scope: CallScope,
    *,
    everyone: bool = False,
    at: datetime,
    progress: Progress | None = None,
) -> WhatIf:
    """What the scope's calls would cost by the prices asked for, per customer.

    Looked at are the calls that are rated by the same card (or plan) now; with `everyone`, and
    for a card that is only a file, all of the scope. Rules of seconds, causes and rounding hold
    as they do. For a plan its recurring fees are compared too, with a campaign those that hold for
    it; not where prefix, file or card pick calls. Raises OneOfThese, PeriodNeeded,
    CardRefused, NotFound.
    """
    if sum(one is not None for one in (payload.version, payload.card, payload.plan)) != 1:
        raise OneOfThese("Name one thing to compare with: a card version, a card file or a plan.")
    with_fees = payload.plan is not None and not (scope.prefix or scope.batch_id or scope.card_id)
    if with_fees and (scope.first == EVER or scope.last == NEVER):
        raise PeriodNeeded("Say from when to when: a plan's fees are due for a period.")
    narrowed = _narrowed(payload, scope, everyone)
    cursor, within = database_cursor(), stored(narrowed)
    outcome = run(cursor, within, _source(payload, at), keeps=False, progress=progress)
    lines = _lines(outcome, store.sum_costs(cursor, within))
    if payload.plan is not None and with_fees:
        lines = _with_fees(lines, payload.plan, narrowed, everyone)
    lines.sort(key=lambda line: (-line.difference_micros, line.customer, line.currency))
    return WhatIf(
        title=_title(payload),
        lines=tuple(lines),
        totals=_totals(lines),
        destinations=reports.by_destination(outcome.groups),
        refused=outcome.refused,
        examples=outcome.examples,
        with_fees=with_fees,
        without_fees=payload.plan is not None and not with_fees,
        shares=_has_allowances(payload),
        priced_individually=outcome.priced_individually,
    )


def card_of_file(data: Mapping[str, object] | str) -> Card:
    """A card file, its text or parsed JSON; its currency is the provider's where it says none.

    Raises CardRefused with every fault and its row.
    """
    try:
        said = card_data(data) if isinstance(data, str) else data
        return load_card({"currency": current_tenant().currency, **said})
    except CardError as error:
        raise CardRefused(f"The card file cannot be used:\n{error}", error.faults) from error


def _narrowed(payload: WhatIfRequest, scope: CallScope, everyone: bool) -> CallScope:
    if everyone:
        return scope
    if payload.version is not None and scope.card_id is None:
        return replace(scope, card_id=payload.version.card_id)
    if payload.plan is not None and scope.plan_id is None:
        return replace(scope, plan_id=payload.plan.plan_id)
    return scope


def _source(payload: WhatIfRequest, at: datetime) -> SellPrices:
    cursor = database_cursor()
    book = read_book(cursor, rules_until=at)
    if payload.plan is not None:
        plan = payload.plan
        return GivenPlan(
            CardRepository(cursor, known_at=at), book, plan.card_id, plan.pk, plan.cost_plus
        )
    card, begins, card_id = payload.card, at, 0
    if payload.version is not None:
        card, card_id = rates.core_card(payload.version), payload.version.card_id
        begins = payload.version.effective_from or at
    if card is None:
        raise OneOfThese("Name a card version, a card file or a plan.")
    held = as_of(card, payload.as_of or max(begins, last_start(card, begins)))
    return GivenCard(book, held, card_id)


def _has_allowances(payload: WhatIfRequest) -> bool:
    if payload.plan is not None:
        options = payload.plan.card.versions.values_list("options", flat=True)
        return any(one.get("allowances") for one in options)
    card = payload.card if payload.version is None else rates.core_card(payload.version)
    return card is not None and bool(card.allowances)


def _title(payload: WhatIfRequest) -> str:
    if payload.version is not None:
        version = payload.version
        return f"{version.card.code} version {version.number} ({version.status})"
    if payload.plan is not None:
        return (
            f"plan {payload.plan.plan.code} version {payload.plan.number} ({payload.plan.status})"
        )
    return "the card file"


def _lines(outcome: Outcome, bought: Iterable[store.BuySum]) -> list[Line]:
    cost = {(one.customer_id, one.currency): one.amount_micros for one in bought}
    return [
        Line(row.id, row.name, row.currency, row.figures, NO_FEES, cost.get((row.id, row.currency)))
        for row in reports.by_customer(outcome.groups)
    ]


def _with_fees(
    lines: list[Line], plan: PlanVersion, scope: CallScope, everyone: bool
) -> list[Line]:
    """The lines with the fees of both sides, and customers who have fees but no calls."""
    held: dict[int, list[Subscription]] = {}
    campaign_id = scope.campaign_id
    plan_id = None if everyone or campaign_id else plan.plan_id  # another may be the campaign's own
    for one in plan_fees.subscriptions(plan_id=plan_id, campaign_id=campaign_id):
        held.setdefault(one.customer_id, []).append(one)
    known = {(line.customer_id, line.currency): line for line in lines}
    customers = Customer.objects.filter(tenant_id=current_tenant_id())
    if scope.customer_id is not None:
        customers = customers.filter(pk=scope.customer_id)
    if campaign_id is not None:
        customers = customers.filter(campaigns=campaign_id)
    if scope.customer_id is None and campaign_id is None:
        customers = customers.filter(pk__in={line.customer_id for line in lines} | set(held))
    for customer in customers.order_by("id"):
        fees = plan_fees.compare(
            customer, held.get(customer.pk, ()), plan, first=scope.first, last=scope.last,
            campaign_id=campaign_id, one_for_all=everyone,
        )  # fmt: skip
        if fees != NO_FEES:
            key = (customer.pk, plan.currency)
            line = known.get(key, Line(customer.pk, customer.name, plan.currency, Figures()))
            known[key] = replace(line, fees=fees)
    return list(known.values())


def _totals(lines: Iterable[Line]) -> tuple[Line, ...]:
    sums: dict[str, Line] = {}
    for line in lines:
        before = sums.get(line.currency, Line(0, "", line.currency, Figures()))
        first = line.currency not in sums
        known = line.buy_micros is not None and (first or before.buy_micros is not None)
        sums[line.currency] = Line(
            0,
            "",
            line.currency,
            before.usage + line.usage,
            Fees(
                before.fees.old_micros + line.fees.old_micros,
                before.fees.new_micros + line.fees.new_micros,
                before.fees.once_micros + line.fees.once_micros,
            ),
            (before.buy_micros or 0) + (line.buy_micros or 0) if known else None,
        )
    return tuple(sums[currency] for currency in sorted(sums))
