"""Rate cards: versions, a number's price and why, what one version changes against another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect

from tollwright.core.cards.diff import WHATS, Change
from tollwright.core.labels.facts import actor_text, fact_text
from tollwright.core.money import show_price
from tollwright.domain.entities import CardVersion, RateCard
from tollwright.domain.listing import Rows, beginning
from tollwright.domain.lookup import find
from tollwright.domain.plans.queries import priced_from_cost
from tollwright.domain.rates import operations, queries, requests
from tollwright.domain.rates.queries import Lookup
from tollwright.domain.rates.rows import VersionRow, card_rows, rate_rows, version_rows
from tollwright.web.office.forms import ConfirmForm, MomentField, OfficeForm, choice, posted
from tollwright.web.office.jobs import soon, waiting
from tollwright.web.office.links import row, to
from tollwright.web.office.page import StaffRequest, done, listing, page, show
from tollwright.web.office.permissions import may
from tollwright.web.shared.filters import id_of, prefix_of
from tollwright.web.shared.formatting import Money, Status, number
from tollwright.web.shared.labels import label_of, options
from tollwright.web.shared.tables import Column, Filter, Table, field_has, field_is, short

BOTH = ("GET", "POST")
PREVIEWS = 20  # of decks that wait, beside the cards
SIDES = (("sell", "Sell: what customers pay"), ("buy", "Buy: what a carrier takes"))


class CardForm(OfficeForm):
    """A new card."""

    code = forms.CharField(max_length=40, label="Code")
    name = forms.CharField(max_length=200, label="Name")
    side = choice("Side", SIDES)
    currency = forms.CharField(max_length=3, label="Currency", help_text="As EUR or USD.")


class NumberForm(OfficeForm):
    """A number, and when it would be answered."""

    number = forms.CharField(max_length=40, label="Number", help_text="As +44 20 7946 0000.")
    caller = forms.CharField(max_length=40, required=False, label="Calling from")
    at = MomentField(required=False, label="Answered", help_text="Empty: now.")


class PublishForm(OfficeForm):
    """From when on a version prices calls."""

    effective_from = MomentField(label="Prices calls answered from")


@page()
def index(request: StaffRequest) -> HttpResponse:
    """Every card, with what waits to be done."""
    table = Table(
        "Rate cards",
        card_rows(),
        [
            Column("code", "Code", lambda one: one.code, "code", row("card")),
            Column("name", "Name", lambda one: one.name, "name", row("card")),
            Column("side", "Side", lambda one: one.side, "side"),
            Column("currency", "Currency", lambda one: one.currency, "currency"),
            Column("published", "Published versions", lambda one: one.published, "published"),
            Column("drafts", "Drafts", lambda one: one.drafts, "drafts"),
            Column("latest", "Latest from", lambda one: one.latest, "latest"),
        ],
        [
            Filter("q", "Name or code", field_has("name", "code"), kind="search"),
            Filter("side", "Side", field_is("side"), choices=options("side")),
        ],
        order="name",
        empty="No rate cards yet. Add one, then import a deck into it.",
        filename="rate-cards",
    )
    tools = [("Add a card", to("card-new"))] if _may(request) else []
    previews = queries.waiting_decks(most=PREVIEWS)
    return listing(
        request, "Rate cards", table, template="cards.html", tools=tools, previews=previews
    )


@page(needs="rates", methods=BOTH)
def new(request: StaffRequest) -> HttpResponse:
    """Add a card."""
    form = CardForm(posted(request), initial={"currency": request.membership.tenant.currency})
    if form.is_valid():
        made = form.attempt(
            operations.create_card, at=request.at, by=request.by, **form.cleaned_data
        )
        if made is not None:
            done(request, "The card is added. Next: import a deck of prices into it.")
            return redirect(to("deck-upload", made.pk))
    return show(
        request,
        "form.html",
        "Add a rate card",
        form=form,
        back=to("cards"),
        crumbs=[("Rate cards", to("cards"))],
    )


@page()
def one(request: StaffRequest, pk: int) -> HttpResponse:
    """A card: its versions, a number's price, and the comparison of any two versions."""
    card = find(RateCard, pk)
    asked = bool(request.GET.get("number"))
    form = NumberForm(request.GET if asked else None)
    versions = list(version_rows(card))
    return show(
        request,
        "card.html",
        card.name,
        card=card,
        holds=queries.card_at(card, request.at),
        form=form,
        from_cost=priced_from_cost(card),
        found=_look_up(request, card, form) if asked and form.is_valid() else None,
        numbers=[version.number for version in versions],
        table=short("Versions", versions, _version_columns(), NO_VERSION),
        crumbs=[("Rate cards", to("cards"))],
    )


