"""A program that calls the API."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.test import Client

from tests.support.world import START
from tollwright.data.models import ApiKey, Role
from tollwright.data.scope import tenant_scope


@dataclass(frozen=True)
class Answer:
    """What came back, read."""

    status: int
    body: Any
    response: HttpResponse

    @property
    def code(self) -> str:
        """The problem's code; checks on the way that it is a whole problem."""
        assert self.response["Content-Type"] == "application/problem+json", self.response.content
        assert self.body["status"] == self.status
        assert self.body["title"] and self.body["detail"] and self.body["type"]
        return str(self.body["code"])


class Program:
    """Sends requests with a key of a role."""

    def __init__(self, tenant_id: int, role: Role = Role.OWNER) -> None:
        secret = f"tw_{tenant_id}_{role}"
        with tenant_scope(tenant_id):
            ApiKey.objects.get_or_create(
                tenant_id=tenant_id,
                prefix=f"{tenant_id}{role}"[:12],
                defaults={
                    "name": f"robot {role}",
                    "key_sha256": hashlib.sha256(secret.encode()).hexdigest(),
                    "role": role,
                    "created_at": START,
                },
            )
        self.headers = {"Authorization": f"Bearer {secret}"}
        self.client = Client(raise_request_exception=False)

    def get(self, path: str, **query: str | int) -> Answer:
        return read(self.client.get(f"/api/v1{path}", data=query, headers=self.headers))

    def post(self, path: str, body: object = None, *, key: str = "") -> Answer:
        return self.send("POST", path, json.dumps(body or {}).encode(), key=key)

    def patch(self, path: str, body: object) -> Answer:
        return self.send("PATCH", path, json.dumps(body).encode())

    def send(
        self, method: str, path: str, content: bytes, *, key: str = "",
        media_type: str = "application/json",
    ) -> Answer:  # fmt: skip
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return read(
            self.client.generic(
                method, f"/api/v1{path}", content, content_type=media_type, headers=headers
            )
        )


def read(response: Any) -> Answer:
    is_json = "json" in response.get("Content-Type", "")
    return Answer(
        response.status_code,
        json.loads(response.content) if is_json else response.content,
        response,
    )
