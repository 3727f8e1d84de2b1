"""Every error is a problem document with a sentence; none leaks what went wrong inside."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator

import pytest
from django.test import Client
from ninja import Schema

from tests.integration.web.api.client import Answer, Program, read
from tests.support.shop import Shop
from tollwright.data.models import ApiKey, Role
from tollwright.data.scope import tenant_scope
from tollwright.web.api import customers, problems


def test_no_key_and_wrong_keys(shop: Shop, program: Program) -> None:
    with tenant_scope(shop.tenant_id):
        ApiKey.objects.update(revoked_at="2026-11-01T00:00:00Z")
    for headers in (
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Basic eDp5"},
        program.headers,
    ):
        answer = read(Client().get("/api/v1/customers", headers=headers))
        assert (answer.status, answer.code) == (401, "key_missing")
        assert answer.response["WWW-Authenticate"] == "Bearer"


def test_a_session_is_no_key(shop: Shop) -> None:
    client = Client()
    client.force_login(shop.acme.user)
    assert read(client.get("/api/v1/customers")).status == 401


NUL = b'{"code": "A\\u0000", "name": "B", "currency": "EUR"}'
UNTIL = b'{"until": "2026-11-01T00:00:00Z"}'
CASES = {
    "unknown address": ("GET", "/nothing/here", b"", 404, "not_found"),
    "unknown address, no key needed": ("GET", "/", b"", 404, "not_found"),
    "unknown id": ("GET", "/customers/999999999", b"", 404, "not_found"),
    "id beyond the database's": ("GET", f"/customers/{10**30}", b"", 404, "not_found"),
    "call id that is none": ("GET", "/calls/2026-13", b"", 404, "not_found"),
    "wrong method": ("DELETE", "/customers", b"", 405, "method_not_allowed"),
    "NUL in the query": ("GET", "/customers?search=%00", b"", 400, "bad_request"),
    "NUL in the path": ("GET", "/calls/%00", b"", 400, "bad_request"),
    "NUL in a text": ("POST", "/cards", NUL, 422, "invalid_field"),
    "no JSON": ("POST", "/customers", b"{", 400, "bad_request"),
    "missing fields": ("POST", "/customers", b"{}", 422, "invalid_request"),
    "unknown field": ("POST", "/campaigns", b'{"nme": "x"}', 422, "invalid_request"),
    "cursor of nobody": ("GET", "/customers?cursor=AAAA", b"", 422, "bad_cursor"),
    "cursor of another list": ("GET", "/customers?cursor=WyIyMDI2IiwxXQ", b"", 422, "bad_cursor"),
    "limit too high": ("GET", "/customers?limit=1000", b"", 422, "invalid_request"),
    "time without offset": ("GET", "/calls?since=2026-10-01T00:00:00", b"", 422, "invalid_request"),
    "search of two years": ("GET", "/calls?since=2024-10-01T00:00Z", b"", 422, "search_too_wide"),
    "days backwards": ("GET", "/usage?first=2026-10-02&last=2026-10-01", b"", 422, "span_unfit"),
    "unknown source": ("POST", "/calls?source=nope", b"x", 404, "not_found"),
    "empty push": ("POST", "/calls?source=SW1", b"", 422, "push_unreadable"),
    "money without a key": ("POST", "/billing-runs", UNTIL, 422, "idempotency_key_missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_problems(name: str, program: Program) -> None:
    method, path, body, status, code = CASES[name]
    answer = program.send(method, path, body)
    assert (answer.status, answer.code) == (status, code), answer.body


def test_the_field_is_named(program: Program) -> None:
    answer = program.post("/customers", {"code": "X", "name": 3})
    assert {one["where"] for one in answer.body["errors"]} >= {"body.name", "body.currency"}
    refused = program.post("/customers", whole() | {"currency": "EURO"})
    assert (refused.status, refused.code) == (422, "invalid_field")
    assert refused.body["errors"] == [
        {
            "where": "currency",
            "message": "'EURO' is not an ISO 4217 currency code, such as EUR or USD.",
        }
    ]


def whole() -> dict[str, object]:
    return {
        "code": "NEW", "name": "New Ltd", "address": "3 High Street\nLondon", "country": "GB",
        "currency": "EUR", "timezone": "Europe/London",
    }  # fmt: skip


WRITES = [
    ("/customers", {Role.OWNER, Role.BILLING, Role.SUPPORT}),
    ("/cards", {Role.OWNER, Role.RATES}),
    ("/calls?source=SW1", {Role.OWNER, Role.BILLING, Role.RATES, Role.SUPPORT}),
    ("/billing-runs", {Role.OWNER, Role.BILLING}),
    ("/payments", {Role.OWNER, Role.BILLING}),
]
BODIES = {
    "/customers": whole(),
    "/cards": {"code": "B", "name": "B", "currency": "EUR"},
    "/billing-runs": {"until": "2026-10-01T00:00:00Z"},
    "/payments": {
        "customer": 0, "amount": "1", "currency": "EUR", "received_at": "2026-10-01T00:00:00Z",
    },
}  # fmt: skip


@pytest.mark.parametrize("role", [Role.OWNER, Role.BILLING, Role.RATES, Role.SUPPORT, Role.AUDITOR])
@pytest.mark.parametrize(("path", "may"), WRITES, ids=[one[0] for one in WRITES])
def test_a_role_writes_what_it_may(path: str, may: set[Role], role: Role, shop: Shop) -> None:
    program = Program(shop.tenant_id, role)
    refused = program.post(path, BODIES.get(path), key="k").status == 403
    assert refused is (role not in may)
    assert program.get("/customers").status == 200  # every staff role reads


@pytest.mark.parametrize("role", [Role.PORTAL_ADMIN, Role.PORTAL_FINANCE, Role.PORTAL_VIEWER])
def test_a_portal_role_opens_nothing(role: Role, shop: Shop) -> None:
    answer = Program(shop.tenant_id, role).get("/customers")
    assert (answer.status, answer.code) == (403, "role_too_small")


def test_a_body_too_long_is_refused_unread(program: Program) -> None:
    answer = program.send("POST", "/calls?source=SW1", b"x" * (problems.LONGEST_BODY + 1))
    assert (answer.status, answer.code) == (413, "body_too_long")
    assert "20971520 bytes" in answer.body["detail"]


def test_a_body_of_unknown_length_is_refused_unread(program: Program) -> None:
    headers = program.headers | {"Transfer-Encoding": "chunked"}
    response = program.client.generic(
        "POST", "/api/v1/calls?source=SW1", b"", headers=headers, CONTENT_LENGTH=""
    )
    assert (response.status_code, read(response).code) == (411, "length_missing")


def test_a_bug_is_told_without_its_inside(
    program: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("secret: the password is swordfish")

    monkeypatch.setattr(customers, "page", broken)
    with caplog.at_level(logging.ERROR):
        answer = program.get("/customers")
    assert (answer.status, answer.code) == (500, "internal_error")
    assert b"swordfish" not in answer.response.content
    assert "swordfish" in caplog.text  # the operator is told


def test_docs_come_from_this_server(shop: Shop) -> None:
    page = Client().get("/api/v1/docs").content.decode()
    files = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(files) == 5
    assert all(one.startswith("/static/ninja/") for one in files)


def test_the_description_names_the_door(shop: Shop) -> None:
    told = Client().get("/api/v1/openapi.json").json()
    assert told["openapi"] == "3.1.0"
    assert told["components"]["securitySchemes"]["BearerKey"] == {
        "type": "http",
        "scheme": "bearer",
    }
    operations = [one for path in told["paths"].values() for one in path.values()]
    assert all(one["security"] == [{"BearerKey": []}] for one in operations)
    ids = [one["operationId"] for one in operations]
    assert len(ids) == len(set(ids))


def shapes(of: type[Schema]) -> Iterator[type[Schema]]:
    for one in of.__subclasses__():
        yield one
        yield from shapes(one)


def test_no_two_shapes_share_a_name(shop: Shop) -> None:
    """The description names a shape by its class alone: of two, one would stand for both."""
    Client().get("/api/v1/openapi.json")
    ours = {one for one in shapes(Schema) if one.__module__.startswith("tollwright.web.api")}
    counted = Counter(one.__name__ for one in ours)
    assert "ReportOut" in counted
    assert [name for name, count in counted.items() if count > 1] == []


def test_answers_are_not_kept(program: Program) -> None:
    answer: Answer = program.get("/customers")
    assert answer.response["Cache-Control"] == "no-store"
