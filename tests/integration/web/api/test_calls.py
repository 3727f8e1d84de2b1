"""Pushing calls, finding them, and why each costs what it costs."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.integration.web.api.client import Answer, Program
from tests.support.shop import Shop
from tests.support.world import START
from tollwright.data.models import Call, Charge
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.calls.operations import create_source
from tollwright.domain.customers.operations import add_identifier
from tollwright.domain.rates import operations as rates
from tollwright.domain.rules.operations import set_rule

BY = By("test")
CALL = {
    "call_key": "c-1",
    "started_at": "2026-11-02T09:30:00+01:00",
    "answered_at": "2026-11-02T09:30:04+01:00",
    "ended_at": "2026-11-02T09:31:05+01:00",
    "caller": "+4930123456",
    "called": "+442079460000",
    "account": "acme",
}


@pytest.fixture
def priced(shop: Shop) -> Shop:
    """Calls of account `acme` are the spring campaign's; 0.60 a minute, 60/60, to +44."""
    with tenant_scope(shop.tenant_id):
        create_source(
            code="APP", name="Our dialler", format="tollwright_json", timezone="Europe/Berlin",
            region="DE", at=START, by=BY,
        )  # fmt: skip
        add_identifier(
            campaign=shop.acme.campaign, kind="accountcode", value="acme", valid_from=START,
            at=START, by=BY,
        )  # fmt: skip
        card = rates.create_card(code="SELL", name="Sell", currency="EUR", at=START, by=BY)
        row = {"prefix": "44", "name": "UK", "price": "0.6", "first_s": 60, "next_s": 60}
        draft = rates.save_draft(card=card, data={"rates": [row]}, at=START, by=BY)
        rates.publish_version(version=draft, effective_from=START, at=START, by=BY)
        set_rule(
            setting="default_card", value="SELL", scope="tenant", effective_from=START,
            at=START, by=BY,
        )  # fmt: skip
    return shop


def push(program: Program, *calls: object, key: str = "", source: str = "APP") -> Answer:
    body = json.dumps({"records": list(calls)}, indent=1).encode()  # pretty: records span lines
    return program.send("POST", f"/calls?source={source}", body, key=key)


def test_a_push_tells_which_of_its_columns_are_not_used(priced: Shop, program: Program) -> None:
    with tenant_scope(priced.tenant_id):
        create_source(
            code="PBX", name="Our switch", format="asterisk_csv", timezone="Europe/Berlin",
            region="DE", at=START, by=BY,
        )  # fmt: skip
    file = (
        "start,src,dst,billsec,answer,accountcode,uniqueid,ticket\n"
        "2026-11-02 12:00:00,+4930123456,+442079460000,60,2026-11-02 12:00:05,acme,x.7,A-1\n"
    )
    pushed = program.send("POST", "/calls?source=PBX", file.encode(), key="")
    assert pushed.status == 201, pushed.body
    assert (pushed.body["rated"], pushed.body["unused_columns"]) == (1, ["ticket"])
    assert program.get(f"/batches/{pushed.body['id']}").body["unused_columns"] == ["ticket"]


def test_a_push_is_rated_and_found_and_explained(priced: Shop, program: Program) -> None:
    """61 s in whole minutes at 0.60: 120 s, 1.20."""
    pushed = push(program, CALL, CALL | {"call_key": "c-2", "account": "nobody"})
    assert pushed.status == 201, pushed.body
    counts = {name: pushed.body[name] for name in ("records", "rated", "quarantined", "already")}
    assert counts == {"records": 2, "rated": 1, "quarantined": 1, "already": False}
    assert program.get(f"/batches/{pushed.body['id']}").body["reasons"] == pushed.body["reasons"]

    listed = program.get("/calls", since="2026-11-02T00:00:00+01:00", until="2026-11-03T00:00:00Z")
    (found,) = listed.body["items"]
    assert (found["call_key"], found["called"], found["seconds"], found["started_at"]) == (
        "c-1", "442079460000", "61.000", "2026-11-02T08:30:00Z",
    )  # fmt: skip
    call = program.get(f"/calls/{found['id']}").body
    (charge,) = call["charges"]
    assert (charge["leg"], charge["price"], charge["billed_s"]) == (
        "sell", {"amount": "1.20", "currency": "EUR"}, 120,
    )  # fmt: skip
    with tenant_scope(priced.tenant_id):
        assert charge["id"] == Charge.objects.get(call__call_key="c-1").pk
    told = program.get(f"/calls/{found['id']}/explain").body
    assert told["charges"][0]["replayed"] is True
    assert "The call costs 1.200000 EUR." in told["charges"][0]["steps"]


def test_the_same_push_twice(priced: Shop, program: Program) -> None:
    first = push(program, CALL, key="p-1")
    assert push(program, CALL, key="p-1").body == first.body
    unkeyed = push(program, CALL)
    assert (unkeyed.status, unkeyed.body["already"]) == (201, True)
    assert unkeyed.body["id"] == first.body["id"]
    other = push(program, CALL | {"call_key": "c-9"}, key="p-1")
    assert (other.status, other.code) == (409, "idempotency_key_reused")
    with tenant_scope(priced.tenant_id):
        assert Call.objects.filter(call_key__in=["c-1", "c-9"]).count() == 1


