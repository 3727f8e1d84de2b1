"""What sample files come to, to the micro: the figures of release 0.1.0, that no rework alters.

`test_samples` works some of them out; here every field of every call,
charge and waiting record counts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.integration.engine.conftest import Plant
from tests.integration.engine.test_samples import flat
from tests.support.database import prepare
from tests.support.digest import digest
from tests.support.samples import sample

EXPECTED = json.loads((Path(__file__).parent / "digest_samples.json").read_text())["digests"]


@dataclass(frozen=True)
class Told:
    """A sample, or a folder of them, and how its source tells of its calls."""

    name: str
    format: str
    zone: str = "UTC"
    region: str = ""

    def files(self) -> list[Path]:
        path = sample(self.name)
        return sorted(path.iterdir()) if path.is_dir() else [path]


TOLD = [
    Told("asterisk/Master.csv", "asterisk_csv"),
    Told("asterisk/adaptive_odbc_cdr.csv", "asterisk_csv", "Europe/Berlin"),
    Told("asterisk/queue_local_agents.csv", "asterisk_csv"),
    Told("asterisk/public_fafeitsch_cdr.csv", "asterisk_csv", region="US"),
    Told("freeswitch/Master.csv", "freeswitch_csv", "America/New_York"),
    Told("freeswitch/json", "freeswitch_json", "America/New_York"),
    Told("freeswitch/http_post_json.txt", "freeswitch_json", "America/New_York"),
    Told("freeswitch/public_cgrates_2018.cdr.json", "freeswitch_json", "Europe/Berlin"),
    Told("cases/01-answered-channel-rings-three-agents-at-once", "asterisk_csv"),
    Told("cases/06-two-cdr-modules-copies-in-two-files", "asterisk_csv"),
    Told("cases/13-loopback-legs-are-not-customer-calls", "freeswitch_json"),
    Told("cases/15-cdr-table-export-has-no-answer-and-end", "asterisk_csv"),
    Told("cases/20-transfer-charges-connect-fee-once", "asterisk_csv"),
    Told("cases/21-uk-national-numbers-0113-to-0118", "asterisk_csv", "Europe/London", "GB"),
    Told("cases/22-extension-to-extension-is-not-a-call-abroad", "asterisk_csv", "Europe/London"),
    Told("cases/25-fusionpbx-tenant-by-domain", "freeswitch_json"),
    Told("cases/26-push-with-seconds-unlike-its-times", "tollwright_json"),
    Told("cases/28-billsec-larger-than-duration", "asterisk_csv"),
]


@pytest.mark.parametrize("told", TOLD, ids=lambda told: told.name)
def test_a_sample_comes_to_what_it_came_to(plant: Plant, fresh_db: str, told: Told) -> None:
    assert come_to(plant, fresh_db, told) == EXPECTED[told.name]


def come_to(plant: Plant, database: str, told: Told) -> dict[str, Any]:
    """Take a sample in at 1000 micros a second for one campaign, and digest what is there."""
    flat(plant, cdr_format=told.format, zone=told.zone, region=told.region)
    for path in told.files():
        content = path.read_bytes()
        plant.take(content[content.startswith(b"POST") and content.index(b"cdr=") :],
                   path.name, source="REAL")  # fmt: skip
    with psycopg.connect(prepare().owner_url(database)) as owner:
        found = digest(owner)
    return {name: found[name] for name in ("imports", "quarantine", "calls", "charges", "days")}
