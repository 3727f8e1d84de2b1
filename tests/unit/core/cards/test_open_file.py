"""The text of a card file: what it may be, and what is said of anything else."""

from __future__ import annotations

import pytest

from tollwright.core.cards.read import CardError
from tollwright.core.rating.open_file import card_data, open_card

NO_CHARACTER = r"holds an escape that is not a character: \u0000, or one half of a pair"
SAVE = "a card is a JSON file, saved as UTF-8"


@pytest.mark.parametrize("text", ['{"rates": []}', '\ufeff{"rates": []}', '\n {"rates": []}\n'])
def test_a_card_file_is_one_object(text: str) -> None:
    assert card_data(text) == {"rates": []}


def test_an_escape_may_stand_for_a_character() -> None:
    assert card_data(r'{"name": "K\u00f6ln \ud83d\ude00"}') == {"name": "Köln 😀"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "card: is empty"),
        ("\ufeff \n", "card: is empty"),
        ("{", "card: is not JSON: Expecting property name enclosed in double quotes in line 1,"
              " column 2"),
        ('{"rates":\n x}', "card: is not JSON: Expecting value in line 2, column 2"),
        ("[1]", 'card: must be one JSON object, {"rates": [...]}'),
        ('"44"', 'card: must be one JSON object, {"rates": [...]}'),
        ("P\0K\0", f"card: is not UTF-8 text, see line 1: {SAVE}"),
        ('{"name":\n"K\ufffdln"}', f"card: is not UTF-8 text, see line 2: {SAVE}"),
        ('{"unit_s": NaN}', 'card: holds NaN, which is not a number: write amounts in quotes,'
                            ' "0.012"'),
        ('{"x": -Infinity}', "card: holds -Infinity, which is not a number: write amounts in"
                             ' quotes, "0.012"'),
        ("[" * 100_000, "card: is not a card: its JSON is nested too deep"),
        ('{"unit_s": ' + "9" * 5000 + "}",
         "card: holds a number of 5000 digits: 99999999999999999999…"),
        (r'{"name": "\u0000"}', rf"card: {NO_CHARACTER}"),
        (r'{"name\ud83d": 1}', rf"card: {NO_CHARACTER}"),
        (r'{"\ud83d": 1, "\ud83d": 2}', "?: is there twice in the object with ?: 1"),
    ],
)  # fmt: skip
def test_what_is_no_card_file(text: str, said: str) -> None:
    with pytest.raises(CardError) as refused:
        open_card(text)
    assert str(refused.value) == said


def test_a_row_that_is_no_object_and_a_price_without_end() -> None:
    with pytest.raises(CardError) as refused:
        open_card('{"rates": [7, {"prefix": "44", "price": "' + "9" * 5000 + '"}]}')
    first, *_, last = str(refused.value).splitlines()
    assert first == "row 1: must be an object with keys, not 7"
    assert last.startswith("row 2, price: 9999") and len(last) < 250
