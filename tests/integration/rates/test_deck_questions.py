"""A deck with questions: no draft before they are answered, by the command and by the domain."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import typer
from openpyxl import Workbook

from tests.support.billing import NOVEMBER
from tests.support.command import invoked
from tests.support.world import World, make_world
from tollwright.cli import runtime
from tollwright.cli.import_deck import import_deck
from tollwright.data.models import CardVersion, DeckImport, RateCard
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.rates import errors, operations

app = typer.Typer()
app.command()(import_deck)
ANNA = By("anna", "test")
US = b"Code,Rate,State\n201200,0.004,NJ\n212555,0.005,NY\n604555,0.006,BC\n"


@pytest.fixture
def world(fresh_db: str, monkeypatch: pytest.MonkeyPatch) -> World:
    """A provider with a sell card in EUR that has no version."""
    monkeypatch.setattr(runtime, "now", lambda: NOVEMBER)
    made = make_world("north")
    with tenant_scope(made.tenant.pk):
        operations.create_card(code="AZ", name="Az", currency="EUR", at=NOVEMBER, by=ANNA)
    return made


def run(file: Path, *words: str) -> tuple[int, str]:
    result = invoked(app, (str(file), "--card", "AZ", "--mode", "replace", *words))
    return result.exit_code, result.output


def codes(world: World) -> list[str]:
    with tenant_scope(world.tenant.pk):
        versions = CardVersion.objects.filter(card__code="AZ", status="published")
        last = versions.order_by("-number").first()
        return (
            []
            if last is None
            else list(last.rates.order_by("prefix").values_list("prefix", flat=True))
        )


def test_the_command_asks_and_takes_answers(world: World, tmp_path: Path) -> None:
    file = tmp_path / "us.csv"
    file.write_bytes(US)
    code, said = run(file)
    assert code == 0
    assert "asked: The codes have no +" in said and "--answer 'country=1'" in said
    with pytest.raises(errors.DeckHasQuestions, match="say which country's they are"):
        run(file, "--publish")
    assert codes(world) == []
    saved = tmp_path / "us.json"
    code, said = run(file, "--answer", "country=US", "--save-mapping", str(saved), "--publish")
    assert (code, "asked:" in said) == (0, False)
    assert codes(world) == ["1201200", "1212555", "1604555"]
    assert json.loads(saved.read_text())["country"] == "US"
    code, said = run(file, "--mapping", str(saved))
    assert "columns: given" in said and "unchanged 3" in said


@pytest.mark.parametrize("words", [("--answer", "country"), ("--answer", "=1")])
def test_an_answer_is_key_and_value(world: World, tmp_path: Path, words: tuple[str, ...]) -> None:
    file = tmp_path / "us.csv"
    file.write_bytes(US)
    code, said = run(file, *words)
    assert (code, "is not KEY=VALUE" in said) == (2, True)


def test_the_command_lists_columns_and_the_biggest_changes(world: World, tmp_path: Path) -> None:
    file = tmp_path / "az.csv"
    file.write_text("Code,Destination,Rate\n44,UK,0.01\n49,Germany,0.01\n33,France,0.01\n")
    run(file, "--publish")
    file.write_text(
        "Code,Destination,Rate,Zone\n44,UK,0.011,1\n49,Germany,0.2,2\n33,France,0.01,1\n"
    )
    _, said = run(file)
    lines = [line.strip() for line in said.splitlines()]
    assert "column Zone: not used" in lines and "column Rate: price" in lines
    assert [line for line in lines if line.startswith("increased 4")] == [
        "increased 49 Germany: 0.01/60 s 1/1 → 0.2/60 s 1/1 ! tenfold",
        "increased 44 UK: 0.01/60 s 1/1 → 0.011/60 s 1/1",
    ]


def amend(world: World, content: bytes, **answers: str) -> CardVersion:
    with tenant_scope(world.tenant.pk):
        card = RateCard.objects.get(code="AZ")
        made = operations.preview_deck(
            card=card, filename="az.csv", content=content, mode="amend", answers=answers,
            at=NOVEMBER, by=ANNA,
        )  # fmt: skip
        draft = operations.apply_deck(deck_import=made, at=NOVEMBER, by=ANNA)
        return operations.publish_version(
            version=draft, effective_from=NOVEMBER, at=NOVEMBER, by=ANNA
        )


def test_a_withdrawn_code_is_closed_in_an_amendment(world: World) -> None:
    """52 goes at once, 53 on 1 December; 54 is not named and stays."""
    amend(world, b"Code,Rate\n52,0.01\n53,0.01\n54,0.01\n")
    deck = b"Code,Rate,Status,Effective Date\n52,,Deleted,\n53,,Deleted,2026-12-01\n"
    with pytest.raises(errors.DeckHasQuestions, match="Column Status is not in the saved mapping"):
        amend(world, deck)
    columns = {"column.Status": "status", "column.Effective Date": "effective_from"}
    version = amend(world, deck, **columns)
    with tenant_scope(world.tenant.pk):
        rows = version.rates.order_by("prefix").values_list("prefix", "effective_to")
        assert [(code, end and f"{end:%F %H}") for code, end in rows] == [
            ("53", "2026-11-30 23"), ("54", None)
        ]  # fmt: skip  # the provider's midnight, in Berlin
        made = DeckImport.objects.latest("id")
        assert (made.summary["rows"], made.summary["withdrawn"]) == (0, 2)
        assert made.summary["fates"]["closed"] == 2


def test_a_price_below_cost_is_flagged(world: World) -> None:
    with tenant_scope(world.tenant.pk):
        bought = operations.create_card(
            code="BUY", name="Buy", side="buy", currency="EUR", at=NOVEMBER, by=ANNA
        )
        draft = operations.save_draft(
            card=bought, data={"rates": [{"prefix": "44", "price": "0.02"}]}, at=NOVEMBER, by=ANNA
        )
        operations.publish_version(version=draft, effective_from=NOVEMBER, at=NOVEMBER, by=ANNA)
        made = operations.preview_deck(
            card=RateCard.objects.get(code="AZ"), filename="az.csv", mode="replace", by=ANNA,
            content=b"Code,Rate\n447,0.01\n33,0\n49,0.05\n", at=NOVEMBER,
        )  # fmt: skip
        assert made.summary["outliers"] == {"tenfold": 0, "zero": 1, "below_cost": 1}
        assert [one["prefix"] for one in made.summary["biggest"]] == ["33", "447", "49"]


def test_an_answered_price_column_brings_what_its_header_says(world: World) -> None:
    """0.0002 a second, and days of Berlin, as if it had been the file's only price."""
    deck = (
        b"Code,Peak rate per sec,Weekend rate per sec,Effective Date\n44,0.0002,0.0001,2026-12-01\n"
    )
    with tenant_scope(world.tenant.pk):
        card = RateCard.objects.get(code="AZ")
        with pytest.raises(errors.MappingNeeded):
            operations.preview_deck(
                card=card, filename="az.csv", content=deck, mode="replace", at=NOVEMBER, by=ANNA
            )
        for answers in (
            {"price": "Peak rate per sec"},
            {"column.Peak rate per sec": "price"},
        ):
            made = operations.preview_deck(
                card=card, filename="az.csv", content=deck, mode="replace", answers=answers,
                at=NOVEMBER, by=ANNA,
            )  # fmt: skip
            assert made.mapping["price_per"] == "second"
            assert made.mapping["timezone"] == "Europe/Berlin"
            assert made.summary["questions"] == []
        version = operations.apply_deck(deck_import=made, at=NOVEMBER, by=ANNA)
        (row,) = version.rates.all()
        assert (row.price_nanos, row.unit_s) == (200_000, 1)


