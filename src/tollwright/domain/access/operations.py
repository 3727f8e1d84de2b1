"""Letting people and programs in, and out again."""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import datetime
from typing import Literal

from django.apps import apps
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from tollwright.data.access import PORTAL_ROLES, ApiKey, Membership, Role, User
from tollwright.data.customers import Customer
from tollwright.data.scope import current_tenant_id, tenant_scope, user_scope
from tollwright.domain import validation
from tollwright.domain.audit.operations import By, record
from tollwright.domain.errors import DomainError
from tollwright.store import limits

Factor = Literal["factor.added", "factor.removed", "factor.renewed", "factor.failed"]
log = logging.getLogger(__name__)


class EmailTaken(DomainError):
    """There is a user with this address."""

    kind, code = "conflict", "email_taken"


class LastOwner(DomainError):
    """Nobody would be left who may let others in."""

    kind, code = "conflict", "last_owner"


class RolesElsewhere(DomainError):
    """The person works for other providers too, whose door an address opens."""

    kind, code = "conflict", "roles_elsewhere"


class RoleNeedsCustomer(DomainError):
    """A portal role belongs to a customer, a staff role to none."""

    code = "role_needs_customer"


class KeyRevoked(DomainError):
    """The key is revoked already."""

    kind, code = "conflict", "api_key_revoked"


@transaction.atomic
def create_user(*, email: str, password: str | None, at: datetime, by: By) -> User:
    """Make a person who can sign in (with a password). Roles come by `grant_role`.

    Raises EmailTaken; FieldInvalid for an address or a password that will not do.
    """
    address = validation.email(email)
    if password is not None:
        _fit_password(password, User(email=address))
    taken = EmailTaken(f"There is a user {address} already: give them a role instead.")
    with validation.explained({"app_user_email_key": taken}):
        user = User.objects.create_user(address, password, date_joined=at)
    record(
        by=by, at=at, action="user.created", subject="user", subject_id=user.pk,
        after={"email": address},
    )  # fmt: skip
    return user


@transaction.atomic
def set_password(*, user: User, password: str, at: datetime, by: By) -> None:
    """Give a user another password. Raises FieldInvalid when it is too short, too common, in the
    list of leaked ones or like the person's own data."""
    _fit_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    note_of_person(user=user, action="user.password_set", at=at, by=by)


@transaction.atomic
def change_email(*, user: User, email: str, at: datetime, by: By) -> None:
    """Let a person sign in with another address; the old one opens nothing from then on.

    Each provider they have a role at reads it in its audit. Raises EmailTaken; FieldInvalid.
    """
    before, address = user.email, validation.email(email)
    if address == before:
        return
    taken = EmailTaken(f"There is a user {address} already.")
    with validation.explained({"app_user_email_key": taken}):
        User.objects.filter(pk=user.pk).update(email=address)
    apps.get_model("account", "EmailAddress").objects.filter(user_id=user.pk).delete()
    user.email = address
    note_of_person(
        user=user, action="user.email_changed", at=at, by=by,
        before={"email": before}, after={"email": address},
    )  # fmt: skip


@transaction.atomic
def change_email_of_member(*, membership: Membership, email: str, at: datetime, by: By) -> None:
    """The same by staff, for a person whose roles are all here. Raises RolesElsewhere, EmailTaken;
    FieldInvalid."""
    user = membership.user
    with user_scope(user.pk):
        tenants = set(Membership.objects.filter(user=user).values_list("tenant_id", flat=True))
    if tenants - {current_tenant_id()}:
        raise RolesElsewhere(f"{user.email} has roles at other providers: only they can change it.")
    change_email(user=user, email=email, at=at, by=by)


@transaction.atomic
def set_timezone(*, user: User, timezone: str, at: datetime, by: By) -> User:
    """In which zone a user is shown times; '' for their customer's or provider's.

    Raises FieldInvalid for what is no zone.
    """
    before = user.timezone
    user.timezone = validation.timezone(timezone) if timezone else ""
    user.save(update_fields=["timezone"])
    record(
        by=by, at=at, action="user.timezone_set", subject="user", subject_id=user.pk,
        before={"timezone": before}, after={"timezone": user.timezone},
    )  # fmt: skip
    return user


def _fit_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise validation.FieldInvalid("password", " ".join(error.messages)) from None


@transaction.atomic
def grant_role(
    *, user: User, role: str, customer: Customer | None = None, at: datetime, by: By
) -> Membership:
    """Give a user a role here, or another in place of the one they have for that customer.

    Raises RoleNeedsCustomer, LastOwner; FieldInvalid for an unknown role.
    """
    validation.one_of("role", role, tuple(Role.values))
    _customer_fits(role, customer)
    found = (
        Membership.objects.select_for_update(of=("self",))
        .filter(tenant_id=current_tenant_id(), user=user, customer=customer)
        .first()
    )
    before = None if found is None else {"role": found.role}
    if found is None:
        found = Membership(tenant_id=current_tenant_id(), user=user, customer=customer)
    elif found.role == Role.OWNER != role:
        _keep_an_owner(found)
    found.role = role
    found.save()
    record(
        by=by, at=at, action="role.granted", subject="membership", subject_id=found.pk,
        before=before, after=_told(found),
    )  # fmt: skip
    return found


