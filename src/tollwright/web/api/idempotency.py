"""Idempotency-Key: a write that is asked for twice is done once and answered twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Schema

from tollwright.domain.errors import DomainError
from tollwright.domain.idempotency.operations import do_once
from tollwright.web.shared.tenancy import actor

LONGEST_KEY = 100


class KeyMissing(DomainError):
    """This write moves money or many rows: it must be safe to ask twice."""

    code = "idempotency_key_missing"


class KeyUnfit(DomainError):
    """The key is too long or holds what a header should not."""

    code = "idempotency_key_unfit"


def once(
    request: HttpRequest,
    work: Callable[[str], Schema],
    *,
    status: int = 201,
    required: bool = False,
) -> HttpResponse:
    """Do `work(key)` and answer it as JSON with `status`; the key's second payload gets that
    answer.

    Without a key the work is done each time, unless one is `required`. The row of the key and
    the work are one transaction; a refused payload leaves no row, so it may be corrected and
    sent again. Raises KeyMissing, KeyUnfit, KeyReused.
    """
    key = _key(request, required)
    if not key:
        return _answer(work("").model_dump(mode="json"), status)
    payload = b"\n".join(
        [str(request.method).encode(), request.get_full_path().encode(), request.body]
    )
    found = do_once(
        key=key,
        payload_sha256=hashlib.sha256(payload).hexdigest(),
        work=lambda: work(key).model_dump(mode="json"),
        status=status,
        at=timezone.now(),
        by=actor(request),
    )
    return _answer(found.body, found.status, again=found.again)


def _key(request: HttpRequest, required: bool) -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise KeyUnfit(f"An Idempotency-Key has at most {LONGEST_KEY} printable characters.")
    if required and not key:
        raise KeyMissing(
            "Send an Idempotency-Key header with a value of your own, such as a UUID: "
            "then asking again after a lost answer changes nothing."
        )
    return key


def _answer(body: Any, status: int, *, again: bool = False) -> HttpResponse:
    response = HttpResponse(json.dumps(body), status=status, content_type="application/json")
    if again:
        response["Idempotent-Replayed"] = "true"
    return response
