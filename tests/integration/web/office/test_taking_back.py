"""What a clerk does about money that was typed wrongly, bounced or will not come.

Acme's invoice of 1.43 has 1.00 paid: 0.43 are open.
"""

from __future__ import annotations

from html import unescape
from typing import Any

from django.db.models import Sum
from django.test import Client

from tests.integration.web.office.things import Things
from tollwright.data.models import Allocation, AuditEntry, Invoice, Payment, PaymentChange
from tollwright.data.scope import tenant_scope


def asked(things: Things, **fields: Any) -> dict[str, Any]:
    return {
        "customer": things.shop.acme.customer.pk, "key": "k1", "amount": "1000000000",
        "received_at": "2026-12-01T08:00", "method": "transfer", "reference": "",
    } | fields  # fmt: skip


def text(client: Client, path: str) -> str:
    return unescape(client.get(path).content.decode()).replace("\u00a0", " ")


def rows(things: Things) -> list[int]:
    """How many payments, changes, allocations and audit entries there are."""
    with tenant_scope(things.shop.tenant_id):
        return [one.objects.count() for one in (Payment, PaymentChange, Allocation, AuditEntry)]


def acme(things: Things) -> tuple[str, int, int]:
    """Its invoice: status, what is paid, and the sum of its allocations."""
    with tenant_scope(things.shop.tenant_id):
        invoice = Invoice.objects.get(pk=things.shop.acme.invoice.pk)
        held = Allocation.objects.filter(invoice=invoice).aggregate(sum=Sum("amount_micros"))["sum"]
        return invoice.status, invoice.paid_micros, held


def test_an_amount_far_from_what_is_open_is_asked_once(things: Things, owner: Client) -> None:
    before = rows(things)
    page = owner.post("/office/payments/new/", asked(things))
    words = unescape(page.content.decode())
    assert "1,000,000,000.00 EUR is more than twice what Acme Ltd has open, 0.43 EUR." in words
    assert 'name="confirmed"' in words
    assert rows(things) == before
    answer = owner.post("/office/payments/new/", asked(things, confirmed="on"))
    assert answer.status_code == 302
    assert rows(things)[0] == before[0] + 1


def test_a_usual_payment_is_not_asked(things: Things, owner: Client) -> None:
    assert owner.post("/office/payments/new/", asked(things, amount="0.86")).status_code == 302


def test_a_day_to_come_is_refused_even_when_confirmed(things: Things, owner: Client) -> None:
    late = asked(things, amount="0.43", received_at="2026-12-02T00:00", confirmed="on")
    page = owner.post("/office/payments/new/", late)
    assert "2 December 2026 has not come yet" in page.content.decode()


def test_a_payment_is_reversed_from_its_page(things: Things, owner: Client) -> None:
    pk = things.shop.acme.payment.pk
    assert "/reverse/" in text(owner, f"/office/payments/{pk}/")
    form = text(owner, f"/office/payments/{pk}/reverse/")
    assert "owes 1.00 EUR more, and what it had settled is open again: NC-2026-00001." in form
    answer = owner.post(f"/office/payments/{pk}/reverse/", {"reason": "Bounced", "key": "r"})
    assert answer.status_code == 302
    assert acme(things) == ("finalised", 0, 0)
    page = text(owner, f"/office/payments/{pk}/")
    assert "reversed" in page and "Bounced" in page and "/reverse/" not in page
    assert ">reversed<" in text(owner, "/office/payments/")
    again = owner.post(f"/office/payments/{pk}/reverse/", {"reason": "Bounced", "key": "r2"})
    assert "is reversed" in again.content.decode()


def test_the_allocation_form_starts_from_what_holds(things: Things, owner: Client) -> None:
    pk, invoice = things.shop.acme.payment.pk, things.shop.acme.invoice.pk
    page = text(owner, f"/office/payments/{pk}/allocate/")
    assert f'name="invoice{invoice}" value="1.0"' in page or 'value="1"' in page
    counts = rows(things)
    path = f"/office/payments/{pk}/allocate/"
    same = owner.post(path, {"reason": "", "key": "a", f"invoice{invoice}": "1.00"})
    assert same.status_code == 302
    assert rows(things) == counts
    empty = owner.post(path, {"reason": "", "key": "a", f"invoice{invoice}": "0.40"})
    assert b"errorlist" in empty.content  # a change has a reason
    less = owner.post(path, {"reason": "By hand", "key": "a", f"invoice{invoice}": "0.40"})
    assert less.status_code == 302
    assert acme(things) == ("finalised", 400_000, 400_000)


def test_an_invoice_is_written_off_and_that_taken_back(things: Things, owner: Client) -> None:
    pk = things.shop.acme.invoice.pk
    path = f"/office/invoices/{pk}/write-off/"
    assert "Acme Ltd owes 0.43 EUR less" in text(owner, path)
    assert owner.post(path, {"reason": "Insolvent", "key": "w"}).status_code == 302
    assert acme(things) == ("written_off", 1_000_000, 1_000_000)
    assert "Take the write-off back" in text(owner, f"/office/invoices/{pk}/")
    listed = text(owner, "/office/invoices/?state=written_off")
    assert "NC-2026-00001" in listed
    customer = things.shop.acme.customer.pk
    assert "Write-off of NC-2026-00001: Insolvent" in text(
        owner, f"/office/customers/{customer}/statement/"
    )
    assert owner.post(f"{path}undo/", {"reason": "They paid", "key": "u"}).status_code == 302
    assert acme(things) == ("finalised", 1_000_000, 1_000_000)
