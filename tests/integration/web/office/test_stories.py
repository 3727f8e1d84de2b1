"""What staff do in a month, by the office's own forms."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

import pytest
from django.test import Client

from tests.integration.web.office.things import DECK
from tests.support.billing import say
from tests.support.jobs import work_off
from tests.support.shop import make_user
from tests.support.switch import Row, Switch, make_switch, master_csv
from tollwright.data.access import ApiKey, Membership, Role
from tollwright.data.calls import Charge, ImportBatch, Quarantine
from tollwright.data.customers import Campaign, Customer, Identifier
from tollwright.data.invoices import BillingRun, Invoice
from tollwright.data.payments import Payment
from tollwright.data.plans import CallPlan, PlanVersion, Subscription
from tollwright.data.rates import CardVersion, DeckImport, RateCard
from tollwright.data.rerating import RerateProposal
from tollwright.data.rules import Rule
from tollwright.data.scope import tenant_scope

# 61 s and 30 s to London at 0.60 a minute in whole minutes: 1.20 and 0.60; the third has no owner
CALLS = [
    Row(key=1, seconds=61),
    Row(key=2, seconds=30, minute=5),
    Row(key=3, account="GHOST", minute=9),
]


def told(answer: Any) -> str:
    """What a page complains of."""
    page = answer.content.decode()
    return " ".join(re.findall(r'class="(?:notice error|errorlist)"[^>]*>(.*?)</', page, re.S))


class Office:
    """A browser of the owner, and eyes for the tenant's rows."""

    def __init__(self, switch: Switch) -> None:
        self.switch = switch
        self.client = Client()
        with tenant_scope(switch.tenant_id):
            user = make_user(switch.world, "owner@north.example", Role.OWNER)
        self.client.force_login(user)

    def get(self, where: str) -> str:
        answer = self.client.get(f"/office/{where}")
        if answer.status_code == 302:  # a question that is asked as a job
            work_off()
            answer = self.client.get(answer["Location"])
        assert answer.status_code == 200, told(answer)
        return answer.content.decode()

    def post(self, where: str, /, *, status: int = 302, **fields: Any) -> str:
        """Send a form; where it leads, or with another status what the page says."""
        answer = self.client.post(f"/office/{where}", fields)
        assert answer.status_code == status, told(answer)
        work_off()
        if status != 302:
            return answer.content.decode()
        place = str(answer["Location"])
        waits = "then=result" in place  # a job's page, which leads on when it is done
        return str(self.client.get(place).headers.get("Location", place)) if waits else place

    def upload(self, content: bytes, name: str = "Master.csv") -> str:
        file = io.BytesIO(content)
        file.name = name
        return self.post("files/upload/", source=self.switch.source.pk, file=file)

    def bill(self) -> Invoice:
        """Draft November and give the draft of Acme."""
        self.post("billing/start/", until="2026-12-01", key="november")
        found: Invoice = self.one(
            Invoice, customer=self.switch.world.customer, status="draft", document_type="invoice"
        )
        return found

    def one(self, model: Any, **wanted: Any) -> Any:
        with tenant_scope(self.switch.tenant_id):
            return model.objects.get(**wanted)

    def latest(self, model: Any) -> Any:
        with tenant_scope(self.switch.tenant_id):
            return model.objects.latest("id")


@pytest.fixture
def office(db: None) -> Office:
    return Office(make_switch("north"))


def test_a_customer_from_nothing_to_a_campaign_that_calls_find(office: Office) -> None:
    entity = office.switch.world.entity
    place = office.post(
        "customers/new/", legal_entity=entity.pk, code="GAMMA", name="Gamma SA",
        address="1 Rue\nParis\nFrance", country="FR", currency="EUR", timezone="Europe/Paris",
    )  # fmt: skip
    gamma = office.one(Customer, code="GAMMA")
    assert place == f"/office/customers/{gamma.pk}/"
    assert "is added" in office.get(f"customers/{gamma.pk}/")
    office.post(f"customers/{gamma.pk}/campaigns/new/", code="WINTER", name="Winter", kind="queue")
    winter = office.one(Campaign, code="WINTER")
    office.post(
        f"campaigns/{winter.pk}/identifiers/new/", kind="did", value="+33 1 99 00 16 52",
        valid_from="2026-10-01T00:00",
    )  # fmt: skip
    found = office.one(Identifier, campaign=winter)
    assert found.value == "33199001652"
    assert found.valid_from.isoformat() == "2026-09-30T22:00:00+00:00"  # the viewer's midnight
    office.post(f"identifiers/{found.pk}/end/", valid_to="2026-12-01T00:00")
    page = office.get(f"campaigns/{winter.pk}/")
    assert "2026-12-01\u00a000:00:00\u00a0CET" in page


