"""`tollwright import-card`, from a file to prices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from tests.support.billing import NOVEMBER
from tests.support.command import invoked
from tests.support.world import World, make_world
from tollwright.cli import runtime
from tollwright.cli.import_card import import_card
from tollwright.data.rates import CardVersion
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.errors import NotFound
from tollwright.domain.rates import operations
from tollwright.domain.rates.errors import CardRefused

app = typer.Typer()
app.command()(import_card)
KEY_MARKETS = Path("examples/cards/key_markets.json")


def run(*words: str) -> tuple[int, str]:
    """Exit code and what was printed; a refusal is raised."""
    result = invoked(app, words)
    return result.exit_code, result.output


@pytest.fixture
def world(fresh_db: str, monkeypatch: pytest.MonkeyPatch) -> World:
    """A provider with the card KEY in EUR that has no version; it is 2 November."""
    monkeypatch.setattr(runtime, "now", lambda: NOVEMBER)
    made = make_world("north")
    with tenant_scope(made.tenant.pk):
        operations.create_card(
            code="KEY", name="Key", currency="EUR", at=NOVEMBER, by=By("anna", "test")
        )
    return made


def versions(world: World) -> list[tuple[int, str, object]]:
    with tenant_scope(world.tenant.pk):
        rows = CardVersion.objects.filter(card__code="KEY").order_by("number")
        return list(rows.values_list("number", "status", "effective_from"))


def test_a_draft_then_prices(world: World) -> None:
    rows = len(json.loads(KEY_MARKETS.read_text())["rates"])
    code, said = run(str(KEY_MARKETS), "--card", "KEY")
    assert (code, said.splitlines()[-1]) == (0, "It is a draft.")
    assert f"{rows} rows, " in said
    code, said = run(str(KEY_MARKETS), "--card", "KEY", "--tenant", "north", "--publish")
    assert (code, said.splitlines()[-1]) == (0, "Published from 2026-11-02 09:00 UTC.")
    assert versions(world) == [(1, "draft", None), (2, "published", NOVEMBER)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            '{"rates": [{"prefix": "44"}, {"prefix": "33", "price": "1", "colour": "red"}]}',
            ["row 1, price: missing", "row 2, colour: unknown key"],
        ),
        ('{"side": "buy", "rates": []}', ["The file says side buy, the card KEY is sell"]),
        ('{"currency": "USD", "rates": []}', ["currency USD, the card KEY is EUR"]),
        (
            '{"rates": [{"prefix": "44", "price": "1", "effective_from": "2027-01-01"}]}',
            ["No row of the card begins before 2027-01-01"],
        ),
    ],
    ids=["two faults", "another side", "another currency", "refused when it is published"],
)
def test_refused_nothing_is_kept(
    world: World, tmp_path: Path, text: str, sentences: list[str]
) -> None:
    file = tmp_path / "card.json"
    file.write_text(text)
    with pytest.raises(CardRefused) as caught:
        run(str(file), "--card", "KEY", "--publish")
    assert [one for one in sentences if one not in str(caught.value)] == []
    assert versions(world) == []


def test_a_card_that_is_not_there(world: World) -> None:
    with pytest.raises(NotFound, match="no card with the code 'NONE'"):
        run(str(KEY_MARKETS), "--card", "NONE")


def test_a_draft_has_no_moment(world: World) -> None:
    code, said = run(str(KEY_MARKETS), "--card", "KEY", "--from", "2026-12-01")
    assert (code, "add --publish" in said) == (2, True)
