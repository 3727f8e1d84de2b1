"""The API: its parts, its door and its description."""

from __future__ import annotations

from ninja import NinjaAPI, Swagger

from tollwright.web.api import calls, campaigns, cards, customers, invoices, payments, usage
from tollwright.web.api.keys import BearerKey
from tollwright.web.api.problems import explain_errors

DESCRIPTION = """
For the provider's own programs. Sign every request with `Authorization: Bearer <key>`; keys and
their roles are given out in the back office.

* Amounts are decimals as text with their currency; instants are ISO 8601 with an offset.
* Lists come newest first in pages: ask again with `cursor` = the `next` of the page before.
* Writes take an `Idempotency-Key` of yours: the same key with the same request is done once and
  answered alike, with another request it is refused (409).
* Errors are `application/problem+json` (RFC 9457): `code` for programs, `detail` for people.
"""

api = NinjaAPI(
    title="Tollwright API",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    auth=BearerKey(),
    docs=Swagger(settings={"persistAuthorization": False}),
)
api.add_router("/customers", customers.router)
api.add_router("", campaigns.router)
api.add_router("", cards.router)
api.add_router("", calls.router)
api.add_router("", invoices.router)
api.add_router("/payments", payments.router)
api.add_router("/usage", usage.router)
explain_errors(api)
