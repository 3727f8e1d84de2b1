"""Take in one file: parse, attribute, dedupe, rate and write it, all or nothing.

The caller's thread parses and rates a chunk while another writes the one before, so that the
database and Python work at the same time. A file of any size needs the memory of two chunks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

import msgspec
import psycopg

from tollwright.core.formats import registry
from tollwright.core.formats.base import Format, Item, Options, OptionsError, Record
from tollwright.core.formats.dialling import dialling_of
from tollwright.core.formats.halves import Half, HalfReader
from tollwright.core.formats.table import TableFormat
from tollwright.core.numbers import Dialling, UnknownRegionError, normalise
from tollwright.engine.ingest import raw
from tollwright.engine.ingest.attribute import Attributor, Identifier
from tollwright.engine.ingest.attribute_columns import attribute
from tollwright.engine.ingest.chunk import Chunk, Refused, chunk_of
from tollwright.engine.ingest.classify import Classifier, Tally
from tollwright.engine.ingest.errors import BadSource, IngestError, NotStored, UnknownSource
from tollwright.engine.ingest.finish_batch import finish_batch
from tollwright.engine.ingest.held_halves import HeldHalves
from tollwright.engine.ingest.held_lines import HeldLines
from tollwright.engine.ingest.price_chunk import ChunkPricer
from tollwright.engine.ingest.write import Aside, BatchWriter, waiting
from tollwright.engine.rating.tariffs import CardRepository
from tollwright.engine.rating.terms import read_book
from tollwright.engine.resale.batch import BatchContext
from tollwright.kernel.call_columns import CallColumns, ChargeColumns
from tollwright.kernel.cdr.columns import ColumnReader
from tollwright.kernel.cdr.parsed_columns import ParsedColumns
from tollwright.store import batches, terms
from tollwright.store.calls import Cursor, cursor_on

CHUNK_ROWS = 16_384  # records a round: staged, they fit into a session's temporary buffers
ATTEMPTS = 3  # of a file that others are in the way of
AT_ONCE = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
Progress = Callable[[int, int], None]
REFUSALS: tuple[tuple[type[psycopg.Error] | tuple[type[psycopg.Error], ...], str], ...] = (
    (psycopg.errors.DiskFull, "the database's disk is full; nothing of the file was written. Free"
     " space on the database server, then ingest the file again."),
    (psycopg.errors.InsufficientResources, "the database has no room to work ({}); nothing of the"
     " file was written. Give it memory or disk, then ingest the file again."),
    (AT_ONCE, "somebody else was writing the same days at the same moment; nothing of the file was"
     " written. Ingest it again."),
    (psycopg.OperationalError, "the connection to the database was lost ({}); nothing of the file"
     " was written. When it answers again, import the file again."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of a file. records = rated + unanswered + duplicates + ignored + quarantined.

    `reasons` counts why records are not rated, and "corrections" among the rated. `already`: the
    file had been taken in before, nothing was written and the figures are those of then.
    `unused_columns`: columns of the file that nobody reads.
    """

    batch_id: int
    records: int
    rated: int
    unanswered: int
    duplicates: int
    ignored: int
    quarantined: int
    reasons: dict[str, int] = field(default_factory=dict)
    already: bool = False
    sentence: str = ""
    priced_individually: int = 0
    unused_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallSource:
    """Where a file comes from, and how its records are read."""

    id: int
    code: str
    format: Format
    options: Options
    tenant_zone: str

    @property
    def dialling(self) -> Dialling:
        """What the switch does of its own with numbers."""
        return dialling_of(self.options)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """One file on its way in."""

    tenant_id: int
    filename: str
    at: datetime
    by: str
    progress: Progress | None


