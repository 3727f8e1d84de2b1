"""A charge on a finalised invoice, the shortest way there."""

from __future__ import annotations

from datetime import timedelta

from tests.support.world import START, World
from tollwright.data.models import Charge, Invoice, InvoiceLine

DAY = timedelta(days=1)


def put_on_an_invoice(world: World, charge: Charge) -> None:
    """Invoice NC-1 of one usage line."""
    invoice = Invoice.objects.create(
        tenant=world.tenant, legal_entity=world.entity, customer=world.customer, currency="EUR",
        period_from=START, period_to=START + DAY, period_zone="UTC", created_at=START,
        net_micros=charge.amount_micros, total_micros=charge.amount_micros,
    )  # fmt: skip
    line = InvoiceLine.objects.create(
        tenant=world.tenant, invoice=invoice, position=1, kind="usage", description="Calls",
        amount_micros=charge.amount_micros, tax_rate=0,
    )  # fmt: skip
    Charge.objects.filter(pk=charge.pk).update(invoice_line_id=line.pk)
    invoice.status, invoice.number, invoice.finalised_at = "finalised", "NC-1", START
    invoice.save()
