"""Importing a deck: upload → how its columns are read → preview → draft version."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect

from tollwright.core.decks import ColumnMapping
from tollwright.core.decks.sniffer import Proposal
from tollwright.domain.entities import DeckImport, Job, RateCard
from tollwright.domain.lookup import find
from tollwright.domain.rates import operations, queries, requests
from tollwright.domain.rates.errors import MappingNeeded
from tollwright.web.office.deck_changes import deck_changes
from tollwright.web.office.deck_mapping import MappingForm, first_values
from tollwright.web.office.forms import (
    BoundedFileField,
    ConfirmForm,
    OfficeForm,
    posted,
    uploaded,
)
from tollwright.web.office.jobs import soon, waiting
from tollwright.web.office.links import to
from tollwright.web.office.page import StaffRequest, done, page, show
from tollwright.web.shared.formatting import number

BOTH = ("GET", "POST")
DECK_MB = 40
MODES = (
    ("replace", "Replace: the deck is the whole card, codes it lacks are closed"),
    ("amend", "Amend: the deck changes the codes it names, the others stay"),
)


class DeckForm(OfficeForm):
    """A file, and what it is; asked, never guessed."""

    file = BoundedFileField(
        megabytes=DECK_MB,
        label="Deck (CSV, XLSX, XLS or ODS) or card file (JSON)",
        help_text=f"At most {DECK_MB} MB. A .json file is a card file: the whole card with its"
        " bands and allowances. It becomes a draft at once.",
    )
    mode = forms.ChoiceField(choices=MODES, label="The deck is to", widget=forms.RadioSelect)


@page(needs="rates", methods=BOTH)
def upload(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a deck, say what it would change; nothing is written to the card."""
    card = find(RateCard, pk)
    form = DeckForm(*uploaded(request))
    given = _mapping_of_upload(request)
    if form.is_valid() and (given is None or given.is_valid()):
        file = form.cleaned_data["file"]
        content = file.read()
        if file.name.lower().endswith(".json"):
            return _drafted(request, card, form, file.name, content)
        try:
            preview = form.attempt(
                _previewed,
                card=card,
                file=file.name,
                content=content,
                mapping=given.payload(None) if given else None,
                mode=form.cleaned_data["mode"],
                request=request,
            )
        except _Asks as asks:
            return _ask(request, card, form, asks)
        if preview is not None:
            return redirect(waiting(preview))
    return _show_upload(request, card, form)


def _show_upload(request: StaffRequest, card: RateCard, form: DeckForm) -> HttpResponse:
    return show(
        request,
        "form.html",
        f"Import a deck into {card.name}",
        form=form,
        lead="You see what happens to every row before anything changes. The columns are read by"
        " what the card's last deck said, else by their headers.",
        button="Preview",
        back=to("card", card.pk),
        crumbs=[("Rate cards", to("cards")), (card.name, to("card", card.pk))],
    )


def _drafted(
    request: StaffRequest, card: RateCard, form: DeckForm, name: str, content: bytes
) -> HttpResponse:
    """A card file says all that the card is, so there is nothing to map or to merge."""
    if form.cleaned_data["mode"] != "replace":
        form.add_error("mode", "A card file is the whole card: choose Replace.")
        return _show_upload(request, card, form)
    job = form.attempt(
        requests.request_draft,
        card=card,
        filename=name,
        content=content,
        at=request.at,
        by=request.by,
    )
    return _show_upload(request, card, form) if job is None else soon(job)


class _Asks(Exception):
    """Nobody knows which column means what: the person is asked, with the file again."""

    def __init__(self, sentence: str, proposal: Proposal) -> None:
        super().__init__(sentence)
        self.proposal = proposal


def _previewed(
    *, card: RateCard, file: str, content: bytes, mapping: Any, mode: str, request: StaffRequest
) -> Job:
    try:
        return requests.request_preview(
            card=card,
            filename=file,
            content=content,
            mapping=mapping,
            mode=mode,
            at=request.at,
            by=request.by,
        )
    except MappingNeeded as needed:
        found = queries.propose(card=card, filename=file, content=content)
        raise _Asks(str(needed), found.proposal) from needed


def _mapping_of_upload(request: StaffRequest) -> MappingForm | None:
    headers = request.POST.getlist("header")
    if not headers:
        return None
    form = MappingForm(request.POST)
    form.draw(tuple(headers), tuple(request.POST.getlist("sheet_name")))
    return form


def _ask(request: StaffRequest, card: RateCard, form: DeckForm, asks: _Asks) -> HttpResponse:
    mapping = MappingForm(initial=first_values(asks.proposal.mapping, asks.proposal.columns))
    mapping.draw(asks.proposal.headers, asks.proposal.sheets)
    return show(
        request,
        "deck_mapping.html",
        f"How is the deck for {card.name} read?",
        status=422,
        sentence=str(asks),
        form=mapping,
        upload=DeckForm(initial={"mode": form.cleaned_data["mode"]}),
        action=to("deck-upload", card.pk),
        proposal=asks.proposal,
        back=to("card", card.pk),
        crumbs=[("Rate cards", to("cards")), (card.name, to("card", card.pk))],
    )


