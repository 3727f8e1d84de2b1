"""What re-rating would change, what was applied, and what waits for a decision."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Prefetch, QuerySet

from tollwright.data.calls import Charge
from tollwright.data.invoices import Invoice
from tollwright.data.rerating import RerateProposal, RerateProposalLine, Rerating
from tollwright.data.scope import current_tenant_id
from tollwright.domain.database import database_cursor
from tollwright.domain.errors import NotFound
from tollwright.domain.rerating.report import DifferenceReport, Places, places, report_of
from tollwright.domain.rerating.scope import SELL, CallScope, stored
from tollwright.engine.rating.carriers import read_carriers
from tollwright.engine.rating.tariffs import CardRepository
from tollwright.engine.rating.terms import read_book
from tollwright.engine.rerate.costs import CarrierPrices
from tollwright.engine.rerate.prices import StoredPrices
from tollwright.engine.rerate.run import Outcome, Progress, run, run_costs
from tollwright.store import rerate as store

MANY_CALLS = 100_000  # looking at more is not waited for


def is_large(scope: CallScope) -> bool:
    """Whether more than MANY_CALLS calls were charged in the scope. Raises as `stored` does."""
    stored(scope)
    found = Charge.objects.filter(
        leg=SELL, is_current=True, started_at__gte=scope.first, started_at__lt=scope.last
    )
    for name in ("customer_id", "campaign_id"):
        if (value := getattr(scope, name)) is not None:
            found = found.filter(**{name: value})
    return found.order_by().values("pk")[: MANY_CALLS + 1].count() > MANY_CALLS


def difference_report(
    scope: CallScope, *, at: datetime, progress: Progress | None = None
) -> DifferenceReport:
    """What the scope's calls cost as stored, and by the rules and prices known at `at`.

    Of the leg `cost`, what carriers take for them. Nothing is written. A call whose amount stays
    keeps its charge, whatever version it names.
    Raises NotFound for ids of others, scope.EmptyPeriod, guard.FieldInvalid.
    """
    outcome, where = reckoned(scope, at=at, progress=progress)
    if scope.leg == SELL:
        return report_of(outcome, where)
    whole = scope.card_id is None and scope.carrier_id is None
    without = store.count_without_cost(database_cursor(), stored(scope)) if whole else 0
    return report_of(outcome, where, of_costs=True, without_cost=without)


def reckoned(
    scope: CallScope, *, at: datetime, progress: Progress | None = None, holds: bool = False
) -> tuple[Outcome, Places]:
    """The changes themselves, and where the charges stand that they change.

    `holds`: nobody else draws on pools until the transaction ends.
    """
    cursor = database_cursor()
    cards = CardRepository(cursor, known_at=at)
    if scope.leg == SELL:
        prices = StoredPrices(cards, read_book(cursor, rules_until=at))
        if holds and prices.pooled:
            store.lock_usage(cursor)
        outcome = run(cursor, stored(scope), prices, progress=progress)
    else:
        bought = CarrierPrices(cards, read_carriers(cursor))
        outcome = run_costs(
            cursor, stored(scope), bought, carrier_id=scope.carrier_id, progress=progress
        )
    lines = {int(line) for line in set(outcome.changes.line_id.tolist()) if line}
    return outcome, places(outcome.changes, store.fetch_lines(cursor, sorted(lines)))


def reratings() -> QuerySet[Rerating]:
    """What was applied, the latest first, each with its proposals."""
    found = Rerating.objects.filter(tenant_id=current_tenant_id())
    waiting = Prefetch("proposals", RerateProposal.objects.order_by("id"))
    return found.prefetch_related(waiting).order_by("-id")


def rerating_by_id(pk: int) -> Rerating:
    """Raises NotFound."""
    found = reratings().filter(pk=pk).first()
    if found is None:
        raise NotFound(f"There is no re-rating {pk}.")
    return found


def proposals(*, status: str = "", rerating: Rerating | None = None) -> QuerySet[RerateProposal]:
    """Proposals with their lines, the latest first; `status`: proposed, accepted or rejected."""
    found = RerateProposal.objects.filter(tenant_id=current_tenant_id())
    if status:
        found = found.filter(status=status)
    if rerating is not None:
        found = found.filter(rerating=rerating)
    lines = RerateProposalLine.objects.select_related("invoice_line__campaign").order_by("id")
    return (
        found.select_related("invoice__customer", "rerating")
        .prefetch_related(Prefetch("lines", lines))
        .order_by("-id")
    )


def proposals_for(record_id: int) -> QuerySet[RerateProposal]:
    """The proposals that a quarantined record asked for, the latest first."""
    return proposals().filter(lines__waiting__quarantine_id=record_id)


def proposal_by_id(pk: int) -> RerateProposal:
    """Raises NotFound."""
    found = proposals().filter(pk=pk).first()
    if found is None:
        raise NotFound(f"There is no proposal {pk}.")
    return found


def difference_of(proposal: RerateProposal) -> int:
    """What a proposal comes to before tax, in micros: more than 0 is a debit note."""
    return sum(line.difference_micros for line in proposal.lines.all())


def notes_of(proposal: RerateProposal) -> QuerySet[Invoice]:
    """The credit and debit notes that accepting a proposal issued."""
    key = f"rerate:{proposal.pk}:"
    found = Invoice.objects.filter(tenant_id=current_tenant_id(), idempotency_key__startswith=key)
    return found.order_by("id")
