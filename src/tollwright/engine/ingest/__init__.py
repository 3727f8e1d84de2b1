"""From a switch's file to durable rated rows, in one transaction."""

from tollwright.engine.ingest.errors import (
    BadSource,
    IngestError,
    NotPossible,
    NotStored,
    UnknownSource,
)
from tollwright.engine.ingest.import_file import BatchResult, ingest_file, open_source
from tollwright.engine.ingest.replay import replay
from tollwright.engine.ingest.reprocess import Reentered, reprocess
from tollwright.engine.ingest.rollback import RolledBack, roll_back

__all__ = [
    "BadSource",
    "BatchResult",
    "IngestError",
    "NotPossible",
    "NotStored",
    "Reentered",
    "RolledBack",
    "UnknownSource",
    "ingest_file",
    "open_source",
    "replay",
    "reprocess",
    "roll_back",
]
