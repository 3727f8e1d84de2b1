"""The API's description: each address also tells how it refuses."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from tollwright.web.api.problems import MEDIA_TYPE, SENTENCES

PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457: `code` for programs, `detail` for people.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "instance"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "detail", "code", "instance")},
        "status": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"where": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
REFUSALS = {
    404: "There is no such thing here.",
    409: "It contradicts what holds; or the Idempotency-Key came with another request.",
    422: "A value does not fit; `errors` names each.",
}
ALWAYS = (400, 401, 403, 422, 429)
WITH_BODY = (409, 411, 413)


class DescribedAPI(NinjaAPI):
    """Adds the refusals that every address shares to what each says itself."""

    def get_openapi_schema(self, **given: Any) -> OpenAPISchema:
        """See NinjaAPI."""
        schema = super().get_openapi_schema(**given)
        schema["components"].setdefault("schemas", {})["Problem"] = PROBLEM
        for path, methods in schema["paths"].items():
            for method, operation in methods.items():
                for status in _statuses(path, method):
                    operation["responses"].setdefault(status, _refusal(status))
        return schema


def _statuses(path: str, method: str) -> list[int]:
    named = (404,) if "{" in path else ()
    return sorted({*ALWAYS, *named, *(() if method == "get" else (404, *WITH_BODY))})


def _refusal(status: int) -> dict[str, Any]:
    return {
        "description": REFUSALS.get(status) or SENTENCES[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
