"""Two providers' books through whatever happens to them.

North sells to South, which is its customer Beta; both have a customer Acme. Files come in, are
corrected, rolled back and replayed; decks, rules and trunks change, for the past too; costs and
charges are re-rated. After each step every charge explains itself to the micro, the days are the
sums of the charges that stand, and what South pays is what North charges.
"""

from __future__ import annotations

import io
import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest
from django.db import connection

from tests.support.billing import ANNA, as_data
from tests.support.switch import (
    Row,
    Switch,
    make_card,
    make_switch,
    master_csv,
    set_rule,
)
from tests.support.world import START
from tollwright.core.rating.legs import CostPlus
from tollwright.data.models import (
    BillingRun,
    Call,
    Charge,
    ImportBatch,
    Invoice,
    RateCard,
    UsageDay,
)
from tollwright.data.scope import tenant_scope
from tollwright.domain.calls import operations as calls
from tollwright.domain.calls.queries import explain_charge, open_ids
from tollwright.domain.carriers import costs
from tollwright.domain.carriers import operations as carriers
from tollwright.domain.invoices import operations as invoices
from tollwright.domain.invoices.queries import check_sums
from tollwright.domain.plans import operations as plans
from tollwright.domain.rates import operations as rates
from tollwright.domain.rerating import operations as rerating
from tollwright.domain.rerating import queries
from tollwright.domain.rerating.scope import CallScope
from tollwright.domain.tenants import reselling
from tollwright.engine.ingest import NotPossible, replay, reprocess, roll_back

NOVEMBER_ENDS = datetime(2026, 11, 30, 23, tzinfo=START.tzinfo)
FIRST = datetime(2026, 11, 3, tzinfo=START.tzinfo)
DECEMBER = datetime(2026, 12, 2, tzinfo=START.tzinfo)
TERMS = CostPlus(markup_ppm=250_000, fixed_micros=1_000, cap_micros=100_000)
SEEDS = range(6)
STEPS = 16


@dataclass
class Books:
    """Both providers, a clock that goes on with each step, and dice."""

    dice: random.Random
    north: Switch
    south: Switch
    at: datetime = FIRST
    keys: int = 0
    told: list[str] = field(default_factory=list)

    def either(self) -> Switch:
        return self.dice.choice((self.north, self.south))

    def step(self) -> None:
        """Something happens."""
        self.at += timedelta(minutes=1)
        what = self.dice.choice(STEPS_THERE_ARE)
        switch = self.either()
        with tenant_scope(switch.tenant_id):
            said = what(self, switch)
        self.told.append(f"{switch.world.tenant.slug}: {what.__name__}: {said}")

    def row(self) -> Row:
        """A call, often a known one told anew."""
        dice = self.dice
        if self.keys and dice.random() < 0.3:
            key = dice.randrange(self.keys)
        else:
            key, self.keys = self.keys, self.keys + 1
        return Row(
            key=key, minute=key * 7, seconds=dice.choice((0, 5, 30, 60, 61, 125, 700)),
            called=dice.choice(("+442079460000", "+447700900123", "+442890180000", "+4930987654")),
            account=dice.choice(("ACME", "ACME", "BETA")),
        )  # fmt: skip

    def moment(self) -> datetime:
        """Somewhere among the calls, or before all of them."""
        minutes = self.dice.randrange(-10, 7 * max(self.keys, 1))
        return self.dice.choice((START, FIRST.replace(day=2, hour=12) + timedelta(minutes=minutes)))


def file_comes_in(books: Books, switch: Switch) -> str:
    rows = [books.row() for _ in range(books.dice.randrange(1, 9))]
    text = master_csv(rows)
    if books.dice.random() < 0.4:
        text = text.replace(b"PJSIP/gw", b"PJSIP/own")
    return calls.ingest(
        source_code="AST", filename=f"{books.at:%H%M}.csv", stream=io.BytesIO(text), at=books.at,
        by=ANNA,
    ).sentence  # fmt: skip


