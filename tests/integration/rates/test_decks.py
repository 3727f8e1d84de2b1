"""From a deck to a published version: preview, apply, publish; nothing half, nothing guessed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from tests.conftest import ROOT
from tests.support.samples import sample
from tests.support.world import World
from tollwright.data.models import AuditEntry, CardVersion, DeckImport, Rate, RateCard
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.rates import errors, operations, queries
from tollwright.domain.validation import FieldInvalid

NOV, DEC = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
ANNA = By("anna@north.example")
FIRST = b"""code,destination,price,min,step
44,United Kingdom,0.0120,1,1
447,UK mobile,0.0310,30,6
49,Germany,0.0100,1,1
881,Satellite,blocked,1,1
"""
SECOND = b"""code,destination,price,min,step
44,United Kingdom,0.0130,1,1
447,UK mobile,0.0300,30,6
33,France,0.0110,1,1
881,Satellite,blocked,1,1
"""


@pytest.fixture
def card(world: World) -> RateCard:
    with tenant_scope(world.tenant.id):
        return operations.create_card(code="AZ", name="Retail", currency="EUR", at=NOV, by=ANNA)


def preview(
    card: RateCard,
    content: bytes,
    mode: str = "replace",
    mapping: Mapping[str, object] | None = None,
) -> DeckImport:
    return operations.preview_deck(
        card=card, filename="az.csv", content=content, mode=mode, mapping=mapping, at=NOV, by=ANNA
    )


def publish(
    card: RateCard, content: bytes, mode: str = "replace", since: datetime = NOV
) -> CardVersion:
    draft = operations.apply_deck(deck_import=preview(card, content, mode), at=NOV, by=ANNA)
    return operations.publish_version(version=draft, effective_from=since, at=NOV, by=ANNA)


def prices(version: CardVersion) -> dict[str, int]:
    return dict(version.rates.order_by("row_no").values_list("prefix", "price_nanos"))


def test_a_preview_counts_and_writes_no_rate(world: World, card: RateCard) -> None:
    with tenant_scope(world.tenant.id):
        made = preview(card, FIRST)
        biggest = made.summary.pop("biggest")
        assert [(one["prefix"], one["before"], one["after"]) for one in biggest] == [
            ("44", "", "0.012/60 s 1/1"),
            ("447", "", "0.031/60 s 30/6"),
            ("49", "", "0.01/60 s 1/1"),
            ("881", "", "blocked"),
        ]
        assert [(one["header"], one["meaning"]) for one in made.summary.pop("file_columns")] == [
            ("code", "prefix"),
            ("destination", "name"),
            ("price", "price"),
            ("min", "first_s"),
            ("step", "next_s"),
        ]
        assert made.summary == {
            "rows_read": 4,
            "rows": 4,
            "faults": 0,
            "notes": 0,
            "fates": {
                "new": 3,
                "increased": 0,
                "decreased": 0,
                "changed": 0,
                "unchanged": 0,
                "blocked": 1,
                "closed": 0,
            },
            "outliers": {"tenfold": 0, "zero": 0, "below_cost": 0},
            "base": 0,
            "columns": "found",
            "unused_columns": [],
            "doubts": [],
            "questions": [],
            "withdrawn": 0,
            "first_faults": [],
            "first_notes": [],
        }
        assert (made.status, Rate.objects.count(), CardVersion.objects.count()) == (
            "previewed",
            0,
            0,
        )


def test_a_deck_becomes_the_card(world: World, card: RateCard) -> None:
    with tenant_scope(world.tenant.id):
        version = publish(card, FIRST)
        assert (version.number, version.status, version.published_by) == (
            1,
            "published",
            ANNA.actor,
        )
        assert prices(version) == {"44": 12_000_000, "447": 31_000_000, "49": 10_000_000, "881": 0}
        assert len(version.content_hash) == 64
        assert queries.core_card(version).timezone == "Europe/Berlin"  # the provider's
        second = publish(card, SECOND, since=DEC)
        assert second.changes == {
            "new": 1,
            "increased": 1,
            "decreased": 1,
            "changed": 0,
            "unchanged": 1,
            "blocked": 0,
            "closed": 1,
            "against": 1,
            "settings": [],
        }
        assert [queries.card_at(card, moment) for moment in (NOV, DEC)] == [version, second]
        assert [row.action for row in AuditEntry.objects.order_by("seq")][-3:] == [
            "version.drafted",
            "deck.applied",
            "version.published",
        ]


def test_amending_keeps_the_codes_that_the_deck_lacks(world: World, card: RateCard) -> None:
    with tenant_scope(world.tenant.id):
        publish(card, FIRST)
        made = preview(card, SECOND, "amend")
        assert made.summary["fates"]["closed"] == 0
        version = publish(card, SECOND, "amend")
        assert set(prices(version)) == {"44", "447", "49", "881", "33"}
        assert prices(version)["44"] == 13_000_000


def test_how_is_asked_never_guessed(world: World, card: RateCard) -> None:
    with tenant_scope(world.tenant.id), pytest.raises(FieldInvalid, match="Mode '' is unknown"):
        preview(card, FIRST, "")


def test_every_fault_has_its_line_and_is_left_out_only_when_told(
    world: World, card: RateCard
) -> None:
    bad = FIRST + b"4A,Nowhere,0.01,1,1\n1,USA,cheap,1,1\n"
    with tenant_scope(world.tenant.id):
        made = preview(card, bad)
        assert (made.summary["rows"], made.summary["faults"]) == (4, 2)
        assert [(one["line"], one["column"]) for one in made.summary["first_faults"]] == [
            (6, "code"),
            (7, "price"),
        ]
        with pytest.raises(errors.DeckHasFaults, match=r"2 rows .* first in line 6, column code"):
            operations.apply_deck(deck_import=made, at=NOV, by=ANNA)
        draft = operations.apply_deck(deck_import=made, skip_faults=True, at=NOV, by=ANNA)
        assert draft.rates.count() == 4
        report = queries.deck_report(made)
        assert [fault.line for fault in report.deck.faults] == [6, 7]
        assert [change.what for change in report.diff.changes] == ["new", "new", "new", "blocked"]


@pytest.mark.parametrize(
    ("content", "error", "sentence"),
    [
        (b"", errors.DeckRefused, "The file has no rows"),
        (b"hello,world\n1,2\n", errors.MappingNeeded, "columns hello, world|#1"),
        (b"PK\x03\x04rubbish", errors.DeckRefused, "damaged workbook"),
        (b"code,rate_usd\n44,0.01\n", errors.DeckRefused, "The deck is in USD, the card in EUR"),
    ],
    ids=["empty", "no columns", "damaged", "another currency"],
)
def test_a_file_that_is_no_deck_for_this_card(
    world: World, card: RateCard, content: bytes, error: type[Exception], sentence: str
) -> None:
    with tenant_scope(world.tenant.id), pytest.raises(error, match=sentence):
        preview(card, content)


def test_the_mapping_is_kept_with_the_card(world: World, card: RateCard) -> None:
    odd = b"dest,what,cost\nUK,44,0.02\n"
    told = {"columns": [["what", "prefix"], ["cost", "price"], ["dest", "name"]]}
    with tenant_scope(world.tenant.id):
        with pytest.raises(errors.MappingNeeded):
            preview(card, odd)
        made = preview(card, odd, mapping=told)
        operations.apply_deck(deck_import=made, at=NOV, by=ANNA)
        again = preview(card, odd)
        assert (made.summary["columns"], again.summary["columns"]) == ("given", "saved")
        with pytest.raises(errors.DeckRefused, match="The column mapping cannot be used: columns"):
            preview(card, odd, mapping={"columns": [["what", "colour"]]})


def test_a_preview_is_used_once_and_only_while_the_card_stands(
    world: World, card: RateCard
) -> None:
    with tenant_scope(world.tenant.id):
        old = preview(card, FIRST)
        publish(card, SECOND)
        with pytest.raises(errors.PreviewStale, match="published again since the preview"):
            operations.apply_deck(deck_import=old, at=NOV, by=ANNA)
        operations.discard_deck(deck_import=old, at=NOV, by=ANNA)
        with pytest.raises(errors.PreviewStale, match="is discarded already"):
            operations.apply_deck(deck_import=old, at=NOV, by=ANNA)


def test_a_discarded_draft_lets_its_deck_be_applied_again(world: World, card: RateCard) -> None:
    with tenant_scope(world.tenant.id):
        made = preview(card, FIRST)
        draft = operations.apply_deck(deck_import=made, at=NOV, by=ANNA)
        operations.discard_draft(version=draft, at=NOV, by=ANNA)
        assert Rate.objects.count() == 0
        made.refresh_from_db()
        again = operations.apply_deck(deck_import=made, at=NOV, by=ANNA)
        assert again.rates.count() == 4


def test_prices_with_dates_keep_the_old_one_until_then(world: World, card: RateCard) -> None:
    """The UK rises in December, Germany now: in November the UK keeps its price."""
    dated = b"""code,destination,price,effective date