def test_a_refusal_stands_beside_its_field(office: Office) -> None:
    world = office.switch.world
    page = office.post(
        "customers/new/", status=200, legal_entity=world.entity.pk, code="ACME", name="Twin",
        address="x", country="XX", currency="EUR", timezone="Europe/Paris",
    )  # fmt: skip
    assert "is not an ISO 3166 country code" in page
    again = office.post(
        "customers/new/", status=200, legal_entity=world.entity.pk, code="ACME", name="Twin",
        address="x", country="FR", currency="EUR", timezone="Europe/Paris",
    )  # fmt: skip
    assert "There is a customer with the code" in again


def test_a_rule_reaches_below_unless_it_is_locked(office: Office) -> None:
    customer = office.switch.world.customer
    office.post("rules/set/due_days/", value="30", locked="on")
    assert "Company: 30 days" in office.get(f"rules/?customer={customer.pk}")
    page = office.post(f"rules/set/due_days/?customer={customer.pk}", status=200, value="7")
    assert "Payment term is locked by the company: 30 days" in page
    office.post("rules/set/due_days/", value="30", withdraw="on")
    office.post(f"rules/set/due_days/?customer={customer.pk}", value="7", note="agreed by mail")
    assert "Customer: 7 days" in office.get(f"customers/{customer.pk}/")
    rule = office.latest(Rule)
    assert (rule.value, rule.set_by, rule.note) == (7, "owner@north.example", "agreed by mail")
    assert "agreed by mail" in office.get("rules/history/?setting=due_days")
    bad = office.post("rules/set/due_days/", status=200, value="soon")
    assert "Payment term cannot be" in bad and "from 0 to 365" in bad


def test_a_file_tells_which_of_its_columns_are_not_used(office: Office) -> None:
    """Its page does; a file whose columns are all read or known says nothing."""
    columns = "start,src,dst,billsec,answer,accountcode,uniqueid,amaflags"
    cells = "2026-11-02 12:00:00,+4930123456,+442079460000,60,2026-11-02 12:00:05,ACME,x.7,3"
    place = office.upload(f"{columns},<Price>\n{cells},1\n".encode())
    told = office.get(place.removeprefix("/office/"))
    assert "Columns not used" in told and "&lt;Price&gt;" in told
    place = office.upload(f"{columns}\n{cells}\n".encode())
    assert "Columns not used" not in office.get(place.removeprefix("/office/"))


def test_a_file_is_taken_in_once_and_its_call_explains_itself(office: Office) -> None:
    place = office.upload(master_csv(CALLS))
    batch = office.latest(ImportBatch)
    assert place == f"/office/files/{batch.pk}/"
    assert (batch.records, batch.rated, batch.quarantined) == (3, 2, 1)
    assert office.upload(master_csv(CALLS)) == place  # the same file changes nothing
    listed = office.get("calls/?from=2026-11-01&to=2026-11-30&number=4420")
    assert "1.20\u00a0EUR" in listed and "0.60\u00a0EUR" in listed
    page = office.get(re.findall(r"/office/(calls/\d+/\d+/)", listed)[0])
    assert "replay equals the charge" in page and "as charged" in page
    charge = office.latest(Charge)
    assert f'<span class="mono">{charge.pk}</span>, revision 0' in page
    assert page.index("card RETAIL") < page.index("Answered for") < page.index("as charged")
    assert "Nothing matches" in office.get("calls/?from=2026-11-01&to=2026-11-30&number=999")
    free = office.get("calls/?from=2026-11-01&to=2026-11-30&status=unanswered")
    assert "Nothing matches" in free


