"""Carriers, their trunks and buy cards."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.support.world import World, make_world
from tollwright.data.models import AuditEntry, Carrier, RateCard, Trunk
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.carriers import operations, queries
from tollwright.domain.errors import NotFound
from tollwright.domain.validation import FieldInvalid

OCT = datetime(2026, 10, 1, tzinfo=UTC)
NOV, DEC = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
ANNA = By("anna@north.example")


def add_carrier(code: str = "TEL") -> Carrier:
    return operations.create_carrier(code=code, name=f"Telco {code}", at=OCT, by=ANNA)


def add_trunk(
    carrier: Carrier, value: str, since: datetime = OCT, until: datetime | None = None
) -> Trunk:
    return operations.add_trunk(
        carrier=carrier, value=value, valid_from=since, valid_to=until, at=OCT, by=ANNA
    )


def add_card(world: World, code: str, side: str = "buy") -> RateCard:
    return RateCard.objects.create(
        tenant=world.tenant, code=code, name=f"Card {code}", side=side, currency="USD",
        created_at=OCT,
    )  # fmt: skip


def test_a_carrier_is_found_by_its_code_and_renamed(world: World) -> None:
    with tenant_scope(world.tenant.id):
        made = add_carrier()
        assert queries.carrier_by_code("TEL") == made
        renamed = operations.rename_carrier(
            carrier=made, code="TELCO", name="Telco One", at=NOV, by=ANNA
        )
        assert (renamed.code, queries.carrier_by_code("TELCO").name) == ("TELCO", "Telco One")
        with pytest.raises(NotFound, match="no carrier with the code 'TEL'"):
            queries.carrier_by_code("TEL")
        last = AuditEntry.objects.order_by("-seq").first()
        assert last is not None
        assert (last.action, last.before) == (
            "carrier.renamed",
            {"code": "TEL", "name": "Telco TEL"},
        )


def test_a_code_is_taken_once_per_provider(world: World) -> None:
    with tenant_scope(world.tenant.id):
        add_carrier()
        with pytest.raises(operations.CarrierCodeTaken, match="'TEL' already"):
            add_carrier()
        second = add_carrier("TWO")
        with pytest.raises(operations.CarrierCodeTaken):
            operations.rename_carrier(carrier=second, code="TEL", name="Two", at=NOV, by=ANNA)
    with tenant_scope(make_world("south").tenant.id):
        assert list(queries.carriers()) == []
        add_carrier()


def test_a_trunk_leads_to_one_carrier_at_a_time(world: World) -> None:
    with tenant_scope(world.tenant.id):
        first, second = add_carrier("ONE"), add_carrier("TWO")
        trunk = add_trunk(first, "gw-*")
        with pytest.raises(operations.TrunkTaken, match="leads to Telco ONE already"):
            add_trunk(second, "gw-*", NOV)
        operations.end_trunk(trunk=trunk, valid_to=NOV, at=OCT, by=ANNA)
        add_trunk(second, "gw-*", NOV)
        with pytest.raises(operations.TrunkTaken, match="leads to Telco TWO already"):
            operations.end_trunk(trunk=trunk, valid_to=DEC, at=OCT, by=ANNA)
        with pytest.raises(operations.TrunkEnded, match="cannot end before"):
            operations.end_trunk(trunk=trunk, valid_to=OCT, at=OCT, by=ANNA)
        assert [str(one) for one in queries.trunks(carrier=second)] == ["gw-*"]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("", "Value is empty"),
        ("g*w", r"a \* stands at the end only"),
        ("**", r"a \* stands at the end only"),
        ("x" * 101, "at most 100 fit"),
    ],
)
def test_a_trunk_is_a_text_or_its_beginning(world: World, value: str, sentence: str) -> None:
    with tenant_scope(world.tenant.id):
        carrier = add_carrier()
        with pytest.raises(FieldInvalid, match=sentence):
            add_trunk(carrier, value)


def test_the_card_assigned_last_for_a_moment_holds(world: World) -> None:
    with tenant_scope(world.tenant.id):
        carrier = add_carrier()
        cards = {code: add_card(world, code) for code in ("A", "B", "C")}
        for code, since in (("A", OCT), ("B", NOV), ("C", NOV)):
            operations.assign_card(
                carrier=carrier, card=cards[code], valid_from=since, at=OCT, by=ANNA
            )
        named = [queries.carriers(at=at).get().card_name for at in (OCT, NOV)]  # type: ignore[attr-defined]  # annotated by the query
        assert named == ["Card A", "Card C"]
        assert [held.card.code for held in queries.cards(carrier=carrier)] == ["C", "B", "A"]
        with pytest.raises(operations.NotABuyCard, match="Card S is a sell card"):
            operations.assign_card(
                carrier=carrier, card=add_card(world, "S", "sell"), valid_from=OCT, at=OCT, by=ANNA
            )
