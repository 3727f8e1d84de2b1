"""The laws of the database are tried on a real one."""

from tests.integration.conftest import db, fresh_db, session_database, world
from tests.support.database import prepare

prepare()  # before test modules import models

__all__ = ["db", "fresh_db", "session_database", "world"]