@transaction.atomic
def withdraw_role(*, membership: Membership, at: datetime, by: By) -> None:
    """Take a user's role here away. Raises LastOwner."""
    if membership.role == Role.OWNER:
        _keep_an_owner(membership)
    pk, told = membership.pk, _told(membership)
    membership.delete()
    record(by=by, at=at, action="role.withdrawn", subject="membership", subject_id=pk, before=told)


def _told(membership: Membership) -> dict[str, object]:
    customer = membership.customer
    return {
        "user": membership.user.email,
        "role": membership.role,
        "customer": "" if customer is None else customer.code,
    }


def _customer_fits(role: str, customer: Customer | None) -> None:
    if (role in PORTAL_ROLES) and customer is None:
        raise RoleNeedsCustomer(f"The role {role} sees one customer: choose which.")
    if role not in PORTAL_ROLES and customer is not None:
        raise RoleNeedsCustomer(f"The role {role} sees every customer: name none.")


def _keep_an_owner(leaving: Membership) -> None:
    owners = Membership.objects.select_for_update(of=("self",)).filter(
        tenant_id=current_tenant_id(), role=Role.OWNER
    )
    if not [one for one in owners if one.pk != leaving.pk]:
        raise LastOwner("This is the last owner: make somebody else an owner first.")


@transaction.atomic
def issue_api_key(*, name: str, role: str, at: datetime, by: By) -> tuple[ApiKey, str]:
    """Let a program in. The second value is the key, to be shown once: only its hash is kept.

    Raises RoleNeedsCustomer for a portal role; FieldInvalid.
    """
    validation.one_of("role", role, tuple(Role.values))
    if role in PORTAL_ROLES:
        raise RoleNeedsCustomer(f"A key cannot be {role}: keys work for the provider.")
    prefix = f"tw_{secrets.token_hex(4)}"
    secret = f"{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        tenant_id=current_tenant_id(),
        name=validation.text("name", name, longest=100),
        prefix=prefix,
        key_sha256=hashlib.sha256(secret.encode()).hexdigest(),
        role=role,
        created_at=at,
        created_by=User.objects.filter(email=by.actor).first(),
    )
    record(
        by=by, at=at, action="api_key.issued", subject="api_key", subject_id=key.pk,
        after={"name": key.name, "prefix": prefix, "role": role},
    )  # fmt: skip
    return key, secret


@transaction.atomic
def revoke_api_key(*, key: ApiKey, at: datetime, by: By) -> ApiKey:
    """Shut a key out from now on. Raises KeyRevoked when it is already."""
    if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=at):
        raise KeyRevoked(f"The key {key.name} is revoked already.")
    key.revoked_at = at
    record(
        by=by, at=at, action="api_key.revoked", subject="api_key", subject_id=key.pk,
        after={"name": key.name, "prefix": key.prefix},
    )  # fmt: skip
    return key


def seconds_to_wait(*, key_id: int, most: int, at: datetime) -> int:
    """Count a request of an API key; 0, or after how many seconds it may ask again: it had `most`
    requests in this minute of the clock. Call it outside of the request's transaction."""
    minute, second = divmod(int(at.timestamp()), 60)
    connection.ensure_connection()
    subject = f"api_key:{key_id}"
    asked = limits.count_request(connection.connection, subject=subject, minute=minute)
    return 0 if asked <= most else 60 - second


def note_sign_in(*, user: User, at: datetime, by: By) -> None:
    """Write down that somebody came in."""
    note_of_person(user=user, action="sign_in.done", at=at, by=by)


def note_sign_out(*, user: User, at: datetime, by: By) -> None:
    """Write down that somebody left."""
    note_of_person(user=user, action="sign_out.done", at=at, by=by)


def note_failed_sign_in(*, email: str, at: datetime, by: By) -> None:
    """Write down that somebody gave a wrong password. Who is unknown here is in no provider's
    audit: the process's log tells of them."""
    user = User.objects.filter(email=email.lower()).first()
    if user is None:
        log.warning("Sign-in failed: nobody has the address %r; from %s", email[:200], by.address)
        return
    note_of_person(user=user, action="sign_in.failed", at=at, by=by)


def note_factor(*, user: User, action: Factor, kind: str, at: datetime, by: By) -> None:
    """Write down what became of a second factor: `kind` is totp, webauthn or recovery_codes."""
    note_of_person(user=user, action=action, at=at, by=by, after={"kind": kind})


def note_of_person(
    *,
    user: User,
    action: str,
    at: datetime,
    by: By,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    """An audit row about a person, with every provider they have a role at: each has its chain."""
    with user_scope(user.pk):
        tenants = set(Membership.objects.filter(user=user).values_list("tenant_id", flat=True))
    if not tenants:
        log.warning("%s of %s, who has no role anywhere; from %s", action, user.email, by.address)
    for tenant_id in sorted(tenants):
        with tenant_scope(tenant_id):
            record(
                by=by, at=at, action=action, subject="user", subject_id=user.pk,
                before=before, after=after,
            )  # fmt: skip