def test_quarantined_calls_re_enter_when_somebody_owns_them(office: Office) -> None:
    office.upload(master_csv(CALLS))
    record = office.one(Quarantine, status="open")
    assert "GHOST" in office.get(f"quarantine/{record.pk}/")
    office.post("quarantine/bulk/", action="reprocess", ids=[record.pk])
    assert "1 still wait" in office.get("quarantine/")
    campaign = office.switch.world.campaign
    office.post(
        f"campaigns/{campaign.pk}/identifiers/new/", kind="accountcode", value="GHOST",
        valid_from="2026-10-01T00:00",
    )  # fmt: skip
    office.post("quarantine/bulk/", action="reprocess", all="1", query="reason=unknown_account")
    assert office.one(Quarantine, pk=record.pk).status == "reentered"


def test_a_late_record_is_proposed_and_its_note_issued(office: Office) -> None:
    """61 s for 1.20 are invoiced; the switch says 121 s afterwards: 0.60 more."""
    office.upload(master_csv(CALLS[:1]))
    office.bill()
    office.post(f"billing/{office.latest(BillingRun).pk}/finalise/")
    office.upload(master_csv([Row(key=1, seconds=121)]), "again.csv")
    record = office.one(Quarantine, status="open")
    assert "Propose a note" in office.get(f"quarantine/{record.pk}/")
    place = office.post("quarantine/correct/", ids=[record.pk])
    assert place.startswith("/office/re-rating/") and "0.60\u00a0EUR" in office.get(place[8:])
    page = office.get(f"quarantine/{record.pk}/")
    proposal = office.latest(RerateProposal)
    assert f"/office/re-rating/proposals/{proposal.pk}/" in page and "for a decision" in page
    assert "Propose a note" not in page
    told = office.get(f"re-rating/proposals/{proposal.pk}/")
    assert "0:01:01" in told and "0:02:01" in told and "1.80\u00a0EUR" in told
    office.post(f"re-rating/proposals/{proposal.pk}/accept/", confirm="on")
    assert office.latest(Invoice).document_type == "debit_note"
    assert office.one(Quarantine, pk=record.pk).status == "corrected"
    assert "1.80\u00a0EUR" in office.get("calls/?from=2026-11-01&to=2026-11-30")


def test_dismissing_asks_with_the_number_first(office: Office) -> None:
    office.upload(master_csv(CALLS))
    record = office.one(Quarantine, status="open")
    page = office.post("quarantine/bulk/", status=200, action="dismiss", ids=[record.pk, 10**9])
    assert "1 record will never become a call" in page
    office.post("quarantine/dismiss/", ids=[record.pk])
    assert office.one(Quarantine, pk=record.pk).status == "dismissed"


def test_dismissing_all_leaves_what_came_since_the_question(office: Office) -> None:
    office.upload(master_csv(CALLS))
    first = office.one(Quarantine, status="open")
    page = office.post("quarantine/bulk/", status=200, action="dismiss", all="1", query="")
    assert f'name="last" value="{first.pk}"' in page
    office.upload(master_csv([Row(key=9, account="LATE")]), "late.csv")
    office.post("quarantine/dismiss/", all="1", query="", last=first.pk)
    assert office.one(Quarantine, status="open").pk > first.pk


def test_rolling_back_says_how_much_goes_and_can_be_replayed(office: Office) -> None:
    office.upload(master_csv(CALLS))
    batch = office.latest(ImportBatch)
    page = office.get(f"files/{batch.pk}/roll-back/")
    assert "2 calls and their charges, in all 1.80\u00a0EUR" in page
    office.post(f"files/{batch.pk}/roll-back/")
    assert office.one(ImportBatch, pk=batch.pk).status == "rolled_back"
    again = office.post(f"files/{batch.pk}/roll-back/", status=409)
    assert "is rolled back already" in again and "Nothing was changed" in again
    office.post(f"files/{batch.pk}/replay/")
    assert office.latest(ImportBatch).rated == 2


