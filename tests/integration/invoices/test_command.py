"""`tollwright bill` and `tollwright pay`, from drafts to files."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest
import typer
from pypdf import PdfReader

from tests.support.billing import NOVEMBER, open_books, say
from tests.support.command import invoked
from tests.support.world import World, make_world
from tollwright.cli import runtime
from tollwright.cli.allocate_payment import allocate_payment
from tollwright.cli.bill import bill
from tollwright.cli.pay import pay
from tollwright.cli.reverse_payment import reverse_payment
from tollwright.cli.write_off import write_off
from tollwright.data.models import Customer, Document
from tollwright.data.scope import tenant_scope
from tollwright.domain.errors import DomainError, NotFound

app = typer.Typer()
app.command()(bill)
app.command()(pay)
app.command()(reverse_payment)
app.command()(allocate_payment)
app.command()(write_off)


def run(*words: str) -> tuple[int, str]:
    """Exit code and what was printed; a refusal is raised."""
    result = invoked(app, words)
    return result.exit_code, result.output


@pytest.fixture
def world(fresh_db: str, monkeypatch: pytest.MonkeyPatch) -> World:
    """One customer who called for 10.00 in October; the clock stands at 2 November."""
    monkeypatch.setattr(runtime, "now", lambda: NOVEMBER)
    made = make_world("north")
    with tenant_scope(made.tenant.pk):
        say("tax_rate", "19")
        open_books(made).call("2026-10-15T10:00", 10_000_000)
    return made


def test_who_is_billed_although_suspended_is_named(world: World) -> None:
    with tenant_scope(world.tenant.pk):
        Customer.objects.update(status="suspended")
    _, said = run("bill")
    assert said.splitlines()[1:3] == [
        "  Acme Ltd: 11.90 EUR",
        "  Acme Ltd is suspended and billed all the same: end the plans, or switch billing off"
        ' (rule "Billing"), if that is not meant.',
    ]


def test_drafts_then_documents_then_a_receipt(world: World, tmp_path: Path) -> None:
    code, said = run("bill")
    assert (code, said.splitlines()[1:]) == (
        0,
        ["  Acme Ltd: 11.90 EUR", "Nothing was issued. Add --finalise to give them their numbers."],
    )
    out = tmp_path / "papers"
    code, said = run("bill", "--finalise", "--out", str(out), "--key", "again")
    assert f"issued NC-INV-2026-000001 → {out / 'NC-INV-2026-000001.pdf'}" in said
    printed = PdfReader(out / "NC-INV-2026-000001.pdf").pages[0].extract_text()
    assert "Please pay 11.90 EUR by 16 November 2026" in printed
    code, said = run("pay", "ACME", "20", "--key", "bank-1", "--out", str(out))
    assert said.splitlines() == [
        "  NC-INV-2026-000001: 11.90 EUR",
        "  stays as credit: 8.10 EUR",
        "Receipt NC-RCT-2026-000001",
        f"  → {out / 'NC-RCT-2026-000001.pdf'}",
    ]
    with tenant_scope(world.tenant.pk):
        stored = dict(Document.objects.values_list("filename", "sha256"))
    assert stored == {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in out.iterdir()
    }
    assert {stat.S_IMODE(file.stat().st_mode) for file in out.iterdir()} == {0o640}
    assert run("bill", "--check") == (0, "Every figure equals its rows.\n")
    invoice = out / "NC-INV-2026-000001.pdf"
    whole = invoice.read_bytes()
    for spoil in (invoice.unlink, lambda: invoice.write_bytes(whole[:1000])):
        spoil()  # as one that was killed on its way leaves it
        said = run("bill", "--finalise", "--out", str(out))[1]
        assert f"written again → {invoice}" in said
        assert invoice.read_bytes() == whole
    assert "written again" not in run("bill", "--finalise", "--out", str(out))[1]
    kept = out / "NC-RCT-2026-000001.pdf"
    kept.write_bytes(b"")
    run("pay", "ACME", "20", "--key", "bank-1", "--out", str(out))
    assert kept.stat().st_size > 1000


def test_a_draft_that_waits_is_named_and_holds_up_nobody(world: World) -> None:
    with tenant_scope(world.tenant.pk):
        say("finalise_grace_days", 3, world.customer)
    code, said = run("bill", "--finalise")
    assert (code, said.splitlines()[1:]) == (
        0,
        [
            "  Acme Ltd: 11.90 EUR",
            "  waits: The draft for Acme Ltd waits for late calls until 2026-11-04 00:00"
            ' (rule "Wait for late calls").',
        ],
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["pay", "NOBODY", "20", "--key", "k"], "There is no customer 'NOBODY'"),
        (["pay", "ACME", "20", "--key", "k", "--invoice", "X-1"], "There is no invoice 'X-1'"),
        (["pay", "ACME", "12,30", "--key", "k"], "The amount '12,30' is not a number"),
        (["bill", "--until", "2030-01-01"], "is yet to come"),
        (["bill", "--tenant", "south"], "There is no tenant 'south'"),
    ],
    ids=["customer", "invoice", "amount", "until", "tenant"],
)
def test_a_refusal_is_a_sentence(world: World, words: list[str], sentence: str) -> None:
    with pytest.raises((DomainError, NotFound), match=sentence):
        run(*words)


def test_money_is_asked_about_moved_and_taken_back(world: World, tmp_path: Path) -> None:
    """An invoice of 11.90: 100 is asked about, then booked, moved to credit, and taken back."""
    run("bill", "--finalise")
    receipt, number = "NC-RCT-2026-000001", "NC-INV-2026-000001"
    with pytest.raises(DomainError, match="is more than twice what Acme Ltd has open, 11"):
        run("pay", "ACME", "100", "--key", "k")
    with pytest.raises(DomainError, match="has not come yet"):
        run("pay", "ACME", "1", "--key", "k", "--received", "2027-01-01", "--yes")
    run("pay", "ACME", "100", "--key", "k", "--yes")
    words = ("--reason", "By hand", "--key", "a", "--to", f"{number}=5.00")
    code, said = run("allocate-payment", receipt, *words, "--out", str(tmp_path))
    assert (code, said.splitlines()[:2]) == (
        0, [f"  {number}: 5.00 EUR", "  stays as credit: 95.00 EUR"],
    )  # fmt: skip
    assert (tmp_path / "NC-ALC-2026-000001.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(DomainError, match="Write it as in"):
        run("allocate-payment", receipt, "--reason", "x", "--key", "b", "--to", f"{number}=much")
    code, said = run("reverse-payment", receipt, "--reason", "Bounced", "--key", "r")
    assert said.splitlines() == [f"  open again: {number}", "Reversal NC-REV-2026-000001"]
    code, said = run("write-off", number, "--reason", "Insolvent", "--key", "w")
    assert f"{number}: 11.90 EUR written off" in said
    code, said = run("write-off", number, "--reason", "They paid", "--key", "u", "--undo")
    assert f"{number}: 11.90 EUR open again" in said
