"""Does every figure on every document equal the rows behind it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import TypeAlias

from tollwright.core.billing.fees import (
    FeeTerms,
    Standing,
    by_interval,
    price_difference,
    standing,
)
from tollwright.core.money import minor_decimals
from tollwright.core.tax.totals import tax_micros
from tollwright.data.models import BillingRun, InvoiceLine, PlanFee
from tollwright.domain.database import database
from tollwright.domain.invoices.fee_lines import fee_entries
from tollwright.store import sums

Violation: TypeAlias = sums.Difference
PLANS_AT_ONCE = 1000


def check_sums(run: BillingRun | None = None) -> list[Violation]:
    """Where a figure differs from its rows, to the micro; [] is what it should be.

    Counted are: usage lines and their charges; net, taxes, rounding, total; ledger entries; what is
    paid and credited; notes against their lines; what stands of each fee; documents and hashes;
    what is due once; and, unless only one `run` is asked for, payments, receipts, number series and
    balances.
    """
    run_id = None if run is None else run.pk
    return [*sums.fetch_differences(database(), run_id), *_taxes(run_id), *_fees(run)]


def _fees(run: BillingRun | None) -> Iterator[Violation]:
    """Of no fee line less than nothing stands, no day twice, and each at the fee's price."""
    lines = InvoiceLine.objects.filter(fee__isnull=False, subscription__isnull=False)
    if run is not None:
        lines = lines.filter(invoice__run=run)
    plans = lines.order_by("subscription_id").values_list("subscription_id", flat=True)
    for some in _in_batches(plans.distinct().iterator(), PLANS_AT_ONCE):
        found = fee_entries(some)
        fees = PlanFee.objects.select_related("version").in_bulk({fee for _, fee in found})
        for (_, fee), entries in found.items():
            stands = standing(entries)
            yield from _of_fee(stands)
            yield from _prices(fees[fee].terms, stands, fees[fee].version.currency)


def _of_fee(stands: Sequence[Standing]) -> Iterator[Violation]:
    for one in stands:
        if one.micros < 0:
            yield Violation(_line_name(one.line.id), "fee stands", 0, one.micros)
    spans = sorted((span, one.line.id) for one in stands for span in one.spans)
    for (span, _), (after, line_id) in pairwise(spans):
        if after.first < span.end:
            twice = (span.end - after.first).days
            yield Violation(_line_name(line_id), "fee days", 0, twice)


def _prices(fee: FeeTerms, stands: Sequence[Standing], currency: str) -> Iterator[Violation]:
    """What stands is days x fee less notes, but for a minor unit a document."""
    for group in by_interval(stands):
        found = price_difference(fee, group, currency)
        if found is not None:
            yield Violation(_line_name(group[-1].line.id), "fee x days", *found)


def _in_batches(plans: Iterable[int | None], most: int) -> Iterator[list[int]]:
    told = iter(plans)
    while some := [one or 0 for one in islice(told, most)]:
        yield some


def _line_name(line_id: int) -> str:
    line = InvoiceLine.objects.select_related("invoice").get(pk=line_id)
    return f"{line.invoice} line {line.position}"


def _taxes(run_id: int | None) -> Iterator[Violation]:
    """A tax is its rate of its base, which is the lines'; a document's notes round together."""
    for row in sums.fetch_taxes(database(), run_id):
        if row.base_micros != row.counted_base_micros:
            yield Violation(row.document, "tax base", row.base_micros, row.counted_base_micros)
        due = tax_micros(row.base_micros, row.rate, row.currency)
        if row.document_type != "credit_note" and due != row.tax_micros:
            yield Violation(row.document, f"tax {row.rate.normalize():f} %", row.tax_micros, due)
    for noted in sums.fetch_note_taxes(database(), run_id):
        due = tax_micros(noted.base_micros, noted.rate, noted.currency)
        unit = 10 ** (6 - minor_decimals(noted.currency))  # earlier releases rounded each alone
        if abs(noted.tax_micros - due) > unit * (noted.notes - 1):
            figure = f"tax {noted.rate.normalize():f} % of its credit notes"
            yield Violation(noted.document, figure, noted.tax_micros, due)
