"""Whose call it is: the strongest word first, each for its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.samples import sample
from tollwright.core.formats.base import Options, Record
from tollwright.core.formats.registry import get
from tollwright.engine.ingest.attribute import Attributor, Identifier

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)


def meaning(kind: str, value: str, campaign: int, since: datetime = JANUARY) -> Identifier:
    return Identifier(kind, value, since, None, campaign)


def record(*, campaign: str = "", queue: str = "", **hints: str) -> Record:
    return Record(
        "k", "k", None, 0, "customer", "k", "", "", "", "", "", JUNE, None, None, 0, 0, 0, False,
        "", "", "", "", "", "", campaign, queue, "", tuple(hints.items()), 1, "",
    )  # fmt: skip


ALL = [
    meaning("campaign", "SPRING", 1),
    meaning("accountcode", "ACME", 2),
    meaning("user", "anna", 3),
    meaning("trunk", "gw1", 4),
    meaning("source_ip", "192.0.2.7", 5),
    meaning("cli", "+4930123456", 6),
    meaning("did", "+4930999", 7),
    meaning("domain", "acme.pbx.example", 8),
    meaning("context", "acme-out", 9),
]


@pytest.mark.parametrize(
    ("told", "caller", "called", "campaign"),
    [
        ({"campaign": "SPRING", "accountcode": "ACME"}, "", "", 1),
        ({"queue": "SPRING", "accountcode": "ACME"}, "", "", 1),
        ({"accountcode": "ACME", "user": "anna"}, "", "", 2),
        ({"user": "anna", "trunk": "gw1"}, "", "", 3),
        ({"trunk": "gw1", "ip": "192.0.2.7"}, "", "", 4),
        ({"ip": "192.0.2.7"}, "4930123456", "", 5),
        ({}, "4930123456", "4930999", 6),
        ({}, "4930", "4930999", 7),
        ({"accountcode": "other", "context": "ACME"}, "", "", None),
        ({"user": "anna", "domain": "acme.pbx.example"}, "", "", 3),
        ({"domain": "ACME.pbx.example.", "trunk": "gw1"}, "", "", 8),
        ({"ip": "192.0.2.7", "context": "acme-out"}, "", "", 5),
        ({"context": "acme-out"}, "4930123456", "", 9),
        ({"context": "ACME-OUT", "domain": "other"}, "4930123456", "", 6),
    ],
)
def test_the_strongest_kind_decides(
    told: dict[str, str], caller: str, called: str, campaign: int | None
) -> None:
    assert Attributor(ALL).find(record(**told), caller, called, JUNE) == campaign


@pytest.mark.parametrize("kind", ["domain", "context"])
def test_a_tenant_of_a_fusionpbx_is_told_by_its_domain_or_its_context(kind: str) -> None:
    """The record has no account code."""
    content = (sample("cases/25-fusionpbx-tenant-by-domain") / "input.json").read_bytes()
    [call] = get("freeswitch_json").parse([content], Options())
    assert isinstance(call, Record)
    told = dict(call.hints)
    assert (told["domain"], told["context"]) == ("acme.pbx.example", "default")
    attributor = Attributor([meaning(kind, told[kind], 8), meaning("did", call.called, 7)])
    assert attributor.find(call, call.caller, call.called, JUNE) == 8


@pytest.mark.parametrize(
    ("number", "campaign"),
    [
        ("4930123456", 3),  # the very number
        ("4930123455", 2),  # in the range
        ("4930123449", 1),  # before it: by the longest beginning
        ("49301234560", 1),  # longer than the range's numbers
        ("4989123456", 0),
        ("33123", None),
    ],
)
def test_the_narrowest_number_decides(number: str, campaign: int | None) -> None:
    attributor = Attributor(
        [
            meaning("cli", "49*", 0),
            meaning("cli", "+4930*", 1),
            meaning("cli", "4930123450-4930123459", 2),
            meaning("cli", "4930123456", 3),
        ]
    )
    assert attributor.find(record(), number, "", JUNE) == campaign


def test_an_identifier_holds_from_its_first_to_before_its_last_moment() -> None:
    until = JUNE + timedelta(days=1)
    attributor = Attributor(
        [
            Identifier("accountcode", "A", JUNE, until, 1),
            Identifier("accountcode", "A", until, None, 2),
        ]
    )
    second = timedelta(seconds=1)
    moments = (JUNE - second, JUNE, until - second, until)
    found = [attributor.find(record(accountcode="A"), "", "", moment) for moment in moments]
    assert found == [None, 1, 1, 2]
