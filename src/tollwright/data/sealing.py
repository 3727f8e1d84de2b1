"""What is kept of secrets: the sealed form of what must be read again, the hash of what need not.

Seals are Fernet (AES-128-CBC with HMAC-SHA256) under a key drawn from the secret key by HMAC, so
that a copy of the database alone opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib.sessions.backends import db
from django.db import models

DIGITS = 40  # of a SHA-256 in hex: what the columns of session keys hold
log = logging.getLogger(__name__)


class SealBroken(RuntimeError):
    """What is kept was sealed with another secret key, or changed since."""


def seal(text: str) -> str:
    """The text, readable only with the secret key."""
    return _seals().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text that was sealed. Raises SealBroken."""
    try:
        return _seals().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealBroken(
            "A secret in the database was sealed with another secret key: start with that"
            " TOLLWRIGHT_SECRET_KEY, or take the person's second factor away."
        ) from None


def _seals() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_drawn(str(key))) for key in keys])


def _drawn(key: str) -> bytes:
    drawn = hmac.digest(key.encode(), b"tollwright.sealing", "sha256")
    return base64.urlsafe_b64encode(drawn)


class Digest(str):
    """The hash of a session's key, as the database has it. Equal to the key it is the hash of."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and hmac.compare_digest(str(self), str(digest_of(other)))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def digest_of(key: str) -> Digest:
    """The hash of a key; a hash that came from the database stays as it is. A key that looks like
    a hash (a cookie made from a copy of the database) is hashed as any other: it opens nothing."""
    if isinstance(key, Digest):
        return key
    return Digest(hashlib.sha256(key.encode()).hexdigest()[:DIGITS])


class KeyField(models.CharField):  # type: ignore[type-arg]  # no generic when it runs
    """A session's key, of which only the hash reaches the database."""

    def get_prep_value(self, value: Any) -> Any:
        """See Field."""
        return None if value is None else str.__str__(digest_of(value))

    def from_db_value(self, value: str | None, *_: object) -> Digest | None:
        """See Field."""
        return None if value is None else Digest(value)

    def deconstruct(self) -> Any:
        """As the column is for migrations: the text it was before."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


def hash_session_keys(*kinds: type[models.Model]) -> None:
    """Let these models, which other packages bring, keep hashes in their `session_key`."""
    for kind in kinds:
        kind._meta.get_field("session_key").__class__ = KeyField


class SessionStore(db.SessionStore):
    """Sessions in the database; their contents sealed."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        """See SessionBase."""
        return seal(super().encode(session_dict))

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """See SessionBase; a session that cannot be opened is empty: sign in again."""
        try:
            return super().decode(unseal(str(session_data)))
        except SealBroken:
            log.warning("A session was sealed with another secret key; it is over.")
            return {}
