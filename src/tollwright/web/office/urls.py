"""Every address of the office. A test knows them all: an id of another tenant is a 404."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import URLPattern, path

from tollwright.web.office import (
    access,
    audit,
    batches,
    billing,
    calls,
    cards,
    carriers,
    company,
    customer_forms,
    customers,
    decks,
    home,
    invoices,
    jobs,
    margins,
    payments,
    pickers,
    plans,
    quarantine,
    rerating,
    rules,
    whatif,
    write_offs,
)
from tollwright.web.office.site import office

__all__ = ["PAGES", "office"]


def _page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
    guarded: Callable[..., HttpResponse] = office.admin_view(view)
    return path(route, guarded, name=name)


SELLING = [
    _page("customers/", customers.index, "customers"),
    _page("customers/new/", customer_forms.new, "customer-new"),
    _page("customers/<int:pk>/", customers.one, "customer"),
    _page("customers/<int:pk>/edit/", customer_forms.edit, "customer-edit"),
    _page("customers/<int:pk>/statement/", customers.statement, "statement"),
    _page("customers/<int:pk>/campaigns/new/", customer_forms.campaign_new, "campaign-new"),
    _page("customers/<int:pk>/subscribe/", plans.subscribe, "subscribe"),
    _page("campaigns/<int:pk>/", customers.campaign, "campaign"),
    _page("campaigns/<int:pk>/edit/", customer_forms.campaign_edit, "campaign-edit"),
    _page("campaigns/<int:pk>/identifiers/new/", customer_forms.identifier_new, "identifier-new"),
    _page("identifiers/<int:pk>/end/", customer_forms.identifier_end, "identifier-end"),
    _page("plans/", plans.index, "plans"),
    _page("plans/new/", plans.new, "plan-new"),
    _page("plans/<int:pk>/", plans.one, "plan"),
    _page("plans/<int:pk>/versions/new/", plans.version_new, "plan-version-new"),
    _page("plan-versions/<int:pk>/publish/", plans.publish, "plan-publish"),
    _page("plan-versions/<int:pk>/discard/", plans.discard, "plan-discard"),
    _page("subscriptions/<int:pk>/end/", plans.subscription_end, "subscription-end"),
    _page("cards/", cards.index, "cards"),
    _page("cards/new/", cards.new, "card-new"),
    _page("cards/<int:pk>/", cards.one, "card"),
    _page("cards/<int:pk>/compare/", cards.compare, "card-compare"),
    _page("cards/<int:pk>/diff/<int:old>/<int:new>/", cards.diff, "card-diff"),
    _page("cards/<int:pk>/import/", decks.upload, "deck-upload"),
    _page("card-versions/<int:pk>/", cards.version, "card-version"),
    _page("card-versions/<int:pk>/publish/", cards.publish, "card-publish"),
    _page("card-versions/<int:pk>/revert/", cards.revert, "card-revert"),
    _page("card-versions/<int:pk>/discard/", cards.discard, "card-discard"),
    _page("decks/<int:pk>/", decks.one, "deck"),
    _page("decks/<int:pk>/columns/", decks.remap, "deck-remap"),
    _page("decks/<int:pk>/apply/", decks.apply, "deck-apply"),
    _page("decks/<int:pk>/discard/", decks.discard, "deck-discard"),
    _page("rules/", rules.index, "rules"),
    _page("rules/history/", rules.history, "rules-history"),
    _page("rules/set/<str:name>/", rules.edit, "rule-edit"),
    _page("what-if/", whatif.index, "what-if"),
    _page("what-if/file/", whatif.file, "what-if-file"),
]

TRAFFIC = [
    _page("calls/", calls.index, "calls"),
    _page("calls/<int:month>/<int:pk>/", calls.one, "call"),
    _page("files/", batches.index, "batches"),
    _page("files/upload/", batches.upload, "batch-upload"),
    _page("files/<int:pk>/", batches.one, "batch"),
    _page("files/<int:pk>/roll-back/", batches.roll_back, "batch-roll-back"),
    _page("files/<int:pk>/replay/", batches.replay, "batch-replay"),
    _page("sources/", batches.source_index, "sources"),
    _page("sources/new/", batches.source_new, "source-new"),
    _page("quarantine/", quarantine.index, "quarantine"),
    _page("quarantine/bulk/", quarantine.bulk, "quarantine-bulk"),
    _page("quarantine/correct/", quarantine.correct, "quarantine-correct"),
    _page("quarantine/dismiss/", quarantine.dismiss, "quarantine-dismiss"),
    _page("quarantine/<int:pk>/", quarantine.one, "quarantined"),
]

BUYING = [
    _page("carriers/", carriers.index, "carriers"),
    _page("carriers/new/", carriers.new, "carrier-new"),
    _page("carriers/<int:pk>/", carriers.one, "carrier"),
    _page("carriers/<int:pk>/edit/", carriers.edit, "carrier-edit"),
    _page("carriers/<int:pk>/trunks/new/", carriers.trunk_new, "trunk-new"),
    _page("carriers/<int:pk>/card/", carriers.card_assign, "carrier-card"),
    _page("trunks/<int:pk>/end/", carriers.trunk_end, "trunk-end"),
    _page("costs/", margins.missing, "costs"),
    _page("margins/", margins.index, "margins"),
]

MONEY = [
    _page("billing/", billing.index, "billing"),
    _page("billing/start/", billing.start, "billing-start"),
    _page("billing/<int:pk>/", billing.one, "run"),
    _page("billing/<int:pk>/finalise/", billing.finalise, "run-finalise"),
    _page("re-rating/", rerating.index, "reratings"),
    _page("re-rating/report/", rerating.report, "rerating-report"),
    _page("re-rating/apply/", rerating.apply, "rerating-apply"),
    _page("re-rating/<int:pk>/", rerating.one, "rerating"),
    _page("re-rating/proposals/<int:pk>/", rerating.proposal, "rerate-proposal"),
    _page("re-rating/proposals/<int:pk>/accept/", rerating.accept, "rerate-accept"),
    _page("re-rating/proposals/<int:pk>/reject/", rerating.reject, "rerate-reject"),
    _page("invoices/", invoices.index, "invoices"),
    _page("invoices/<int:pk>/", invoices.one, "invoice"),
    _page("invoices/<int:pk>/pdf/", invoices.pdf, "invoice-pdf"),
    _page("invoices/<int:pk>/finalise/", invoices.finalise, "invoice-finalise"),
    _page("invoices/<int:pk>/delete/", invoices.drop, "invoice-drop"),
    _page("invoices/<int:pk>/void/", invoices.void, "invoice-void"),
    _page("invoices/<int:pk>/write-off/", write_offs.write_off, "invoice-write-off"),
    _page("invoices/<int:pk>/write-off/undo/", write_offs.undo, "invoice-write-off-undo"),
    _page("invoices/<int:pk>/credit/", invoices.credit, "invoice-credit"),
    _page("invoice-lines/<int:pk>/calls/", invoices.calls_behind, "invoice-calls"),
    _page("payments/", payments.index, "payments"),
    _page("payments/new/", payments.new, "payment-new"),
    _page("payments/<int:pk>/", payments.one, "payment"),
    _page("payments/<int:pk>/receipt/", payments.pdf, "payment-pdf"),
    _page("payments/<int:pk>/reverse/", payments.reverse, "payment-reverse"),
    _page("payments/<int:pk>/allocate/", payments.allocate, "payment-allocate"),
    _page("payment-changes/<int:pk>/pdf/", payments.change_pdf, "payment-change-pdf"),
]

CONTROL = [
    _page("company/", company.index, "company"),
    _page("company/new/", company.new, "entity-new"),
    _page("company/<int:pk>/", company.edit, "entity"),
    _page("people/", access.index, "access"),
    _page("people/new/", access.new, "access-new"),
    _page("people/<int:pk>/address/", access.change_address, "access-address"),
    _page("people/<int:pk>/withdraw/", access.withdraw, "access-withdraw"),
    _page("keys/", access.keys, "keys"),
    _page("keys/new/", access.key_new, "key-new"),
    _page("keys/<int:pk>/revoke/", access.key_revoke, "key-revoke"),
    _page("jobs/", jobs.index, "jobs"),
    _page("jobs/<int:pk>/", jobs.one, "job"),
    _page("jobs/<int:pk>/file/", jobs.file, "job-file"),
    _page("jobs/<int:pk>/retry/", jobs.retry, "job-retry"),
    _page("jobs/<int:pk>/cancel/", jobs.cancel, "job-cancel"),
    _page("audit/", audit.index, "audit"),
    _page("audit/check/", audit.check, "audit-check"),
    _page("audit/<int:pk>/", audit.entry, "audit-entry"),
]

PAGES = [_page("", home.home, "home"), *SELLING, *TRAFFIC, *BUYING, *MONEY, *CONTROL]
office.pages = [
    *PAGES,
    _page("look-up/<str:kind>/", pickers.look_up, "look-up"),  # for scripts; no page of its own
]