def test_a_mapping_without_a_sheet_is_asked_for_one(world: World) -> None:
    book = Workbook()
    for name, price in (("Std", 0.01), ("Premium", 0.02)):
        sheet = book.create_sheet(name)
        sheet.append(["Code", "Rate"])
        sheet.append(["+44", price])
    del book["Sheet"]
    file = io.BytesIO()
    book.save(file)
    columns: dict[str, object] = {"columns": [["Code", "prefix"], ["Rate", "price"]]}
    sheets: tuple[tuple[str, list[str]], ...] = (("", ["sheet"]), ("Premium", []))
    with tenant_scope(world.tenant.pk):
        card = RateCard.objects.get(code="AZ")
        for name, asked in sheets:
            made = operations.preview_deck(
                card=card, filename="az.xlsx", content=file.getvalue(), mode="replace",
                mapping=columns | {"sheet": name}, at=NOVEMBER, by=ANNA,
            )  # fmt: skip
            assert [one["key"] for one in made.summary["questions"]] == asked


def test_a_preview_that_is_read_otherwise_now_is_made_again(world: World) -> None:
    """Another release kept it, and counted no fault where this one finds one."""
    with tenant_scope(world.tenant.pk):
        made = operations.preview_deck(
            card=RateCard.objects.get(code="AZ"), filename="az.csv", mode="replace",
            content=b"Code,Rate\n44,0.01\n49,none\n", at=NOVEMBER, by=ANNA,
        )  # fmt: skip
        made.summary |= {"rows": 2, "faults": 0}
        made.parsed = None
        made.save()
        with pytest.raises(errors.PreviewStale, match="read otherwise than in its preview"):
            operations.apply_deck(deck_import=made, at=NOVEMBER, by=ANNA)
