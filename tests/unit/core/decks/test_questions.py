"""What a deck can mean in two ways is asked, answered by the mapping, and never guessed."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from openpyxl import Workbook
from tests.support.samples import sample

from tollwright.core.decks import (
    ColumnMapping,
    DeckResult,
    MappingError,
    answered,
    read_deck,
    sniff,
)
from tollwright.core.decks.mapping import Effect, answer_of

PLAIN = ColumnMapping(columns=(("Code", "prefix"), ("Rate", "price")))
STATUS = replace(PLAIN, columns=(*PLAIN.columns, ("Status", "status")))


def read(text: str | bytes, side: str = "", **answers: str) -> DeckResult:
    """A deck as it is found, with answers."""
    data = text if isinstance(text, bytes) else text.encode()
    found = sniff(data, "input.csv", side)
    mapping = answered(found.columns, found.mapping, answers) if answers else found.mapping
    assert mapping is not None, found.doubts
    return read_deck(data, mapping)


def codes(result: DeckResult) -> list[str]:
    return [row.prefix for row in result.rows]


def case(name: str) -> bytes:
    return sample(f"cases/{name}/input.csv").read_bytes()


def asked(result: DeckResult) -> list[str]:
    return [question.key for question in result.questions]


def test_a_list_relative_to_its_country_is_asked() -> None:
    deck = case("40-deck-list-relative-to-country")
    assert codes(read(deck)) == []
    assert "what lists are (full or area)" in read(deck).faults[0].reason
    assert codes(read(deck, lists="area")) == ["6138", "6139"]
    assert codes(read(deck, lists="full")) == ["6138", "39"]


@pytest.mark.parametrize(
    ("cell", "lists", "told"),
    [
        ("6138,39", "area", ["6138", "6139"]),
        ("61 2,3,7", "area", ["612", "613", "617"]),
        ("+61 38,+39", "", ["6138", "39"]),  # + tells a whole code
        ("39, 61 38", "full", ["39", "6138"]),
        ("44, 4420; 4428", "", ["44", "4420", "4428"]),  # none is shorter than the first
        ("1242,1246", "", ["1242", "1246"]),
    ],
)
def test_lists(cell: str, lists: Any, told: list[str]) -> None:
    deck = f'Code,Rate\n"{cell}",0.02\n'.encode()
    assert codes(read_deck(deck, replace(PLAIN, lists=lists))) == told


@pytest.mark.parametrize("cell", ["6138,39", "61 38,398", "+6138, 39", "44 20,1612"])
def test_a_list_that_can_be_of_one_country_is_no_row(cell: str) -> None:
    result = read_deck(f'Code,Rate\n"{cell}",0.02\n'.encode(), PLAIN)
    assert (result.rows, len(result.faults)) == ([], 1)


def test_a_hyphen_between_equal_lengths_is_asked() -> None:
    deck = case("41-deck-country-area-hyphen")
    assert codes(read(deck)) == []
    assert "range, list, or area" in read(deck).faults[0].reason
    assert codes(read(deck, hyphens="area")) == ["4474"]
    assert codes(read(deck, hyphens="list")) == ["44", "74"]
    assert codes(read(deck, hyphens="range")) == [str(number) for number in range(44, 75)]
    assert codes(read("Code,Rate\n93-70,0.1\n", hyphens="area")) == ["9370"]
    assert codes(read("Code,Rate\n1-242-357,0.1\n", hyphens="area")) == ["1242357"]
    assert codes(read("Code,Rate\n4420-4422,0.1\n")) == ["4420", "4421", "4422"]  # no country 4420


def test_status_words_do_what_they_say() -> None:
    result = read(case("42-deck-status-words"))
    assert codes(result) == ["52"]
    assert [row.prefix for row in result.withdrawn] == ["521", "522", "524", "525"]
    assert (result.faults, result.doubts) == ([], ())


def test_an_unknown_status_word_is_asked_and_answered() -> None:
    deck = b"Code,Rate,Status\n52,0.01,Current\n521,0.01,Frozen\n522,0.01,Barred\n"
    result = read_deck(deck, STATUS)
    assert [(row.prefix, row.blocked) for row in result.rows] == [("52", False), ("522", True)]
    assert "'Frozen' is not known" in result.faults[0].reason
    effects: tuple[tuple[Effect, int, int], ...] = (
        ("open", 3, 0), ("withdrawn", 2, 1), ("blocked", 3, 0),
    )  # fmt: skip
    for effect, rows, gone in effects:
        told = read_deck(deck, replace(STATUS, status_words=(("frozen", effect),)))
        assert (len(told.rows), len(told.withdrawn), told.faults) == (rows, gone, [])
    unknown = json.loads(STATUS.to_json()) | {"status_words": [["Frozen", "thawed"]]}
    with pytest.raises(MappingError, match="'Frozen' must be one of open, withdrawn, blocked"):
        ColumnMapping.from_json(json.dumps(unknown))


def test_a_column_of_changes_is_a_status() -> None:
    result = read("Code,Rate,Change\n52,0.01,Increase\n521,0.1,Deleted\n522,1,No change\n")
    assert codes(result) == ["52", "522"]


def test_national_codes_ask_for_their_country() -> None:
    deck = case("44-deck-us-npanxx")
    found = sniff(deck, "input.csv")
    assert ([one.key for one in found.questions], found.questions[0].proposal) == (["country"], "1")
    assert any("say which country's they are" in doubt for doubt in found.doubts)
    assert asked(read(deck)) == ["country"]
    answered_with = read(deck, country="US")
    assert (codes(answered_with), asked(answered_with)) == (["1201200", "1212555", "1604555"], [])
    assert codes(read(deck, country="international")) == ["201200", "212555", "604555"]


@pytest.mark.parametrize(
    ("told", "country", "result"),
    [
        ("0161", "GB", ["44161"]),
        ("0113", "44", ["44113"]),  # Leeds, not what a call from America begins with
        ("20", "44", ["4420"]),
        ("+33", "44", ["33"]),  # + tells
        ("0033", "44", ["33"]),
        ("06", "39", ["3906"]),  # Rome keeps its 0
        ("011", "39", ["39011"]),  # Turin
        ("01133", "1", ["33"]),
        ("1201200", "1", ["1201200"]),
    ],
)
def test_codes_of_one_country(told: str, country: str, result: list[str]) -> None:
    deck = f"Code,Rate\n{told},0.02\n".encode()
    assert codes(read_deck(deck, replace(PLAIN, country=country))) == result


@pytest.mark.parametrize("told", ["0161", "0113"])
def test_a_trunk_prefix_without_a_country_is_no_row(told: str) -> None:
    result = read_deck(f"Code,Rate\n{told},0.02\n".encode(), PLAIN)
    assert (codes(result), asked(result)) == ([], ["country"])
    assert "which country" in result.faults[0].reason


@pytest.mark.parametrize(
    ("country", "area", "code"),
    [("39", "011", "39011"), ("44", "0113", "44113"), ("61", "2", "612"), ("55", "11", "5511")],
)
def test_area_codes_lose_no_digits(country: str, area: str, code: str) -> None:
    deck = f"Country Code,Area Code,Rate\n{country},{area},0.02\n"
    assert codes(read(deck)) == [code]


def test_names_tell_that_codes_are_international() -> None:
    deck = "Code,Destination,Rate\n447700,UK mobile,0.02\n447701,UK mobile,0.02\n"
    assert asked(read(deck)) == []
    assert asked(read("Code,Rate\n44,0.01\n201200,0.02\n")) == []  # no national plan has 44


def test_a_us_deck_asks_which_of_its_prices_counts() -> None:
    deck = "NPA,NXX,Inter,Intra,Local,Indeterminate\n201,200,0.004,0.005,0.001,0.006\n"
    result = read(deck, country="1")
    assert asked(result) == ["jurisdiction"]
    for told, price in (("inter", 4), ("intra", 5), ("local", 1), ("indeterminate", 6),
                        ("highest", 6)):  # fmt: skip
        [row] = read(deck, country="1", jurisdiction=told).rows
        assert (row.prefix, row.price_nanos) == ("1201200", price * 1_000_000)


def test_the_new_price_is_read_and_the_current_one_told() -> None:
    result = read(case("48-deck-current-and-new-rate"))
    assert [(row.prefix, row.price_nanos) for row in result.rows] == [("44", 50_000_000)]
    assert "Column Current Rate may carry money" in result.doubts[0]


def test_several_prices_are_asked() -> None:
    deck = b"Code,Peak Rate,Off-Peak Rate\n44,0.05,0.02\n"
    found = sniff(deck)
    assert (found.mapping, [one.key for one in found.questions]) == (None, ["price"])
    [row] = read(deck, price="Off-Peak Rate").rows
    assert row.price_nanos == 20_000_000
    both = "Code,Buy Rate,Sell Rate\n44,0.02,0.05\n"
    assert [read(both, side).rows[0].price_nanos for side in ("buy", "sell")] == [
        20_000_000, 50_000_000
    ]  # fmt: skip


def test_an_interval_with_both_increments_is_both() -> None:
    for header in ("Interval", "Taxation", "Pulse"):
        [row] = read(f"Code,Rate,{header}\n44,0.02,60/60\n").rows
        assert (row.first_s, row.next_s) == (60, 60)


@pytest.mark.parametrize(
    ("header", "cell", "kind"),
    [
        ("Surcharge", "0.05", "money"),
        ("Rounding rule", "60", "increments"),
        ("Activates", "2026-12-01", "dates"),
        ("Remarks", "to be reviewed", "a status"),
        ("Price list", "Gold", "prices of another sheet"),
    ],
)
def test_a_column_that_may_count_is_a_doubt_until_it_is_ignored(
    header: str, cell: str, kind: str
) -> None:
    deck = f"Code,Rate,{header}\n44,0.02,{cell}\n"
    assert [f"{header} may carry {kind} " in doubt for doubt in read(deck).doubts] == [True]
    assert read(deck, **{f"column.{header}": "ignore"}).doubts == ()
    assert read(deck).unused == (header,)


def test_grace_seconds_are_asked_unless_they_say_what_they_do() -> None:
    deck = "Code,Rate,Grace\n44,0.02,5\n"
    assert asked(read(deck)) == ["grace"]
    result = read(deck, grace="threshold")
    assert (asked(result), result.rows[0].grace_mode, result.rows[0].grace_s) == (
        [],
        "threshold",
        5,
    )
    assert asked(read("Code,Rate,Free Seconds\n44,0.02,5\n")) == []
    assert asked(read("Code,Rate,Grace\n44,0.02,0\n")) == []


def test_utf16_without_a_mark_is_read() -> None:
    assert codes(read(case("51-deck-utf16-without-bom"))) == ["44"]
    assert codes(read("Code,Rate\n44,0.02\n".encode("utf-16-be"))) == ["44"]


def test_headers_are_shown_where_the_price_word_is_unknown() -> None:
    found = sniff(b"Carrier X\nCode,Place,Wholesale EUR\n44,UK,0.02\n")
    assert (found.mapping, found.headers) == (None, ("Code", "Place", "Wholesale EUR"))
    told = answered(found.columns, None, {"price": "Wholesale EUR"})
    assert told.columns == (("Code", "prefix"), ("Wholesale EUR", "price"))


def test_footers_and_headings_are_no_faults() -> None:
    deck = "Code,Place,Rate\nEUROPE,,\n44,UK,0.02\n\nAll prices without tax,,\nEnd of file\n"
    result = read(deck)
    assert (codes(result), result.faults) == (["44"], [])
    assert [note.line for note in result.notes] == [2, 5, 6]


def test_asap_is_the_date_of_the_file() -> None:
    deck = "Code,Rate,Effective Date\n44,0.02,ASAP\n49,0.02,Immediately\n"
    result = read(deck, default_effective_from="2026-12-01")
    assert {row.effective_from and f"{row.effective_from:%F}" for row in result.rows} == {
        "2026-12-01"
    }


def test_dated_versions_of_one_code_stand_side_by_side() -> None:
    deck = "Code,Rate,Effective Date\n44,0.02,2026-11-01\n44,0.03,2026-12-01\n"
    result = read(deck)
    assert ([row.price_nanos for row in result.rows], result.faults) == (
        [20_000_000, 30_000_000],
        [],
    )


def workbook(**sheets: list[list[Any]]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_the_sheet_with_prices_is_found() -> None:
    prices: list[list[Any]] = [["Code", "Rate"], [44, 0.02]]
    data = workbook(Cover=[["Dear customer"], ["regards", "us"]], Rates=prices)
    found = sniff(data)
    assert found.mapping is not None
    assert (found.mapping.sheet, found.questions, found.sheets) == ("Rates", (), ("Cover", "Rates"))


def test_of_several_sheets_with_prices_one_is_asked() -> None:
    data = workbook(Gold=[["Code", "Rate"], [44, 0.02]], Silver=[["Code", "Rate"], [44, 0.03]])
    found = sniff(data)
    assert [one.key for one in found.questions] == ["sheet"]
    told = answered(found.columns, found.mapping, {"sheet": "Silver"})
    assert [row.price_nanos for row in read_deck(data, told).rows] == [30_000_000]


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"country": "Atlantis"}, "is no country"),
        ({"colour": "red"}, "is no question of a deck"),
        ({"hyphens": "maybe"}, "is none of"),
        ({"column.Rate": "colour"}, "is none of"),
    ],
)
def test_an_answer_that_cannot_be_used(answers: dict[str, str], reason: str) -> None:
    with pytest.raises(MappingError, match=reason):
        answered(PLAIN.columns, PLAIN, answers)


def test_a_mapping_with_answers_survives_its_file_form() -> None:
    told = replace(
        PLAIN, country="1", hyphens="area", status_words=(("frozen", "blocked"),), lists="full"
    )
    assert ColumnMapping.from_json(told.to_json()) == told


def test_a_status_column_is_read_whatever_its_words() -> None:
    result = read("Code,Rate,Status\n44,0.02,\n45,0.02,Frozen\n46,0.1,Melted\n")
    assert (codes(result), [fault.line for fault in result.faults]) == (["44"], [3, 4])


def test_an_active_column_says_yes_and_no() -> None:
    result = read("Code,Rate,Active\n44,0.02,Yes\n49,0.02,No\n")
    assert (codes(result), [row.prefix for row in result.withdrawn]) == (["44"], ["49"])


def test_a_us_state_is_no_status() -> None:
    result = read("Code,Rate,State\n44,0.02,NJ\n")
    assert (codes(result), result.doubts, result.unused) == (["44"], (), ("State",))


def test_a_date_where_yes_or_no_belongs_is_no_row() -> None:
    result = read("Code,Rate,Discontinued\n44,0.02,2026-12-01\n45,0.02,no\n46,0.02,yes\n")
    assert codes(result) == ["45"]
    assert "neither yes nor no" in result.faults[0].reason


def test_a_first_block_alone_is_told() -> None:
    found = sniff(b"Code,Rate,Minimum\n44,0.02,60\n")
    assert any("Only the first block is stated (column Minimum)" in doubt for doubt in found.doubts)


def test_footers_with_numbers_ask_nothing() -> None:
    deck = "Code,Place,Rate\n44,UK,0.02\n49,DE,0.02\nTotal: 2 destinations,,\n"
    assert asked(read(deck)) == []


def test_peak_and_off_peak_are_asked_by_their_names() -> None:
    found = sniff(b"Code,Place,Peak,Off-Peak\n44,UK,0.03,0.02\n")
    assert (found.mapping, [one.choices for one in found.questions]) == (
        None, [("Peak", "Off-Peak")]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("country=1", ("country", "1")),
        ("price=Rate (1=min)", ("price", "Rate (1=min)")),
        ("column.Rate (1=min)=ignore", ("column.Rate (1=min)", "ignore")),
        ("status.On=hold = blocked", ("status.On=hold", "blocked")),
    ],
)
def test_an_answer_is_a_key_and_a_value(text: str, told: tuple[str, str]) -> None:
    assert answer_of(text) == told
