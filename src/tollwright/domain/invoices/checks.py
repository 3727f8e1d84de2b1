"""Does every figure on every document equal the rows behind it?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from tollwright.core.tax.totals import tax_micros
from tollwright.data.models import BillingRun
from tollwright.domain.invoices.drafting import database
from tollwright.store import sums

Violation: TypeAlias = sums.Difference


def check_sums(run: BillingRun | None = None) -> list[Violation]:
    """Where a figure differs from its rows, to the micro; [] is what it should be.

    Counted are: usage lines and their charges; net, taxes, rounding, total; ledger entries; what is
    paid and credited; documents and their hashes; and, unless only one `run` is asked for,
    payments, receipts, number series and customers' balances.
    """
    run_id = None if run is None else run.pk
    return [*sums.fetch_differences(database(), run_id), *_taxes(run_id)]


def _taxes(run_id: int | None) -> Iterator[Violation]:
    """A tax is its rate of its base, which is the lines'.

    The last credit note of an invoice takes what is left of the tax, so notes are held against
    their invoice (they never exceed it), not against the formula.
    """
    for row in sums.fetch_taxes(database(), run_id):
        if row.base_micros != row.counted_base_micros:
            yield Violation(row.document, "tax base", row.base_micros, row.counted_base_micros)
        due = tax_micros(row.base_micros, row.rate, row.currency)
        if row.document_type != "credit_note" and due != row.tax_micros:
            yield Violation(row.document, f"tax {row.rate} %", row.tax_micros, due)
