"""Coming in: signing in, the second factor, and the door behind it."""

from __future__ import annotations

from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.test import Client, override_settings

from tests.support.shop import PASSWORD, Shop, make_shop
from tollwright.data.access import Membership, Role, User
from tollwright.data.scope import tenant_scope


def _sign_in(client: Client, email: str, password: str = PASSWORD) -> str:
    answer = client.post("/accounts/login/", {"login": email, "password": password})
    return answer["Location"] if answer.status_code == 302 else answer.content.decode()


def test_staff_come_to_the_office_and_customers_to_the_portal(shop: Shop, owner: User) -> None:
    staff, customer = Client(), Client()
    assert _sign_in(staff, owner.email) == "/start/"
    assert staff.get("/start/")["Location"] == "/office/"
    assert _sign_in(customer, shop.acme.user.email) == "/start/"
    assert customer.get("/start/")["Location"] == "/"


def test_a_wrong_password_is_told_without_saying_which_was_wrong(owner: User) -> None:
    page = _sign_in(Client(), owner.email, "a wrong one here")
    assert "password you specified are not correct" in page
    assert page.count("not correct") == _sign_in(Client(), "nobody@x.example").count("not correct")


def test_with_an_authenticator_the_password_alone_opens_nothing(owner: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(owner, secret)
    client = Client()
    assert _sign_in(client, owner.email) == "/accounts/2fa/authenticate/"
    assert client.get("/office/").status_code == 302
    code = format_hotp_value(hotp_value(secret, next(iter(counters()))))
    with override_settings(MFA_TOTP_TOLERANCE=1):  # a step may end between the two lines
        answer = client.post("/accounts/2fa/authenticate/", {"code": code})
    assert answer["Location"] == "/start/"
    assert client.get("/office/").status_code == 200


def test_security_and_sessions_are_a_click_away(owner: User) -> None:
    client = Client()
    _sign_in(client, owner.email)
    page = client.get("/office/").content.decode()
    assert 'href="/accounts/2fa/"' in page and 'href="/accounts/sessions/"' in page
    assert "Authenticator App" in client.get("/accounts/2fa/").content.decode()
    assert "Sessions" in client.get("/accounts/sessions/").content.decode()


def test_who_works_for_two_providers_chooses(shop: Shop, owner: User) -> None:
    south = make_shop("south")
    with tenant_scope(south.tenant_id):
        second = Membership.objects.create(tenant=south.world.tenant, user=owner, role=Role.AUDITOR)
    client = Client()
    client.force_login(owner)
    assert "South Calls" in client.get("/start/?choose").content.decode()
    assert "North Calls" in client.get("/office/").content.decode()
    client.post("/start/", {"membership": second.pk})
    page = client.get("/office/").content.decode()
    assert "South Calls" in page and "Auditor (read only)" in page
    assert client.post("/start/", {"membership": 10**9}).status_code == 404


def test_a_user_without_a_role_is_told_so(db: None) -> None:
    user = User.objects.create_user("lost@x.example", PASSWORD)
    client = Client()
    client.force_login(user)
    answer = client.get("/start/")
    assert (answer.status_code, b"No access yet" in answer.content) == (403, True)


def test_times_are_shown_in_the_zone_that_somebody_chose(shop: Shop, owner: User) -> None:
    client = Client()
    client.force_login(owner)
    page = "/office/calls/?from=2026-10-05&to=2026-10-05"
    assert "2026-10-05\u00a010:00:00\u00a0CEST" in client.get(page).content.decode()
    client.post("/start/zone/", {"timezone": "America/New_York"})
    assert "2026-10-05\u00a004:00:00\u00a0EDT" in client.get(page).content.decode()
    refused = client.post("/start/zone/", {"timezone": "Mars/Olympus"})
    assert (refused.status_code, "is not a time zone" in refused.content.decode()) == (422, True)
