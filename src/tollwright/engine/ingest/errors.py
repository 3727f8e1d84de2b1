"""What stops a whole file; a single bad record never does, it goes to quarantine."""

from __future__ import annotations


class IngestError(Exception):
    """Nothing was written. The sentence names the file and says what to do."""

    code = "ingest"


class UnknownSource(IngestError):
    """No source of this tenant has the code."""

    code = "unknown_source"


class BadSource(IngestError):
    """The source's format or options cannot be used."""

    code = "bad_source"


class NotStored(IngestError):
    """The database could not take the file: disk full, connection lost."""

    code = "not_stored"


class NotPossible(IngestError):
    """The batch cannot be rolled back or replayed as it stands."""

    code = "not_possible"
