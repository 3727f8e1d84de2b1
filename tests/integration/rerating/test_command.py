"""`tollwright rerate` and `tollwright what-if`, from a report to what was written."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
import typer
from django.db import connections

from tests.integration.rerating.conftest import CHEAPER, LATER, ROWS, Story
from tests.integration.rerating.test_costs import buys, costs_by, price_missing, telco
from tests.support.billing import ANNA, as_data
from tests.support.command import invoked
from tests.support.switch import Row, make_switch
from tollwright.cli import runtime
from tollwright.cli.quarantine import quarantine
from tollwright.cli.rerate import rerate
from tollwright.cli.what_if import what_if
from tollwright.data.rerating import RerateProposal
from tollwright.data.scope import tenant_scope
from tollwright.domain.calls import queries
from tollwright.domain.errors import NotFound
from tollwright.domain.invoices.queries import check_sums
from tollwright.domain.rerating.corrections import correct
from tollwright.domain.rerating.operations import accept as accept_proposal
from tollwright.domain.validation import FieldInvalid

app = typer.Typer()
app.command()(rerate)
app.command("what-if")(what_if)
app.command()(quarantine)
T = TypeVar("T")
NOVEMBER = ("--from", "2026-11-01", "--to", "2026-12-01")


def run(*words: str) -> tuple[int, str]:
    """Exit code and what was printed; a refusal is raised."""
    result = invoked(app, words)
    return result.exit_code, result.stdout


@pytest.fixture
def provider(fresh_db: str, monkeypatch: pytest.MonkeyPatch) -> Story:
    """Calls of 2.64 at NOON of 2 November, and half the price to +44 since; it is 20 November."""
    monkeypatch.setattr(runtime, "now", lambda: LATER)
    switch = make_switch("north")
    with tenant_scope(switch.tenant_id):
        story = Story(switch)
        story.take(*ROWS)
        story.rate_by(CHEAPER)
    return story


def test_a_report_then_its_application(provider: Story) -> None:
    code, said = run("rerate", *NOVEMBER, "--card", "RETAIL")
    assert (code, said.splitlines()[0]) == (0, "4 calls, 4 cost another amount now.")
    assert "4 on no issued invoice: -0.96 EUR" in said.replace("\N{MINUS SIGN}", "-")
    assert said.splitlines()[-1] == "Nothing was written. Add --apply to write it."
    code, said = run("rerate", *NOVEMBER, "--prefix", "+49", "--apply", "--key", "k")
    assert "1 charges have a new revision, 0 wait in 0 proposals." in said
    code, said = run("rerate", *NOVEMBER)
    assert said.splitlines()[0] == "4 calls, 3 cost another amount now."


def test_calls_that_cannot_be_priced_end_in_code_3(provider: Story) -> None:
    with tenant_scope(provider.switch.tenant_id):
        provider.rate_by((("44", "United Kingdom", 300_000_000, False),))
    code, said = run("rerate", *NOVEMBER)
    assert code == 3
    assert "! 1 calls keep their charge until somebody decides" in said


def test_what_if_by_version_and_by_file(provider: Story, tmp_path: Path) -> None:
    code, said = run("what-if", *NOVEMBER, "--card", "RETAIL", "--version", "2")
    assert (code, said.splitlines()[0]) == (0, "RETAIL version 2 (published) over 4 calls")
    assert "0 customers would pay more, 2 less." in said
    file = tmp_path / "card.json"
    file.write_text(json.dumps({"rates": [{"prefix": "44", "price": "6"}]}))
    code, said = run("what-if", *NOVEMBER, "--file", str(file))
    assert code == 3
    assert "! 1 of 4 calls would not be priced" in said
    assert "2 customers would pay more, 0 less." in said


@pytest.mark.parametrize(
    "words",
    [("rerate", "--customer", "NOBODY"), ("what-if", "--card", "RETAIL", "--version", "9")],
    ids=["no such customer", "no such version"],
)
def test_what_is_not_there_is_named(provider: Story, words: tuple[str, ...]) -> None:
    with pytest.raises(NotFound, match=r"NOBODY|There are: 2, 1"):
        run(*words)


def test_what_waits_is_listed_let_in_and_corrected(provider: Story) -> None:
    """Call 1, billed 1.20, is told anew as 121 s: 0.90 now that +44 costs half."""
    with tenant_scope(provider.switch.tenant_id):
        provider.bill()
        provider.take(Row(key=1, seconds=121), Row(key=8, account="GHOST", minute=8))
        (late,) = queries.open_ids(reason="late_correction")
        (ghost,) = queries.open_ids(reason="unknown_account")
    code, said = run("quarantine")
    assert code == 3
    assert [line.split() for line in said.splitlines()[:2]] == [
        ["1", "late_correction"], ["1", "unknown_account"],
    ]  # fmt: skip
    code, said = run("quarantine", "correct", "--id", str(late))
    assert (code, said) == (
        0, "1 records are proposed as corrections by credit or debit notes.\n"
    )  # fmt: skip
    code, said = run("quarantine", "reprocess", "--reason", "unknown_account")
    assert (code, said.splitlines()[-1]) == (
        3, "0 records left the quarantine: 0 rated. 1 still wait (unknown_account 1)."
    )  # fmt: skip
    assert run("quarantine", "dismiss")[0] == 2
    assert run("quarantine", "dismiss", "--id", str(ghost)) == (0, "1 records are dismissed.\n")
    assert run("quarantine", "reprocess", "--id", str(ghost))[0] == 2


def test_two_hands_correct_and_accept_once(provider: Story) -> None:
    """Both propose for the same record at once, then both accept: one proposal, one note."""
    tenant_id = provider.switch.tenant_id
    with tenant_scope(tenant_id):
        provider.bill()
        provider.take(Row(key=1, seconds=121))
        ids = queries.open_ids()

    def together(work: Callable[[], T]) -> list[T]:
        def one() -> T:
            try:
                with tenant_scope(tenant_id):
                    return work()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            return [done.result() for done in [pool.submit(one), pool.submit(one)]]

    def propose() -> tuple[int, int]:
        made = correct(ids=ids, at=LATER, by=ANNA)
        return made.proposed, made.waiting

    def accept() -> list[int]:
        notes = accept_proposal(
            proposal=RerateProposal.objects.get(), at=LATER, by=ANNA, render=as_data
        )
        return [note.pk for note in notes]

    assert sorted(together(propose)) == [(0, 1), (1, 0)]
    one, other = together(accept)
    assert one == other
    with tenant_scope(tenant_id):
        assert provider.amounts()["1"] == 900_000
        assert check_sums() == []


def test_what_carriers_take_by_another_price(provider: Story) -> None:
    """Telco takes 0.06 a minute for three calls to +44: 0.151; then 0.04."""
    with tenant_scope(provider.switch.tenant_id):
        buys("TEL", "gw", "0.06")
        price_missing()
        costs_by(telco(), "0.04")
    code, said = run("rerate", *NOVEMBER, "--leg", "cost", "--carrier", "TEL", "--apply")
    assert (code, said.splitlines()[0]) == (0, "3 calls, 3 cost another amount now.")
    assert "Carrier" in said
    assert said.splitlines()[-1] == (
        "Re-rating 1: 3 charges have a new revision, 0 wait in 0 proposals."
    )
    code, said = run("rerate", *NOVEMBER, "--leg", "cost")
    assert said.splitlines()[0] == "3 calls, 0 cost another amount now."
    assert "! 1 answered calls have no cost yet" in said
    with pytest.raises(NotFound):
        run("rerate", *NOVEMBER, "--leg", "cost", "--carrier", "NOBODY")
    with pytest.raises(FieldInvalid, match="no leg 'gift'"):
        run("rerate", "--leg", "gift")
