"""A file is there whole or not at all; a full disk is a sentence."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import psycopg
import pytest
import typer

from tests.support.command import invoked
from tollwright.cli import runtime
from tollwright.cli.files import write_whole
from tollwright.cli.rate import rate
from tollwright.domain.disk import full_disk


def test_what_had_the_name_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"half")
    path.chmod(0o644)
    write_whole(path, b"whole")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"whole", 0o640)
    assert os.listdir(tmp_path) == ["a.pdf"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_whole(link, b"new")
    assert link.is_symlink() and target.read_bytes() == b"new"


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"as issued")
    fill(monkeypatch)
    with pytest.raises(OSError, match="No space") as found:
        write_whole(path, b"cut")
    assert (path.read_bytes(), os.listdir(tmp_path)) == (b"as issued", ["a.pdf"])
    assert full_disk(found.value) == (
        f"The disk that holds {path} is full; nothing of this was kept. Free space there, then try"
        " again."
    )
    assert runtime.refusal(found.value) == full_disk(found.value)


def fill(monkeypatch: pytest.MonkeyPatch) -> None:
    """No room from now on."""

    def full(_number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("tollwright.cli.files.os.fsync", full)


def test_a_command_whose_file_finds_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card, calls, out = (tmp_path / name for name in ("card.json", "calls.csv", "out.csv"))
    card.write_text('{"rates": [{"prefix": "44", "price": "0.60"}], "rounding": {"decimals": 4}}')
    calls.write_text(
        "call_key,answered_at,seconds,caller,called\na,2026-11-16T10:00:00Z,31,1555,4420123\n"
    )
    app = typer.Typer()
    app.command()(rate)
    words = ("--card", str(card), "--calls", str(calls), "--out", str(out))
    assert invoked(app, words).exit_code == 0
    before = out.read_bytes()
    fill(monkeypatch)
    told = invoked(app, words)
    assert (told.exit_code, out.read_bytes()) == (2, before)
    assert f"The disk that holds {out} is full; nothing of this was kept." in told.output


def test_the_database_s_disk() -> None:
    behind = RuntimeError()
    behind.__cause__ = psycopg.errors.DiskFull("could not extend file")
    assert full_disk(behind).startswith("The database's disk is full; nothing of this was kept.")
    assert full_disk(OSError(errno.EACCES, "Permission denied")) == ""
    assert full_disk(ValueError()) == ""