NO_VERSION = "No version yet: the card prices nothing. Import a deck."


def _look_up(request: StaffRequest, card: RateCard, form: NumberForm) -> Lookup | None:
    data = form.cleaned_data
    return form.attempt(
        queries.look_up,
        card=card,
        number=data["number"],
        caller=data["caller"],
        at=data["at"] or request.at,
    )


def _version_columns() -> list[Column]:
    return [
        Column("number", "Version", lambda one: f"v{one.number}", "", row("card-version")),
        Column("status", "Status", lambda one: Status(one.status)),
        Column("from", "Prices from", lambda one: one.effective_from),
        Column("rows", "Rows", lambda one: one.rows),
        Column("tag", "Tag", lambda one: one.tag or None),
        Column("changes", "Against the one before", lambda one: changes(one) or None),
        Column("by", "By", lambda one: actor_text(one.published_by or one.created_by)),
    ]


def changes(version: CardVersion | VersionRow) -> str:
    """`12 new, 3 increased`: what a published version changed."""
    counts = [(what, version.changes.get(what, 0)) for what in WHATS if what != "unchanged"]
    return ", ".join(f"{number(count)} {what}" for what, count in counts if count)


@page()
def version(request: StaffRequest, pk: int) -> HttpResponse:
    """A version's rows."""
    of = find(CardVersion, pk, "card")
    return listing(
        request,
        f"{of.card.name} v{of.number}",
        _rows(of),
        template="card_version.html",
        version=of,
        changes=changes(of),
        options=[(key, fact_text(key, value)) for key, value in sorted(of.options.items())],
        others=[one for one in queries.versions(of.card) if one.pk != pk],
        crumbs=[("Rate cards", to("cards")), (of.card.name, to("card", of.card_id))],
    )


def _rows(of: CardVersion) -> Table:
    return Table(
        f"Rows of {of}",
        rate_rows(of),
        [
            Column("row", "Row", lambda one: one.row_no + 1, "row_no"),
            Column("prefix", "Prefix", lambda one: one.prefix or "default", "prefix"),
            Column("name", "Name", lambda one: one.name, "name"),
            Column(
                "price",
                "Price",
                lambda one: _price(one, of.card.currency),
                "price_nanos",
                number=True,
            ),
            Column(
                "increments",
                "Billed",
                lambda one: f"{one.first_s}/{one.next_s}",
                "first_s",
                number=True,
            ),
            Column(
                "connect",
                "To connect",
                lambda one: Money(one.connect_fee_micros, of.card.currency),
                "connect_fee_micros",
                number=True,
            ),
            Column("blocked", "Blocked", lambda one: one.blocked, "blocked"),
            Column("from", "From", lambda one: one.effective_from, "effective_from"),
            Column("to", "Until", lambda one: one.effective_to, "effective_to"),
            Column("extra", "More", lambda one: _more(one.extra)),
        ],
        [
            Filter("prefix", "Prefix begins", begins_with),
            Filter("name", "Name", field_has("name")),
            Filter(
                "blocked",
                "Blocked",
                field_is("blocked"),
                choices=[("True", "yes"), ("False", "no")],
            ),
        ],
        order="row",
        empty="This version has no rows.",
        filename=f"card-{of.card.code}-v{of.number}",
    )


@page()
def diff(request: StaffRequest, pk: int, old: int, new: int) -> HttpResponse:
    """What version `new` changes against version `old`, code by code."""
    card = find(RateCard, pk)
    before, after = (_numbered(card, number) for number in (old, new))
    found = queries.diff_versions(before, after)
    table = changes_table(
        found.changes, card.currency, f"diff-{card.code}-v{old}-v{new}", "They price the same."
    )
    return listing(
        request,
        f"{card.name}: v{new} against v{old}",
        table,
        template="diff.html",
        counts=found.counts.items(),
        settings=found.settings,
        swap=to("card-diff", pk, new, old),
        crumbs=[("Rate cards", to("cards")), (card.name, to("card", pk))],
    )


@page()
def compare(request: StaffRequest, pk: int) -> HttpResponse:
    """From the form with two version numbers to their comparison."""
    find(RateCard, pk)
    numbers = [id_of(request.GET.get(name, "")) for name in ("old", "new")]
    if None in numbers:
        return redirect(to("card", pk))
    return redirect(to("card-diff", pk, *numbers))