def batch_goes(books: Books, switch: Switch) -> str:
    done = list(ImportBatch.objects.filter(status="done").order_by("id"))
    if not done:
        return "none"
    batch = books.dice.choice(done)
    go = books.dice.choice((replay, roll_back))
    try:
        return go(
            connection.connection,
            tenant_id=switch.tenant_id,
            batch_id=batch.pk,
            at=books.at,
            by="t",
        ).sentence
    except NotPossible as error:
        return str(error)


def records_are_let_in(books: Books, switch: Switch) -> str:
    ids = open_ids()
    if not ids:
        return "none"
    return reprocess(
        connection.connection, tenant_id=switch.tenant_id, ids=ids, at=books.at, by="t"
    ).sentence


def deck_changes(books: Books, switch: Switch) -> str:
    card = books.dice.choice(list(RateCard.objects.order_by("id")))
    price = books.dice.choice(("0.02", "0.03", "0.24"))
    rows = [{"prefix": "44", "name": "UK", "price": price, "first_s": 30, "next_s": 6}]
    if books.dice.random() < 0.5:
        rows += [{"prefix": "49", "name": "Germany", "price": "0.01", "first_s": 1, "next_s": 1}]
    draft = rates.save_draft(
        card=card, data={"timezone": "UTC", "rates": rows}, at=books.at, by=ANNA
    )
    since = books.moment()
    rates.publish_version(version=draft, effective_from=since, at=books.at, by=ANNA)
    return f"{card.code} from {since} at {price}"


def rule_is_set(books: Books, switch: Switch) -> str:
    name, value = books.dice.choice(
        (("minimum_seconds", 10), ("minimum_seconds", 0), ("amount_rounding", "half_up 4"),
         ("second_rounding", "up"))
    )  # fmt: skip
    set_rule(switch.world, name, value, since=books.moment(), set_at=books.at)
    return f"{name} {value}"


def missing_costs_are_priced(books: Books, switch: Switch) -> str:
    return costs.price_missing(first=START, last=DECEMBER, at=books.at, by=ANNA).sentence


def rerated(books: Books, switch: Switch) -> str:
    scope = CallScope(leg=books.dice.choice(("cost", "sell")))
    report = queries.difference_report(scope, at=books.at)
    if not report.changed:
        return f"{scope.leg}: nothing changes"
    books.told.append(f"{scope.leg}: {report.totals}")
    rerating.apply(
        scope=scope, fingerprint=report.fingerprint, key=f"{books.at}", at=books.at, by=ANNA
    )
    again = queries.difference_report(scope, at=books.at)
    assert again.changed == 0, again
    return f"{scope.leg}: {report.changed} changed"


def month_is_billed(books: Books, switch: Switch) -> str:
    """Once at most, and then it is December."""
    if BillingRun.objects.exists():
        return "already"
    books.at = max(books.at, DECEMBER)
    run = invoices.run_billing(until=NOVEMBER_ENDS, key="november", at=books.at, by=ANNA)
    drafts = list(Invoice.objects.filter(run=run, status="draft").order_by("id"))
    for draft in drafts:
        invoices.finalise(invoice=draft, at=books.at, by=ANNA, render=as_data)
    return f"{len(drafts)} invoices"


def proposal_is_decided(books: Books, switch: Switch) -> str:
    found = queries.proposals(status="proposed").first()
    if found is None:
        return "none"
    if books.dice.random() < 0.3:
        rerating.reject(proposal=found, reason="no", at=books.at, by=ANNA)
        return "rejected"
    rerating.accept(proposal=found, at=books.at, by=ANNA, render=as_data)
    return "accepted"


STEPS_THERE_ARE = (
    *3 * (file_comes_in,), batch_goes, records_are_let_in, *2 * (deck_changes,), rule_is_set,
    missing_costs_are_priced, *3 * (rerated,), month_is_billed, *2 * (proposal_is_decided,),
)  # fmt: skip


def from_the_cost(switch: Switch, card: RateCard, *, campaign: bool) -> None:
    """Acme, or Beta's campaign, is on a plan that prices from the cost."""
    plan = plans.create_plan(code="PLUS", name="Cost plus", at=START, by=ANNA)
    draft = plans.draft_version(
        plan=plan, card=card, currency="EUR", cost_plus=TERMS, at=START, by=ANNA
    )
    version = plans.publish_version(version=draft, at=START, by=ANNA)
    plans.subscribe(
        customer=switch.beta.customer if campaign else switch.world.customer, version=version,
        campaign=switch.beta if campaign else None, starts_on=date(2026, 10, 1), at=START, by=ANNA,
    )  # fmt: skip