def test_from_a_deck_to_published_prices(office: Office) -> None:
    office.post("cards/new/", code="NEW", name="New card", side="sell", currency="EUR")
    card = office.one(RateCard, code="NEW")
    deck = io.BytesIO(DECK + b"xx,Broken,abc\n")
    deck.name = "deck.csv"
    office.post(f"cards/{card.pk}/import/", file=deck, mode="replace")
    preview = office.latest(DeckImport)
    page = office.get(f"decks/{preview.pk}/")
    assert "Rows with errors" in page and "Line" in page and "United Kingdom" in page
    page = office.post(f"decks/{preview.pk}/apply/", status=200)
    assert "1 rows of the deck cannot be read, the first in line 4" in page
    office.post(f"decks/{preview.pk}/apply/", skip_faults="on", tag="first")
    version = office.one(CardVersion, card=card)
    assert (version.status, version.tag) == ("draft", "first")
    office.post(f"card-versions/{version.pk}/publish/", effective_from="2026-10-01T00:00")
    found = office.get(f"cards/{card.pk}/?number=%2B44+20+7946+0000")
    assert "prefix 44 (United Kingdom), prices 442079460000" in found
    no_row = office.get(f"cards/{card.pk}/?number=4915112345678")
    assert "No row of the card prices this number at that time." in no_row


def test_a_deck_that_nobody_can_read_asks_for_its_columns(office: Office) -> None:
    card = office.switch.card
    odd = b"alpha;beta;gamma\nUnited Kingdom;44;0,50\nFrance;33;0,40\n"
    deck = io.BytesIO(odd)
    deck.name = "odd.csv"
    page = office.post(f"cards/{card.pk}/import/", status=422, file=deck, mode="amend")
    assert "choose the file once more" in page and "0,50" in page
    told: dict[str, Any] = {
        "mode": "amend", "header": ["alpha", "beta", "gamma"], "col_name": "alpha",
        "col_prefix": "beta", "col_price": "gamma", "decimal": ",", "first_s": "60",
        "next_s": "60", "duplicates": "error",
    }  # fmt: skip
    for price_per in ("", "minute"):  # what a price is for is asked, never believed
        again = io.BytesIO(odd)
        again.name = "odd.csv"
        status = 302 if price_per else 200  # the form again
        page = office.post(
            f"cards/{card.pk}/import/", status=status, file=again, price_per=price_per, **told
        )
    preview = office.latest(DeckImport)
    assert preview.summary["rows"] == 2
    office.post(f"decks/{preview.pk}/discard/")
    assert office.one(DeckImport, pk=preview.pk).status == "discarded"


def test_a_question_of_a_deck_is_answered_on_its_page(office: Office) -> None:
    card = office.switch.card
    deck = io.BytesIO(b"Code,Rate,Status,Zone fee\n44-74,0.02,Current,1.5\n520,0.1,Frozen,1.5\n")
    deck.name = "deck.csv"
    office.post(f"cards/{card.pk}/import/", file=deck, mode="amend")
    first = office.latest(DeckImport)
    page = office.get(f"decks/{first.pk}/")
    assert "range, list, or area" in page and "Nothing is read from it" in page
    assert "Column Zone fee may carry money (such as 1.5)" in page
    told: dict[str, Any] = {
        "col_prefix": "Code", "col_price": "Rate", "col_status": "Status", "ignored": ["Zone fee"],
        "hyphens": "area", "status_words": "Frozen = blocked", "price_per": "minute",
        "first_s": "1", "next_s": "1", "duplicates": "error",
    }  # fmt: skip
    again = office.post(
        f"decks/{first.pk}/columns/", status=200, **told | {"status_words": "Frozen = thawed"}
    )
    assert "is not a word and what it does" in again
    office.post(f"decks/{first.pk}/columns/", **told)
    preview = office.latest(DeckImport)
    assert (preview.summary["rows"], preview.summary["faults"], preview.summary["doubts"]) == (
        2, 0, []
    )  # fmt: skip
    assert preview.mapping["hyphens"] == "area"
    assert "Frozen = blocked" in office.get(f"decks/{preview.pk}/columns/")


def test_two_versions_compared(office: Office) -> None:
    card = office.switch.card
    deck = io.BytesIO(b"Prefix,Destination,Price\n44,United Kingdom,0.50\n")
    deck.name = "cheaper.csv"
    office.post(f"cards/{card.pk}/import/", file=deck, mode="amend")
    office.post(f"decks/{office.latest(DeckImport).pk}/apply/")
    page = office.get(f"cards/{card.pk}/diff/1/2/")
    assert "decreased" in page and "0.6000 EUR/60 s" in page and "0.5000 EUR/60 s" in page
    draft = office.latest(CardVersion)
    assert "Against v1: 1 decreased" in office.get(f"card-versions/{draft.pk}/publish/")


