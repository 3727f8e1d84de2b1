"""What allauth asks of us: who may sign up, how secrets are kept, and what goes to the audit."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.signals import user_logged_in
from allauth.mfa import signals as factors
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest
from django.utils import timezone

from tollwright.domain.access import operations, sealing
from tollwright.domain.audit.operations import By
from tollwright.domain.entities import User
from tollwright.web.shared.tenancy import address


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are made by staff, never by a stranger; what happens to them is written down."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """No."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The client as the audit has it, for limits too."""
        return address(request)

    def set_password(self, user: User, password: str) -> None:
        """By the domain, which writes it down."""
        by = By(user.email, address(self.request))
        operations.set_password(user=user, password=password, at=timezone.now(), by=by)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """A wrong password, or an address that nobody has."""
        email = str(credentials.get("email") or credentials.get("username") or "")
        by = By(email[:200], address(request))
        operations.note_failed_sign_in(email=email, at=timezone.now(), by=by)


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Secrets of second factors are sealed before they reach the database."""

    def encrypt(self, text: str) -> str:
        """Sealed."""
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Raises SealBroken."""
        return sealing.unseal(encrypted_text)


def connect() -> None:
    """Hear of sign-ins and second factors from now on."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit")
    user_logged_out.connect(_signed_out, dispatch_uid="audit")
    factors.authenticator_added.connect(_added, dispatch_uid="audit")
    factors.authenticator_removed.connect(_removed, dispatch_uid="audit")
    factors.authenticator_reset.connect(_renewed, dispatch_uid="audit")
    factors.authentication_failed.connect(_failed, dispatch_uid="audit")


def _signed_in(request: HttpRequest, user: User, **_: object) -> None:
    by = By(user.email, address(request))
    operations.note_sign_in(user=user, at=timezone.now(), by=by)


def _signed_out(request: HttpRequest, user: User | None, **_: object) -> None:
    if user is not None:  # somebody was signed in
        by = By(user.email, address(request))
        operations.note_sign_out(user=user, at=timezone.now(), by=by)


def _note(told: dict[str, Any], *, action: operations.Factor) -> None:
    user = told["user"]
    operations.note_factor(
        user=user, action=action, kind=str(told["authenticator"].type), at=timezone.now(),
        by=By(user.email, address(told["request"])),
    )  # fmt: skip


def _added(**told: Any) -> None:
    _note(told, action="factor.added")


def _removed(**told: Any) -> None:
    _note(told, action="factor.removed")


def _renewed(**told: Any) -> None:
    _note(told, action="factor.renewed")


def _failed(**told: Any) -> None:
    _note(told, action="factor.failed")
