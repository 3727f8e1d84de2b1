"""Users, what they may see, and API keys."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models

from tollwright.core.labels.choices import ROLE
from tollwright.data.base import TenantOwned


class UserManager(BaseUserManager["User"]):
    """Makes users by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **extra: object) -> User:
        """A user who signs in with `email`; without a password they cannot sign in yet."""
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractUser):
    """A person who signs in; what they may do is said by their memberships."""

    username = None  # type: ignore[assignment]  # the e-mail address is the name
    email = models.EmailField(unique=True)
    timezone = models.CharField(max_length=64, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]  # see above

    class Meta:
        db_table = "app_user"

    def __str__(self) -> str:
        return self.email


class Role(models.TextChoices):
    """Staff roles, then the roles of a customer's people in the portal."""

    OWNER = "owner", ROLE["owner"].text
    BILLING = "billing", ROLE["billing"].text
    RATES = "rates", ROLE["rates"].text
    SUPPORT = "support", ROLE["support"].text
    AUDITOR = "auditor", ROLE["auditor"].text
    PORTAL_ADMIN = "portal_admin", ROLE["portal_admin"].text
    PORTAL_FINANCE = "portal_finance", ROLE["portal_finance"].text
    PORTAL_VIEWER = "portal_viewer", ROLE["portal_viewer"].text


PORTAL_ROLES = (Role.PORTAL_ADMIN, Role.PORTAL_FINANCE, Role.PORTAL_VIEWER)


class Membership(TenantOwned):
    """A user's role at a tenant; portal roles name the customer they belong to."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    customer = models.ForeignKey("data.Customer", null=True, blank=True, on_delete=models.PROTECT)

    class Meta:
        db_table = "membership"
        constraints = [
            models.UniqueConstraint(
                name="membership_once", fields=["tenant", "user", "customer"], nulls_distinct=False
            ),
            models.CheckConstraint(
                name="portal_roles_have_a_customer",
                condition=models.Q(role__in=PORTAL_ROLES, customer__isnull=False)
                | (~models.Q(role__in=PORTAL_ROLES) & models.Q(customer__isnull=True)),
            ),
        ]


class ApiKey(TenantOwned):
    """A program's access. Only the SHA-256 of the key is kept; the key is shown once."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    key_sha256 = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=20, choices=Role.choices)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "api_key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
