"""The file as it came: read once, kept compressed in pieces, hashed before."""

from __future__ import annotations

import hashlib
import tempfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

import pyarrow as pa

READ = 262_144
PIECE = 4 * 1_048_576
IN_MEMORY = 8 * 1_048_576
ZSTD = b"\x28\xb5\x2f\xfd"  # RFC 8878, 3.1.1: the magic number of a frame


def measured(stream: BinaryIO) -> tuple[BinaryIO, str, int]:
    """A stream that stands at its beginning, its sha256 (hex) and its size in bytes.

    One that cannot go back is put down in a temporary file first (in memory while it is small).
    """
    digest = hashlib.sha256()
    kept = stream if stream.seekable() else None
    spool = None if kept else tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # closed by its last reader
    start = stream.tell() if kept else 0
    size = 0
    while data := stream.read(READ):
        digest.update(data)
        size += len(data)
        if spool is not None:
            spool.write(data)
    again = cast(BinaryIO, spool if spool is not None else stream)
    again.seek(start)
    return again, digest.hexdigest(), size


class Keeper:
    """Hands a file's bytes on and gives each whole piece, ended at a line's end, to `keep`.

    `keep(seq, first_line, content)` gets the content as it came.
    """

    def __init__(self, stream: BinaryIO, keep: Callable[[int, int, bytes], None]) -> None:
        self._stream = stream
        self._keep = keep
        self._held: list[bytes] = []
        self._size = 0
        self._seq = 0
        self._line = 1
        self.read = 0

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the file, some hundred kilobytes at a time."""
        while data := self._stream.read(READ):
            self.read += len(data)
            self._held.append(data)
            self._size += len(data)
            if self._size >= PIECE:
                self._cut()
            yield data
        if self._held:
            self._give(b"".join(self._held))
            self._held = []

    def cut(self) -> None:
        """Give what was read so far, up to the last line's end."""
        if any(b"\n" in data for data in self._held):
            self._cut()

    def _cut(self) -> None:
        data = b"".join(self._held)
        end = data.rfind(b"\n") + 1 or data.rfind(b"\r", 0, len(data) - 1) + 1 or len(data)
        self._give(data[:end])
        self._held = [data[end:]] if end < len(data) else []
        self._size = len(data) - end

    def _give(self, piece: bytes) -> None:
        self._keep(self._seq, self._line, piece)
        self._seq += 1
        self._line += lines_in(piece)


def lines_in(data: bytes) -> int:
    """Line ends in `data`: LF, CRLF or CR."""
    ends = data.count(b"\n")
    return ends + data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else ends


def compressed(data: bytes) -> bytes:
    """As kept in the database; the fastest level already takes nine tenths of a CDR file away."""
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


def original(data: bytes) -> bytes:
    """What `compressed` was given; pieces of the first releases are zlib's."""
    if data[: len(ZSTD)] != ZSTD:
        return zlib.decompress(data)
    with pa.CompressedInputStream(pa.py_buffer(data), "zstd") as stream:
        return bytes(stream.read())