def changes_table(rows: Sequence[Change], currency: str, filename: str, empty: str) -> Table:
    """Changes of codes, with both prices."""
    return Table(
        "Changes",
        rows,
        [
            Column("prefix", "Prefix", lambda one: one.prefix or "default", "prefix"),
            Column("name", "Name", _change_name),
            Column("what", "What", lambda one: label_of("change", one.what), "what"),
            Column(
                "before", "Before", lambda one: price_or_blocked(one.old, currency), number=True
            ),
            Column("after", "After", lambda one: price_or_blocked(one.new, currency), number=True),
        ],
        [
            Filter("what", "What", field_is("what"), choices=options("change", WHATS)),
            Filter("prefix", "Prefix begins", begins_with),
        ],
        order="",
        empty=empty,
        filename=filename,
    )


@page(needs="rates", methods=BOTH)
def publish(request: StaffRequest, pk: int) -> HttpResponse:
    """Let a draft price calls, after saying what it changes."""
    draft = find(CardVersion, pk, "card")
    form = PublishForm(posted(request), initial={"effective_from": request.at})
    if form.is_valid():
        job = form.attempt(
            requests.request_publish,
            version=draft,
            at=request.at,
            by=request.by,
            **form.cleaned_data,
        )
        if job is not None:
            return redirect(waiting(job))
    base = queries.base_of(draft.card)
    told = "It is the card's first version."
    if base is not None:
        counts = queries.diff_versions(base, draft).counts
        told = f"Against v{base.number}: " + ", ".join(
            f"{number(count)} {what}" for what, count in counts.items() if count
        )
    return show(
        request,
        "form.html",
        f"Publish {draft}",
        form=form,
        lead=f"{number(queries.row_count(draft))} rows. {told}. A published version never changes.",
        button="Publish",
        back=to("card-version", pk),
        crumbs=[("Rate cards", to("cards")), (str(draft), to("card-version", pk))],
    )


@page(needs="rates", methods=BOTH)
def revert(request: StaffRequest, pk: int) -> HttpResponse:
    """Publish an earlier version's content as the next version."""
    earlier = find(CardVersion, pk, "card")
    form = PublishForm(posted(request), initial={"effective_from": request.at})
    if form.is_valid():
        job = form.attempt(
            requests.request_revert,
            card=earlier.card,
            to=earlier,
            at=request.at,
            by=request.by,
            **form.cleaned_data,
        )
        if job is not None:
            return soon(job)
    return show(
        request,
        "form.html",
        f"Go back to {earlier}",
        form=form,
        lead=f"Its {number(queries.row_count(earlier))} rows are published again as a new version."
        " Calls that were rated stay as they are.",
        button="Publish again",
        back=to("card-version", pk),
        crumbs=[("Rate cards", to("cards")), (str(earlier), to("card-version", pk))],
    )


@page(needs="rates", methods=BOTH)
def discard(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a draft away."""
    draft = find(CardVersion, pk, "card")
    form = ConfirmForm(posted(request))
    if request.method == "POST" and form.is_valid():
        operations.discard_draft(version=draft, at=request.at, by=request.by)
        done(request, "The draft is deleted.")
        return redirect(to("card", draft.card_id))
    return show(
        request,
        "form.html",
        f"Discard {draft}",
        form=form,
        lead=f"{number(queries.row_count(draft))} rows are deleted. A deck that they came from can"
        " be applied again.",
        button="Discard the draft",
        button_tone="danger",
        back=to("card-version", pk),
        crumbs=[("Rate cards", to("cards")), (str(draft), to("card-version", pk))],
    )


def _numbered(card: RateCard, number: int) -> CardVersion:
    return queries.version_by_number(card, number)


def _price(rate: Any, currency: str) -> str:
    return f"{show_price(rate.price_nanos, 4)} {currency}/{rate.unit_s} s"


def price_or_blocked(rate: Any, currency: str) -> str | None:
    if rate is None:
        return None
    return "blocked" if rate.blocked else _price(rate, currency)


def _change_name(change: Change) -> str:
    rate = change.new or change.old
    return "" if rate is None else rate.name


def begins_with(rows: Rows, value: str) -> Rows:
    return beginning(rows, "prefix", prefix_of(value))


def _more(extra: dict[str, Any]) -> str | None:
    return fact_text("", extra) if extra else None


def _may(request: StaffRequest) -> bool:
    return may(request.membership.role, "rates")
