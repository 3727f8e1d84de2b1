"""The office's menu, in unfold's form."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from tollwright.web.office.permissions import Need, may
from tollwright.web.shared.tenancy import membership_of


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of links the viewer's role may follow."""
    return [
        {"title": "", "items": [_item(request, _("Home"), "home", "space_dashboard")]},
        {
            "title": _("Selling"),
            "items": [
                _item(request, _("Customers"), "customers", "groups"),
                _item(request, _("Plans"), "plans", "sell"),
                _item(request, _("Rate cards"), "cards", "price_change"),
                _item(request, _("Rules"), "rules", "rule"),
                _item(request, _("What if"), "what-if", "compare_arrows", "what_if"),
            ],
        },
        {
            "title": _("Traffic"),
            "items": [
                _item(request, _("Calls"), "calls", "call"),
                _item(request, _("Files"), "batches", "upload_file"),
                _item(request, _("Quarantine"), "quarantine", "report"),
                _item(request, _("Sources"), "sources", "dns"),
            ],
        },
        {
            "title": _("Buying"),
            "items": [
                _item(request, _("Carriers"), "carriers", "cell_tower"),
                _item(request, _("Calls without cost"), "costs", "money_off"),
                _item(request, _("Margin"), "margins", "trending_up"),
            ],
        },
        {
            "title": _("Money"),
            "items": [
                _item(request, _("Billing"), "billing", "receipt_long"),
                _item(request, _("Re-rating"), "reratings", "price_check", "what_if"),
                _item(request, _("Invoices"), "invoices", "description"),
                _item(request, _("Payments"), "payments", "payments"),
            ],
        },
        {
            "title": _("Control"),
            "items": [
                _item(request, _("Company"), "company", "apartment"),
                _item(request, _("People and keys"), "access", "key"),
                _item(request, _("Jobs"), "jobs", "pending_actions"),
                _item(request, _("Audit"), "audit", "history", "audit"),
            ],
        },
    ]


def _item(
    request: HttpRequest, title: Any, name: str, icon: str, need: Need = "read"
) -> dict[str, Any]:
    link = reverse_lazy(f"office:{name}")
    path = str(link)
    here = request.path == path if name == "home" else request.path.startswith(path)
    membership = membership_of(request)
    allowed = membership is not None and may(membership.role, need)
    return {
        "title": title,
        "link": link,
        "icon": icon,
        "active": lambda _request: here,
        "permission": lambda _request: allowed,
    }
