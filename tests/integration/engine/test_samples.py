"""Files of real switches go through ingest and rating, and every figure is worked out anew.

One row prices every number: 0.06 a minute by the second, so a second costs 1000 micros.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.engine.conftest import Plant
from tests.support.samples import expected, sample
from tests.support.switch import set_rule
from tollwright.data.models import CardVersion, Charge, Identifier, Rate, RateCard, Source
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.calls import queries
from tollwright.domain.rates import operations as rates

LONG_AGO = datetime(2010, 1, 1, tzinfo=UTC)
BY = By("test")
FATES = ("records", "rated", "unanswered", "duplicates", "ignored", "quarantined")


def flat(plant: Plant, *, cdr_format: str, zone: str, region: str) -> None:
    """Every call is SPRING's, by the caller's first digit, and costs 1000 micros a second."""
    world = plant.switch.world
    with tenant_scope(plant.switch.tenant_id):
        card = RateCard.objects.create(
            tenant=world.tenant, code="FLAT", name="Flat", currency="USD", created_at=LONG_AGO
        )
        version = CardVersion.objects.create(
            tenant=world.tenant, card=card, number=1, created_at=LONG_AGO, created_by="test"
        )
        Rate.objects.create(
            tenant=world.tenant, version=version, row_no=0, prefix="", price_nanos=60_000_000
        )
        CardVersion.objects.filter(pk=version.pk).update(
            status="published", effective_from=LONG_AGO, published_at=LONG_AGO, content_hash="flat"
        )
        set_rule(world, "forced_card", "FLAT", since=LONG_AGO)
        Identifier.objects.bulk_create(
            Identifier(
                tenant=world.tenant, campaign=world.campaign, kind="cli", value=f"{digit}*",
                valid_from=LONG_AGO,
            )
            for digit in range(10)
        )  # fmt: skip
        Source.objects.create(
            tenant=world.tenant, code="REAL", name="Real", format=cdr_format, timezone=zone,
            region=region, created_at=LONG_AGO,
        )  # fmt: skip


def charged(plant: Plant) -> list[tuple[str, int]]:
    """(call key, seconds at 1000 micros each) of every charge."""
    rows = plant.rows(
        "SELECT call_key, amount_micros FROM charge ch JOIN call c ON c.id = ch.call_id"
        " ORDER BY c.line_no"
    )
    assert all(micros % 1000 == 0 for _, micros in rows)
    return [(key, micros // 1000) for key, micros in rows]


def test_the_real_asterisk_file(plant: Plant) -> None:
    """218 rows of 2017: 35 are second rows of a call; 9 are told twice, 2 of these answered, one
    with another duration between the same moments."""
    path = sample("asterisk/public_fafeitsch_cdr.csv")
    flat(plant, cdr_format="asterisk_csv", zone="UTC", region="US")
    result = plant.take(path.read_bytes(), path.name, source="REAL")
    with path.open(newline="") as file:
        distinct = {tuple(row) for row in csv.reader(file)}
    assert (result.records, result.ignored, result.quarantined) == (218, 35, 0)
    assert result.duplicates == 9
    answered = [int(row[13]) for row in distinct if row[10]]
    assert (result.rated, sum(answered)) == (len(answered), 38_897)
    assert sum(seconds for _, seconds in charged(plant)) == 38_897
    plant.check_sums()


@pytest.mark.parametrize(
    ("name", "cdr_format", "zone", "ignored"),
    [
        ("freeswitch/Master.csv", "freeswitch_csv", "America/New_York", 8),
        ("asterisk/Master.csv", "asterisk_csv", "UTC", 6),
    ],
)
def test_what_mediation_should_pass_to_rating(
    plant: Plant, name: str, cdr_format: str, zone: str, ignored: int
) -> None:
    flat(plant, cdr_format=cdr_format, zone=zone, region="")
    result = plant.take(sample(name).read_bytes(), name, source="REAL")
    wanted = [
        ("/".join(str(call[part]) for part in ("unique_id", "sequence") if part in call),
         call["billable_seconds"])
        for call in expected(name)["billable_calls"]
    ]  # fmt: skip
    assert charged(plant) == wanted
    assert (result.records, result.quarantined) == (16, 0)
    plant.check_sums()


def test_freeswitch_json_file_by_file(plant: Plant) -> None:
    """16 files, a record each, as mod_json_cdr leaves them: A legs are charged, by exact ms."""
    wanted = expected("freeswitch/json/")
    flat(plant, cdr_format="freeswitch_json", zone="America/New_York", region="")
    by_account(plant, "PREPAID")
    results = [
        plant.take(path.read_bytes(), path.name, source="REAL")
        for path in sorted(sample("freeswitch/json").glob("*.json"))
    ]
    fates = [sum(getattr(one, name) for one in results) for name in FATES]
    assert fates == [16, 4, 4, 0, 8, 0]  # records, rated, unanswered, twice, B legs, quarantined
    found = plant.rows(
        "SELECT call_key, answered_ms, amount_micros, started_at FROM charge ch"
        " JOIN call c USING (started_at, campaign_id) WHERE c.id = ch.call_id ORDER BY started_at"
    )
    assert [(key, ms) for key, ms, _, _ in found] == [
        (call["unique_id"], call["billable_ms"]) for call in wanted["billable_calls"]
    ]
    assert [micros for _, _, micros, _ in found] == [3_000, 4_000, 5_000, 7_000]  # begun seconds
    for (*_, start), call in zip(found, wanted["billable_calls"], strict=True):
        assert abs(start - datetime.fromisoformat(call["start_utc"])) < timedelta(milliseconds=1)
    plant.check_sums()


def test_one_call_by_file_and_by_post_is_one_call(plant: Plant) -> None:
    """The body that FreeSWITCH posts tells of a call whose file is there already."""
    flat(plant, cdr_format="freeswitch_json", zone="America/New_York", region="")
    head, _, body = sample("freeswitch/http_post_json.txt").read_bytes().partition(b"cdr=")
    (record,) = expected("freeswitch/http_post_json.txt")["records"]
    assert head.startswith(b"POST")
    file = sample(record["file"])
    assert plant.take(file.read_bytes(), file.name, source="REAL").unanswered == 1
    posted = plant.take(b"cdr=" + body, "post", source="REAL")
    assert (posted.records, posted.duplicates) == (1, 1)
    assert plant.rows("SELECT count(*) FROM call") == [(1,)]


def test_the_public_freeswitch_record(plant: Plant) -> None:
    path = sample("freeswitch/public_cgrates_2018.cdr.json")
    (record,) = expected("freeswitch/public_cgrates_2018.cdr.json")["records"]
    flat(plant, cdr_format="freeswitch_json", zone="Europe/Berlin", region="")
    result = plant.take(path.read_bytes(), path.name, source="REAL")
    assert (result.records, result.rated, result.quarantined) == (1, 1, 0)
    assert charged(plant) == [(record["unique_id"], record["billable_seconds"])]


def by_account(plant: Plant, *codes: str) -> None:
    """These account codes are SPRING's too."""
    world = plant.switch.world
    with tenant_scope(plant.switch.tenant_id):
        for code in codes:
            Identifier.objects.create(
                tenant=world.tenant, campaign=world.campaign, kind="accountcode", value=code,
                valid_from=LONG_AGO,
            )  # fmt: skip


