"""What signing in leaves behind: audit rows, sealed secrets, hashed keys; and when it ends."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from tests.support.billing import say
from tests.support.shop import PASSWORD, Shop, make_shop, make_user
from tollwright.data.access import ApiKey, Membership, Role, User
from tollwright.data.audit import AuditEntry
from tollwright.data.scope import tenant_scope
from tollwright.data.sealing import SealBroken, seal, unseal
from tollwright.web.shared.leaked import LeakedPasswordValidator


def _sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password})


def _told(shop: Shop) -> list[tuple[str, str, str]]:
    with tenant_scope(shop.tenant_id):
        rows = AuditEntry.objects.filter(subject="user").order_by("seq")
        return [(row.action, row.actor, row.address) for row in rows]


def test_good_and_bad_sign_ins_are_in_the_audit_of_each_provider(shop: Shop, owner: User) -> None:
    south = make_shop("south")
    with tenant_scope(south.tenant_id):
        Membership.objects.create(tenant=south.world.tenant, user=owner, role=Role.AUDITOR)
    before = {one.tenant_id: len(_told(one)) for one in (shop, south)}
    _sign_in(Client(), owner.email, "a wrong one here")
    assert _sign_in(Client(), owner.email).status_code == 302
    for one in (shop, south):
        assert _told(one)[before[one.tenant_id] :] == [
            ("sign_in.failed", owner.email, "127.0.0.1"),
            ("sign_in.done", owner.email, "127.0.0.1"),
        ]


def test_an_unknown_address_is_told_by_the_log(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        _sign_in(Client(), "nobody@x.example", "a wrong one here")
    assert "nobody has the address 'nobody@x.example'; from 127.0.0.1" in caplog.text
    assert [row for row in _told(shop) if row[0].startswith("sign_in")] == []


def test_a_password_is_changed_by_the_domain(shop: Shop, owner: User) -> None:
    client = Client()
    _sign_in(client, owner.email)
    new = {"oldpassword": PASSWORD, "password1": "brass-otter-92", "password2": "brass-otter-92"}
    like = new | {"password1": "owner@north.example", "password2": "owner@north.example"}
    assert b"too similar to the email" in client.post("/accounts/password/change/", like).content
    assert client.post("/accounts/password/change/", new).status_code == 302
    assert _told(shop)[-1] == ("user.password_set", owner.email, "127.0.0.1")
    assert _sign_in(Client(), owner.email, "brass-otter-92").status_code == 302


def _code(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(iter(counters())))))


def test_factors_are_told_sealed_and_a_code_opens_once(shop: Shop, owner: User) -> None:
    client, secret = Client(), generate_totp_secret()
    _sign_in(client, owner.email)
    TOTP.activate(owner, secret)
    RecoveryCodes.activate(owner)
    for factor in Authenticator.objects.all():
        kept = factor.data.get("secret") or factor.data["seed"]
        assert secret not in str(factor.data) and unseal(kept) != kept
    with override_settings(MFA_TOTP_TOLERANCE=1):  # a step may end between the two lines
        code, (first, second) = _code(secret), (Client(), Client())
        for one in (first, second):
            _sign_in(one, owner.email)
        assert first.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
        assert second.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 200
    assert [row[0] for row in _told(shop)][-2:] == ["sign_in.done", "factor.failed"]
    assert client.post("/accounts/2fa/totp/deactivate/").status_code == 302
    assert "/accounts/reauthenticate/" in client.post("/accounts/2fa/totp/deactivate/")["Location"]


def test_what_stood_in_the_clear_is_sealed_by_the_migration(owner: User) -> None:
    rows = [
        Authenticator.objects.create(user=owner, type="totp", data={"secret": "GEZDGNBV"}),
        Authenticator.objects.create(
            user=owner, type="recovery_codes", data={"migrated_codes": ["1", "2"], "used_mask": 0}
        ),
    ]
    import_module("tollwright.data.migrations.0187_secrets_sealed").seal_factors(apps, None)
    for row in rows:
        row.refresh_from_db()
    assert unseal(rows[0].data["secret"]) == "GEZDGNBV"
    assert [unseal(one) for one in rows[1].data["migrated_codes"]] == ["1", "2"]


def test_a_seal_of_another_key_is_told() -> None:
    sealed = seal("x")
    with override_settings(SECRET_KEY="another"), pytest.raises(SealBroken, match="SECRET_KEY"):
        unseal(sealed)
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["old"]):
        assert unseal(seal("x")) == "x"


def _ask(statement: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [row[0] for row in cursor.fetchall()]


def test_session_keys_are_kept_as_hashes_and_a_hash_opens_nothing(owner: User) -> None:
    client = Client()
    _sign_in(client, owner.email)
    key = client.cookies["sessionid"].value
    digest = hashlib.sha256(key.encode()).hexdigest()[:40]
    assert _ask("SELECT session_key FROM django_session") == [digest]
    assert _ask("SELECT session_key FROM usersessions_usersession") == [digest]
    assert owner.email not in str(_ask("SELECT session_data FROM django_session"))
    assert client.get("/office/").status_code == 200
    thief = Client()
    thief.cookies["sessionid"] = digest
    assert thief.get("/office/").status_code == 302


def test_the_list_of_sessions_shows_and_ends_them(owner: User) -> None:
    here, there = Client(), Client()
    for one in (here, there):
        _sign_in(one, owner.email)
    page = here.get("/accounts/sessions/").content.decode()
    assert (UserSession.objects.count(), page.count("127.0.0.1")) == (2, 2)
    here.post("/accounts/sessions/")
    assert here.get("/office/").status_code == 200
    assert there.get("/office/").status_code == 302
    assert UserSession.objects.count() == 1


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("hours", "answers"),
    [
        ((7, 14, 21), [200, 200, 200]),  # never eight hours without a click
        ((7, 15), [200, 302]),
        (tuple(range(7, 176, 7)), [200] * 23 + [302, 302]),  # 161 h; at 168 h it is a week
    ],
)
def test_a_session_ends_when_idle_and_when_old(
    owner: User, monkeypatch: pytest.MonkeyPatch, hours: tuple[int, ...], answers: list[int]
) -> None:
    client, start = Client(), timezone.now()
    client.force_login(owner)
    told: list[int] = []
    moment = start

    def now() -> datetime:
        return moment

    monkeypatch.setattr("tollwright.web.shared.sessions.timezone.now", now)
    client.get("/office/")
    for hour in hours:
        moment = start + hour * HOUR
        told.append(client.get("/office/").status_code)
    assert told == answers


def test_leaked_passwords_are_found_in_a_sorted_file(tmp_path: Path) -> None:
    words = [f"password number {n}" for n in range(300)]
    hashes = sorted(
        hashlib.sha1(word.encode(), usedforsecurity=False).hexdigest().upper() for word in words
    )
    path = tmp_path / "leaked.txt"
    path.write_text("".join(f"{one}:{n}\r\n" for n, one in enumerate(hashes)))
    validator = LeakedPasswordValidator(str(path))
    for word in words:
        with pytest.raises(ValidationError, match="leaked"):
            validator.validate(word)
    for n in range(300):
        validator.validate(f"another one {n}")
    LeakedPasswordValidator().validate(words[0])


SENSITIVE = (
    "/office/people/new/",
    "/office/keys/new/",
    "/office/company/new/",
)


def test_sensitive_acts_ask_for_the_password_again(
    shop: Shop, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, real = Client(), timezone.now
    start = real()
    _sign_in(client, owner.email)
    path, wish = "/office/keys/new/", {"name": "robot", "role": "auditor"}
    assert client.get(path).status_code == 200
    later = start + timedelta(minutes=16)
    monkeypatch.setattr("tollwright.web.shared.sessions.timezone.now", lambda: later)
    for one in SENSITIVE:
        assert client.get(one)["Location"].startswith("/accounts/reauthenticate/?next="), one
    assert client.get("/office/customers/").status_code == 200
    locked = client.post("/office/rules/set/due_days/", {"value": "14", "locked": "on"})
    assert locked["Location"].startswith("/accounts/reauthenticate/?next=")
    asked = client.post(path, wish)["Location"]
    with tenant_scope(shop.tenant_id):
        assert not ApiKey.objects.filter(name="robot").exists()
    assert client.post(asked, {"password": "a wrong one here"}).status_code == 200
    monkeypatch.setattr("tollwright.web.shared.sessions.timezone.now", real)
    assert b"tw_" in client.post(asked, {"password": PASSWORD}).content
    with tenant_scope(shop.tenant_id):
        assert ApiKey.objects.filter(name="robot").exists()


def test_an_address_is_changed_by_the_domain_after_the_password(
    shop: Shop, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By oneself, and by an owner; with audit, and the old address opens nothing."""
    client, real, old = Client(), timezone.now, owner.email
    with tenant_scope(shop.tenant_id):
        other = make_user(shop.world, "support@north.example", Role.SUPPORT)
        member = Membership.objects.get(user=other)
    _sign_in(client, old)
    office = f"/office/people/{member.pk}/address/"
    later = real() + timedelta(minutes=16)
    monkeypatch.setattr("tollwright.web.shared.sessions.timezone.now", lambda: later)
    for path in ("/start/address/", office):
        answer = client.post(path, {"email": "thief@north.example"})
        assert answer["Location"].startswith("/accounts/reauthenticate/?next="), path
    monkeypatch.setattr("tollwright.web.shared.sessions.timezone.now", real)
    assert b"already" in client.post("/start/address/", {"email": other.email}).content
    assert client.post("/start/address/", {"email": "Boss@North.example"}).status_code == 302
    assert client.post(office, {"email": "desk@north.example"}).status_code == 302
    assert [_sign_in(Client(), one).status_code for one in (old, "boss@north.example")] == [
        200,
        302,
    ]
    with tenant_scope(shop.tenant_id):
        rows = AuditEntry.objects.filter(action="user.email_changed").order_by("seq")
        assert [(row.before, row.after) for row in rows] == [
            ({"email": old}, {"email": "boss@north.example"}),
            ({"email": "support@north.example"}, {"email": "desk@north.example"}),
        ]