def ingest_file(
    connection: psycopg.Connection[Any],
    *,
    tenant_id: int,
    source_code: str,
    filename: str,
    stream: BinaryIO,
    at: datetime,
    by: str,
    progress: Progress | None = None,
) -> BatchResult:
    """Take a file in, in one transaction (a savepoint where the connection is in one already).

    `stream` gives bytes; `progress(bytes read, bytes in all)` is called as they are read.
    Where others are at the same rows at the same moment and the database ends this one, the file
    is taken in again, from its beginning, ATTEMPTS times in all.

    Raises UnknownSource, BadSource; NotStored when the database cannot take it. Then nothing of
    the file is there. A bad record never raises: it waits in quarantine.
    """
    arrival = _Arrival(tenant_id, filename[:255], at, by[:200], progress)
    stream, sha256, size = raw.measured(stream)
    start = stream.tell()
    try:
        for _ in range(ATTEMPTS - 1):
            with suppress(*AT_ONCE):
                return _attempt(connection, source_code, arrival, stream, sha256=sha256, size=size)
            stream.seek(start)
        return _attempt(connection, source_code, arrival, stream, sha256=sha256, size=size)
    except OptionsError as error:
        raise BadSource(f"{filename}: source {source_code}: {error}") from error
    except psycopg.Error as error:
        raise explained(error, filename) from error


def _attempt(
    connection: psycopg.Connection[Any],
    source_code: str,
    arrival: _Arrival,
    stream: BinaryIO,
    *,
    sha256: str,
    size: int,
) -> BatchResult:
    with connection.transaction():
        cursor = cursor_on(connection)
        batches.set_tenant(cursor, arrival.tenant_id)
        source = open_source(cursor, source_code)
        batches.lock_source(cursor, source.id)
        before = batches.fetch_done_batch(cursor, source_id=source.id, sha256=sha256)
        if before is not None:
            return _already(before, arrival.filename)
        return _take_in(cursor, source, arrival, stream, sha256=sha256, size=size)


def explained(error: psycopg.Error, filename: str) -> Exception:
    """The database's refusal as a sentence, or the error itself where it is a bug of ours."""
    for kind, why in REFUSALS:
        if isinstance(error, kind):
            return NotStored(f"{filename}: {why.format(_first_line(error))}")
    return error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no message"])[0]


def open_source(cursor: Cursor, code: str) -> CallSource:
    """The source of this code, ready to parse. Raises UnknownSource or BadSource."""
    found = batches.fetch_source(cursor, code)
    if found is None:
        known = ", ".join(batches.fetch_source_codes(cursor)) or "none yet"
        raise UnknownSource(f"There is no source {code!r}. Sources here: {known}.")
    try:
        fields = {"zone": found.zone, "region": found.region} | msgspec.json.decode(found.options)
        read = msgspec.convert(fields, Options)
        unknown = set(fields) - set(Options.__struct_fields__)
        if unknown:
            raise OptionsError(f"there is no option {', '.join(sorted(unknown))}")
        normalise("1234567", read.region, dialling_of(read))  # each of these tries a setting
        cdr_format = registry.get(found.format)
        for _ in cdr_format.parse((), read):
            pass
        return CallSource(found.id, found.code, cdr_format, read, found.tenant_zone)
    except (msgspec.ValidationError, ValueError, UnknownRegionError) as error:
        raise BadSource(
            f"Source {found.code} cannot be used: {error}. Correct its settings."
        ) from error


def _already(before: batches.DoneBatchRow, filename: str) -> BatchResult:
    sentence = (
        f"{filename} was already imported as batch {before.id} ({before.filename}) on"
        f" {before.received_at:%Y-%m-%d %H:%M} UTC; nothing was changed."
    )
    return BatchResult(
        before.id, before.records, before.rated, before.unanswered, before.duplicates,
        before.ignored, before.quarantined, already=True, sentence=sentence,
    )  # fmt: skip


