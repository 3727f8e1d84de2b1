"""A long table as a file: a job writes it, as the person who asked sees it, for them alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.integration.web.office.things import Things
from tests.support.jobs import work_off
from tollwright.data.access import Membership, Role
from tollwright.data.models import Customer, Event, Job
from tollwright.data.scope import tenant_scope

CSV = "/office/customers/?format=csv"


@pytest.fixture(autouse=True)
def _long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows are many, and a portion holds one."""
    monkeypatch.setattr("tollwright.web.shared.tables.EXPORTED_AT_ONCE", 1)
    monkeypatch.setattr("tollwright.web.shared.exports.PORTION", 1)


def download(browser: Client, job: Job) -> tuple[int, bytes]:
    answer = browser.get(f"/office/jobs/{job.pk}/file/")
    return answer.status_code, answer.getvalue() if answer.status_code == 200 else b""


def test_a_long_table_is_written_by_a_job(
    things: Things, staff: Callable[[Role], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte what a short one is, asked for once; a colleague does not get it."""
    owner, colleague = staff(Role.OWNER), staff(Role.SUPPORT)
    with monkeypatch.context() as patch:
        patch.setattr("tollwright.web.shared.tables.EXPORTED_AT_ONCE", 100)
        direct = {kind: owner.get(f"/office/customers/?format={kind}").content for kind in ("csv",)}
    answer = owner.get(CSV)
    again = owner.get(CSV)
    with tenant_scope(things.shop.tenant_id):
        (job,) = Job.objects.filter(kind="exports.table", status="queued")
        assert answer.headers["Location"] == again.headers["Location"] == f"/office/jobs/{job.pk}/"
        assert download(owner, job)[0] == 404
        work_off()
        job.refresh_from_db()
        rows = Customer.objects.count()
        assert rows > 1
        assert (job.status, job.sentence) == (
            "done", f"customers.csv has {rows} rows. It is kept for seven days.",
        )  # fmt: skip
        event = Event.objects.get(type="export.ready")
        assert event.payload == {"id": job.pk, "filename": "customers.csv", "rows": rows}
    assert (
        f'href="/office/jobs/{job.pk}/file/"'
        in owner.get(f"/office/jobs/{job.pk}/").content.decode()
    )
    assert download(owner, job) == (200, direct["csv"])
    assert download(colleague, job)[0] == 404


def test_who_has_no_role_any_more_gets_nothing(things: Things, owner: Client) -> None:
    owner.get(CSV)
    with tenant_scope(things.shop.tenant_id):
        Membership.objects.filter(user__email="owner@north.example").delete()
        work_off()
        job = Job.objects.filter(kind="exports.table").latest("pk")
        assert (job.status, job.sentence) == (
            "failed", "Who asked for it does not work here any more.",
        )  # fmt: skip


def test_a_workbook_and_a_filter_go_along(things: Things, owner: Client) -> None:
    owner.get("/office/calls/?format=xlsx&from=2026-10-01&to=2026-11-30")
    with tenant_scope(things.shop.tenant_id):
        work_off()
        job = Job.objects.filter(kind="exports.table").latest("pk")
        assert job.status == "done", job.sentence
    status, content = download(owner, job)
    assert (status, content[:2]) == (200, b"PK")