def test_an_address_that_opens_another_providers_door_is_its_persons(
    shop: Shop, owner: User
) -> None:
    client, south = Client(), make_shop("south")
    with tenant_scope(shop.tenant_id):
        both = make_user(shop.world, "both@north.example", Role.SUPPORT)
        member = Membership.objects.get(user=both)
    with tenant_scope(south.tenant_id):
        Membership.objects.create(tenant=south.world.tenant, user=both, role=Role.SUPPORT)
    _sign_in(client, owner.email)
    answer = client.post(f"/office/people/{member.pk}/address/", {"email": "mine@north.example"})
    assert b"has roles at other providers" in answer.content
    assert User.objects.get(pk=both.pk).email == "both@north.example"


def test_a_sign_out_is_in_the_audit(shop: Shop, owner: User) -> None:
    client = Client()
    _sign_in(client, owner.email)
    client.post("/accounts/logout/")
    assert _told(shop)[-1] == ("sign_out.done", owner.email, "127.0.0.1")


@pytest.mark.parametrize(
    ("rule", "sent"),
    [
        ("nobody", [False, False, False]),
        ("owners", [True, False, False]),
        ("staff", [True, True, False]),
        ("everybody", [True, True, True]),
    ],
)
def test_a_role_that_needs_a_second_factor_sets_one_up_first(
    shop: Shop, owner: User, rule: str, sent: list[bool]
) -> None:
    with tenant_scope(shop.tenant_id):
        say("second_factor", rule)
        auditor = make_user(shop.world, "auditor@north.example", Role.AUDITOR)
    told = []
    for user, path in ((owner, "/office/"), (auditor, "/office/"), (shop.acme.user, "/")):
        client = Client()
        client.force_login(user)
        told.append(client.get(path).get("Location") == "/accounts/2fa/")
        assert client.get("/accounts/2fa/").status_code == 200
        TOTP.activate(user, generate_totp_secret())
        assert client.get(path).status_code == 200
    assert told == sent
