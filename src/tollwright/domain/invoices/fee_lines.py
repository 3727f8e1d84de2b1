"""The lines of fees on documents that are not void, from which core tells what stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import F, Q, Sum

from tollwright.core.billing.fees import Entry
from tollwright.core.billing.periods import Span, day_of
from tollwright.data.models import InvoiceLine

FeeKey = tuple[int, int]  # subscription, fee
NOTES = ("credit_note", "debit_note")


def fee_entries(subscriptions: Iterable[int]) -> dict[FeeKey, list[Entry]]:
    """What was billed and given back for days of these subscriptions' fees, in order of billing.

    Drafts count, void documents do not. Two queries.
    """
    lines = InvoiceLine.objects.filter(
        subscription_id__in=list(subscriptions),
        fee__isnull=False,
        period_from__isnull=False,
        invoice__document_type="invoice",
    ).exclude(invoice__status="void")
    found = list(lines.select_related("invoice").order_by("id"))  # as they were billed
    notes = _notes([line.pk for line in found])
    entries: dict[FeeKey, list[Entry]] = defaultdict(list)
    for line in found:
        key = line.subscription_id or 0, line.fee_id or 0
        entries[key].append(
            Entry(
                id=line.pk,
                span=days_of_line(line),
                amount_micros=line.amount_micros,
                of_days=line.of_days,
                of=line.corrects_id,
                notes_micros=notes.get(line.pk, 0),
                is_draft=line.invoice.status == "draft",
                interval=interval_of_line(line),
                zone=line.invoice.period_zone,
            )
        )
    return entries


def days_of_line(line: InvoiceLine) -> Span:
    """The days of a billed fee; its moments are midnights of the zone of its invoice."""
    if line.period_from is None or line.period_to is None:
        raise ValueError(f"fee line {line.pk} has no period")
    zone = line.invoice.period_zone
    return Span(day_of(line.period_from, zone), day_of(line.period_to, zone))


def interval_of_line(line: InvoiceLine) -> Span | None:
    """The fee's interval of which the line bills days; None on older lines."""
    if line.interval_first is None or line.interval_end is None:
        return None
    return Span(line.interval_first, line.interval_end)


def _notes(lines: list[int]) -> dict[int, int]:
    """Credit and debit notes on these lines, and credit notes on those debit notes, in micros."""
    issued = InvoiceLine.objects.filter(invoice__document_type__in=NOTES, fee=None)
    issued = issued.exclude(invoice__status__in=["draft", "void"])
    found: dict[int, int] = defaultdict(int)
    for chain in ("corrects_id", "corrects__corrects_id"):
        on = issued.filter(Q(**{f"{chain}__in": lines})).annotate(on=F(chain))
        for line_id, amount in on.values_list("on").annotate(Sum("amount_micros")).order_by():
            found[line_id] += int(amount)
    return found