44,United Kingdom,0.0200,2026-12-01
49,Germany,0.0150,2026-11-01
"""
    with tenant_scope(world.tenant.id):
        publish(card, FIRST, since=datetime(2026, 10, 1, tzinfo=UTC))
        publish(card, dated, since=NOV)
        found = [
            [queries.look_up(card=card, number=number, at=at).rate for at in (NOV, DEC)]
            for number in ("+44 20 7946 0000", "+49 30 1234567")
        ]
        assert [[rate and rate.price_nanos for rate in pair] for pair in found] == [
            [12_000_000, 20_000_000],
            [15_000_000, 15_000_000],
        ]


def test_a_start_at_which_nothing_holds_is_refused(world: World, card: RateCard) -> None:
    dated = b"code,price,effective date\n44,0.02,2026-12-01\n"
    with tenant_scope(world.tenant.id):
        draft = operations.apply_deck(deck_import=preview(card, dated), at=NOV, by=ANNA)
        with pytest.raises(errors.CardRefused, match="No row of the card begins before 2026-11-30"):
            operations.publish_version(version=draft, effective_from=NOV, at=NOV, by=ANNA)
        operations.publish_version(version=draft, effective_from=DEC, at=NOV, by=ANNA)


def test_the_generated_deck_of_29_459_codes(world: World, card: RateCard) -> None:
    content = (ROOT / "examples" / "decks" / "az_eur.csv").read_bytes()
    with tenant_scope(world.tenant.id):
        version = publish(card, content, since=DEC)
        assert version.changes["new"] == 29_459
        found = queries.look_up(card=card, number="+44 7700 900123", at=DEC)
        assert found.rate is not None
        assert found.rate.prefix == "44770"


def test_the_real_deck_of_36_205_codes(world: World) -> None:
    content = sample("decks/astpp_az_36205_usd.csv").read_bytes()
    with tenant_scope(world.tenant.id):
        card = operations.create_card(code="USD", name="Az", currency="USD", at=NOV, by=ANNA)
        version = publish(card, content)
        assert version.changes["new"] == 36_205
        assert queries.core_card(version).rates[0].price_nanos == 209_300_000