def test_a_plan_and_who_is_on_it(office: Office) -> None:
    customer = office.switch.world.customer
    office.post("plans/new/", code="STD", name="Standard")
    plan = office.one(CallPlan, code="STD")
    office.post(
        f"plans/{plan.pk}/versions/new/", card=office.switch.card.pk, pricing="card",
        routing_policy="least_cost", kind1="subscription", name1="Monthly fee", amount1="49.00",
        timing1="advance", interval1="quarter", part1="none",
    )  # fmt: skip
    version = office.one(PlanVersion, plan=plan)
    office.post(f"plan-versions/{version.pk}/publish/")
    office.post(f"customers/{customer.pk}/subscribe/", version=version.pk, starts_on="2026-10-01")
    page = office.get(f"plans/{plan.pk}/")
    assert "Monthly fee: 49.00\u00a0EUR" in page and "a quarter, in advance, in whole" in page
    subscription = office.one(Subscription, customer=customer)
    office.post(f"subscriptions/{subscription.pk}/end/", ends_on="2026-10-31")
    assert office.one(Subscription, pk=subscription.pk).ends_on == date(2026, 10, 31)


def test_from_calls_to_a_paid_invoice(office: Office) -> None:
    """1.80 net, no tax: finalised, its PDF read, then paid in full."""
    office.upload(master_csv(CALLS))
    draft = office.bill()
    run = office.latest(BillingRun)
    assert "first invoice" in office.get(f"billing/{run.pk}/")
    assert "1 of 1 drafts, in all 1.80\u00a0EUR" in office.get(f"billing/{run.pk}/finalise/")
    office.post(f"billing/{run.pk}/finalise/")
    page = office.get(f"invoices/{draft.pk}/")
    assert "NC-INV-2026-000001" in page
    paper = office.client.get(f"/office/invoices/{draft.pk}/pdf/")
    assert paper.content.startswith(b"%PDF") and paper["X-Content-Type-Options"] == "nosniff"
    line = page.split("/office/invoice-lines/")[1].split("/")[0]
    behind = office.get(f"invoice-lines/{line}/calls/")
    assert "1.20\u00a0EUR" in behind and "0.60\u00a0EUR" in behind and "1.80\u00a0EUR" in behind
    customer = office.switch.world.customer
    assert "1 open invoices, in all 1.80" in office.get(f"payments/new/?customer={customer.pk}")
    payload: dict[str, Any] = {
        "customer": customer.pk, "key": "k1", "amount": "1.80", "received_at": "2026-11-02T09:00",
        "method": "transfer", "reference": "bank 7", "invoices": [draft.pk],
    }  # fmt: skip
    place = office.post("payments/new/", **payload)
    assert office.post("payments/new/", **payload) == place  # sent twice, paid once
    payment = office.one(Payment, customer=customer)
    assert office.one(Invoice, pk=draft.pk).status == "paid"
    receipt = office.client.get(f"/office/payments/{payment.pk}/receipt/")
    assert receipt.content.startswith(b"%PDF")
    statement = office.get(f"customers/{customer.pk}/statement/")
    assert "After: 0.00\u00a0EUR" in statement
    refused = office.post(f"invoices/{draft.pk}/void/", status=200, reason="typo")
    assert "credit it instead" in refused


def test_who_is_billed_although_closed_is_said(office: Office) -> None:
    """On the run and on the draft, until it is issued."""
    customer = office.switch.world.customer
    office.upload(master_csv(CALLS))
    with tenant_scope(office.switch.tenant_id):
        Customer.objects.filter(pk=customer.pk).update(status="closed")
    draft = office.bill()
    sentence = f"{customer.name} is closed and billed all the same"
    run = f"billing/{office.latest(BillingRun).pk}/"
    assert sentence in office.get(run) and "customer is closed; first invoice" in office.get(run)
    assert sentence in office.get(f"invoices/{draft.pk}/")
    office.post(f"invoices/{draft.pk}/finalise/")
    assert "is closed" not in office.get(run)
    assert "is closed" not in office.get(f"invoices/{draft.pk}/")


