"""The demo, as a newcomer runs it: the whole way on the example files, twice."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import psycopg
import pytest

from tests.conftest import ROOT
from tests.support.database import copy_of_template, prepare
from tests.support.digest import digest

from django.db import connection, connections  # isort: skip

from pypdf import PdfReader

from tollwright.cli import demo_story
from tollwright.core.money import show
from tollwright.data.models import (
    Charge,
    Document,
    ImportBatch,
    Invoice,
    Payment,
    Posting,
    Quarantine,
)
from tollwright.data.scope import tenant_scope
from tollwright.domain.invoices.queries import check_sums
from tollwright.domain.tenants.queries import tenant_id_by_slug


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of documents after the demo has run."""
    folder = tmp_path_factory.mktemp("documents")
    with copy_of_template():
        demo_story.tell(ROOT / "examples", folder)
        yield folder
        connections.close_all()


@pytest.fixture
def harbour(told: Path) -> Iterator[None]:
    tenant_id = tenant_id_by_slug("harbour")
    assert tenant_id is not None
    with tenant_scope(tenant_id):
        yield


@pytest.mark.parametrize(
    ("filename", "records", "duplicates", "quarantined"),
    [
        # 3 000 calls in two legs each, one line cut off, two lines twice; and the ghost and +999
        ("freeswitch/Master.csv", 6003, 2, 3),
        # 3 200 calls, one twice, one line cut off; and the nobody and 0034
        ("asterisk/Master.csv", 3202, 1, 3),
    ],
)
def test_each_file_is_accounted_for(
    harbour: None, filename: str, records: int, duplicates: int, quarantined: int
) -> None:
    batch = ImportBatch.objects.get(filename=filename)
    assert (batch.records, batch.duplicates, batch.quarantined) == (
        records,
        duplicates,
        quarantined,
    )


def test_what_was_broken_on_purpose_waits_with_its_reason(harbour: None) -> None:
    reasons = Counter(Quarantine.objects.values_list("reason", flat=True))
    assert reasons == {
        "unknown_account": 2,  # GHOST, NOBODY
        "unknown_destination": 1,  # Spain, on a card of eight countries
        "invalid_number": 1,  # +999
        "quoting": 2,  # the lines that were cut off
    }


def test_every_figure_equals_the_rows_behind_it(harbour: None) -> None:
    assert Invoice.objects.count() == 2
    assert list(check_sums()) == []
    assert sum(Posting.objects.values_list("amount_micros", flat=True)) == 0


def test_usage_on_the_invoices_is_octobers_charges_and_no_others(harbour: None) -> None:
    for invoice in Invoice.objects.all():
        period = Charge.objects.filter(
            customer=invoice.customer,
            leg="sell",
            is_current=True,
            started_at__gte=invoice.period_from,
            started_at__lt=invoice.period_to,
        )
        usage = invoice.lines.filter(kind="usage")
        assert sum(usage.values_list("amount_micros", flat=True)) == sum(
            period.values_list("amount_micros", flat=True)
        )
        assert not period.filter(invoice_line_id=None).exists()


def test_the_stored_document_says_the_invoices_figures(harbour: None) -> None:
    for document in Document.objects.exclude(invoice=None):
        content = bytes(document.content)
        assert hashlib.sha256(content).hexdigest() == document.sha256
        text = "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
        invoice = document.invoice
        assert invoice is not None
        assert invoice.number is not None
        assert invoice.number in text
        total = Decimal(show(invoice.total_micros, 2))
        assert f"{total:,}" in text or str(total) in text


def test_the_payment_settles_the_invoice_and_has_a_receipt(harbour: None, told: Path) -> None:
    payment = Payment.objects.get()
    allocation = payment.allocations.get()
    assert allocation.invoice.status == "paid"
    assert allocation.amount_micros == payment.amount_micros == allocation.invoice.total_micros
    document = Document.objects.get(receipt__payment=payment)
    assert (told / document.filename).read_bytes() == bytes(document.content)


def test_running_it_again_changes_nothing(told: Path, tmp_path: Path) -> None:
    before = contents()
    demo_story.tell(ROOT / "examples", tmp_path)
    assert contents() == before
    names = sorted(path.name for path in told.iterdir())
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_every_figure_is_what_release_0_1_0_came_to(told: Path) -> None:
    expected = json.loads((Path(__file__).parent / "digest_demo.json").read_text())
    with psycopg.connect(prepare().owner_url(connection.settings_dict["NAME"])) as owner:
        assert digest(owner) == expected["digest"]


def contents() -> dict[str, tuple[int, str]]:
    """Every table's number of rows and a hash of them, seen by the owner."""
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname"
        )
        found = {}
        for (name,) in cursor.fetchall():
            cursor.execute(
                f"SELECT count(*), coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '')"
                f' FROM "{name}" t'
            )
            found[name] = cursor.fetchone()
    owner.close()
    connection.close()
    return found