def carried(code: str, trunk: str) -> None:
    """A carrier with a trunk and a buy card."""
    carrier = carriers.create_carrier(code=code, name=code.title(), at=START, by=ANNA)
    carriers.add_trunk(carrier=carrier, value=trunk, valid_from=START, at=START, by=ANNA)
    card = rates.create_card(code=code, name=code, side="buy", currency="EUR", at=START, by=ANNA)
    data = {"timezone": "UTC", "rates": [{"prefix": "44", "name": "UK", "price": "0.03"}]}
    draft = rates.save_draft(card=card, data=data, at=START, by=ANNA)
    rates.publish_version(version=draft, effective_from=START, at=START, by=ANNA)
    carriers.assign_card(carrier=carrier, card=card, valid_from=START, at=START, by=ANNA)


@pytest.fixture(params=SEEDS)
def books(db: None, request: pytest.FixtureRequest) -> Books:
    dice = random.Random(request.param)  # noqa: S311  # the same story each time
    north, south = make_switch("north"), make_switch("south")
    with tenant_scope(north.tenant_id):
        carried("TEL", "gw")
        whole, _ = make_card(north.world, "WHOLE", (("44", "UK", 100_000_000, False),))
        if dice.random() < 0.5:
            from_the_cost(north, whole, campaign=True)
        else:
            set_rule(north.world, "forced_card", "WHOLE", campaign=north.beta)
        reselling.sell_to(
            reseller_id=south.tenant_id, campaign=north.beta, valid_from=START, at=START, by=ANNA
        )
    with tenant_scope(south.tenant_id):
        carried("OWN", "own")
        if dice.random() < 0.7:
            from_the_cost(south, south.card, campaign=False)
    return Books(dice, north, south)


def test_the_books_hold(books: Books) -> None:
    for _ in range(STEPS):
        books.step()
        for switch in (books.north, books.south):
            with tenant_scope(switch.tenant_id):
                hold(books, switch)
        agree(books)


def hold(books: Books, switch: Switch) -> None:
    """Every charge replays to itself; the days are the sums of those that stand."""
    for charge in Charge.objects.filter(is_current=True).order_by("id"):
        told = explain_charge(charge.pk, charge.started_at)
        assert told.equal, (books.told, told.sentences)
    cost = sum(
        Charge.objects.filter(is_current=True)
        .exclude(leg="sell")
        .values_list("amount_micros", flat=True)
    )
    sell = sum(
        Charge.objects.filter(is_current=True, leg="sell").values_list("amount_micros", flat=True)
    )
    days = UsageDay.objects.values_list("sell_micros", "buy_micros", "calls", "bought")
    sums = tuple(sum(column) for column in zip(*days, strict=True)) if days else (0, 0, 0, 0)
    stands = Call.objects.filter(is_current=True).count()
    bought = Charge.objects.filter(is_current=True).exclude(leg="sell").count()
    assert sums == (sell, cost, stands, bought), books.told
    assert list(check_sums()) == [], books.told


def agree(books: Books) -> None:
    """What South pays for calls is what North charges it, but for what North has billed and South
    tells otherwise now."""
    with tenant_scope(books.south.tenant_id):
        source = books.south.source.pk
        pays = {
            f"{source}/{one.call.call_key}": _figures(one)
            for one in Charge.objects.filter(is_current=True, leg="parent").select_related("call")
        }
    with tenant_scope(books.north.tenant_id):
        sold = Charge.objects.filter(is_current=True, leg="sell", campaign=books.north.beta)
        charged = {
            one.call.call_key: one
            for one in sold.exclude(call__source=books.north.source).select_related("call")
        }
    charges = {key: _figures(one) for key, one in charged.items()}
    assert {key: charges.get(key) for key in pays} == pays, books.told
    assert all(charged[key].invoice_line_id for key in charges.keys() - pays.keys()), books.told


def _figures(charge: Charge) -> tuple[int, int, int]:
    return charge.amount_micros, charge.billed_s, charge.card_version_id
