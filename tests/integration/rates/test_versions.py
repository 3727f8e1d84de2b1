"""Versions: from a file, published for good, compared, looked up, gone back to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from tests.support.world import World
from tollwright.core.cards.file import content_hash, load_card
from tollwright.data.models import CardVersion, RateCard
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.errors import NotFound
from tollwright.domain.rates import errors, operations, queries
from tollwright.domain.validation import FieldInvalid

NOV, DEC = datetime(2026, 11, 2, 9, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
ANNA = By("anna@north.example")
WEEK = [1, 2, 3, 4, 5, 6, 7]
BANDS: list[object] = [
    {"name": "peak", "weight": 10, "windows": [{"start": "08:00", "end": "18:00"}]},
    {"name": "rest", "windows": [{"days": WEEK, "start": "00:00", "end": "24:00"}]},
]
FILE: dict[str, object] = {
    "currency": "EUR",
    "timezone": "Europe/Berlin",
    "rounding": {"mode": "half_up", "decimals": 4},
    "bands": BANDS,
    "rates": [
        {"prefix": "44", "name": "UK", "price": "0.012", "connect_fee": "0.05", "first_s": 30,
         "next_s": 6, "band": "peak"},
        {"prefix": "44", "name": "UK", "price": "0.008", "band": "rest"},
        {"prefix": "447", "name": "UK mobile", "price": "0.03",
         "steps": [{"from_s": 180, "price": "0.02", "next_s": 60}],
         "grace": {"mode": "threshold", "seconds": 3}, "max_charge": "2"},
        {"prefix": "447", "name": "UK mobile", "price": "0.01", "origin_prefix": "49"},
        {"prefix": "4475", "blocked": True, "price": "0"},
    ],
    "allowances": [{"name": "100 free", "prefixes": ["44"], "unit": "seconds", "amount": 6000}],
}  # fmt: skip


@pytest.fixture
def card(world: World) -> RateCard:
    with tenant_scope(world.tenant.id):
        return operations.create_card(code="K", name="Key", currency="EUR", at=NOV, by=ANNA)


def publish(card: RateCard, data: dict[str, object], since: datetime = NOV) -> CardVersion:
    draft = operations.save_draft(card=card, data=data, at=NOV, by=ANNA)
    return operations.publish_version(version=draft, effective_from=since, at=NOV, by=ANNA)


def test_a_card_file_comes_back_as_it_was(world: World, card: RateCard) -> None:
    with tenant_scope(world.tenant.id):
        version = publish(card, FILE)
        assert queries.core_card(version) == load_card(FILE)
        assert version.content_hash == content_hash(load_card(FILE))
        assert queries.core_card(CardVersion.objects.get(pk=version.pk)) is queries.core_card(
            version
        )


def test_a_draft_that_is_no_card_is_refused_with_every_fault(world: World, card: RateCard) -> None:
    gap = FILE | {"bands": BANDS[:1]}
    with tenant_scope(world.tenant.id), pytest.raises(errors.CardRefused) as caught:
        publish(card, gap | {"colour": "red"})
    told = str(caught.value)
    assert "colour: unknown key" in told
    assert "no band of the card holds on" in told
    assert len(caught.value.faults) >= 3


def test_publishing_checks_rows_that_came_another_way(world: World, card: RateCard) -> None:
    """A deck's rows and a row changed in the draft meet the same checks as a file."""
    with tenant_scope(world.tenant.id):
        draft = operations.save_draft(card=card, data=FILE, at=NOV, by=ANNA)
        draft.rates.filter(row_no=1).update(extra={"band": "peak"})
        draft.rates.filter(row_no=3).update(price_nanos=-5)
        draft.rates.filter(row_no=4).update(next_s=0)
        with pytest.raises(errors.CardRefused) as caught:
            operations.publish_version(version=draft, effective_from=NOV, at=NOV, by=ANNA)
        assert [(fault.row, fault.field) for fault in caught.value.faults] == [
            (2, "prefix"),
            (4, "price"),
            (5, "row"),
        ]
        draft.rates.filter(row_no=3).update(extra={"colour": "red"})
        with pytest.raises(errors.CardRefused, match="row 4, colour: unknown key"):
            operations.publish_version(version=draft, effective_from=NOV, at=NOV, by=ANNA)
        draft.rates.all().delete()
        with pytest.raises(errors.CardRefused, match="a card needs at least one row"):
            operations.publish_version(version=draft, effective_from=NOV, at=NOV, by=ANNA)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"currency": "USD"}, "The file says currency USD, the card K is EUR"),
        ({"side": "buy"}, "The file says side buy, the card K is sell"),
        ({"timezone": "Mars/Olympus"}, "timezone: 'Mars/Olympus' is not a time zone"),
    ],
)
def test_a_file_for_another_card(
    world: World, card: RateCard, options: dict[str, object], sentence: str
) -> None:
    with tenant_scope(world.tenant.id), pytest.raises(errors.CardRefused, match=sentence):
        publish(card, FILE | options)