def test_the_real_deck_prices_the_real_file(plant: Plant) -> None:
    """36 205 codes imported and published, 218 rows rated; every charge replays to its amount."""
    deck = sample("decks/astpp_az_36205_usd.csv")
    flat(plant, cdr_format="asterisk_csv", zone="UTC", region="US")
    with tenant_scope(plant.switch.tenant_id):
        card = rates.create_card(
            code="AZ", name="A to Z", side="sell", currency="USD", at=LONG_AGO, by=BY
        )
        preview = rates.preview_deck(
            card=card, filename=deck.name, content=deck.read_bytes(), mode="replace",
            at=LONG_AGO, by=BY,
        )  # fmt: skip
        version = rates.apply_deck(deck_import=preview, at=LONG_AGO, by=BY)
        rates.publish_version(version=version, effective_from=LONG_AGO, at=LONG_AGO, by=BY)
        set_rule(plant.switch.world, "forced_card", "AZ", since=LONG_AGO)
    path = sample("asterisk/public_fafeitsch_cdr.csv")
    result = plant.take(path.read_bytes(), path.name, source="REAL")
    assert result.rated + result.quarantined == 136
    assert set(result.reasons) <= {"internal leg", "unknown_destination"}
    with tenant_scope(plant.switch.tenant_id):
        charges = Charge.objects.filter(card_version=version)
        assert charges.count() == result.rated == 73  # the pseudonyms of the rest are in no country
        for charge in charges[:25]:
            assert queries.explain_charge(charge.pk, charge.started_at).equal
    plant.check_sums()
