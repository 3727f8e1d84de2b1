"""What-if: a draft card or plan over past calls. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect

from tollwright.domain.entities import CardVersion, Job, PlanVersion
from tollwright.domain.lookup import find
from tollwright.domain.plans.queries import all_versions
from tollwright.domain.rates.queries import sell_versions
from tollwright.domain.rates.requests import CHECKED_AT_ONCE, text_of
from tollwright.domain.rerating import requests
from tollwright.domain.rerating.report import Row
from tollwright.domain.rerating.whatif import Line, WhatIf, WhatIfRequest, card_of_file
from tollwright.engine.rating.refusals import SENTENCES
from tollwright.web.office.asking import address_of, answered, ask, job_asked
from tollwright.web.office.callscope import ScopeForm, last_month
from tollwright.web.office.forms import BoundedFileField, choice, set_choices, uploaded
from tollwright.web.office.links import to
from tollwright.web.office.page import StaffRequest, page, show
from tollwright.web.shared.formatting import Money, number
from tollwright.web.shared.tables import Column, Table, TablePage, short
from tollwright.web.shared.templating import phone

DESTINATIONS = 25
CUSTOMERS = 1_000
CARD_MB = 20
NOW_THEN = ("Now", "Then")


class FileForm(ScopeForm):
    """A card file, over which calls."""

    card_file = BoundedFileField(megabytes=CARD_MB, label="Card file (JSON)")
    field_order = ("card_file", "since", "until", "customer", "campaign", "begins")

    def ask(self, request: StaffRequest) -> Job | None:
        """The job that answers; None with the faults of a small file beside the field."""
        content = self.cleaned_data["card_file"].read()
        small = len(content) <= CHECKED_AT_ONCE
        if small and self.attempt(card_of_file, data=text_of(content)) is None:
            return None
        return self.attempt(
            requests.request_what_if,
            payload=WhatIfRequest(),
            scope=self.scope(),
            everyone=True,
            card_file=content,
            at=request.at,
            by=request.by,
        )


class WhatIfForm(ScopeForm):
    """Which prices, over which calls."""

    price = choice("Prices of", ())
    everyone = forms.BooleanField(
        required=False,
        label="All customers' calls",
        help_text="Otherwise only calls that are on this card or plan now.",
    )
    field_order = ("price", "since", "until", "customer", "campaign", "begins", "everyone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        listed = [
            (f"card-{one.pk}", f"{one.card.name} v{one.number} ({one.status})")
            for one in sell_versions()
        ]
        listed += [
            (f"plan-{one.pk}", f"Plan {one.plan.name} v{one.number} ({one.status})")
            for one in all_versions()
        ]
        set_choices(self, "price", listed)

    def payload(self) -> WhatIfRequest:
        """The prices that the valid form names."""
        kind, _, pk = self.cleaned_data["price"].partition("-")
        if kind == "plan":
            return WhatIfRequest(plan=find(PlanVersion, int(pk), "plan"))
        return WhatIfRequest(version=find(CardVersion, int(pk), "card"))


@page(needs="what_if")
def index(request: StaffRequest) -> HttpResponse:
    """Ask, and the answer below the question; the address holds both."""
    tools = [("With a card file", to("what-if-file"))]
    asked = "since" in request.GET
    begin = last_month(request) | {"price": request.GET.get("price", "")}
    form = WhatIfForm(request.GET if asked else None, initial=begin)
    found = None
    if asked and form.is_valid():
        answer = _asked(request, form)
        if isinstance(answer, HttpResponse):
            return answer
        found = None if answer is None else requests.answer_of(answer, WhatIf)
    if found is None:
        return show(request, "whatif.html", "What if", form=form, tools=tools)
    table = _table(found)
    return table.respond(request) or show(
        request,
        "whatif.html",
        "What if",
        form=form,
        tools=tools,
        table=table.page(request),
        **_answer(found),
    )


def _asked(request: StaffRequest, form: WhatIfForm) -> Job | HttpResponse | None:
    payload, scope, everyone = form.payload(), form.scope(), form.cleaned_data["everyone"]
    return ask(
        request,
        form,
        requests.WHAT_IF,
        requests.what_if_question(payload, scope, everyone),
        lambda: requests.request_what_if(
            payload=payload, scope=scope, everyone=everyone, at=request.at, by=request.by
        ),
    )


@page(needs="what_if", methods=("GET", "POST"))
def file(request: StaffRequest) -> HttpResponse:
    """The same with a card file, which no address can hold: the address holds the job."""
    form = FileForm(*uploaded(request), initial=last_month(request))
    asked = form.ask(request) if form.is_valid() else None
    if asked is not None:
        return redirect(address_of(request, asked))
    answer = answered(request, form, requests.what_if_job(job_asked(request)))
    if isinstance(answer, HttpResponse):
        return answer
    found = None if answer is None else requests.answer_of(answer, WhatIf)
    context: dict[str, Any] = {"form": form, "crumbs": [("What if", to("what-if"))]}
    if found is not None:
        table = _table(found)
        lines = found.lines[:CUSTOMERS]
        context |= _answer(found) | {"left": len(found.lines) - len(lines)}
        context["table"] = short(table.caption, lines, table.columns, table.empty)
    return show(request, "whatif.html", "What if, by a card file", **context)


def _answer(found: WhatIf) -> dict[str, Any]:
    return {
        "found": found,
        "share": f"{number(Decimal(found.uncovered_ppm // 100).scaleb(-2))} %",
        "totals": [
            tuple(
                Money(micros, line.currency)
                for micros in (line.difference_micros, line.old_micros, line.new_micros)
            )
            for line in found.totals
        ],
        "once": [
            Money(line.fees.once_micros, line.currency)
            for line in found.totals
            if line.fees.once_micros
        ],
        "destinations": _destinations(found),
        "examples": _examples(found),
    }


def _examples(found: WhatIf) -> TablePage:
    return short(
        "Calls that would not be priced",
        found.examples,
        [
            Column("called", "Called", lambda one: phone(one.called)),
            Column("reason", "Why", lambda one: SENTENCES[one.reason]),
        ],
        "",
    )


def _table(found: WhatIf) -> Table:
    columns = [
        Column("customer", "Customer", lambda one: one.customer, "customer", _customer),
        Column("calls", "Calls", lambda one: one.usage.calls, "usage__calls"),
        Column("changed", "Changed", lambda one: one.usage.changed, "usage__changed"),
        Column("refused", "Not priced", lambda one: one.usage.refused, "usage__refused"),
        _money("old", "Now", "old_micros"),
        _money("new", "Then", "new_micros"),
        _money("difference", "Difference", "difference_micros"),
    ]
    if found.with_fees:
        columns[4:4] = [_money("fees", "Fees now", "fees.old_micros")]
        columns[6:6] = [_money("fees_then", "Fees then", "fees.new_micros")]
    if any(line.buy_micros is not None for line in found.lines):
        columns += [
            _money("margin", "Margin now", "old_margin_micros"),
            _money("margin_then", "Margin then", "new_margin_micros"),
        ]
    return Table(
        "Customers, those who would pay more first",
        found.lines,
        columns,
        order="-difference",
        empty="No calls found. Choose other days, or all customers' calls.",
        filename="what-if",
    )


def _money(key: str, title: str, path: str) -> Column:
    def value(one: Line) -> Money | None:
        micros: Any = one
        for part in path.split("."):
            micros = getattr(micros, part)
        return None if micros is None else Money(micros, one.currency)

    return Column(key, title, value, path.replace(".", "__"), number=True)


def _customer(one: Line) -> str:
    return to("customer", one.customer_id)


def _destinations(found: WhatIf) -> TablePage:
    moved = [row for row in found.destinations if row.figures.changed or row.figures.refused]
    return short(
        "Destinations", moved[:DESTINATIONS], destination_columns(), "No destination changes."
    )


def destination_columns(heads: tuple[str, str] = NOW_THEN) -> list[Column]:
    """Columns of rows of a report by prefix."""
    return figures_columns("Number begins with", lambda one: one.name or "(default row)", heads)


def figures_columns(
    title: str,
    name: Callable[[Row], str],
    heads: tuple[str, str] = NOW_THEN,
    link: Callable[[Row], str | None] | None = None,
) -> list[Column]:
    """A row's name and its figures; `heads` stand over the old and the new amount."""

    def money(key: str, head: str) -> Column:
        def value(row: Row) -> Money:
            return Money(getattr(row.figures, key), row.currency)

        return Column(key, head, value, f"figures__{key}", number=True)

    return [
        Column("name", title, name, "name", link),
        Column("calls", "Calls", lambda row: row.figures.calls, "figures__calls"),
        Column("changed", "Changed", lambda row: row.figures.changed, "figures__changed"),
        Column("refused", "Not priced", lambda row: row.figures.refused, "figures__refused"),
        money("old_micros", heads[0]),
        money("new_micros", heads[1]),
        money("difference_micros", "Difference"),
    ]
