"""Reading what rating needs to know: identifiers, rules, subscriptions, cards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec

from tollwright.core.rating.legs import CostPlus
from tollwright.store import rows
from tollwright.store.rows import fetch_all, fetch_one
from tollwright.store.sql import statements

SQL = statements("terms.sql")
Cursor = rows.Cursor


class IdentifierRow(NamedTuple):
    """What a call says of itself, and the campaign that this means from when to when."""

    kind: str
    value: str
    valid_from: datetime
    valid_to: datetime | None
    campaign_id: int


class CampaignRow(NamedTuple):
    """A campaign and its customer."""

    id: int
    customer_id: int
    code: str
    customer_code: str
    currency: str
    zone: str
    customer_since: datetime
    billing_anchor: date | None


class StoredRule(NamedTuple):
    """A rule as it was set; `value` is JSON, None where nothing is said."""

    id: int
    tenant_id: int | None
    customer_id: int | None
    campaign_id: int | None
    setting: str
    value: str | None
    locked: bool
    effective_from: datetime
    set_at: datetime
    set_by: str

    @property
    def decoded(self) -> Any:
        """The value itself."""
        return msgspec.json.decode(self.value) if self.value else None


class SubscriptionRow(NamedTuple):
    """A customer, or one campaign of it, on a plan version; the rest is how the plan prices.

    The amounts are micros, and hold for `pricing` cost_plus.
    """

    customer_id: int
    campaign_id: int | None
    plan_version_id: int
    card_id: int
    starts_on: date
    ends_on: date | None
    pricing: str
    markup_ppm: int
    fixed_micros: int
    floor_micros: int | None
    cap_micros: int | None

    @property
    def cost_plus(self) -> CostPlus | None:
        """How the plan prices from the cost; None where it prices by its card."""
        if self.pricing != "cost_plus":
            return None
        return CostPlus(self.markup_ppm, self.fixed_micros, self.floor_micros, self.cap_micros)


class IssuedPeriod(msgspec.Struct, frozen=True):
    """The period of an invoice that stands; its days are [first, end) of `zone`."""

    customer_id: int
    since: datetime
    until: datetime
    zone: str
    first: date
    end: date


class CardVersionRow(NamedTuple):
    """A card with one of its published versions; without any, `version_id` is None."""

    card_id: int
    code: str
    currency: str
    version_id: int | None
    number: int
    effective_from: datetime
    content_hash: str
    published_at: datetime
    has_allowances: bool


class CardOptionsRow(NamedTuple):
    """A version's settings as JSON, and what its card says for all versions."""

    options: str
    side: str
    currency: str


def fetch_identifiers(cursor: Cursor) -> list[IdentifierRow]:
    """How the tenant's calls find their campaign."""
    return fetch_all(cursor, IdentifierRow, SQL["fetch_identifiers"])


def fetch_campaigns(cursor: Cursor) -> list[CampaignRow]:
    """The tenant's campaigns."""
    return fetch_all(cursor, CampaignRow, SQL["fetch_campaigns"])


def fetch_rules(cursor: Cursor, settings: Sequence[str]) -> list[StoredRule]:
    """The platform's and the tenant's rules of these settings, in the order of their setting."""
    return fetch_all(cursor, StoredRule, SQL["fetch_rules"], {"settings": list(settings)})


def fetch_subscriptions(cursor: Cursor) -> list[SubscriptionRow]:
    """Who is on which plan version, by the first day."""
    return fetch_all(cursor, SubscriptionRow, SQL["fetch_subscriptions"])


def fetch_issued_periods(cursor: Cursor, customers: Sequence[int]) -> list[IssuedPeriod]:
    """The periods of these customers' invoices that stand, in all currencies."""
    values = {"customers": list(customers)}
    return fetch_all(cursor, IssuedPeriod, SQL["fetch_issued_periods"], values)


def fetch_cards(cursor: Cursor) -> list[CardVersionRow]:
    """The sell cards with their published versions, in the order in which they hold."""
    return fetch_all(cursor, CardVersionRow, SQL["fetch_cards"])


def fetch_card_options(cursor: Cursor, version_id: int) -> dict[str, Any]:
    """A version's settings in the card file's form; side and currency are the card's."""
    found = fetch_one(cursor, CardOptionsRow, SQL["fetch_card_options"], {"version_id": version_id})
    if found is None:
        raise LookupError(f"there is no card version {version_id}")
    told: dict[str, Any] = msgspec.json.decode(found.options)
    return {**told, "side": found.side, "currency": found.currency}


class StoredCharge(msgspec.Struct, frozen=True):
    """A charge with what it was made from: the call, and the card version's name ('' and 0 where
    the card is a parent's)."""

    id: int
    started_at: datetime
    leg: str
    level: int
    revision: int
    is_current: bool
    campaign_id: int
    card_version_id: int
    plan_version_id: int | None
    rate_no: int
    billed_s: int
    amount_micros: int
    currency: str
    rated_at: datetime
    call_id: int
    call_key: str
    answered_at: datetime
    answered_ms: int
    caller: str
    called: str
    cause: str
    disposition: str
    card_code: str
    version_number: int
    content_hash: str
    source_id: int
    trunk: str
    tenant_id: int


def fetch_charge(
    cursor: Cursor, charge_id: int, *, first: datetime, last: datetime
) -> StoredCharge | None:
    """The charge of this id whose call started in [first, last)."""
    values = {"charge_id": charge_id, "first": first, "last": last}
    return fetch_one(cursor, StoredCharge, SQL["fetch_charge"], values)


def fetch_cost_plus(cursor: Cursor, plan_version_id: int | None) -> CostPlus | None:
    """How a plan version prices from the cost; None where it prices by its card."""
    return fetch_one(cursor, CostPlus, SQL["fetch_cost_plus"], {"plan_version_id": plan_version_id})


class StoredCost(msgspec.Struct, frozen=True):
    """What a call cost the provider, by one revision; a parent's card has no name here."""

    id: int
    leg: str
    amount_micros: int
    currency: str
    rated_at: datetime
    card_code: str
    version_number: int


def fetch_costs(cursor: Cursor, *, call_id: int, started_at: datetime) -> list[StoredCost]:
    """Every revision of what a call cost, in the order of their rating."""
    values = {"call_id": call_id, "started_at": started_at}
    return fetch_all(cursor, StoredCost, SQL["fetch_costs"], values)
