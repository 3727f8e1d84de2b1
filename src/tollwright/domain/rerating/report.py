"""The difference report: what calls cost as stored and what they would cost now, per who and where.

Whoever would pay more comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from tollwright.data.carriers import Carrier
from tollwright.data.customers import Campaign
from tollwright.data.scope import current_tenant_id
from tollwright.engine.rating.refusals import SENTENCES
from tollwright.engine.rerate.run import Figures, Group, Outcome, RefusedCall
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import ChargeColumns, currency_code
from tollwright.store.rerate import LinePlace

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of a customer, a campaign or a destination, in one currency."""

    id: int
    name: str
    currency: str
    figures: Figures
    customer: str = ""

    @property
    def difference_micros(self) -> int:
        return self.figures.difference_micros


@dataclass(frozen=True, slots=True)
class Part:
    """The changes that are of one fate, in one currency; all are micros but `calls`."""

    currency: str
    calls: int = 0
    old_micros: int = 0
    new_micros: int = 0

    @property
    def difference_micros(self) -> int:
        return self.new_micros - self.old_micros


@dataclass(frozen=True, slots=True)
class DifferenceReport:
    """What re-rating a scope would change; nothing is written.

    `totals` has one row a currency. `refused` counts by reason the calls that cannot be priced
    now: their charges stay until somebody decides. `open` are changes that would be written,
    `invoiced` those that would be proposed as credit or debit notes. `fingerprint` names exactly
    these changes. `priced_individually` calls were priced one by one, not by the kernel.
    `of_costs`: they are
    what carriers take, by whose calls they are now (`carriers`); `without_cost` calls cost nothing
    yet and are none of it.
    """

    totals: tuple[Row, ...]
    customers: tuple[Row, ...]
    campaigns: tuple[Row, ...]
    destinations: tuple[Row, ...]
    refused: dict[str, int]
    examples: tuple[RefusedCall, ...]
    open: tuple[Part, ...]
    invoiced: tuple[Part, ...]
    invoices: int
    fingerprint: str
    priced_individually: int
    carriers: tuple[Row, ...] = ()
    of_costs: bool = False
    without_cost: int = 0

    @property
    def calls(self) -> int:
        """Calls of the scope."""
        return sum(row.figures.calls for row in self.totals)

    @property
    def changed(self) -> int:
        """Calls whose amount changes."""
        return sum(row.figures.changed for row in self.totals)

    @property
    def waiting(self) -> int:
        """Calls that wait in open proposals; they are not looked at."""
        return sum(row.figures.waiting for row in self.totals)

    @property
    def outside(self) -> int:
        """Calls outside the scope whose amount changes, since they share pools with it."""
        return sum(row.figures.outside for row in self.totals)

    @property
    def again(self) -> int:
        """Calls that cost the same, but draw on pools by other terms."""
        return sum(row.figures.again for row in self.totals)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader must know beside the figures."""
        told = [
            f"{count:,} calls keep their charge until somebody decides: {SENTENCES[reason]}."
            for reason, count in self.refused.items()
        ]
        if self.waiting:
            told.append(f"{self.waiting:,} calls wait in open proposals and are left alone.")
        if self.outside:
            told.append(
                f"{self.outside:,} calls outside the scope change too: they draw on the same"
                " allowances in their turn, and what is left for them changes. The amounts count"
                " them."
            )
        if self.again:
            told.append(
                f"{self.again:,} calls cost the same by other terms and get a new revision: what"
                " they draw on allowances counts for the calls after them."
            )
        if self.without_cost:
            told.append(
                f"{self.without_cost:,} answered calls have no cost yet and are no part of this:"
                " Calls without cost says why, and prices what can be priced."
            )
        return (*told, *walked_text(self.priced_individually))


def walked_text(count: int) -> tuple[str, ...]:
    """How many calls the kernel could not price; nothing where there are none."""
    if not count:
        return ()
    return (
        f"{count:,} calls were priced one by one, all others by the compiled kernel: they last into"
        " another version of their card, share allowances with a billed call that stays, or are few"
        " between others' turns at a pool.",
    )


def totals(groups: Iterable[Group]) -> tuple[Row, ...]:
    """One row a currency."""
    return _rows(groups, lambda _: (0, ""))


def by_customer(groups: Iterable[Group]) -> tuple[Row, ...]:
    """One row a customer and currency, the largest increase first."""
    known = _campaigns()
    return _rows(groups, lambda g: (known[g.campaign_id][2], known[g.campaign_id][1]))


def by_campaign(groups: Iterable[Group]) -> tuple[Row, ...]:
    """One row a campaign and currency, with its customer."""
    known = _campaigns()
    return _rows(
        groups,
        lambda g: (g.campaign_id, known[g.campaign_id][0]),
        customer=lambda campaign_id: known[campaign_id][1],
    )


def by_destination(groups: Iterable[Group]) -> tuple[Row, ...]:
    """One row a prefix and currency; `name` is the prefix."""
    return _rows(groups, lambda g: (0, g.prefix))


def by_carrier(groups: Iterable[Group]) -> tuple[Row, ...]:
    """One row a carrier and currency, whose calls they are now."""
    known = {0: "No carrier now"} | {
        one.pk: one.name for one in Carrier.objects.filter(tenant_id=current_tenant_id())
    }
    return _rows(groups, lambda g: (g.carrier_id, known[g.carrier_id]))


def _campaigns() -> dict[int, tuple[str, str, int]]:
    """(name, customer's name, customer) of each campaign."""
    rows = Campaign.objects.filter(tenant_id=current_tenant_id()).select_related("customer")
    return {one.pk: (one.name, one.customer.name, one.customer_id) for one in rows}


def _rows(
    groups: Iterable[Group],
    who: Callable[[Group], tuple[int, str]],
    customer: Callable[[int], str] = lambda _: "",
) -> tuple[Row, ...]:
    sums: dict[tuple[int, str, str], Figures] = {}
    for group in groups:
        key = (*who(group), group.currency)
        sums[key] = sums.get(key, Figures()) + group.figures
    rows = [
        Row(pk, name, currency, figures, customer(pk))
        for (pk, name, currency), figures in sums.items()
    ]
    return tuple(sorted(rows, key=lambda r: (-r.difference_micros, r.name, r.currency, r.id)))


@dataclass(frozen=True, slots=True)
class Places:
    """Where changes stand, int64[n] each: the usage line and its invoice; 0 and 0 if still open."""

    line_id: Int64
    invoice_id: Int64


def places(changes: ChargeColumns, lines: Mapping[int, LinePlace]) -> Places:
    """Of each change the issued usage line behind it; drafts and unbilled charges are open."""
    root, invoice = np.zeros_like(changes.line_id), np.zeros_like(changes.line_id)
    for line in lines.values():
        if not line.is_draft:
            here = changes.line_id == line.line_id
            root[here], invoice[here] = line.usage_line_id, line.invoice_id
    return Places(root, invoice)


def parts(changes: ChargeColumns, where: Int64) -> tuple[Part, ...]:
    """What the changes at `where` (places) come to, per currency."""
    found = []
    currencies = changes.currency[where]
    for number in np.unique(currencies).tolist():
        here = where[currencies == number]
        found.append(
            Part(
                currency_code(number),
                len(here),
                int(changes.old_micros[here].sum()),
                int(changes.amount_micros[here].sum()),
            )
        )
    return tuple(sorted(found, key=lambda part: part.currency))


def report_of(
    outcome: Outcome, at: Places, *, of_costs: bool = False, without_cost: int = 0
) -> DifferenceReport:
    """The outcome as people read it."""
    on_paper = at.line_id != 0
    return DifferenceReport(
        totals=totals(outcome.groups),
        customers=by_customer(outcome.groups),
        campaigns=by_campaign(outcome.groups),
        destinations=by_destination(outcome.groups),
        refused=outcome.refused,
        examples=outcome.examples,
        open=parts(outcome.changes, np.flatnonzero(~on_paper)),
        invoiced=parts(outcome.changes, np.flatnonzero(on_paper)),
        invoices=len(np.unique(at.invoice_id[on_paper])),
        fingerprint=outcome.fingerprint,
        priced_individually=outcome.priced_individually,
        carriers=by_carrier(outcome.groups) if of_costs else (),
        of_costs=of_costs,
        without_cost=without_cost,
    )
