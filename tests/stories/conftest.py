"""Stories run on a database of their own: they commit."""

from tests.integration.conftest import session_database
from tests.support.database import prepare

prepare()  # before test modules import models

__all__ = ["session_database"]
