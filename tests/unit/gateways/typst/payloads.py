"""Payloads as the domain builds them, small enough to read."""

from __future__ import annotations

from typing import Any

NASTY = "#panic() $x$ *b* _c_ ] [ <y> @z \\n `r` \" ' {{ }} // /* é"


def heading(kind: str, title: str, name: str = "Acme Ltd") -> dict[str, Any]:
    return {
        "kind": kind,
        "title": title,
        "number": "NC-INV-2026-000001",
        "issued": "2026-11-02",
        "brand": "#0f5c5c",
        "sender": {
            "name": "North Calls GmbH",
            "lines": ["Hauptstraße 1", "10115 Berlin", "Germany"],
            "tax_id": "DE136695976",
            "registration": "HRB 123456 B, Berlin",
            "contact": ["bills@north.example"],
            "bank": [["IBAN", "DE89 3704 0044 0532 0130 00"]],
        },
        "recipient": {"name": name, "lines": ["1 High Street", "London"], "tax_id": "GB123"},
        "facts": [["Invoice number", "NC-INV-2026-000001"], ["Date", "2 November 2026"]],
        "currency": "EUR",
    }


def invoice(name: str = "Acme Ltd", calls: int = 0, lines: int = 1) -> dict[str, Any]:
    """An invoice over `lines` campaigns, with a list of `calls` where there are any."""
    row = {
        "text": name,
        "detail": "",
        "calls": "1",
        "duration": "0:01:00",
        "amount": ["1.00", "00"],
    }
    call = ["2026-10-15 12:00:00", "+44 20 7183 8750", name[:30], "0:01:00", "0:01:00", "1.0000"]
    usage = {
        "title": name,
        "calls": str(calls),
        "duration": "0:01:00",
        "amount": "1.00",
        "destinations": [
            {"name": name, "calls": "1", "duration": "0:01:00", "amount": ["1.00", ""]}
        ],
        "list": [call] * calls,
        "cut": "",
    }
    return heading("invoice", "Invoice", name) | {
        "note": "",
        "table": {"rows": [row] * lines, "has_calls": True},
        "taxes": [{"rate": "19 %", "category": "S", "base": ["1.00", ""], "tax": "0.19"}],
        "totals": [
            {"label": "Net", "amount": ["1.00", ""], "style": ""},
            {"label": "Total", "amount": ["1.19", ""], "style": "strong"},
        ],
        "tax_notes": [],
        "payment": {"terms": "Please pay 1.19 EUR.", "bank": [["IBAN", "DE89"]]},
        "usage": [usage] if calls else [],
        "zone": "Europe/Berlin",
    }


def receipt(name: str = "Acme Ltd") -> dict[str, Any]:
    """A receipt for one settled invoice."""
    row = {
        "number": "NC-INV-2026-000001",
        "date": "2 November 2026",
        "total": "1.19",
        "amount": ["1.19", ""],
        "left": "settled",
    }
    return heading("receipt", "Receipt", name) | {
        "received": "1.19 EUR",
        "rows": [row],
        "totals": [{"label": "Received", "amount": ["1.19", ""], "style": "strong"}],
    }
