"""Two providers, and a person of the first one's first customer, signed in."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from tests.support.shop import Shop, make_user
from tollwright.data.models import Role
from tollwright.data.scope import tenant_scope


class Person:
    """A browser without JavaScript."""

    def __init__(self, shop: Shop, role: Role | None = None) -> None:
        self.client = Client()
        user = shop.acme.user
        if role is not None:
            with tenant_scope(shop.tenant_id):
                user = make_user(shop.world, f"{role}@acme.example", role, shop.acme.customer)
        self.client.force_login(user)

    def status(self, path: str) -> int:
        return int(self.client.get(path).status_code)

    def page(self, path: str) -> str:
        """The page's text as it is read, without tags."""
        response = self.client.get(path)
        assert response.status_code == 200, (path, response.status_code)
        assert "default-src 'self'" in response["Content-Security-Policy"]
        assert response["Cache-Control"] == "private, no-store"
        return text_of(response.content.decode())

    def file(self, path: str) -> bytes:
        response = self.client.get(path)
        assert response.status_code == 200, (path, response.status_code)
        return bytes(response.content)


def text_of(html: str) -> str:
    body = re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", html.split("<main", 1)[-1])
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", body)))


@pytest.fixture
def person(shop: Shop) -> Person:
    return Person(shop)
