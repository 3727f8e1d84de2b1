"""What a stranger can reach: the list is short, and it is written here."""

from __future__ import annotations

from collections.abc import Iterator

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.support.shop import PASSWORD
from tollwright.data.access import User
from tollwright.web.shared.accounts import account_urls

ACCOUNT = {
    "2fa/",
    "2fa/authenticate/",
    "2fa/reauthenticate/",
    "2fa/recovery-codes/",
    "2fa/recovery-codes/download/",
    "2fa/recovery-codes/generate/",
    "2fa/totp/activate/",
    "2fa/totp/deactivate/",
    "2fa/webauthn/",
    "2fa/webauthn/add/",
    "2fa/webauthn/keys/<int:pk>/edit/",
    "2fa/webauthn/keys/<int:pk>/remove/",
    "2fa/webauthn/reauthenticate/",
    "inactive/",
    "login/",
    "logout/",
    "password/change/",
    "reauthenticate/",
    "sessions/",
}
RESET = {
    "password/reset/",
    "password/reset/done/",
    "password/reset/key/done/",
    r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
}
GONE = (
    "email/",
    "signup/",
    "password/set/",
    "password/reset/",
    "confirm-email/",
    "login/code/",
    "login/code/confirm/",
    "phone/change/",
    "3rdparty/",
)


def _walk(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in resolver.url_patterns:
        here = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _walk(one, here)
        else:
            yield here, one


def test_the_account_pages_are_on_a_list() -> None:
    found = {path for path, _ in _walk(get_resolver()) if path.startswith("accounts/")}
    assert found == {f"accounts/{path}" for path in ACCOUNT}


def test_no_view_of_allauth_stands_elsewhere() -> None:
    elsewhere = [
        path
        for path, one in _walk(get_resolver())
        if one.callback.__module__.startswith("allauth") and not path.startswith("accounts/")
    ]
    assert elsewhere == []


def test_a_password_is_reset_only_where_mail_is_sent() -> None:
    assert {str(one.pattern) for one in account_urls(mail=True)} == ACCOUNT | RESET
    assert {str(one.pattern) for one in account_urls(mail=False)} == ACCOUNT


def test_what_is_not_on_the_list_is_not_there(db: None) -> None:
    user = User.objects.create_user("anna@x.example", PASSWORD)
    stranger, known = Client(), Client()
    known.force_login(user)
    for path in GONE:
        posted = {"email": "mallory@x.example", "password1": PASSWORD, "action_add": ""}
        for client in (stranger, known):
            assert client.post(f"/accounts/{path}", posted).status_code == 404, path
    assert list(User.objects.values_list("email", flat=True)) == ["anna@x.example"]
