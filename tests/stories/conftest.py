"""Stories run on a database of their own: they commit."""

from tests.integration.conftest import db, engine_connection, fresh_db, session_database
from tests.support.database import prepare

prepare()  # before test modules import models

__all__ = ["db", "engine_connection", "fresh_db", "session_database"]
