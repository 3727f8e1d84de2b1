"""Plans by the office's own forms: by their card, and by what a call costs."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from tests.integration.web.office.test_buying import buy_from
from tests.integration.web.office.test_stories import CALLS, Office
from tests.integration.web.office.things import AT, BY
from tests.support.forms import untouched
from tests.support.shop import make_user
from tests.support.switch import make_switch, master_csv
from tollwright.core.rating.legs import CostPlus
from tollwright.data.access import Role
from tollwright.data.calls import Call, Quarantine
from tollwright.data.plans import CallPlan, PlanVersion
from tollwright.data.rates import RateCard
from tollwright.data.scope import tenant_scope
from tollwright.domain.plans import operations as plans
from tollwright.domain.rates import operations as rates

PRICE = "the call's cost + 15.25 % + 0.001 EUR, at least 0.005 EUR, at most 1.00 EUR a call"


@pytest.fixture
def office(db: None) -> Office:
    return Office(make_switch("north"))


def words(page: str) -> str:
    """A page's text."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def draft(office: Office, *, status: int = 302, **fields: Any) -> str:
    """Send the form of a version; the page, or where it leads."""
    plan = office.latest(CallPlan)
    return office.post(
        f"plans/{plan.pk}/versions/new/", status=status, card=office.switch.card.pk,
        routing_policy="least_cost", **fields,
    )  # fmt: skip


def test_a_price_from_the_cost_is_told_in_one_sentence(office: Office) -> None:
    """On the plan, on the customer, and on the card whose prices are then nobody's."""
    customer, card = office.switch.world.customer, office.switch.card
    office.post("plans/new/", code="PLUS", name="Cost plus")
    draft(
        office, pricing="cost_plus", markup_percent="15.25 %", fixed="0.001", floor="0.005",
        cap="1",
    )  # fmt: skip
    version = office.one(PlanVersion, plan__code="PLUS")
    assert version.cost_plus == CostPlus(152_500, 1_000, 5_000, 1_000_000)
    assert PRICE not in words(office.get(f"cards/{card.pk}/"))  # a draft is nobody's price
    office.post(f"plan-versions/{version.pk}/publish/")
    office.post(f"customers/{customer.pk}/subscribe/", version=version.pk, starts_on="2026-10-01")
    assert f"Calls {PRICE} Card Retail" in words(office.get(f"plans/{version.plan_id}/"))
    assert f"Cost plus v1 {PRICE}" in words(office.get(f"customers/{customer.pk}/"))
    assert (
        f"Customers on Cost plus v1 pay {PRICE}. This card gives them open destinations,"
        " billed seconds and rounding, not prices."
    ) in words(office.get(f"cards/{card.pk}/"))


def test_a_month_from_the_cost(office: Office) -> None:
    """61 s and 30 s at 0.03 a minute cost 0.0305 and 0.015; with 15.25 % and 0.001 that is
    0.03615125 and 0.0182875, in all 0.036151 + 0.018288. The card would have said 1.80."""
    switch = office.switch
    office.post("plans/new/", code="PLUS", name="Cost plus")
    draft(office, pricing="cost_plus", markup_percent="15.25", fixed="0.001")
    version = office.latest(PlanVersion)
    office.post(f"plan-versions/{version.pk}/publish/")
    office.post(
        f"customers/{switch.world.customer.pk}/subscribe/", version=version.pk,
        starts_on="2026-10-01",
    )  # fmt: skip
    office.upload(master_csv(CALLS[:2]))
    record = office.latest(Quarantine)
    assert "which is not known: no carrier has its trunk" in words(
        office.get(f"quarantine/{record.pk}/")
    )
    office.post("cards/new/", code="TEL", name="Telco", side="buy", currency="EUR")
    buy_from(office, office.latest(RateCard))
    office.post("quarantine/bulk/", action="reprocess", all="1", query="reason=unknown_cost")
    invoice = office.bill()
    assert invoice.net_micros == 54_439
    assert "0.054439 EUR" in words(office.get(f"invoices/{invoice.pk}/"))
    call = office.one(Call, answered_ms=61_000)
    told = words(office.get(f"calls/202611/{call.pk}/"))
    assert "The plan prices from the provider's cost: cost + 15.25 % + 0.001 EUR." in told
    assert "What the customer pays: 0.036151 EUR" in told
    assert told.count("replay equals the charge") == 2

    with tenant_scope(switch.tenant_id):
        user = make_user(
            switch.world, "finance@acme.example", Role.PORTAL_FINANCE, switch.world.customer
        )
    customer = Client()
    customer.force_login(user)
    page = words(customer.get(f"/calls/2026-11/{call.pk}/").content.decode())
    assert "The call costs 0.036151 EUR, before tax." in page
    for inside in ("0.0305", "0.60", "per minute", "Telco"):  # the cost, and the card's price
        assert inside not in page


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"pricing": "cost_plus"}, "Say the markup: 0 sells at cost."),
        ({"pricing": "card", "floor": "0"}, "The card prices calls: leave this empty."),
        (
            {"pricing": "cost_plus", "markup_percent": "1.00001"},
            "Write a percentage such as 12.5: 1.00001 has more than 4 decimals.",
        ),
        (
            {"pricing": "cost_plus", "markup_percent": "a tenth"},
            "Write a percentage such as 12.5: 'a tenth' is not a number.",
        ),
        (
            {"pricing": "cost_plus", "markup_percent": "-100.5"},
            "A markup of -100.5 % is less than nothing: -100 % is the least.",
        ),
        (
            {"pricing": "cost_plus", "markup_percent": "5", "floor": "2", "cap": "1"},
            "At least 2 and at most 1 EUR a call exclude each other: lower the one or raise the"
            " other.",
        ),
    ],
)
def test_what_no_price_can_be_is_told_beside_its_field(
    office: Office, fields: dict[str, str], sentence: str
) -> None:
    office.post("plans/new/", code="PLUS", name="Cost plus")
    assert sentence in words(draft(office, status=200, **fields))


