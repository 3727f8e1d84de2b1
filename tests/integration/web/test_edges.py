"""Values at the edge of what can be counted, and words where numbers stand: every list, page and
form answers them with a sentence; none breaks."""

from __future__ import annotations

import errno
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.db import OperationalError, transaction
from django.test import Client, override_settings
from django.urls import reverse

from tests.integration.web.api.client import Program
from tests.integration.web.office.things import Things, make_things
from tests.support.shop import make_shop, make_user
from tollwright.data.access import Role
from tollwright.data.scope import tenant_scope
from tollwright.web.api.app import api
from tollwright.web.office.urls import PAGES

OURS_FULL = "disk is full; nothing of this was kept. Free space there, then try again."
DAYS = ("0001-01-01", "9999-12-31")
MOMENTS = ("0001-01-01T00:00", "9999-12-31T23:59")
WORDS = ("word", "1e3", "+1", "9" * 40)
VALUES = (*DAYS, *MOMENTS, *WORDS)
TIMED = {"date": DAYS, "datetime-local": MOMENTS}
MONTHS = ("0000-00", "0001-01", "9999-12")


class Inputs(HTMLParser):
    """The named fields of a page's forms, by the form's method, with what stands in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.method = ""
        self.fields: dict[str, dict[str, str]] = {"get": {}, "post": {}}
        self.select = ""
        self.tried: dict[str, tuple[str, ...]] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.method = given.get("method", "get").lower()
        elif tag in ("input", "textarea", "select") and "name" in given and self.method:
            self.fields[self.method].setdefault(given["name"], given.get("value", ""))
            self.tried[given["name"]] = TIMED.get(given.get("type", ""), ("1e3", "9" * 40))
            self.select = given["name"] if tag == "select" else ""
        elif tag == "option" and self.select:
            now = self.fields[self.method][self.select]
            chosen = "selected" in given or not now
            self.fields[self.method][self.select] = given.get("value", "") if chosen else now

    def handle_endtag(self, tag: str) -> None:
        self.method = "" if tag == "form" else self.method
        self.select = "" if tag == "select" else self.select


@pytest.fixture
def things(db: None) -> Things:
    return make_things(make_shop("north"))


@pytest.fixture
def owner(things: Things) -> Client:
    with tenant_scope(things.shop.tenant_id):
        user = make_user(things.shop.world, "owner@north.example", Role.OWNER)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def _office(things: Things) -> Iterator[str]:
    for route in PAGES:
        name = str(route.name)
        args = things.args.get(name, ("due_days",) if name == "rule-edit" else ())
        yield reverse(f"office:{name}", args=args)


def _broken(client: Client, path: str) -> list[str]:
    """The addresses of a page that break, with one field at a time at the edge."""
    page = client.get(path)
    inputs = Inputs(page.content.decode() if "html" in page.get("Content-Type", "") else "")
    found = []
    for method, fields in inputs.fields.items():
        for name in set(fields) - {"csrfmiddlewaretoken"}:
            for value in inputs.tried[name]:
                with transaction.atomic():
                    answer = getattr(client, method)(path, fields | {name: value})
                    transaction.set_rollback(True)  # what one value did is no matter of the next
                if answer.status_code >= 500:
                    found.append(f"{method} {path} {name}={value}")
    return found


def test_no_page_of_the_office_breaks(things: Things, owner: Client) -> None:
    found = [one for path in _office(things) for one in _broken(owner, path)]
    assert found == []


@pytest.mark.parametrize("number", ["0", "999913", "9" * 40])
def test_no_number_in_an_address_breaks(things: Things, owner: Client, number: str) -> None:
    paths = [f"/office/calls/{number}/1/", f"/office/calls/202610/{number}/"]
    for route in PAGES:
        name, at = str(route.name), things.args.get(str(route.name), ())
        if "pk" in route.pattern.converters:
            paths.append(reverse(f"office:{name}", args=[number, *at[1:]]))
    answers = {path: owner.get(path).status_code for path in paths}
    assert {path: code for path, code in answers.items() if code >= 500} == {}
    assert len(answers) > 40


PORTAL = ("/", "/usage/", "/calls/", "/invoices/", "/payments/", "/statement/")


def test_no_page_of_the_portal_breaks(things: Things) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(things.shop.acme.user)
    queries = ["month", "campaign", "from", "to", "after", "before", "sort", "format", "number"]
    asked = [f"{path}?{name}={quote(one)}" for path in PORTAL for name in queries for one in VALUES]
    asked += [f"/calls/{month}/1/" for month in (*MONTHS, "word")]
    assert [path for path in asked if client.get(path).status_code >= 500] == []


def test_a_full_disk_is_a_sentence_on_pages_and_in_the_api(
    things: Things, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While an upload is spooled, before any page is asked; and the database's disk."""
    client, program = Client(raise_request_exception=False), Program(things.shop.tenant_id)
    client.force_login(things.shop.acme.user)

    def full(*_args: object, **_given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def database_full(*_args: object, **_given: object) -> None:
        raise OperationalError from psycopg.errors.DiskFull("could not extend file")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.files.uploadhandler.MemoryFileUploadHandler.new_file", full)
        file = io.BytesIO(b"a,b")
        answer = client.post("/start/zone/", {"file": file})
    assert (answer.status_code, OURS_FULL in answer.content.decode()) == (507, True)
    with monkeypatch.context() as patch:
        patch.setattr("tollwright.domain.jobs.queries.jobs", database_full)
        told = program.get("/jobs")
    assert (told.status, told.code) == (507, "disk_full")
    assert told.body["detail"].startswith("The database's disk is full; nothing of this was kept.")


BODIES: dict[str, Any] = {
    "integer": 1,
    "string": "7",
    "boolean": False,
    "array": [],
    "object": {},
    "null": None,
}


def _operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method, told in methods.items():
            yield method.upper(), path.removeprefix("/api/v1"), told


def _of(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, where it is only referred to."""
    named = schema.get("$ref") or schema.get("allOf", [{}])[0].get("$ref")
    return (
        api.get_openapi_schema()["components"]["schemas"][named.split("/")[-1]] if named else schema
    )


def _one(schema: dict[str, Any]) -> Any:
    """A value that the schema allows, the smallest."""
    schema = _of(schema)
    schema = _of(schema["anyOf"][0]) if "anyOf" in schema else schema
    if "enum" in schema or "const" in schema:
        return schema.get("const") or schema["enum"][0]
    if schema.get("format") == "date-time":
        return "2026-10-05T00:00:00Z"
    if schema.get("type") == "array":
        return [_one(schema["items"])]
    if "properties" in schema:
        return {name: _one(schema["properties"][name]) for name in schema.get("required", ())}
    return schema.get("default", BODIES[schema.get("type", "string")])


def _bodies(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A body with each of its fields at the edge."""
    content = told.get("requestBody", {}).get("content", {}).get("application/json")
    schema = _of(content["schema"]) if content else {}
    whole = _one(schema) if schema.get("properties") else {}
    for name in schema.get("properties", ()):
        for value in (*VALUES, 10**30, 1e3, -1, True):
            yield whole | {name: value}


@override_settings(API_REQUESTS_A_MINUTE=10**6)
def test_no_address_of_the_api_breaks(things: Things) -> None:
    program = Program(things.shop.tenant_id)
    found = []
    for method, path, told in _operations():
        given = {one["name"]: one for one in told.get("parameters", ()) if one["in"] == "query"}
        whole = {name: _one(one["schema"]) for name, one in given.items() if one.get("required")}
        real = re.sub(r"\{.*?\}", "1", path.replace("{call_id}", "2026-10-1"))
        for name in given if method == "GET" else ():
            for value in VALUES:
                answer = program.get(real, **whole | {name: value})
                if answer.status >= 500:
                    found.append(f"GET {path} {name}={value}")
        for body in _bodies(told):
            answer = program.send(method, real, json.dumps(body).encode(), key="")
            if answer.status >= 500:
                found.append(f"{method} {path} {body}")
    assert found == []


@pytest.mark.parametrize("value", ["1e3", " 1", "+1", "1.0", "1_0", "-1", "\u0661", "9" * 40])
def test_an_id_is_a_number_and_nothing_else(things: Things, owner: Client, value: str) -> None:
    program = Program(things.shop.tenant_id)
    asked = {"since": "2026-10-01T00:00:00Z", "until": "2026-11-01T00:00:00Z"}
    for path in ("/invoices", "/payments", "/campaigns"):
        assert program.get(path, customer=value).status == 422, path
    assert program.get("/calls", **asked, customer=value).status == 422
    assert program.get("/calls", **asked, limit=value).status == 422
    assert program.get(f"/customers/{quote(value)}").status == 404
    assert owner.get(f"/office/customers/{quote(value)}/").status_code == 404
    assert owner.get("/office/rules/", {"customer": value.strip() + "x"}).status_code == 422
    for path in ("/office/payments/new/", "/office/rules/"):
        assert owner.get(path, {"customer": value}).status_code in (404, 422), path


@pytest.mark.parametrize(
    "value", [*MOMENTS, "1e3", "1765000000", "2026-10-05T10:00:00", "0001-01-01T00:00:00+14:00"]
)
def test_a_moment_is_written_out(things: Things, value: str) -> None:
    program = Program(things.shop.tenant_id)
    answer = program.get("/calls", since=value)
    assert (answer.status, answer.code) == (422, "invalid_request")