def test_the_same_call_in_another_push_is_a_duplicate(priced: Shop, program: Program) -> None:
    push(program, CALL)
    again = push(program, CALL, CALL | {"call_key": "c-2"})
    assert (again.body["rated"], again.body["duplicates"]) == (1, 1)


def test_a_record_a_line(priced: Shop, program: Program) -> None:
    lines = "\n".join(json.dumps(CALL | {"call_key": f"c-{n}"}) for n in range(3)).encode()
    answer = program.send("POST", "/calls?source=APP", lines, media_type="application/x-ndjson")
    assert (answer.status, answer.body["rated"]) == (201, 3), answer.body


def test_a_push_in_the_switchs_own_format(priced: Shop, program: Program) -> None:
    line = (
        '"","004930123456","00442079460000","default","2026-11-02 09:30:00","2026-11-02 09:30:04",'
        '"2026-11-02 09:31:05","65","61","NORMAL_CLEARING","b7d1","","acme","PCMA","PCMA"\n'
    )
    answer = program.send(
        "POST", "/calls?source=SW1&filename=Master.csv", line.encode(), media_type="text/csv"
    )
    assert answer.status == 201, answer.body
    assert (answer.body["rated"], answer.body["filename"]) == (1, "Master.csv")


@pytest.mark.parametrize(
    "body",
    [
        b'{"records": ',
        b'{"records": {}}',
        b'{"records": [], "more": 1}',
        b'{"records": ' + b"[" * 100_000,
    ],
    ids=["cut off", "no list", "unknown field", "too deep"],
)
def test_a_document_that_is_none(body: bytes, priced: Shop, program: Program) -> None:
    answer = program.send("POST", "/calls?source=APP", body)
    assert (answer.status, answer.code) == (422, "push_unreadable")


def test_search_narrows(shop: Shop, program: Program) -> None:
    """Each customer: 61 s, 30 s and one not answered, on 5 October from 8:00 UTC, an hour apart."""
    span = {"since": "2026-10-05T00:00:00Z", "until": "2026-10-06T00:00:00Z"}
    narrowings: dict[str, dict[str, str | int]] = {
        "all": {},
        "one customer": {"customer": shop.acme.customer.pk},
        "answered": {"answered": "true"},
        "not answered": {"answered": "false"},
        "number": {"number": "+44 20 7946"},
        "no such number": {"number": "999999"},
        "key": {"call_key": shop.acme.calls[0].call_key},
    }
    counted = {
        name: len(program.get("/calls", **span, **narrow).body["items"])
        for name, narrow in narrowings.items()
    }
    assert counted == {
        "all": 6, "one customer": 3, "answered": 4, "not answered": 2, "number": 6,
        "no such number": 0, "key": 1,
    }  # fmt: skip


def test_pages_meet_without_a_gap(shop: Shop, program: Program) -> None:
    """Two customers' calls start at the same moments: the id breaks the tie."""
    span = {"since": "2026-10-05T00:00:00Z", "until": "2026-10-06T00:00:00Z"}
    seen: list[str] = []
    cursor = ""
    while True:
        answer = program.get("/calls", **span, limit=2, cursor=cursor).body
        seen += [one["id"] for one in answer["items"]]
        cursor = answer["next"]
        if not cursor:
            break
    whole = [one["id"] for one in program.get("/calls", **span).body["items"]]
    assert seen == whole
    assert len(set(seen)) == 6


def test_the_month_in_an_id_counts(shop: Shop, program: Program) -> None:
    call = shop.acme.calls[0]
    assert call.started_at == datetime(2026, 10, 5, 8, tzinfo=UTC)
    assert program.get(f"/calls/202610-{call.pk}").status == 200
    assert program.get(f"/calls/202611-{call.pk}").status == 404


def test_a_call_told_otherwise_is_a_correction(priced: Shop, program: Program) -> None:
    """61 s (1.20) told again as 121 s (1.80): one call, at the corrected price."""
    push(program, CALL)
    longer = CALL | {"ended_at": "2026-11-02T09:32:05+01:00"}
    assert push(program, longer).body["rated"] == 1
    span = {"since": "2026-11-02T00:00:00Z", "until": "2026-11-03T00:00:00Z"}
    (found,) = program.get("/calls", **span).body["items"]
    (charge,) = program.get(f"/calls/{found['id']}").body["charges"]
    assert (found["seconds"], charge["price"]["amount"]) == ("121.000", "1.80")
    usage = program.get("/usage", first="2026-11-02", last="2026-11-02").body["days"][0]
    assert (usage["calls"], usage["charges"]["amount"]) == (1, "1.80")


@pytest.mark.parametrize(
    "strange",
    [
        {"started_at": "1980-01-01T00:00:00Z", "answered_at": "", "ended_at": ""},
        {"started_at": "2150-01-01T00:00:00Z", "answered_at": "", "ended_at": ""},
        {"called": "x" * 5000},
        {"called": "\ud83d\ude00"},
        {"agent": "a\0"},
    ],
    ids=["long ago", "far ahead", "long number", "no number", "NUL"],
)
def test_a_strange_record_harms_no_other(
    strange: dict[str, str], priced: Shop, program: Program
) -> None:
    answer = push(program, CALL | {"call_key": "odd"} | strange, CALL)
    assert (answer.status, answer.body.get("rated")) == (201, 1), answer.body
    assert answer.body["quarantined"] + answer.body["unanswered"] == 1
