"""What every answer says to a browser, and what the API says of its refusals."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.conf import settings
from django.test import Client, override_settings

from tests.integration.web.api.client import Program
from tests.support.shop import make_shop
from tollwright.config.settings import SettingsError, read_settings
from tollwright.web.api.app import api


@pytest.mark.parametrize(
    ("path", "begins"),
    [
        ("/accounts/login/", "default-src 'self'; img-src"),
        ("/api/v1/customers", "default-src 'none'; base-uri"),
        ("/api/v1/nowhere", "default-src 'none'; base-uri"),
        ("/api/v1/openapi.json", "default-src 'none'; base-uri"),
        ("/api/v1/docs", "default-src 'self'; img-src"),
        ("/nowhere/", "default-src 'self'; img-src"),
    ],
)
def test_every_answer_has_its_policies(db: None, path: str, begins: str) -> None:
    answer = Client().get(path)
    assert answer["Content-Security-Policy"].startswith(begins)
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"


def test_an_answer_with_a_key_has_them_too(db: None) -> None:
    answer = Program(make_shop("north").tenant_id).get("/customers")
    assert answer.status == 200
    assert answer.response["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_description_tells_the_refusals() -> None:
    paths = api.get_openapi_schema()["paths"]
    told = {
        (path, method): set(map(int, operation["responses"]))
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    assert told
    assert {key for key, codes in told.items() if not {401, 403, 422, 429} <= codes} == set()
    assert {key for key, codes in told.items() if "{" in key[0] and 404 not in codes} == set()
    writes = {key: codes for key, codes in told.items() if key[1] != "get"}
    assert {key for key, codes in writes.items() if not {409, 413} <= codes} == set()


def test_where_to_report_a_hole(db: None) -> None:
    client = Client()
    assert client.get("/.well-known/security.txt").status_code == 404
    named = replace(settings.TOLLWRIGHT, security_contact="mailto:holes@x.example")
    with override_settings(TOLLWRIGHT=named):
        lines = client.get("/.well-known/security.txt").content.decode().splitlines()
    assert lines[0] == "Contact: mailto:holes@x.example"
    assert [line.split(":")[0] for line in lines[1:]] == [
        "Expires", "Preferred-Languages", "Canonical",
    ]  # fmt: skip


def test_the_contact_is_an_address() -> None:
    given = {"TOLLWRIGHT_SECRET_KEY": "x", "TOLLWRIGHT_SECURITY_CONTACT": "holes@x.example"}
    assert read_settings(given).security_contact == "mailto:holes@x.example"
    with pytest.raises(SettingsError, match="SECURITY_CONTACT"):
        read_settings(given | {"TOLLWRIGHT_SECURITY_CONTACT": "call me"})