def _take_in(
    cursor: Cursor,
    source: CallSource,
    arrival: _Arrival,
    stream: BinaryIO,
    *,
    sha256: str,
    size: int,
) -> BatchResult:
    batch_id = batches.insert_batch(
        cursor,
        {
            "tenant_id": arrival.tenant_id, "source_id": source.id, "filename": arrival.filename,
            "sha256": sha256, "size": size, "at": arrival.at, "by": arrival.by,
        },
    )  # fmt: skip
    batch = BatchContext(arrival.tenant_id, source.id, batch_id, source.tenant_zone, arrival.at)
    columns = _column_reader(source)
    with ImportPipeline(cursor, batch, source) as pipeline:
        keeper = raw.Keeper(stream, pipeline.keep)
        pipeline.cut = keeper.cut
        for chunk in _chunks(source, columns, keeper.chunks()):
            pipeline.take(chunk)
            if arrival.progress is not None:
                arrival.progress(keeper.read, size)
        tally = pipeline.finish()
    batches.add_counts(cursor, counts(tally) | {"batch_id": batch_id})
    unused = () if columns is None else columns.unused
    batches.update_unused_columns(cursor, batch_id=batch_id, columns=unused)
    return result(batch_id, tally, arrival.filename, unused)


def _column_reader(source: CallSource) -> ColumnReader | None:
    """What reads a file in columns; None: its records are no rows of a table."""
    if isinstance(source.format, TableFormat):
        return ColumnReader(source.format, source.options, CHUNK_ROWS)
    return None


def _chunks(
    source: CallSource, columns: ColumnReader | None, chunks: Iterable[bytes]
) -> Iterator[ParsedColumns | list[Item]]:
    """The file a chunk at a time: in columns where it can be."""
    if columns is not None:
        yield from columns.read(chunks)
        return
    remaining = iter(source.format.parse(chunks, source.options))
    while chunk := list(islice(remaining, CHUNK_ROWS)):
        yield chunk


def counts(tally: Tally) -> dict[str, object]:
    """The tally as a batch's columns."""
    names = ("records", "rated", "unanswered", "duplicates", "ignored", "quarantined")
    return {name: getattr(tally, name) for name in names}


def result(batch_id: int, tally: Tally, filename: str, unused: tuple[str, ...] = ()) -> BatchResult:
    """The tally with a sentence."""
    sentence = (
        f"{filename}: {tally.records:,} records: {tally.rated:,} rated, {tally.unanswered:,}"
        f" unanswered, {tally.duplicates:,} duplicates, {tally.ignored:,} ignored,"
        f" {tally.quarantined:,} in quarantine."
    )
    if tally.priced_individually:
        sentence += (
            f" {tally.priced_individually:,} legs (a customer's, a carrier's, a parent's) were "
            f"priced one by one"
            " outside the kernel: of calls over a change of card version, or of few calls between"
            " others' turns at a pool."
        )
    if unused:
        sentence += f" Columns of the file that are not used: {', '.join(unused)}."
    return BatchResult(
        batch_id, tally.records, tally.rated, tally.unanswered, tally.duplicates, tally.ignored,
        tally.quarantined, dict(tally.reasons), False, sentence, tally.priced_individually,
        unused,
    )  # fmt: skip