FEES: list[dict[str, object]] = [
    {"kind": "registration", "name": "Set-up", "amount_micros": 99_000_000},
    {"kind": "subscription", "name": "Line", "amount_micros": 49_500_000, "of_days": 30},
    {"kind": "support", "name": "Care", "amount_micros": 1, "interval": "week",
     "interval_count": 2, "anchor": "start", "timing": "arrears", "proration": "none"},
    {"kind": "support", "name": "Care", "amount_micros": 120_000_000, "interval": "half_year",
     "unused": "keep"},
]  # fmt: skip


def first_version(office: Office, terms: CostPlus | None) -> PlanVersion:
    """A published version in USD whose card is not the first of the list, with four fees."""
    with tenant_scope(office.switch.tenant_id):
        plan = plans.create_plan(code="PLUS", name="Plus", at=AT, by=BY)
        card = rates.create_card(
            code="US", name="States", side="sell", currency="USD", at=AT, by=BY
        )  # fmt: skip
        return plans.draft_version(
            plan=plan, card=card, currency="USD", routing_policy="quality", cost_plus=terms,
            fees=FEES, at=AT, by=BY,
        )  # fmt: skip


def contents(office: Office, version: PlanVersion) -> tuple[object, ...]:
    """All that a version sells."""
    with tenant_scope(office.switch.tenant_id):
        fees = [(fee.kind, fee.name, fee.terms) for fee in version.fees.order_by("id")]
    return (
        version.card_id, version.currency, version.routing_policy, version.pricing,
        version.cost_plus, fees,
    )  # fmt: skip


@pytest.mark.parametrize(
    "terms",
    [None, CostPlus(152_500, 1_000, 5_000, 1_000_000), CostPlus(-1, 0, None, 0), CostPlus()],
)
def test_a_new_version_starts_as_a_copy_of_the_newest(
    office: Office, terms: CostPlus | None
) -> None:
    first = first_version(office, terms)
    where = f"plans/{first.plan_id}/versions/new/"
    office.post(where, **untouched(office.get(where)))
    second = office.one(PlanVersion, number=2)
    assert contents(office, second) == contents(office, first)
    assert second.status == "draft"
    for page in (f"plans/{first.plan_id}/", f"plan-versions/{second.pk}/publish/"):
        assert "Changed against v1 Nothing: both are the same." in words(office.get(page))


def test_what_a_version_changes_is_shown_before_it_is_published(office: Office) -> None:
    first = first_version(office, None)
    where = f"plans/{first.plan_id}/versions/new/"
    fields = untouched(office.get(where)) | {
        "card": office.switch.card.pk, "kind1": "", "name1": "", "amount1": "", "amount2": "55",
        "amount4": "130",
        "kind5": "registration", "name5": "Numbers", "amount5": "5",
    }  # fmt: skip
    office.post(where, **fields)
    second = office.one(PlanVersion, number=2)
    changed = (
        "Changed against v1"
        " Card: States (US) → Retail (RETAIL)"
        " Currency: USD → EUR"
        " Subscription: Line: 49.50 USD a month, in advance, a part in days of 30"
        " → 55.00 EUR a month, in advance, a part in days of 30"
    )
    page = words(office.get(f"plan-versions/{second.pk}/publish/"))
    assert changed in page
    assert "Registration: Numbers: new: 5.00 EUR once" in page
    assert "Registration: Set-up: left out; it was 99.00 USD once" in page
    assert changed in words(office.get(f"plans/{first.plan_id}/"))


def test_a_fee_is_a_fieldset_and_folded_where_it_is_off(office: Office) -> None:
    office.post("plans/new/", code="DESK", name="Desk")
    draft(office, pricing="card", kind1="subscription", name1="Desk", amount1="49.00")
    page = office.get(f"plans/{office.latest(CallPlan).pk}/versions/new/")
    folds = re.findall(r"<details (open)?>\s*<summary>(Fee \d)</summary>", page)
    assert folds == [("open", "Fee 1"), ("", "Fee 2"), ("", "Fee 3")]
