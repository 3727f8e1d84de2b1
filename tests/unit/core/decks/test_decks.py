"""Whole decks: read by a mapping, sniffed, compared."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from openpyxl import Workbook
from tests.conftest import ROOT
from tests.support.samples import expected, sample

from tollwright.core.cards.card import Grace
from tollwright.core.decks import (
    ColumnMapping,
    DeckError,
    DeckResult,
    DeckRow,
    MappingError,
    as_rate,
    deck_diff,
    read_deck,
    sniff,
)
from tollwright.core.decks.table import rows_of

PLAIN = ColumnMapping(columns=(("code", "prefix"), ("name", "name"), ("rate", "price")))


def deck(text: str, mapping: ColumnMapping = PLAIN, encoding: str = "utf-8") -> DeckResult:
    return read_deck(text.encode(encoding), mapping)


def told(result: DeckResult) -> list[tuple[str, str, int]]:
    return [(row.prefix, row.name, row.price_nanos) for row in result.rows]


def faults(result: DeckResult) -> list[tuple[int, str]]:
    return [(fault.line, fault.column) for fault in result.faults]


def test_a_plain_deck() -> None:
    result = deck("code,name,rate\n44,United Kingdom,0.012\n447,UK mobile,0.03\n")
    assert told(result) == [("44", "United Kingdom", 12_000_000), ("447", "UK mobile", 30_000_000)]
    assert (result.faults, result.rows_read) == ([], 2)
    assert [row.line for row in result.rows] == [2, 3]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("code;name;rate\n33;Réunion;0,01\n", "utf-8"),
        ("code;name;rate\r\n33;Réunion;0,01\r\n", "utf-8-sig"),
        ("code\tname\trate\n33\tRéunion\t0.01\n", "cp1252"),
        ("code|name|rate\n33|Réunion|0.01\n", "utf-16"),
        ("Carrier X\nPrices, from today\n\nCODE;Name;Rate\n33;Réunion;0,01\n", "utf-8"),
        ("rate;extra;code;name\n0,01;;33;Réunion\n", "utf-8"),
    ],
    ids=["utf8", "bom-crlf", "cp1252-tabs", "utf16-pipes", "titles", "other-order"],
)
def test_the_same_row_in_every_dress(text: str, encoding: str) -> None:
    assert told(deck(text, encoding=encoding)) == [("33", "Réunion", 10_000_000)]


def test_code_lists_make_rows_of_one_line() -> None:
    result = deck('code,name,rate\n"44, 4420-4422; 4428",UK,0.01\n')
    assert [row.prefix for row in result.rows] == ["44", "4420", "4421", "4422", "4428"]
    assert {row.line for row in result.rows} == {2}


def test_country_and_area_columns_are_joined() -> None:
    mapping = ColumnMapping(
        columns=(("Country Code", "country_code"), ("Area", "area_code"), ("Price", "price"))
    )
    text = "Country Code;Area;Price\n+44;20-21,7;0.01\n1;;0.02\n"
    assert [row.prefix for row in deck(text, mapping).rows] == ["4420", "4421", "447", "1"]


def test_every_bad_row_has_its_line_and_column_and_the_others_are_read() -> None:
    text = (
        "code,name,rate\n44,UK,x\nUK,UK,0.01\n49,DE,\n33,FR,-0.5\n39,IT,0.0000000001\n1,US,0.01\n"
    )
    result = deck(text)
    assert faults(result) == [(2, "rate"), (3, "code"), (4, "rate"), (5, "rate"), (6, "rate")]
    assert told(result) == [("1", "US", 10_000_000)]


def test_blocked_rows_have_no_price() -> None:
    rows = deck("code,name,rate\n53,Cuba,-1\n850,x,N/A\n88,y,blocked\n1,z,0.1\n").rows
    assert [(row.price_nanos, row.blocked) for row in rows] == [(0, True)] * 3 + [
        (100_000_000, False)
    ]


def test_increments_and_price_per_increment() -> None:
    mapping = replace(PLAIN, columns=(*PLAIN.columns, ("incr", "increments")))
    text = "code,name,rate,incr\n44,UK,0.01,60/6\n49,DE,0.01,30-6\n33,FR,0.01,\n"
    minute = [(row.first_s, row.next_s, row.unit_s) for row in deck(text, mapping).rows]
    assert minute == [(60, 6, 60), (30, 6, 60), (1, 1, 60)]
    each = replace(mapping, price_per="increment")
    assert [row.unit_s for row in deck(text, each).rows] == [6, 6, 1]
    second = replace(mapping, price_per="second")
    assert [row.unit_s for row in deck(text, second).rows] == [1, 1, 1]


def test_a_blank_date_is_the_files() -> None:
    columns = (*PLAIN.columns, ("from", "effective_from"), ("to", "effective_to"))
    mapping = replace(PLAIN, columns=columns, effective_from="2026-12-01")
    text = (
        "code,name,rate,from,to\n44,UK,1,,\n49,DE,1,2026-11-05,2026-11-30\n"
        "33,FR,1,2027-01-01,2026-01-01\n"
    )
    result = deck(text, mapping)
    december, fifth = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 11, 5, tzinfo=UTC)
    assert [row.effective_from for row in result.rows] == [december, fifth]
    assert faults(result) == [(4, "to")]


def test_ambiguous_dates_are_asked_never_guessed() -> None:
    columns = (*PLAIN.columns, ("from", "effective_from"))
    mapping = replace(PLAIN, columns=columns)
    result = deck("code,name,rate,from\n44,UK,1,03/04/2026\n", mapping)
    assert "state the date order" in result.faults[0].reason
    told_order = replace(mapping, date_order="dmy")
    row = deck("code,name,rate,from\n44,UK,1,03/04/2026\n", told_order).rows[0]
    assert row.effective_from == datetime(2026, 4, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("policy", "price", "reported"),
    [
        ("error", 20_000_000, [3, 4]),
        ("first", 20_000_000, []),
        ("last", 10_000_000, []),
        ("highest", 30_000_000, []),
    ],
)
def test_duplicates_follow_the_stated_policy(policy: Any, price: int, reported: list[int]) -> None:
    text = "code,name,rate\n44,UK,0.02\n44,UK,0.03\n+44,UK,0.01\n"
    result = deck(text, replace(PLAIN, duplicates=policy))
    assert [row.price_nanos for row in result.rows] == [price]
    assert [line for line, _ in faults(result)] == reported


def test_another_currency_in_a_row_is_a_fault() -> None:
    columns = (*PLAIN.columns, ("cur", "currency"))
    mapping = replace(PLAIN, columns=columns, currency="EUR")
    result = deck("code,name,rate,cur\n44,UK,1,EUR\n49,DE,1,USD\n", mapping)
    assert faults(result) == [(3, "cur")]


def test_a_code_that_a_spreadsheet_shortened_is_noted() -> None:
    result = deck("code,name,rate\n4.42E+11,UK,1\n")
    assert [row.prefix for row in result.rows] == ["442000000000"]
    assert [(note.line, note.column) for note in result.notes] == [(2, "code")]


def test_a_deck_without_headers_is_read_by_places() -> None:
    mapping = ColumnMapping(columns=(("#1", "prefix"), ("#3", "price")))
    assert [row.prefix for row in deck("44,UK,0.01\n49,DE,0.02\n", mapping).rows] == ["44", "49"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no rows"),
        (b"a,b\n1,2\n", "No row has all the columns code, name, rate"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "damaged workbook"),
        (b"PK\x03\x04 not a zip", "damaged workbook"),
        (b'code,name,rate\n44,"UK,1\n' + b"45,x,1\n" * 99, "a quote opens"),
    ],
    ids=["empty", "columns", "xls", "damaged", "quote"],
)
def test_a_file_that_is_no_deck_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(DeckError, match=reason):
        read_deck(data, PLAIN)


def workbook() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Carrier X rates"])
    sheet.append([])
    sheet.append(["Dial Code", "Destination", "Rate (USD/min)", "Increment", "Effective Date"])
    sheet.append([44.0, "United Kingdom", 0.1 + 0.2, "60/6", date(2026, 11, 1)])
    sheet.append(["447, 4474-4475", "UK mobile", 0.03, "1/1", None])
    sheet.append([53, "Cuba", "N/A", "1/1", None])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_is_sniffed_and_read() -> None:
    proposal = sniff(workbook(), "rates.xlsx")
    assert proposal.header_line == 3
    assert proposal.mapping is not None
    assert proposal.mapping.currency == "USD"
    rows = read_deck(workbook(), proposal.mapping).rows
    assert [(row.prefix, row.price_nanos, row.first_s, row.next_s) for row in rows] == [
        ("44", 300_000_000, 60, 6),
        ("447", 30_000_000, 1, 1),
        ("4474", 30_000_000, 1, 1),
        ("4475", 30_000_000, 1, 1),
        ("53", 0, 1, 1),
    ]
    assert rows[0].effective_from == datetime(2026, 11, 1, tzinfo=UTC)


def test_the_cells_of_a_workbook_are_what_the_spreadsheet_shows() -> None:
    book = Workbook()
    sheet = book.create_sheet("Rates", 0)
    sheet.append(["text ", None, True, 442071838750, 0.1 + 0.2, 1e-7, date(2026, 11, 1)])
    sheet.append([])
    sheet.append([None, datetime(2026, 11, 1, 18, 30), "x & <y>"])  # noqa: DTZ001  as sheets have it
    file = io.BytesIO()
    book.save(file)
    assert rows_of(file.getvalue(), sheet="Rates") == [
        (1, ["text", "", "true", "442071838750", "0.3", "1e-07", "2026-11-01"]),
        (3, ["", "2026-11-01 18:30:00", "x & <y>"]),
    ]
    with pytest.raises(DeckError, match="no sheet 'Prices'; there are Rates, Sheet"):
        rows_of(file.getvalue(), sheet="Prices")


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("Code,Description,Rate", {"prefix", "name", "price"}),
        ("Country,Country Code,Area Code,Price/min",
         {"name", "country_code", "area_code", "price"}),
        ("Destination;Dialing Code;USD per minute;Billing Increment;Effective Date",
         {"name", "prefix", "price", "increments", "effective_from"}),
        ("PREFIX\tDEST NAME\tCOST\tMIN\tSTEP\tSETUP FEE",
         {"prefix", "name", "price", "first_s", "next_s", "connect_fee"}),
    ],
)  # fmt: skip
def test_header_words_are_understood(header: str, columns: set[str]) -> None:
    sign = next((sign for sign in ";\t" if sign in header), ",")
    row = sign.join("1" for _ in header.split(sign))
    proposal = sniff(f"{header}\n{row}\n".encode())
    assert proposal.mapping is not None
    assert {meaning for _, meaning in proposal.mapping.columns} == columns


def test_what_cannot_be_known_is_a_doubt() -> None:
    text = "code,rate,valid from\n44,0.01,03/04/2026\n49,0.01,05/04/2026\n"
    proposal = sniff(text.encode())
    assert any("two ways" in doubt for doubt in proposal.doubts)
    assert sniff(b"a,b\nc,d\n").mapping is None


def test_a_deck_without_headers_gets_numbered_columns() -> None:
    proposal = sniff(b"44,UK,0.01\n49,Germany,0.02\n")
    assert proposal.mapping is not None
    assert proposal.mapping.columns == (("#1", "prefix"), ("#2", "name"), ("#3", "price"))


def test_a_mapping_goes_through_json_unchanged() -> None:
    mapping = replace(PLAIN, currency="EUR", decimal=",", duplicates="highest", date_order="dmy")
    assert ColumnMapping.from_json(mapping.to_json()) == mapping


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[", "not JSON"),
        ('{"columns": [["a", "nonsense"]]}', "'nonsense' is none of"),
        ('{"columns": [["a", "prefix"]]}', "must mean price"),
        ('{"columns": [["a", "price"]]}', "must mean prefix"),
        ('{"columns": [], "colour": 1}', "unknown keys: colour"),
        ('{"columns": [["a", "prefix"], ["b", "price"]], "timezone": "Mars"}', "Mars"),
        ('{"columns": [["a", "prefix"], ["b", "price"]], "decimal": ";"}', "decimal"),
    ],
)
def test_a_bad_mapping_says_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(MappingError, match=reason):
        ColumnMapping.from_json(text)


def test_fates_of_every_code() -> None:
    old = deck("code,name,rate\n1,a,0.1\n2,b,0.1\n3,c,0.1\n4,d,0.1\n5,e,0.1\n6,f,0.1\n").rows
    new = deck("code,name,rate\n1,a,0.1\n2,b,0.2\n3,c,0.05\n4,D,0.1\n5,e,-1\n7,g,1\n").rows
    fates = {fate.prefix: fate.what for fate in deck_diff(old, new).fates}
    assert fates == {
        "1": "unchanged", "2": "increased", "3": "decreased", "4": "changed",
        "5": "blocked", "6": "closed", "7": "new",
    }  # fmt: skip
    amended = deck_diff(old, new, mode="amend")
    assert amended.counts == {**dict.fromkeys(amended.counts, 1), "closed": 0}


def test_the_same_price_in_another_unit_is_no_change() -> None:
    per_minute = deck("code,name,rate\n1,a,0.6\n").rows
    per_second = deck("code,name,rate\n1,a,0.01\n", replace(PLAIN, price_per="second")).rows
    assert deck_diff(per_minute, per_second).counts["unchanged"] == 1
    assert deck_diff(map(as_rate, per_minute), per_second).counts["unchanged"] == 1


def test_a_row_becomes_a_rate() -> None:
    row = DeckRow("44", "UK", 12_000_000, 60, 30, 6, connect_fee_micros=50_000, grace_s=3)
    rate = as_rate(row)
    assert (rate.prefix, rate.price_nanos, rate.first_s, rate.next_s) == ("44", 12_000_000, 30, 6)
    assert (rate.connect_fee_micros, rate.grace) == (50_000, Grace("subtract", 3))


def longest(rows: list[DeckRow], number: str) -> DeckRow | None:
    by_prefix = {row.prefix: row for row in rows}
    cuts = (number[:length] for length in range(len(number), 0, -1))
    return next((by_prefix[cut] for cut in cuts if cut in by_prefix), None)


def test_the_real_a_to_z_deck_answers_its_lookups() -> None:
    name = "decks/astpp_az_36205_usd.csv"
    stated = expected(name)
    data = sample(name).read_bytes()
    mapping = sniff(data, name).mapping
    assert mapping is not None
    result = read_deck(data, mapping)
    assert (len(result.rows), result.faults) == (stated["prefixes"], [])
    assert len({row.name for row in result.rows}) == stated["distinct_destinations"]
    assert max(len(row.prefix) for row in result.rows) == stated["max_prefix_len"]
    for lookup in stated["lookups"]:
        row = longest(result.rows, lookup["number"])
        got = (row.prefix, row.name, f"{row.price_nanos / 10**9:.5f}") if row else (None,) * 3
        assert got == (lookup["prefix"], lookup["destination"], lookup["rate"])


def test_the_generated_deck_goes_through() -> None:
    data = (ROOT / "examples/decks/az_eur.csv").read_bytes()
    proposal = sniff(data, "az_eur.csv")
    assert proposal.mapping is not None
    result = read_deck(data, proposal.mapping)
    assert (len(result.rows), result.faults, proposal.mapping.currency) == (29_459, [], "EUR")


@pytest.mark.parametrize(
    ("dates", "order", "asked"),
    [
        (["03.04.2026", "05.06.2026"], "dmy", False),  # dots are written day first
        (["03/04/2026", "05/06/2026"], "", True),
        (["03/04/2026", "05.06.2026"], "", True),  # one with dots says nothing of the others
        (["03.04.2026", "05/06/2026", "07/08/2026"], "", True),
        (["03/04/2026", "13/06/2026"], "dmy", False),
        (["03/04/2026", "06/13/2026"], "mdy", False),
    ],
)
def test_an_order_of_dates_is_asked_for_unless_every_date_says_it(
    dates: list[str], order: str, asked: bool
) -> None:
    rows = "".join(f"44{number},UK,0.01,{day}\n" for number, day in enumerate(dates))
    found = sniff(f"code,name,rate,effective date\n{rows}".encode())
    assert found.mapping is not None
    assert found.mapping.date_order == order
    assert any("can be read two ways" in doubt for doubt in found.doubts) == asked


def test_columns_that_nothing_is_read_from_are_told() -> None:
    """A carrier's word "withdrawn" in a column that nobody chose would be overlooked."""
    deck = b"Code,Name,Rate, Change  note ,,Zone\n44,UK,0.01,withdrawn,,1\n"
    columns: Any = (("Code", "prefix"), ("Name", "name"), ("Rate", "price"))
    assert read_deck(deck, ColumnMapping(columns=columns)).unused == ("Change note", "Zone")


def test_columns_without_headers_are_told_by_their_place() -> None:
    columns: Any = (("#1", "prefix"), ("#3", "price"))
    assert read_deck(b"44,UK,0.01,x\n", ColumnMapping(columns=columns)).unused == ("#2", "#4")


def test_a_deck_that_is_used_whole_leaves_nothing_out() -> None:
    assert read_deck(b"code,name,rate\n44,UK,0.01\n", PLAIN).unused == ()
