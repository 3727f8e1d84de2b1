"""What holds for a campaign's calls: rules, plan and card, resolved once per span of time.

Rules, subscriptions and versions change at known moments; between two of them every call of a
campaign is treated alike. A call then costs one bisection, not a query.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from tollwright.core import rules as r
from tollwright.core.billing.period_rules import PERIOD_SETTINGS, period_history
from tollwright.core.billing.periods import BEFORE, EVER, Calendar, Period, Span, anchor_day
from tollwright.core.labels import rule_name
from tollwright.core.money import Rounding
from tollwright.core.rating.legs import CostPlus
from tollwright.core.settings import Value
from tollwright.store import terms as store

SETTINGS = (
    "forced_card",
    "default_card",
    "minimum_seconds",
    "billable_causes",
    "second_rounding",
    "amount_rounding",
)
SECOND_FROM_MS = {"up": 1, "nearest": 500, "down": 1000}


@dataclass(frozen=True, slots=True)
class Version:
    """A published card version, from the moment at which it holds."""

    id: int
    number: int
    effective_from: datetime
    content_hash: str
    published_at: datetime
    has_allowances: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A card with its published versions, earliest first."""

    id: int
    code: str
    currency: str
    versions: tuple[Version, ...]

    def at(self, moment: datetime) -> Version | None:
        held = [version for version in self.versions if version.effective_from <= moment]
        return held[-1] if held else None

    def later(self, version: Version) -> list[Version]:
        """The versions that come into force after this one, in order."""
        return [held for held in self.versions if held.effective_from > version.effective_from]

    def within(self, first: datetime, end: datetime, known_at: datetime | None) -> list[Version]:
        """The versions that come into force after `first` and before `end`, as known then."""
        found: dict[datetime, Version] = {}
        for version in self.versions:
            known = known_at is None or version.published_at <= known_at
            if known and first < version.effective_from < end:
                found[version.effective_from] = version
        return [found[moment] for moment in sorted(found)]


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign and what its customer pays in."""

    id: int
    customer_id: int
    code: str
    customer_code: str
    currency: str


@dataclass(frozen=True, slots=True)
class Customer:
    """What bounds a customer's billing periods, beside the rules."""

    id: int
    zone: str
    since: datetime
    anchor: date | None


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A plan version's card, for a customer or one campaign, from day to day, both included.

    When the days begin is for the customer's calendar to say. With `cost_plus` the plan prices
    from the cost.
    """

    customer_id: int
    campaign_id: int | None
    plan_version_id: int
    card_id: int
    starts_on: date
    ends_on: date | None
    cost_plus: CostPlus | None = None
    starts_at: datetime = BEFORE
    ends_at: datetime = EVER

    def dated(self, calendar: Calendar) -> Subscribed:
        """With its moments: those at which its days begin on the customer's calendar."""
        after = EVER
        if self.ends_on is not None:
            after = calendar.begins(self.ends_on + timedelta(days=1))
        return replace(self, starts_at=calendar.begins(self.starts_on), ends_at=after)


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a campaign within one span of time; `refusal` says why nothing can be rated.

    `why_card` tells where the card comes from; `second_from_ms` 0 leaves seconds to the card. With
    `cost_plus` the card gives seconds and rounding, and what the call costs gives the amount.
    """

    campaign: Campaign
    card: Card | None
    version: Version | None
    plan_version_id: int | None
    why_card: str
    minimum_seconds: int
    billable_causes: frozenset[str]
    second_from_ms: int
    rounding: Rounding | None  # None: as the card says
    reason: str = ""
    refusal: str = ""
    cost_plus: CostPlus | None = None  # of the subscribed plan

    @property
    def currency(self) -> str:
        return self.card.currency if self.card else self.campaign.currency

    @property
    def plain(self) -> bool:
        """Whether no rule touches the seconds: the card alone decides."""
        return not (self.minimum_seconds or self.billable_causes or self.second_from_ms)

    def counted_ms(self, answered_ms: int, cause: str, disposition: str) -> int:
        """The milliseconds that the card is asked for; 0 where a rule says it costs nothing."""
        if self.second_from_ms:
            seconds, fraction = divmod(answered_ms, 1000)
            answered_ms = (seconds + (fraction >= self.second_from_ms)) * 1000
        if answered_ms < self.minimum_seconds * 1000:
            return 0
        if self.billable_causes and not {cause.upper(), disposition.upper()} & self.billable_causes:
            return 0
        return answered_ms


@dataclass(slots=True)
class Timeline:
    """One campaign's terms: place i holds from `changes[i - 1]` to before `changes[i]`."""

    changes: list[datetime]
    terms: list[Terms | None]


