"""The API: its parts, its door and its description."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Swagger
from ninja.renderers import JSONRenderer
from ninja.responses import NinjaJSONEncoder

from tollwright.web.api import (
    calls,
    campaigns,
    cards,
    carriers,
    customers,
    invoices,
    jobs,
    payments,
    plan_prices,
    plans,
    quarantine,
    rerating,
    usage,
    whatif,
)
from tollwright.web.api.described import DescribedAPI
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


class Encoder(NinjaJSONEncoder):
    """Instants whole, to the microsecond: an answer given again must equal the first."""

    def default(self, o: Any) -> Any:
        """See json.JSONEncoder."""
        if isinstance(o, datetime):
            return o.isoformat().replace("+00:00", "Z")
        return super().default(o)


class Renderer(JSONRenderer):
    """JSON by our encoder."""

    encoder_class = Encoder


api = DescribedAPI(
    title="Tollwright API",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    auth=BearerKey(),
    renderer=Renderer(),
    docs=Swagger(settings={"persistAuthorization": False}),
)
api.add_router("/customers", customers.router)
api.add_router("", campaigns.router)
api.add_router("", cards.router)
api.add_router("", calls.router)
api.add_router("", carriers.router)
api.add_router("", plans.router)
api.add_router("", plan_prices.router)
api.add_router("", quarantine.router)
api.add_router("", invoices.router)
api.add_router("", jobs.router)
api.add_router("/payments", payments.router)
api.add_router("/usage", usage.router)
api.add_router("", whatif.router)
api.add_router("", rerating.router)
explain_errors(api)
