"""Programs look at what waits, let it in again, and correct invoiced calls by notes."""

from __future__ import annotations

import pytest

from tests.integration.rerating.conftest import ROWS, Story
from tests.integration.web.api.client import Program
from tests.support.switch import Row, make_switch
from tollwright.data.models import Role
from tollwright.data.scope import tenant_scope


@pytest.fixture
def story(db: None) -> Story:
    """Call 1 (61 s, 1.20) is invoiced and told anew as 121 s; call 8 belongs to nobody."""
    switch = make_switch("mid")
    with tenant_scope(switch.tenant_id):
        found = Story(switch)
        found.take(*ROWS)
        found.bill()
        found.take(Row(key=1, seconds=121), Row(key=8, account="GHOST", minute=8))
    return found


def test_a_late_record_becomes_a_proposal(story: Story) -> None:
    program = Program(story.switch.tenant_id)
    assert len(program.get("/quarantine").body["items"]) == 2
    (late,) = program.get("/quarantine", reason="late_correction").body["items"]
    (ghost,) = program.get("/quarantine", reason="unknown_account").body["items"]
    payload = {"ids": [late["id"], ghost["id"]]}
    made = program.post("/quarantine/correct", payload).body
    assert (made["proposed"], made["same"], made["refused"], made["others"]) == (1, 0, 0, 1)
    (proposal,) = program.get(f"/re-ratings/{made['rerating']}/proposals").body
    assert proposal["difference"] == {"amount": "0.60", "currency": "EUR"}
    again = program.post("/quarantine/correct", payload).body
    assert (again["rerating"], again["proposed"], again["waiting"]) == (None, 0, 1)
    taken = program.post("/quarantine/reprocess", {"ids": [ghost["id"]]}).body
    assert (taken["rated"], taken["reasons"]) == (0, {"unknown_account": 1})
    assert program.post("/quarantine/dismiss", {"ids": [ghost["id"]]}).body == {"dismissed": 1}
    assert [one["id"] for one in program.get("/quarantine").body["items"]] == [late["id"]]


def test_ids_of_another_provider_are_none(story: Story) -> None:
    stranger = Program(make_switch("far").tenant_id)
    late = Program(story.switch.tenant_id).get("/quarantine").body["items"][-1]["id"]
    assert stranger.get("/quarantine").body["items"] == []
    made = stranger.post("/quarantine/correct", {"ids": [late]}).body
    assert (made["proposed"], made["refused"]) == (0, 0)


@pytest.mark.parametrize(
    ("role", "reenters", "corrects"),
    [
        (Role.OWNER, 200, 200), (Role.BILLING, 200, 200), (Role.RATES, 200, 200),
        (Role.SUPPORT, 200, 403), (Role.AUDITOR, 403, 403),
    ],
)  # fmt: skip
def test_who_may(story: Story, role: Role, reenters: int, corrects: int) -> None:
    program = Program(story.switch.tenant_id, role)
    assert program.post("/quarantine/reprocess", {"ids": [1]}).status == reenters
    assert program.post("/quarantine/correct", {"ids": [1]}).status == corrects