@dataclass(slots=True)
class Book:
    """Everything that decides terms, in memory. Build it once per file by `read_book`.

    `issued`: the periods of documents that stand, by customer.
    """

    campaigns: dict[int, Campaign]
    cards: dict[int, Card]
    subscriptions: list[Subscribed]
    rules: list[r.RuleRow]
    customers: dict[int, Customer] = field(default_factory=dict)
    issued: Mapping[int, Sequence[Period]] = field(default_factory=dict)
    _by_code: dict[str, Card] = field(default_factory=dict)
    _timelines: dict[int, Timeline] = field(default_factory=dict)
    _dated: dict[int, list[Subscribed]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_code = {card.code: card for card in self.cards.values()}

    def terms(self, campaign_id: int, moment: datetime) -> Terms:
        """What holds for the campaign's calls answered at `moment`."""
        timeline = self._timelines.get(campaign_id) or self._timeline(campaign_id)
        place = bisect_right(timeline.changes, moment)
        found = timeline.terms[place]
        if found is None:
            found = timeline.terms[place] = self._resolve(campaign_id, moment)
        return found

    def as_of(self, moment: datetime) -> Book:
        """The book by the rules that had been set by `moment`."""
        known = [rule for rule in self.rules if rule.set_at <= moment]
        if len(known) == len(self.rules):
            return self
        return replace(self, rules=known, _timelines={}, _dated={})

    def calendar(
        self, customer_id: int, issued: Mapping[int, Sequence[Period]] | None = None
    ) -> Calendar:
        """The customer's billing periods, those of its invoices; `issued` None: the book's."""
        customer = self.customers[customer_id]
        history = period_history(r.applicable(self.rules, customer_id=customer_id), customer.zone)
        begun = [one.starts_on for one in self.subscriptions if one.customer_id == customer_id]
        anchor = anchor_day(
            history, stored=customer.anchor, first_plan=min(begun, default=None),
            entered=customer.since,
        )  # fmt: skip
        standing = self.issued if issued is None else issued
        return Calendar(history, anchor, standing.get(customer_id, ()))

    def subscribed(self, customer_id: int) -> list[Subscribed]:
        """The customer's subscriptions with their moments, by first day."""
        found = self._dated.get(customer_id)
        if found is None:
            held = [one for one in self.subscriptions if one.customer_id == customer_id]
            calendar = self.calendar(customer_id) if held else None
            found = [one.dated(calendar) for one in held] if calendar else []
            self._dated[customer_id] = found
        return found

    def changes(self, campaign_id: int) -> list[datetime]:
        """The moments at which a campaign's terms may change, ascending."""
        return (self._timelines.get(campaign_id) or self._timeline(campaign_id)).changes

    def _timeline(self, campaign_id: int) -> Timeline:
        chain = self._chain(campaign_id)
        moments = {row.effective_from for row in chain}
        for subscription in self.subscribed(self.campaigns[campaign_id].customer_id):
            moments |= {subscription.starts_at, subscription.ends_at}
        for card in self.cards.values():
            moments |= {version.effective_from for version in card.versions}
        changes = sorted(moments - {EVER})
        timeline = self._timelines[campaign_id] = Timeline(changes, [None] * (len(changes) + 1))
        return timeline

    def _chain(self, campaign_id: int) -> list[r.RuleRow]:
        customer_id = self.campaigns[campaign_id].customer_id
        return r.applicable(self.rules, customer_id=customer_id, campaign_id=campaign_id)

    def _resolve(self, campaign_id: int, moment: datetime) -> Terms:
        campaign = self.campaigns[campaign_id]
        chain = self._chain(campaign_id)
        say: dict[str, Value] = {name: r.resolve(chain, name, moment).value for name in SETTINGS}
        card, plan, why = self._card(campaign, say, moment)
        version = card.at(moment) if card else None
        cost_plus = plan.cost_plus if plan else None
        reason, refusal = self._refusal(campaign, card, version, why, moment)
        if card and version and cost_plus and version.has_allowances:
            reason, refusal = "cost_plus_allowances", _gives_allowances(card, version)
        causes = say["billable_causes"]
        return Terms(
            campaign, card, version, plan.plan_version_id if plan else None, why,
            minimum_seconds=int(str(say["minimum_seconds"] or 0)),
            billable_causes=frozenset(
                str(cause).upper() for cause in (causes if isinstance(causes, list | tuple) else ())
            ),
            second_from_ms=SECOND_FROM_MS.get(str(say["second_rounding"]), 0),
            rounding=_rounding(say["amount_rounding"]),
            reason=reason, refusal=refusal, cost_plus=cost_plus,
        )  # fmt: skip

    def _card(
        self, campaign: Campaign, say: dict[str, Value], moment: datetime
    ) -> tuple[Card | None, Subscribed | None, str]:
        """(card, plan, why): forced by rule, the plan's, or the rule's default."""
        forced = say["forced_card"]
        if forced:
            why = f"the {rule_name('forced_card')} says {forced}"
            return self._by_code.get(str(forced)), None, why
        subscription = self._subscription(campaign, moment)
        if subscription is not None:
            card = self.cards.get(subscription.card_id)
            return card, subscription, "the card of the subscribed call plan"
        default = say["default_card"]
        if default:
            why = f"the {rule_name('default_card')} says {default}"
            return self._by_code.get(str(default)), None, why
        return None, None, ""

    def _subscription(self, campaign: Campaign, moment: datetime) -> Subscribed | None:
        """The campaign's own, else the customer's; of several the one that began last."""
        held = [
            s for s in self.subscribed(campaign.customer_id) if s.starts_at <= moment < s.ends_at
        ]
        own = [s for s in held if s.campaign_id == campaign.id]
        wide = [s for s in held if s.campaign_id is None]
        best = own or wide
        return best[-1] if best else None

    @staticmethod
    def _refusal(
        campaign: Campaign, card: Card | None, version: Version | None, why: str, moment: datetime
    ) -> tuple[str, str]:
        if card is None and why:
            return "no_card", f"{why}, but there is no sell card of that code. Correct the rule."
        if card is None:
            return "no_card", (
                f"Customer {campaign.customer_code}, campaign {campaign.code} has no call plan at"
                f" {moment:%Y-%m-%d %H:%M} UTC and no rule names a default card."
                f" Subscribe it to a plan, or set the {rule_name('default_card')}."
            )
        if version is None:
            return "no_published_version", (
                f"Card {card.code} has no published version at {moment:%Y-%m-%d %H:%M} UTC."
                " Publish one that holds from then on."
            )
        return "", ""


def _gives_allowances(card: Card, version: Version) -> str:
    return (
        f"The call plan prices from the cost, and version {version.number} of {card.code} gives"
        " allowances: a plan does one or the other. Publish a version of the card without"
        " allowances, or subscribe to a plan that prices by its card."
    )


def _rounding(value: Value) -> Rounding | None:
    """`half_up 4`, or the form in which a rule is stored; None where nothing is said."""
    return None if value is None else r.rounding_of(r.setting("amount_rounding").accept(value))


def read_book(cursor: store.Cursor, *, rules_until: datetime | None = None) -> Book:
    """Everything from the database; with `rules_until`, only rules that had been set by then."""
    campaigns = store.fetch_campaigns(cursor)
    subscribed = [_subscribed(row) for row in store.fetch_subscriptions(cursor)]
    return Book(
        {row.id: _campaign(row) for row in campaigns},
        cards_of(store.fetch_cards(cursor)),
        subscribed,
        list(_rules(store.fetch_rules(cursor, SETTINGS + PERIOD_SETTINGS), rules_until)),
        {row.customer_id: _customer(row) for row in campaigns},
        read_issued(cursor, {one.customer_id for one in subscribed}),  # plans begin by periods
    )


def read_issued(cursor: store.Cursor, customers: Iterable[int]) -> dict[int, list[Period]]:
    """The periods of documents that stand, by customer. One query."""
    issued = defaultdict[int, list[Period]](list)
    for row in store.fetch_issued_periods(cursor, sorted(set(customers))):
        span = Span(row.first, row.end)
        issued[row.customer_id].append(Period(row.since, row.until, span, row.zone))
    return issued


def _campaign(row: store.CampaignRow) -> Campaign:
    return Campaign(row.id, row.customer_id, row.code, row.customer_code, row.currency)


def _customer(row: store.CampaignRow) -> Customer:
    return Customer(row.customer_id, row.zone, row.customer_since, row.billing_anchor)


def _subscribed(row: store.SubscriptionRow) -> Subscribed:
    return Subscribed(
        row.customer_id, row.campaign_id, row.plan_version_id, row.card_id, row.starts_on,
        row.ends_on, row.cost_plus,
    )  # fmt: skip


def cards_of(rows: Iterable[store.CardVersionRow]) -> dict[int, Card]:
    """Cards with their versions, by id."""
    cards: dict[int, Card] = {}
    for row in rows:
        known = cards.get(row.card_id, Card(row.card_id, row.code, row.currency, ()))
        cards[row.card_id] = replace(known, versions=(*known.versions, *_versions(row)))
    return cards


def _versions(row: store.CardVersionRow) -> Iterable[Version]:
    if row.version_id is not None:
        yield Version(
            row.version_id, row.number, row.effective_from, row.content_hash, row.published_at,
            row.has_allowances,
        )  # fmt: skip


def _rules(rows: Iterable[store.StoredRule], until: datetime | None) -> Iterable[r.RuleRow]:
    for row in rows:
        if until is None or row.set_at <= until:
            yield r.RuleRow(
                row.id, row.setting, row.decoded, row.locked, row.effective_from, row.set_at,
                row.set_by, row.tenant_id, row.customer_id, row.campaign_id,
            )  # fmt: skip