@page()
def one(request: StaffRequest, pk: int) -> HttpResponse:
    """A preview: counts of fates, faults with their lines, and every change."""
    deck = find(DeckImport, pk, "card", "version")
    report = queries.deck_report(deck) if deck.status == "previewed" else None
    table = deck_changes(report.changes if report else (), deck.card.currency, f"deck-{pk}")
    return table.respond(request) or show(
        request,
        "deck.html",
        f"Deck {deck.filename}",
        deck=deck,
        fates=deck.summary.get("fates", {}).items(),
        columns=_columns(deck),
        outliers=[pair for pair in deck.summary.get("outliers", {}).items() if pair[1]],
        table=table.page(request) if report else None,
        faults=deck.summary.get("first_faults", []),
        notes=deck.summary.get("first_notes", []),
        crumbs=[("Rate cards", to("cards")), (deck.card.name, to("card", deck.card_id))],
    )


def _columns(deck: DeckImport) -> list[dict[str, str]]:
    """All columns of the file; of a preview of an earlier release those that were read."""
    told = deck.summary.get("file_columns")
    if told is not None:
        return list(told)
    pairs = deck.mapping.get("columns", [])
    return [{"header": header, "meaning": meaning, "example": ""} for header, meaning in pairs]


@page(needs="rates", methods=BOTH)
def remap(request: StaffRequest, pk: int) -> HttpResponse:
    """Read the same file in another way: a new preview in place of this one."""
    deck = find(DeckImport, pk, "card")
    content = bytes(deck.content)
    told = ColumnMapping.from_json(json.dumps(deck.mapping))
    proposal = queries.propose(
        card=deck.card,
        filename=deck.filename,
        content=content,
        answers={"sheet": request.POST.get("sheet") or told.sheet},
    ).proposal
    form = MappingForm(posted(request), initial=first_values(told, told.columns))
    form.draw(proposal.headers, proposal.sheets)
    if form.is_valid():
        preview = form.attempt(
            requests.request_preview_again,
            deck=deck,
            mapping=form.payload(told),
            at=request.at,
            by=request.by,
        )
        if preview is not None:
            return redirect(waiting(preview))
    return show(
        request,
        "deck_mapping.html",
        f"How is {deck.filename} read?",
        form=form,
        action=to("deck-remap", pk),
        proposal=proposal,
        back=to("deck", pk),
        crumbs=[("Rate cards", to("cards")), (deck.filename, to("deck", pk))],
    )


class ApplyForm(OfficeForm):
    """Whether broken rows are left out."""

    skip_faults = forms.BooleanField(required=False, label="Leave out the rows with errors")
    tag = forms.CharField(max_length=60, required=False, label="Tag")


@page(needs="rates", methods=BOTH)
def apply(request: StaffRequest, pk: int) -> HttpResponse:
    """Make the deck a draft version, after saying how many rows."""
    deck = find(DeckImport, pk, "card")
    form = ApplyForm(posted(request))
    faults = deck.summary.get("faults", 0)
    if not faults:
        del form.fields["skip_faults"]
    if form.is_valid():
        job = form.attempt(
            requests.request_apply,
            deck_import=deck,
            at=request.at,
            by=request.by,
            **form.cleaned_data,
        )
        if job is not None:
            return redirect(waiting(job))
    counted = deck.summary.get("fates", {})
    fates = ", ".join(f"{number(count)} {what}" for what, count in counted.items() if count)
    return show(
        request,
        "form.html",
        f"Apply {deck.filename}",
        form=form,
        lead=f"{number(deck.summary.get('rows', 0))} rows become a draft of {deck.card.name}:"
        f" {fates}. {number(faults)} rows have errors.",
        button="Make the draft",
        back=to("deck", pk),
        crumbs=[("Rate cards", to("cards")), (deck.filename, to("deck", pk))],
    )


@page(needs="rates", methods=BOTH)
def discard(request: StaffRequest, pk: int) -> HttpResponse:
    """Discard a preview."""
    deck = find(DeckImport, pk, "card")
    form = ConfirmForm(posted(request))
    if request.method == "POST" and form.is_valid():
        operations.discard_deck(deck_import=deck, at=request.at, by=request.by)
        done(request, "The preview is discarded; the card is unchanged.")
        return redirect(to("card", deck.card_id))
    return show(
        request,
        "form.html",
        f"Discard {deck.filename}",
        form=form,
        lead=f"The preview of {number(deck.summary.get('rows', 0))} rows is discarded; no price"
        " changes.",
        button="Discard",
        button_tone="danger",
        back=to("deck", pk),
        crumbs=[("Rate cards", to("cards")), (deck.filename, to("deck", pk))],
    )
