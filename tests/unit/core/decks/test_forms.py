"""The export forms of other systems: one row of each, with what it costs there."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from tests.support.samples import sample

from tollwright.core.decks import read_deck, sniff
from tollwright.core.decks.forms import FORMS
from tollwright.core.decks.mapping import Meaning

# form, side, file, what its first row says: code, price nanos per unit, unit, first, next, connect
DECKS: list[tuple[str, str, str, tuple[str, int, int, int, int, int]]] = [
    ("ASTPP", "sell",
     "Code,Destination,Connection Cost (USD),Grace Time,Cost / Min (USD),Initial Increment,"
     "Increment,Strip,Prepend\n44,UK,0.01,0,0.02,60,6,,\n",
     ("44", 20_000_000, 60, 60, 6, 10_000)),
    ("A2Billing", "sell",
     "dialprefix,destination,buyrate,buyrateinitblock,buyrateincrement,rateinitial,initblock,"
     "billingblock,connectcharge,startdate\n44,UK,0.01,1,1,0.02,30,6,0.05,2026-11-01\n",
     ("44", 20_000_000, 60, 30, 6, 50_000)),
    ("A2Billing", "buy",
     "dialprefix,destination,buyrate,buyrateinitblock,buyrateincrement,rateinitial,initblock,"
     "billingblock,connectcharge,startdate\n44,UK,0.01,1,1,0.02,30,6,0.05,2026-11-01\n",
     ("44", 10_000_000, 60, 1, 1, 0)),
    ("MagnusBilling", "sell",
     "Plan,Prefix,Destination,Sell price,Initial block,Billing block,Minimum time to charge,"
     "Additional time,Connection charge,Status\nGold,44,UK,0.02,30,6,0,0,0.05,1\n",
     ("44", 20_000_000, 60, 30, 6, 50_000)),
    ("ivozprovider", "sell",
     "Destination name,Destination prefix,Per minute charge,Connection charge,Charge period\n"
     "UK,+44,0.02,0.05,6\n",
     ("44", 20_000_000, 60, 6, 6, 50_000)),
    ("Kazoo", "sell",
     "prefix,iso_country_code,description,rate_cost,internal_rate_cost,rate_increment,"
     "rate_minimum,rate_surcharge,rate_nocharge_time,weight\n44,GB,UK,0.02,0.01,6,30,0.05,3,10\n",
     ("44", 20_000_000, 60, 30, 6, 50_000)),
    ("Kazoo", "buy",
     "prefix,iso_country_code,description,rate_cost,internal_rate_cost,rate_increment,"
     "rate_minimum,rate_surcharge,rate_nocharge_time,weight\n44,GB,UK,0.02,0.01,6,30,0.05,3,10\n",
     ("44", 10_000_000, 60, 30, 6, 0)),
    ("FusionPBX", "sell",
     "digits,rate,connect_increment,talk_increment,prefix,currency,date_start,description,enabled\n"
     "44,0.02,30,6,9,EUR,2026-11-01,UK,true\n",
     ("44", 20_000_000, 60, 30, 6, 0)),
    ("CGRateS", "sell",
     "#Tag,Prefix,ConnectFee,Rate,RateUnit,RateIncrement,GroupIntervalStart\n"
     "RT_UK,44,0.05,0.02,60s,6s,0s\n",
     ("44", 20_000_000, 60, 6, 6, 50_000)),
    ("Freeside", "sell",
     "region,prefix,min_included,conn_charge,conn_sec,min_charge,sec_granularity\n"
     "UK,44,0,0.05,0,0.02,60\n",
     ("44", 20_000_000, 60, 60, 60, 50_000)),
    ("JeraSoft", "sell",
     "Code,Code Name,Rate,Setup Fee,Min Time,Interval,Grace Time,Effective Date,End Date\n"
     "44,UK,0.02,0.05,30,6,5,2026-11-01,\n",
     ("44", 20_000_000, 60, 30, 6, 50_000)),
    ("PortaBilling", "sell",
     "Destination,Country,Description,Interval First,Interval Next,Price First,Price Next,"
     "Forbidden,Discontinued,Effective From\n44,United Kingdom,Proper,30,6,0.02,0.02,N,N,"
     "2026-11-01\n",
     ("44", 20_000_000, 60, 30, 6, 0)),
    ("VOS3000", "sell",
     "Rate prefix,Area name,Billing rate,Billing cycle\n44,UK,0.002,6\n",
     ("44", 2_000_000, 6, 6, 6, 0)),
    ("46 Labs", "sell",
     "NPANXX,LATA,OCN,State,Inter Rate,Intra Rate,Indeterminate Rate,Effective Date\n"
     "1201200,224,6529,NJ,0.004,0.005,0.006,2026-11-01\n",
     ("1201200", 4_000_000, 60, 1, 1, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "side", "deck", "told"), DECKS)
def test_a_known_form_is_read_as_its_system_means_it(
    name: str, side: str, deck: str, told: tuple[Any, ...]
) -> None:
    found = sniff(deck.encode(), "input.csv", side)
    assert found.form == name
    assert found.mapping is not None, found.doubts
    result = read_deck(deck.encode(), found.mapping)
    assert result.faults == []
    [row] = result.rows
    assert (
        row.prefix, row.price_nanos, row.unit_s, row.first_s, row.next_s, row.connect_fee_micros
    ) == told  # fmt: skip
    assert (row.name != "") == (name not in ("CGRateS", "46 Labs"))


def test_every_form_has_a_deck_here() -> None:
    assert {form.name for form in FORMS} == {name for name, *_ in DECKS}


def test_forms_speak_of_meanings_that_there_are() -> None:
    words = [form.columns | form.sell | form.buy for form in FORMS]
    assert {meaning for told in words for meaning in told.values()} <= set(get_args(Meaning))


def test_the_first_interval_at_its_own_price() -> None:
    """30 s at 0.04 a minute are 0.02; then 0.02 a minute in steps of 6 s."""
    deck = b"Destination,Interval First,Interval N,Price First,Price Next\n44,30,6,0.04,0.02\n"
    mapping = sniff(deck).mapping
    assert mapping is not None
    [row] = read_deck(deck, mapping).rows
    assert (row.first_charge_micros, row.price_nanos, row.first_s) == (20_000, 20_000_000, 30)


def test_graces_of_the_forms() -> None:
    jera = b"Code,Rate,Interval,Min Time,Grace Time\n44,0.02,6,30,5\n"
    kazoo = b"prefix,rate_cost,rate_increment,rate_minimum,rate_nocharge_time\n44,0.02,6,30,3\n"
    rows = []
    for deck in (jera, kazoo):
        mapping = sniff(deck, side="sell").mapping
        assert mapping is not None
        rows += read_deck(deck, mapping).rows
    assert [(row.grace_mode, row.grace_s, row.min_seconds) for row in rows] == [
        ("threshold", 5, 0), ("subtract", 0, 3)
    ]  # fmt: skip


def test_the_form_of_the_samples() -> None:
    """Connect 0.01 and 60/6, where the plain words gave no fee and 6/6."""
    data = sample("cases/46-deck-astpp-form/input.csv").read_bytes()
    mapping = sniff(data).mapping
    assert mapping is not None
    [row] = read_deck(data, mapping).rows
    assert (row.connect_fee_micros, row.first_s, row.next_s) == (10_000, 60, 6)
