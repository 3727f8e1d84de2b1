"""Who the client is behind a proxy, and how often somebody may try."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings

from tests.integration.web.api.client import Program
from tests.support.shop import make_shop
from tollwright.config.settings import SettingsError, read_settings
from tollwright.web.shared.proxies import ClientMiddleware, client_of

PROXIES = (ip_network("10.0.0.0/8"), ip_network("::1"))


@pytest.mark.parametrize(
    ("peer", "hops", "client"),
    [
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.7, 203.0.113.9", "203.0.113.9"),  # the first was made up
        ("10.0.0.1", "203.0.113.9, 10.2.2.2", "203.0.113.9"),
        ("10.0.0.1", "word, 10.2.2.2", "10.2.2.2"),
        ("10.0.0.1", "203.0.113.9, ", "10.0.0.1"),
        ("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", "", "10.0.0.1"),
    ],
)
def test_the_client_is_the_nearest_that_is_no_proxy(peer: str, hops: str, client: str) -> None:
    assert client_of(peer, hops.split(","), PROXIES) == client


@pytest.mark.parametrize(
    ("peer", "seen"),
    [
        ("10.0.0.1", {"REMOTE_ADDR": "203.0.113.9", "HTTP_X_FORWARDED_PROTO": "https"}),
        ("192.0.2.1", {"REMOTE_ADDR": "192.0.2.1"}),  # a stranger's word is taken away
    ],
)
@override_settings(TRUSTED_PROXIES=PROXIES)
def test_only_proxies_are_believed(peer: str, seen: dict[str, str]) -> None:
    request = HttpRequest()
    request.META |= {
        "REMOTE_ADDR": peer,
        "HTTP_X_FORWARDED_FOR": "203.0.113.9",
        "HTTP_X_FORWARDED_PROTO": "https",
    }
    ClientMiddleware(lambda _: HttpResponse())(request)
    told: dict[str, Any] = dict(request.META)
    told.pop("HTTP_X_FORWARDED_FOR", None)
    assert told == seen


def test_the_setting_names_networks() -> None:
    given = {"TOLLWRIGHT_SECRET_KEY": "x", "TOLLWRIGHT_PROXIES": "10.0.0.5, 192.168.7.0/24"}
    assert [str(one) for one in read_settings(given).proxies] == ["10.0.0.5/32", "192.168.7.0/24"]
    with pytest.raises(SettingsError, match="TOLLWRIGHT_PROXIES"):
        read_settings(given | {"TOLLWRIGHT_PROXIES": "my-proxy"})


@override_settings(TRUSTED_PROXIES=PROXIES)
def test_attempts_are_counted_by_client_in_the_database(db: None) -> None:
    """Ten wrong passwords a minute and address; the eleventh is not looked at."""

    def told(client: str, number: int) -> str:
        behind = Client(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=f"{number}.1.1.1, {client}")
        given = {"login": f"a{number}@x.example", "password": "wrong one here"}
        answer = behind.post("/accounts/login/", given)
        return "many" if "Too many" in answer.content.decode() else "wrong"

    cache.clear()
    assert [told("203.0.113.9", n) for n in range(1, 12)] == ["wrong"] * 10 + ["many"]
    assert told("203.0.113.10", 12) == "wrong"


@override_settings(API_REQUESTS_A_MINUTE=3)
def test_a_key_asks_so_often_a_minute(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def at(second: int, minute: int = 0) -> None:
        moment = datetime(2026, 12, 1, 9, minute, second, tzinfo=UTC)
        monkeypatch.setattr("tollwright.web.shared.tenancy.timezone.now", lambda: moment)

    mine, other = (Program(make_shop(name).tenant_id) for name in ("north", "south"))
    at(40)
    assert [mine.get("/customers").status for _ in range(3)] == [200] * 3
    refused = mine.get("/customers")
    assert (refused.status, refused.code) == (429, "too_many_requests")
    assert refused.response["Retry-After"] == "20"
    assert other.get("/customers").status == 200
    at(0, minute=1)
    assert mine.get("/customers").status == 200
