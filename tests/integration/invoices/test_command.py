"""`tollwright bill` and `tollwright pay`, from drafts to files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import typer
from pypdf import PdfReader

from tests.support.billing import NOVEMBER, open_books, say
from tests.support.command import invoked
from tests.support.world import World, make_world
from tollwright.cli import runtime
from tollwright.cli.bill import bill
from tollwright.cli.pay import pay
from tollwright.data.models import Document
from tollwright.data.scope import tenant_scope
from tollwright.domain.errors import DomainError, NotFound

app = typer.Typer()
app.command()(bill)
app.command()(pay)


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
    assert run("bill", "--check") == (0, "Every figure equals its rows.\n")


def test_a_draft_that_waits_is_named_and_holds_up_nobody(world: World) -> None:
    with tenant_scope(world.tenant.pk):
        say("finalise_grace_days", 3, world.customer)
    code, said = run("bill", "--finalise")
    assert (code, said.splitlines()[1:]) == (
        0,
        [
            "  Acme Ltd: 11.90 EUR",
            "  waits: The draft for Acme Ltd waits for late calls until 2026-11-04 00:00"
            " (rule finalise_grace_days).",
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