class ImportPipeline:
    """A reader and a writer: the caller's thread classifies and prices, another one writes.

    The connection belongs to one of them at a time: whoever needs it here waits for the writer.
    """

    def __init__(self, cursor: Cursor, batch: BatchContext, source: CallSource) -> None:
        self._cursor = cursor
        self._batch = batch
        self._classifier = Classifier(
            read_book(cursor), read_attributor(cursor), source.options.region, source.dialling,
            HalfReader(source.options.trunks, source.options.server),
        )  # fmt: skip
        self._held = held_lines(cursor, source)
        self._held_halves = HeldHalves(cursor, source.format, source.options)
        self._writer = BatchWriter(cursor, batch, by_line=self._held is not None)
        self.cut: Callable[[], None] = lambda: None  # gives all raw lines that were read to `keep`
        self._pricer = ChunkPricer(CardRepository(cursor, self.wait), self._cost)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="tollwright-write")
        self._writing: Future[Aside] | None = None
        self._chunk = chunk_of(())  # what is being written
        self._late: list[Refused] = []
        self._halves: list[Half] = []  # of channels that lead back into the switch
        self._met: list[Record] = []  # rows of lines of which the source holds calls
        self._pieces: list[tuple[int, int, bytes]] = []
        self._tally = Tally()  # of the caller's thread
        self._written = Tally()  # of the writer's

    def __enter__(self) -> ImportPipeline:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(wait=True)

    def keep(self, seq: int, first_line: int, content: bytes) -> None:
        """A raw piece, written along with the next chunk."""
        self._pieces.append((seq, first_line, raw.compressed(content)))

    def take(self, parsed: ParsedColumns | Iterable[Item]) -> None:
        """Classify and price a chunk, and hand it to the writer; corrections within it follow."""
        classifier = self._classifier
        later = self._take(
            attribute(parsed, classifier)
            if isinstance(parsed, ParsedColumns)
            else classifier.classify(parsed)
        )
        while later:
            later = self._take(classifier.classify(later))
        self._meet()

    def _meet(self) -> None:
        """Judge the rows that met calls of their lines together with these."""
        while self._met and self._held is not None:
            self.wait()
            self.cut()
            self._write_raw(self._pieces)
            met, self._pieces, self._met = self._met, [], []
            judged = self._held.judge(met)
            chunk = self._classifier.classify(judged.records)
            chunk.refused += judged.refused
            chunk.duplicates += judged.duplicates
            chunk.ignored.update(judged.ignored)
            chunk.judged, chunk.voids = True, judged.voids
            while later := self._take(chunk):
                chunk = self._classifier.classify(later)
                chunk.judged = True

    def _take(self, chunk: Chunk) -> list[Record]:
        self._halves += chunk.halves
        self._tally.duplicates += chunk.duplicates
        self._tally.ignored += chunk.ignored.total()
        self._tally.reasons.update(chunk.ignored)
        self._tally.priced_individually += self._pricer.price(chunk)
        pieces, self._pieces = self._pieces, []
        self.wait()
        chunk.refused += self._late
        self._late = []
        self._chunk = chunk
        self._writing = self._pool.submit(self._write, chunk, pieces)
        return chunk.later

    def finish(self) -> Tally:
        """Wait for the last chunk, let calls draw on pools; what became of all."""
        self.wait()
        self._meet()
        self.wait()
        self._write_raw(self._pieces)
        self._pieces = []
        self._late += self._held_halves.void(self._writer, self._halves, self._written)
        if self._late:
            self._writer.refuse(self._late, self._written)
        total = Tally()
        total.add(self._tally)
        total.add(self._written)
        total.priced_individually += finish_batch(
            self._cursor, self._batch, self._pricer.consuming,
            corrections=total.reasons["corrections"],
        )  # fmt: skip
        return total

    def wait(self) -> None:
        """Until the connection is free; raises what the writer raised."""
        writing, self._writing = self._writing, None
        if writing is not None:
            aside = writing.result()
            self._late += [waiting(self._chunk.record(row), why) for row, why in aside.late.items()]
            self._met += map(self._chunk.record, aside.met)

    def _cost(self, calls: CallColumns) -> ChargeColumns:
        self.wait()
        return self._writer.cost(calls)

    def _write(self, chunk: Chunk, pieces: list[tuple[int, int, bytes]]) -> Aside:
        self._write_raw(pieces)
        tally, aside = self._writer.write(chunk)
        self._written.add(tally)
        return aside

    def _write_raw(self, pieces: list[tuple[int, int, bytes]]) -> None:
        for seq, first_line, content in pieces:
            batches.insert_chunk(
                self._cursor,
                {
                    "tenant_id": self._batch.tenant_id, "batch_id": self._batch.batch_id,
                    "seq": seq, "first_line": first_line, "content": content,
                },
            )  # fmt: skip


def held_lines(cursor: Cursor, source: CallSource) -> HeldLines | None:
    """What judges rows of lines that the source holds; None where rows tell of themselves alone."""
    form = source.format
    if isinstance(form, TableFormat) and form.spec.by_ref:
        return HeldLines(cursor, source.id, form, source.options)
    return None


def read_attributor(cursor: Cursor) -> Attributor:
    """All identifiers of the tenant."""
    return Attributor(Identifier(*row) for row in terms.fetch_identifiers(cursor))


__all__ = ["BatchResult", "IngestError", "ingest_file"]
