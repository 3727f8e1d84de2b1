"""Compiled code is kept where it can be; where it cannot, rating goes on and says so."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numba
import pytest
from numba.core import caching

from tollwright.kernel import compile_notice, jit


@pytest.fixture
def said() -> Iterator[list[str]]:
    texts: list[str] = []
    compile_notice.listen(texts.append)
    yield texts
    compile_notice.listen(lambda _: None)


def doubling(mark: int = 1) -> Any:
    """A function as the kernel keeps them; a new one, as another process has it."""

    @jit.entry
    def double(number: int) -> int:
        return 2 * number * mark

    return double


def kept_in(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(folder))


def test_what_was_compiled_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    kept_in(monkeypatch, tmp_path)
    assert doubling()(21) == 42
    assert said == [jit.COMPILING]
    again = doubling()
    assert again(21) == 42
    assert sum(again.stats.cache_hits.values()) == 1


def test_other_sources_are_compiled_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_in(monkeypatch, tmp_path)
    assert doubling(1)(21) == 42
    assert doubling(2)(21) == 84


@pytest.mark.parametrize("why", ["no folder", "read-only", "full"])
def test_a_folder_that_cannot_be_written_costs_the_keeping_only(
    why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    kept_in(monkeypatch, tmp_path / "file" / "folder")
    (tmp_path / "file").touch()
    if why != "no folder":
        kept_in(monkeypatch, tmp_path)
        monkeypatch.setattr(*FAULTS[why])
    assert doubling()(21) == 42
    assert len(said) == 2
    assert said[1].startswith("The compiled rating kernel cannot be kept (")
    assert "NUMBA_CACHE_DIR" in said[1]


def test_a_folder_that_can_only_be_read_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    """What root has compiled at installation serves whoever runs the service."""
    kept_in(monkeypatch, tmp_path)
    doubling()(21)
    said.clear()
    monkeypatch.setattr(*FAULTS["read-only"])
    assert doubling()(21) == 42
    assert said == []


def failing(error: OSError) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


FAULTS: dict[str, tuple[Any, str, Any]] = {
    "read-only": (
        jit._Given,
        "ensure_cache_path",
        failing(PermissionError(13, "Permission denied")),
    ),
    "full": (
        caching.IndexDataCacheFile,
        "save",
        failing(OSError(28, "No space left on device")),
    ),
}


def stamps(first: str) -> bytes:
    """The stamps of a process that loads this module before the others."""
    program = (
        f"import tollwright.kernel.{first}\n"
        "import tollwright.kernel.rating.batch, tollwright.kernel.rating.legs\n"
        "from tollwright.kernel.jit import stamp\n"
        "modules = ('trie', 'batch', 'fast_path', 'legs')\n"
        "print(*(stamp('tollwright.kernel.rating.' + name) for name in modules))"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout


@pytest.mark.slow
def test_the_stamp_does_not_depend_on_what_was_loaded_before() -> None:
    """Else what one command compiled would be strange to the next."""
    assert stamps("rating.legs") == stamps("numbers") == stamps("rating.trie") != b""
