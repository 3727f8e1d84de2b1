"""Law 12: a database with the data of every earlier release migrates to the newest, whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, connections

from tests.conftest import ROOT
from tests.support.database import empty_database, prepare
from tests.support.digest import digest
from tests.support.releases import dumps, restore
from tollwright.cli import migrate
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.queries import verify_chain
from tollwright.domain.invoices.queries import check_sums
from tollwright.domain.tenants.queries import tenant_id_by_slug, tenant_slugs
from tollwright.jobs.installation import findings


@pytest.fixture(scope="module", params=dumps(), ids=lambda path: path.name)
def migrated(request: pytest.FixtureRequest) -> Iterator[Path]:
    """The dump of a release, restored and brought to today's version."""
    with empty_database() as name:
        with psycopg.connect(prepare().owner_url(name), autocommit=True) as owner:
            restore(owner, request.param)
        migrate.apply()
        yield request.param


def test_there_is_a_dump_of_every_release() -> None:
    told = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    kept = [path.name.removesuffix(".sql.gz") for path in dumps()]
    assert kept[0] == "0.1.0"
    assert set(told) <= set(kept)


def test_every_figure_is_what_it_was(migrated: Path) -> None:
    before = json.loads(migrated.with_name(migrated.name.replace(".sql.gz", ".json")).read_text())
    with psycopg.connect(prepare().owner_url(connection.settings_dict["NAME"])) as owner:
        assert digest(owner) == before


def test_its_books_and_its_audit_chain_hold(migrated: Path) -> None:
    slugs = list(tenant_slugs())
    assert slugs
    for slug in slugs:
        tenant_id = tenant_id_by_slug(slug)
        assert tenant_id is not None
        with tenant_scope(tenant_id):
            assert list(check_sums()) == []
            chain = verify_chain()
        assert chain.ok
        assert chain.rows > 0


def test_the_doctor_finds_nothing_wrong(migrated: Path) -> None:
    """The tests' own server does not wait for its disk, and the disk is not the database's."""
    wrong = [text for ok, text in findings() if not ok]
    assert [text for text in wrong if "fsync" not in text and "GiB" not in text] == []


def test_the_models_say_what_the_migrations_made(migrated: Path) -> None:
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)
    connections.close_all()
