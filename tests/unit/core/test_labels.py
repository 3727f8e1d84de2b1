"""How codes and values read; that none is missing is a law (tests/laws/test_labels.py)."""

from __future__ import annotations

import pytest

from tollwright.core.labels import label, options, phrase, value_text
from tollwright.core.settings import Value


def test_a_label_begins_with_a_capital_but_not_inside_a_sentence() -> None:
    assert label("status", "written_off").text == "Written off"
    assert phrase("status", "written_off") == "written off"
    assert phrase("subject", "api_key") == "API key"


def test_what_the_table_does_not_have_is_shown_as_it_is() -> None:
    assert label("status", "half_done").text == "half done"
    with pytest.raises(KeyError):
        label("no such group", "draft")


def test_a_form_offers_the_codes_in_the_order_asked_for() -> None:
    assert options("method", ("cash", "card")) == [("cash", "Cash"), ("card", "Card")]
    assert [code for code, _ in options("side")] == ["sell", "buy"]


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("due_days", 14, "14 days"),
        ("tax_rate", "19", "19 %"),
        ("cycle", "fortnightly", "every two weeks"),
        ("tax_category", "AE", "reverse charge"),
        ("second_rounding", "", "not set"),
        ("default_card", None, "not set"),
        ("default_card", "RETAIL", "RETAIL"),
        ("billing_enabled", False, "no"),
        ("billable_causes", [], "all"),
        ("billable_causes", ["NORMAL_CLEARING", "USER_BUSY"], "NORMAL_CLEARING, USER_BUSY"),
        ("amount_rounding", {"mode": "half_up", "decimals": 4}, "half up, 4 decimals"),
    ],
)
def test_a_settings_value_reads_with_its_unit(setting: str, value: Value, said: str) -> None:
    assert value_text(setting, value) == said
