"""A note that a re-rating made cannot be voided: its calls would never be billed again."""

from __future__ import annotations

import pytest

from tests.integration.rerating.conftest import DECEMBER, Story
from tests.support.billing import ANNA, as_data
from tollwright.data.models import Charge, RerateProposal
from tollwright.domain.invoices import operations as invoices
from tollwright.domain.invoices import queries
from tollwright.domain.rerating import operations
from tollwright.domain.rerating.scope import CallScope

DEARER = (("44", "United Kingdom", 900_000_000, False), ("49", "Germany", 120_000_000, False))


def test_a_note_of_re_rated_calls_is_credited_not_voided(story: Story) -> None:
    """Acme's two calls to London, three minutes, 0.30 more each: 0.90."""
    story.bill()
    story.rate_by(DEARER)
    customer = story.switch.world.customer
    story.apply("first", CallScope(customer_id=customer.pk))
    (note,) = operations.accept(
        proposal=RerateProposal.objects.get(), at=DECEMBER, by=ANNA, render=as_data
    )
    assert (note.document_type, note.net_micros) == ("debit_note", 900_000)
    lines = [line.pk for line in note.lines.all()]
    on_note = Charge.objects.filter(invoice_line_id__in=lines).count()
    with pytest.raises(invoices.StandsForCalls) as refused:
        invoices.void(invoice=note, reason="Oops", at=DECEMBER, by=ANNA)
    assert str(refused.value) == (
        f"{note} bills 2 calls that were re-rated, which nothing else would bill: "
        "credit it, or re-rate the calls again."
    )
    assert on_note == 2
    back = invoices.credit(
        invoice=note, reason="Oops", key="c1", at=DECEMBER, by=ANNA, render=as_data
    )
    assert back.net_micros == -900_000
    assert queries.check_sums() == []