def test_void_and_credit(office: Office) -> None:
    office.upload(master_csv(CALLS))
    draft = office.bill()
    office.post(f"invoices/{draft.pk}/finalise/")
    assert "2 calls become unbilled" in office.get(f"invoices/{draft.pk}/void/")
    office.post(f"invoices/{draft.pk}/void/", reason="wrong address")
    office.post("billing/start/", until="2026-12-01", key="again")
    second = office.one(Invoice, status="draft", customer=office.switch.world.customer)
    office.post(f"invoices/{second.pk}/finalise/")
    office.post(f"invoices/{second.pk}/credit/", reason="goodwill", key="c1")
    note = office.one(Invoice, document_type="credit_note")
    assert (note.total_micros, note.corrects_id) == (-1_800_000, second.pk)


def test_a_draft_in_grace_is_issued_only_when_asked_to(office: Office) -> None:
    office.upload(master_csv(CALLS))
    draft = office.bill()
    run = office.latest(BillingRun)
    with tenant_scope(office.switch.tenant_id):
        say("finalise_grace_days", 60)
    office.post(f"billing/{run.pk}/finalise/")
    told = office.get(f"billing/{run.pk}/")
    assert "Waits or failed" in told and "waits for late calls until" in told
    refused = office.post(f"invoices/{draft.pk}/finalise/", status=200)
    assert "waits for late calls until" in refused
    office.post(f"invoices/{draft.pk}/finalise/", early="on")
    assert office.one(Invoice, pk=draft.pk).status == "finalised"


def test_a_draft_can_be_dropped_and_is_drafted_anew(office: Office) -> None:
    office.upload(master_csv(CALLS))
    draft = office.bill()
    page = office.get(f"invoices/{draft.pk}/delete/")
    assert "2 calls and the fees of" in page and "1.80\u00a0EUR before tax" in page
    office.post(f"invoices/{draft.pk}/delete/")
    office.post("billing/start/", until="2026-12-01", key="anew")
    assert office.latest(Invoice).net_micros == 1_800_000


def test_letting_people_and_programs_in_and_out(office: Office) -> None:
    office.post("people/new/", email="new@north.example", role="support", password="a long word 7")
    member = office.one(Membership, user__email="new@north.example")
    assert member.role == "support"
    office.post(f"people/{member.pk}/withdraw/")
    assert "no role" not in office.get("people/")
    page = office.post("keys/new/", status=200, name="Dialler", role="support")
    key = office.one(ApiKey, name="Dialler")
    assert f"{key.prefix}_" in page and f"{key.prefix}_" not in office.get("keys/")
    office.post(f"keys/{key.pk}/revoke/")
    assert office.one(ApiKey, pk=key.pk).revoked_at is not None
    own = office.one(Membership, role="owner")
    assert "This is the last owner" in office.post(f"people/{own.pk}/withdraw/", status=409)


def test_what_was_done_is_in_the_audit_log(office: Office) -> None:
    customer = office.switch.world.customer
    office.post("rules/set/due_days/", value="30")
    assert "owner@north.example" in office.get("audit/?action=rule.set")
    assert "The chain holds" in office.get("audit/check/")
    assert customer.name in office.get("customers/")


def test_uploads_are_bounded(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    huge = office.client.post(
        "/office/files/upload/", data=b"x", content_type="text/plain",
        CONTENT_LENGTH=str(200 * 1024 * 1024),
    )  # fmt: skip
    assert huge.status_code == 413
    assert huge.content.decode().startswith("The upload has 200 MB; at most 64 MB")
    monkeypatch.setattr("tollwright.web.office.forms.MEGABYTE", 1)
    file = io.BytesIO(master_csv(CALLS))
    file.name = "Master.csv"
    page = office.post("files/upload/", status=200, source=office.switch.source.pk, file=file)
    assert "at most 50 MB fit here" in page


def test_home_says_what_needs_somebody(office: Office) -> None:
    office.upload(master_csv(CALLS))
    page = office.get("")
    assert "1 record in quarantine" in page
    assert "1.80\u00a0EUR" in page  # unbilled
    office.bill()
    assert "1 draft invoice to review" in office.get("")