def test_a_published_version_is_fixed(world: World, card: RateCard) -> None:
    with tenant_scope(world.tenant.id):
        version = publish(card, FILE)
        for refused in (
            lambda: operations.publish_version(
                version=version, effective_from=DEC, at=NOV, by=ANNA
            ),
            lambda: operations.discard_draft(version=version, at=NOV, by=ANNA),
        ):
            with pytest.raises(errors.VersionPublished, match="Key v1 is published"):
                refused()
        with pytest.raises(IntegrityError, match="is published"), transaction.atomic():
            CardVersion.objects.filter(pk=version.pk).update(tag="x")
        with pytest.raises(IntegrityError, match="are fixed"), transaction.atomic():
            version.rates.update(price_nanos=0)


@pytest.mark.parametrize(
    ("number", "caller", "row_no", "why"),
    [
        (
            "+44 20 7946 0000",
            "",
            0,
            [
                "Row 1 of Key v1, prefix 44 (UK), prices 442079460000: 0.012 EUR per 60 s in band"
                " peak, billed 30/6, 0.05 to connect.",
                "Row 2, prefix 44 (UK), does not: the band of the other has more weight, or begins"
                " later.",
            ],
        ),
        (
            "0044 7700 900123",
            "",
            2,
            [
                "Row 3 of Key v1, prefix 447 (UK mobile), prices 447700900123: 0.03 EUR per 60 s,"
                " billed 1/1.",
                "Row 4, prefix 447 (UK mobile), does not: the caller does not begin with 49.",
                "Row 1, prefix 44 (UK), does not: 447 is the longer prefix.",
                "Row 2, prefix 44 (UK), does not: 447 is the longer prefix.",
            ],
        ),
        ("447700900123", "+49 30 1234567", 3, None),
        ("447500900123", "", 4, None),
        (
            "+1 212 555 0100",
            "",
            None,
            ["No row of Key v1 prices 12125550100 at 2026-11-02 09:00 UTC."],
        ),
    ],
    ids=["by band", "longest prefix", "by origin", "blocked", "no row"],
)
def test_a_number_is_looked_up_and_explained(
    world: World,
    card: RateCard,
    number: str,
    caller: str,
    row_no: int | None,
    why: list[str] | None,
) -> None:
    with tenant_scope(world.tenant.id):
        publish(card, FILE)
        found = queries.look_up(card=card, number=number, caller=caller, at=NOV)
        assert found.row_no == row_no
        assert why is None or list(found.why) == why
        core = queries.core_card(found.version) if found.version else None
        assert core is not None
        assert found.rate == (None if row_no is None else core.rates[row_no])


def test_before_the_first_version_nothing_has_a_price(world: World, card: RateCard) -> None:
    with tenant_scope(world.tenant.id):
        publish(card, FILE, since=DEC)
        found = queries.look_up(card=card, number="44207", at=NOV)
        assert (found.version, found.rate) == (None, None)
        assert found.why == ("Key has no version that holds at 2026-11-02 09:00 yet.",)
        with pytest.raises(FieldInvalid, match="'abc' is not a number"):
            queries.look_up(card=card, number="abc", at=NOV)


def test_two_versions_are_compared_and_the_first_comes_back_as_the_third(
    world: World, card: RateCard
) -> None:
    dearer: dict[str, object] = FILE | {
        "rates": [{"prefix": "44", "price": "0.02"}],
        "timezone": "UTC",
    }
    with tenant_scope(world.tenant.id):
        first, second = publish(card, FILE), publish(card, dearer, since=DEC)
        diff = queries.diff_versions(first, second)
        assert [(change.prefix, change.what) for change in diff.changes] == [
            ("44", "new"),
            ("44", "closed"),
            ("44", "closed"),
            ("447", "closed"),
            ("447", "closed"),
            ("4475", "closed"),
        ]
        assert [key for key, _, _ in diff.settings] == ["timezone"]
        third = operations.revert(card=card, to=first, effective_from=DEC, at=NOV, by=ANNA)
        assert (third.number, third.tag) == (3, "as version 1")
        assert third.content_hash == first.content_hash
        assert queries.card_at(card, DEC) == third
        assert third.changes["against"] == 2


def test_there_is_nothing_to_go_back_to(world: World, card: RateCard) -> None:
    with tenant_scope(world.tenant.id):
        draft = operations.save_draft(card=card, data=FILE, at=NOV, by=ANNA)
        with pytest.raises(errors.CardRefused, match="Key v1 is not a published version of Key"):
            operations.revert(card=card, to=draft, effective_from=DEC, at=NOV, by=ANNA)


def test_cards_are_found_by_code(world: World, card: RateCard) -> None:
    with tenant_scope(world.tenant.id):
        assert queries.card_by_code("K") == card
        assert list(queries.cards(side="buy")) == []
        with pytest.raises(NotFound, match="no card with the code 'X'"):
            queries.card_by_code("X")
        with pytest.raises(errors.CardCodeTaken, match="a card with the code 'K' already"):
            operations.create_card(code="K", name="Again", currency="EUR", at=NOV, by=ANNA)
