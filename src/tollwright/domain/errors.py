"""The root of what the domain refuses. An error stands beside the verb that raises it."""

from __future__ import annotations

from typing import ClassVar, Literal

Kind = Literal["invalid", "conflict", "not_found", "forbidden"]


class DomainError(Exception):
    """A refusal with a sentence for the user. It knows its kind; the edge knows HTTP.

    `kind` is what went wrong in general, `code` names it for programs, str() is the sentence.
    """

    kind: ClassVar[Kind] = "invalid"
    code: ClassVar[str] = "invalid"


class NotFound(DomainError):
    """There is no such thing, or it is another tenant's: nobody can tell which."""

    kind, code = "not_found", "not_found"


class KeyReused(DomainError):
    """The same idempotency key came with another request: a bug of the caller, not a retry."""

    kind, code = "conflict", "idempotency_key_reused"
