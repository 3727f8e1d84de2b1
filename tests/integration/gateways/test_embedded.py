"""The embedded server: started by the first, stopped by the last, alive through a SIGKILL."""

from __future__ import annotations

import os
import select
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.jobs import until
from tollwright.cli.serve import database_kept
from tollwright.gateways.postgres import embedded

HOLDER = """
import sys
from pathlib import Path
from tollwright.gateways.postgres import embedded
server = embedded.start(Path(sys.argv[1]))
print("started", flush=True)
sys.stdin.readline()
server.release()
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "home"
    yield folder
    embedded.stop(folder)
    if os.geteuid() == 0:
        shutil.rmtree(embedded.root_home(folder), ignore_errors=True)


def postmaster(server: embedded.Embedded) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


def is_running(server: embedded.Embedded) -> bool:
    return (server.data / "postmaster.pid").exists()


def hold(home: Path) -> subprocess.Popen[str]:
    """Another process that uses the server until a line is written to it."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def test_the_last_user_stops_it(home: Path) -> None:
    other = hold(home)
    mine = embedded.start(home)
    mine.release()
    assert is_running(mine), "the other process still uses it"
    other.communicate("go\n")
    assert not is_running(mine)


def test_a_killed_user_leaves_nothing_behind_that_the_next_one_does_not_mend(home: Path) -> None:
    other = hold(home)
    other.kill()
    other.communicate()
    mine = embedded.start(home)
    assert is_running(mine), "a killed process cannot stop the server"
    mine.release()
    assert not is_running(mine), "the next one to leave is the last, and does"


def test_what_was_committed_survives_a_killed_server(home: Path) -> None:
    server = embedded.start(home)
    with psycopg.connect(server.url("postgres")) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
    ended = os.pidfd_open(postmaster(server))
    os.kill(postmaster(server), signal.SIGKILL)
    assert select.select([ended], [], [], 30)[0], "the server did not end"
    server.lock.close()
    again = embedded.start(home)
    with psycopg.connect(again.url("postgres")) as connection:
        assert connection.execute("SELECT count(*), sum(n) FROM kept").fetchone() == (1000, 500500)
    again.release()


def end(server: embedded.Embedded, number: int) -> None:
    ended = os.pidfd_open(postmaster(server))
    os.kill(postmaster(server), number)
    if number == signal.SIGKILL:
        assert select.select([ended], [], [], 30)[0], "the server did not end"
    os.close(ended)


def test_a_server_that_was_ended_comes_back_by_itself(home: Path) -> None:
    """Killed, or told to end (then it waits for its users to leave, which they do not); what
    `tollwright stop` stopped stays down."""
    server = embedded.start(home)
    held = psycopg.connect(server.url("postgres"))
    seen = [postmaster(server)]
    with database_kept():
        for number in (signal.SIGTERM, signal.SIGKILL):
            end(server, number)
            until(lambda: answers(server) and postmaster(server) not in seen)
            seen.append(postmaster(server))
    held.close()
    assert embedded.heal() is False
    assert embedded.stop(home)
    assert embedded.heal() is False
    assert not is_running(server)
    again = embedded.start(home)
    assert embedded.heal() is False
    assert answers(again)
    again.release()


def answers(server: embedded.Embedded) -> bool:
    try:
        with psycopg.connect(server.url("postgres")) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def test_first_starts_at_once_do_not_collide(home: Path) -> None:
    """Each makes the server, its database, its secret and its tables, or finds them made."""
    environment = os.environ | {"TOLLWRIGHT_HOME": str(home)}
    environment.pop("DATABASE_URL", None)
    environment.pop("TOLLWRIGHT_SECRET_KEY", None)
    command = [sys.executable, "-c", "from tollwright.cli import main; main()", "migrate"]
    starts = [
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [one.communicate(timeout=300) for one in starts]
    assert [one.returncode for one in starts] == [0, 0], said
    assert len((home / "secret_key").read_text()) == 64


def test_a_private_home_stays_private(tmp_path: Path, home: Path) -> None:
    tmp_path.chmod(0o700)
    embedded.start(home).release()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    assert stat.S_IMODE(embedded_data(home).stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as somebody else")
def test_root_keeps_its_data_where_nothing_private_is_opened(home: Path) -> None:
    server = embedded.start(home)
    assert server.data.is_relative_to(embedded.ROOT_HOME)
    assert server.account is not None
    assert server.data.stat().st_uid == server.account.uid != 0
    server.release()


def test_an_unusable_place_is_refused_with_a_sentence(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        closed = embedded.ROOT_HOME / "closed-test"
        closed.mkdir(mode=0o700, parents=True)
        try:
            with pytest.raises(embedded.EmbeddedError, match="is closed to other users"):
                embedded.start(closed / "home")
        finally:
            shutil.rmtree(closed)
        return
    (tmp_path / "file").touch()
    with pytest.raises(embedded.EmbeddedError, match="Set TOLLWRIGHT_HOME"):
        embedded.start(tmp_path / "file" / "home")


def embedded_data(home: Path) -> Path:
    return embedded.root_home(home) if os.geteuid() == 0 else home
