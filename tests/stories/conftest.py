"""Stories run on a database of their own: they commit."""

from tests.integration.conftest import fresh_db, session_database

__all__ = ["fresh_db", "session_database"]
