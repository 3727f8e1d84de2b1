"""What the database refuses, told to the person who brought the file."""

from __future__ import annotations

import psycopg
import pytest

from tollwright.engine.ingest.errors import NotStored
from tollwright.engine.ingest.import_file import explained


@pytest.mark.parametrize(
    "error", [psycopg.errors.DeadlockDetected(), psycopg.errors.SerializationFailure()]
)
def test_another_hand_at_the_same_days(error: psycopg.Error) -> None:
    told = explained(error, "Master.csv")
    assert isinstance(told, NotStored)
    assert str(told) == (
        "Master.csv: somebody else was writing the same days at the same moment; nothing of the"
        " file was written. Ingest it again."
    )


def test_a_lost_connection() -> None:
    told = explained(psycopg.OperationalError("server closed"), "Master.csv")
    assert str(told) == (
        "Master.csv: the connection to the database was lost (server closed); nothing of"
        " the file was written. When it answers again, import the file again."
    )


def test_a_bug_of_ours_stays_what_it_is() -> None:
    bug = psycopg.errors.UndefinedColumn("no column x")
    assert explained(bug, "Master.csv") is bug
