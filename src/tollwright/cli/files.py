"""Files given to people: there whole or not at all, and read by their owner and group alone."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tollwright.data.models import Document

Write = Callable[[bytes | memoryview], object]
MODE = 0o640  # what one pays, and whom one calls, is nobody else's


def write_whole(path: Path, content: bytes) -> None:
    """Write a file as `writing_whole` does."""
    with writing_whole(path) as write:
        write(content)


@contextmanager
def writing_whole(path: Path) -> Iterator[Write]:
    """Write a file beside, to the disk, and give it its name only then; what had the name is
    replaced.

    A pipe or a device is written to as it is. Raises OSError that names the path; nothing is left
    half written then.
    """
    target = path.resolve()  # a link stays a link, to the new file
    try:
        if target.exists() and not target.is_file():
            with path.open("wb") as file:
                yield file.write
        else:
            with _beside(target) as write:
                yield write
    except OSError as error:
        named = str(error.filename or target)
        if named == str(target) or Path(named).name.startswith(_part(target)):
            error.filename = str(path)  # else it is of what the caller reads
        raise


def write_document(folder: Path, document: Document) -> Path:
    """Write a stored document into the folder, unless it is there whole."""
    path = folder / document.filename
    if not is_whole(path, document):
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, bytes(document.content))
    return path


def is_whole(path: Path, document: Document) -> bool:
    """Whether the file has the bytes that were issued."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == document.sha256


@contextmanager
def _beside(target: Path) -> Iterator[Write]:
    number, name = tempfile.mkstemp(prefix=_part(target), dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            yield file.write
            file.flush()
            os.fchmod(file.fileno(), MODE)
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)  # the name too
    finally:
        os.close(folder)


def _part(target: Path) -> str:
    return f".{target.name[:100]}."
