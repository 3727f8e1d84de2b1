"""The addresses of a person's own account: these and no others.

allauth brings more (sign-up, other e-mail addresses, codes by mail); what is not on this list
cannot be reached. People are made, and their addresses changed, by staff through the domain.
"""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.usersessions import views as sessions
from django.urls import URLPattern, path, re_path

RESET_KEY = r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"


def account_urls(*, mail: bool) -> list[URLPattern]:
    """What `accounts/` holds; a forgotten password is reset only where `mail` can be sent."""
    return [
        path("login/", account.login, name="account_login"),
        path("logout/", account.logout, name="account_logout"),
        path("inactive/", account.account_inactive, name="account_inactive"),
        path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
        path("password/change/", account.password_change, name="account_change_password"),
        path("sessions/", sessions.list_usersessions, name="usersessions_list"),
        *_factors(),
        *(_password_reset() if mail else []),
    ]


def _factors() -> list[URLPattern]:
    """A second factor: asked for, added, taken away; codes for when it is lost."""
    key = "2fa/webauthn/keys/<int:pk>"
    codes = "2fa/recovery-codes"
    return [
        path("2fa/", factors.index, name="mfa_index"),
        path("2fa/authenticate/", factors.authenticate, name="mfa_authenticate"),
        path("2fa/reauthenticate/", factors.reauthenticate, name="mfa_reauthenticate"),
        path("2fa/totp/activate/", totp.activate_totp, name="mfa_activate_totp"),
        path("2fa/totp/deactivate/", totp.deactivate_totp, name="mfa_deactivate_totp"),
        path(f"{codes}/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
        path(
            f"{codes}/generate/",
            recovery.generate_recovery_codes,
            name="mfa_generate_recovery_codes",
        ),
        path(
            f"{codes}/download/",
            recovery.download_recovery_codes,
            name="mfa_download_recovery_codes",
        ),
        path("2fa/webauthn/", webauthn.list_webauthn, name="mfa_list_webauthn"),
        path("2fa/webauthn/add/", webauthn.add_webauthn, name="mfa_add_webauthn"),
        path(
            "2fa/webauthn/reauthenticate/",
            webauthn.reauthenticate_webauthn,
            name="mfa_reauthenticate_webauthn",
        ),
        path(f"{key}/remove/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
        path(f"{key}/edit/", webauthn.edit_webauthn, name="mfa_edit_webauthn"),
    ]


def _password_reset() -> list[URLPattern]:
    """A forgotten password, by a link in a mail."""
    done = account.password_reset_from_key_done
    return [
        path("password/reset/", account.password_reset, name="account_reset_password"),
        path(
            "password/reset/done/", account.password_reset_done, name="account_reset_password_done"
        ),
        path("password/reset/key/done/", done, name="account_reset_password_from_key_done"),
        re_path(RESET_KEY, account.password_reset_from_key, name="account_reset_password_from_key"),
    ]
