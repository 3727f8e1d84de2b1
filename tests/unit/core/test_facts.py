"""What was stored for machines, as people read it."""

from __future__ import annotations

import pytest

from tollwright.core.labels.facts import actor_text, fact_text, field_text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("total_micros", "Total"),
        ("customer_id", "Customer"),
        ("issued_on", "Issued on"),
        ("markup_ppm", "Markup"),
        ("late_usage", "Late calls"),
        ("sha256", "SHA-256"),
        ("hangup_cause", "Hangup cause"),
        ("_id", "Id"),
    ],
)
def test_names(name: str, text: str) -> None:
    assert field_text(name) == text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("total_micros", 18_505_000, "18.505"),
        ("price_nanos", 600_000_000, "0.6"),
        ("markup_ppm", 150_000, "15 %"),
        ("status", "rolled_back", "rolled back"),
        ("family", "initial_then_increment", "a first block, then increments"),
        ("rounding", {"mode": "half_up", "decimals": 4}, "Mode: half up; Decimals: 4"),
        ("invoices", [3, 5], "3, 5"),
        ("reasons", [], "none"),
        ("locked", True, "yes"),
        ("name", "WINTER_SALE", "WINTER_SALE"),  # a name is its owner's
        ("note", None, "–"),
    ],
)
def test_values(name: str, value: object, text: str) -> None:
    assert fact_text(name, value) == text


def test_a_rules_value_is_said_as_its_setting_says_it() -> None:
    assert fact_text("value", "next_invoice", setting="late_usage") == "on the next invoice"
    assert fact_text("value", 14, setting="due_days") == "14 days"


@pytest.mark.parametrize(
    ("actor", "text"),
    [
        ("cli:root", "root (command line)"),
        ("key:Dialler", "Dialler (API key)"),
        ("ann@north.example", "ann@north.example"),
        ("schedule", "Tollwright"),
    ],
)
def test_actors(actor: str, text: str) -> None:
    assert actor_text(actor) == text
