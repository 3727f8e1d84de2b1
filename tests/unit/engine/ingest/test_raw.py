"""The file as it came: kept in pieces that give it back, each with the number of its first line."""

from __future__ import annotations

import hashlib
import io

import pytest

from tollwright.engine.ingest import raw


class Pipe(io.RawIOBase):
    """A stream that cannot go back."""

    def __init__(self, content: bytes) -> None:
        self._inner = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._inner.read(size)


@pytest.mark.parametrize("seekable", [True, False])
def test_a_stream_is_measured_and_stands_at_its_beginning(seekable: bool) -> None:
    content = b"one\ntwo\n"
    stream = io.BytesIO(content) if seekable else Pipe(content)
    again, sha256, size = raw.measured(stream)  # type: ignore[arg-type]  # RawIOBase is no BinaryIO by name
    assert (again.read(), sha256, size) == (content, hashlib.sha256(content).hexdigest(), 8)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("last", [b"", b"no end"])
def test_pieces_end_at_lines_and_give_the_file_back(
    end: bytes, last: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "READ", 7)
    monkeypatch.setattr(raw, "PIECE", 20)
    lines = [b"line %d" % number for number in range(1, 30)]
    content = b"".join(line + end for line in lines) + last
    pieces: list[tuple[int, int, bytes]] = []
    keeper = raw.Keeper(io.BytesIO(content), lambda *piece: pieces.append(piece))
    assert b"".join(keeper.chunks()) == content
    assert b"".join(piece for _, _, piece in pieces) == content
    assert [seq for seq, _, _ in pieces] == list(range(len(pieces)))
    for _, first, piece in pieces:
        wanted = b"line %d" % first if first <= len(lines) else last
        assert piece.startswith(wanted + end if first <= len(lines) else wanted)


def test_a_line_longer_than_a_piece_is_cut_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw, "READ", 4)
    monkeypatch.setattr(raw, "PIECE", 8)
    content = b"x" * 50 + b"\nend\n"
    pieces: list[bytes] = []
    keeper = raw.Keeper(io.BytesIO(content), lambda _seq, _line, piece: pieces.append(piece))
    assert b"".join(keeper.chunks()) == content
    assert b"".join(pieces) == content


def test_compression_gives_the_bytes_back() -> None:
    assert raw.original(raw.compressed(b"a,b,c\n" * 1000)) == b"a,b,c\n" * 1000
