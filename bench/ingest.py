"""From CDR files to durable rated rows: calls a second, against COPY of the very same rows.

    python -m bench.ingest [--calls 100000] [--rounds 3] [--format asterisk|freeswitch] [--profile]
                           [--legs carrier|parent]

Starts an embedded PostgreSQL of its own (fsync on). A round takes in a generated file, a month of
fifty customers' calls on a card of 30 000 prefixes, then copies the rows that it made, in COPY's
binary form and as the tables' owner, into the same kind of tables. Files and copies take turns, the
figures are the medians of the rounds; nothing is analysed by hand.
With `--legs` each answered call is bought too, by a card of 10 000 prefixes: from the carrier whose
trunk it went over, or from a parent.
A table for people goes to stderr, JSON lines to stdout.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench.common import Figure, report, say

if TYPE_CHECKING:
    import psycopg
    from tests.support.switch import Switch

AT = datetime(2027, 6, 1, tzinfo=UTC)
MONTHS = tuple(datetime(2026 + (10 + n) // 12, (10 + n) % 12 + 1, 2, tzinfo=UTC) for n in range(6))
ACCOUNTS = tuple(f"A{number:02}" for number in range(50))
SINCE = datetime(2026, 10, 2, tzinfo=UTC)
PREFIXES, BOUGHT = 30_000, 10_000
COLUMNS = ("call", "charge")


def write_asterisk(path: Path, calls: int, moment: datetime) -> None:
    """Master.csv with 18 columns: 70 % answered, a call every six seconds."""
    dice = random.Random(f"{moment:%Y%m}")
    with path.open("w") as file:
        for number in range(calls):
            moment += timedelta(seconds=dice.randrange(0, 12))
            talk = dice.randrange(1, 400) if dice.random() < 0.7 else 0
            answer = moment + timedelta(seconds=8)
            end = answer + timedelta(seconds=talk)
            caller = f"+4930{dice.randrange(10**6):06}"
            file.write(
                f'"{dice.choice(ACCOUNTS)}","{caller}","+{_number(dice)}","from-uac",'
                f'"""x"" <{caller}>",'
                f'"PJSIP/uac-{number:08x}","PJSIP/gw-{number:08x}","Dial","PJSIP/gw,30",'
                f'"{moment:%F %T}","{f"{answer:%F %T}" if talk else ""}","{end:%F %T}",'
                f'{talk + 8},{talk},"{"ANSWERED" if talk else "NO ANSWER"}","DOCUMENTATION",'
                f'"pbx1-{int(moment.timestamp())}.{number}",""\n'
            )


def write_freeswitch(path: Path, calls: int, moment: datetime) -> None:
    """Master.csv by the template "example"."""
    dice = random.Random(f"{moment:%Y%m}")
    with path.open("w") as file:
        for number in range(calls):
            moment += timedelta(seconds=dice.randrange(0, 12))
            talk = dice.randrange(1, 400) if dice.random() < 0.7 else 0
            answer = moment + timedelta(seconds=8)
            end = answer + timedelta(seconds=talk)
            caller = f"+4930{dice.randrange(10**6):06}"
            cause = "NORMAL_CLEARING" if talk else "NO_ANSWER"
            file.write(
                f'"x","{caller}","+{_number(dice)}","public","{moment:%F %T}",'
                f'"{f"{answer:%F %T}" if talk else ""}","{end:%F %T}","{talk + 8}","{talk}",'
                f'"{cause}","{number:08x}-bd6e-44cf-{moment:%y%m}-e27bf78a3f2b","","{dice.choice(ACCOUNTS)}","PCMU","PCMU"\n'
            )


def _number(dice: random.Random) -> str:
    return (
        dice.choice(("49171", "44207", "33612", "39333", "48201")) + f"{dice.randrange(10**7):07}"
    )


WRITERS = {"asterisk": write_asterisk, "freeswitch": write_freeswitch}
SOURCES = {"asterisk": "AST", "freeswitch": "FS"}


def rates(count: int) -> list[tuple[str, str, int, bool]]:
    """Prefixes of five to nine digits below country codes, and the codes themselves."""
    dice = random.Random(3)
    prefixes = {"49", "44", "33", "39", "48", "49171", "44207"}
    while len(prefixes) < count:
        country = dice.choice(("49", "44", "33", "39", "48", "1", "7", "86"))
        prefixes.add(country + str(dice.randrange(10 ** dice.randrange(3, 7))))
    return [(prefix, "", dice.randrange(10**6, 10**9), False) for prefix in sorted(prefixes)]


@contextmanager
def database(home: Path) -> Iterator[None]:
    """A migrated embedded database in `home`; Django set up on it."""
    os.environ |= {
        "TOLLWRIGHT_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "tollwright.config.django",
    }
    os.environ.pop("DATABASE_URL", None)
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", database="owner", verbosity=0)
    yield
    connections.close_all()


@contextmanager
def scratch_database() -> Iterator[Path]:
    """`database` in a folder of its own, which goes with it."""
    home = Path(tempfile.mkdtemp(prefix="tollwright-bench-"))
    try:
        with database(home):
            yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def owner_connection() -> psycopg.Connection:
    """As the tables' owner, whom row-level security does not bind."""
    from django.db import connections

    connections["owner"].ensure_connection()
    opened: psycopg.Connection = connections["owner"].connection
    return opened


def add_customers(switch: Switch) -> None:
    """A customer with one campaign for each account code."""
    from tollwright.data.models import Campaign, Customer, Identifier
    from tollwright.data.scope import tenant_scope

    tenant = switch.world.tenant
    with tenant_scope(tenant.pk):
        for code in ACCOUNTS:
            customer = Customer.objects.create(
                tenant=tenant, legal_entity=switch.world.entity, code=code, name=f"Customer {code}",
                country="DE", currency="EUR", timezone="Europe/Berlin", created_at=SINCE,
            )  # fmt: skip
            campaign = Campaign.objects.create(
                tenant=tenant, customer=customer, code=f"K{code}", name=code, created_at=SINCE
            )
            Identifier.objects.create(
                tenant=tenant, campaign=campaign, kind="accountcode", value=code, valid_from=SINCE
            )


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file, or the COPY of its rows, took: seconds, CPU of both ends, bytes."""

    seconds: float
    own: float
    server: float
    wal: int = 0
    grown: int = 0


def create_twins() -> None:
    """Tables like those of calls and charges, for COPY."""
    with owner_connection().cursor() as cursor:
        cursor.execute("CREATE SCHEMA twin")
        for table in COLUMNS:
            like = f"(LIKE {table} INCLUDING ALL) PARTITION BY RANGE (started_at)"
            cursor.execute(f"CREATE TABLE twin.{table} {like}")
            for first in MONTHS:
                month = f"{first:%Y-%m}-01"
                span = f"FOR VALUES FROM ('{month}') TO (date '{month}' + interval '1 month')"
                cursor.execute(
                    f"CREATE TABLE twin.{table}_{first:%Y%m} PARTITION OF twin.{table} {span}"
                )
    owner_connection().commit()


def copy_rows(first: datetime) -> Taken:
    """COPY the calls and charges of a month, which are there, into the twins of their tables."""
    connection = owner_connection()
    pieces: dict[str, list[bytes]] = {}
    with connection.cursor() as cursor:
        for table in COLUMNS:
            part = f"COPY {table}_{first:%Y_%m} TO STDOUT (FORMAT BINARY)"
            with cursor.copy(part) as out:
                pieces[table] = _joined([bytes(piece) for piece in out])
        connection.commit()
        own, server = time.process_time(), cpu_of(connection)
        started = time.perf_counter()
        for table in COLUMNS:
            with cursor.copy(f"COPY twin.{table} FROM STDIN (FORMAT BINARY)") as copy:
                for piece in pieces[table]:
                    copy.write(piece)
        connection.commit()
        seconds = time.perf_counter() - started
    return Taken(seconds, time.process_time() - own, cpu_of(connection) - server)


def _joined(rows: list[bytes], size: int = 4096) -> list[bytes]:
    return [b"".join(rows[at : at + size]) for at in range(0, len(rows), size)]


def buy_from_carrier(switch: Switch) -> None:
    """All trunks lead to a carrier with a buy card."""
    from tests.support.switch import add_version

    from tollwright.data.models import Carrier, CarrierCard, RateCard, Trunk
    from tollwright.data.scope import tenant_scope

    tenant = switch.world.tenant
    with tenant_scope(tenant.pk):
        carrier = Carrier.objects.create(tenant=tenant, code="TEL", name="Telco", created_at=SINCE)
        Trunk.objects.create(tenant=tenant, carrier=carrier, value="*", valid_from=SINCE)
        card = RateCard.objects.create(
            tenant=tenant, code="TEL", name="Telco", side="buy", currency="EUR", created_at=SINCE
        )
        add_version(card, 1, SINCE, rates(BOUGHT))
        CarrierCard.objects.create(tenant=tenant, carrier=carrier, card=card, valid_from=SINCE)


def buy_from_parent(switch: Switch) -> None:
    """Another tenant sells the calls to this one."""
    from tests.support.switch import add_version, make_switch, set_rule

    from tollwright.data.scope import tenant_scope
    from tollwright.domain.audit.operations import By
    from tollwright.domain.tenants.reselling import sell_to

    parent = make_switch("parent")
    with tenant_scope(parent.tenant_id):
        add_version(parent.card, 2, SINCE, rates(BOUGHT))
        set_rule(parent.world, "forced_card", "RETAIL", campaign=parent.beta)
        sell_to(
            reseller_id=switch.tenant_id, campaign=parent.beta, valid_from=SINCE, at=SINCE,
            by=By("bench"),
        )  # fmt: skip


LEGS = {"carrier": buy_from_carrier, "parent": buy_from_parent}


def ingest_seconds(
    path: Path, source: str, tenant_id: int, profile: cProfile.Profile | None
) -> float:
    """How long the file takes from bytes to committed rows."""
    from django.db import connection

    from tollwright.engine.ingest import ingest_file

    connection.ensure_connection()
    started = time.perf_counter()
    if profile:
        profile.enable()
    with path.open("rb") as stream:
        result = ingest_file(
            connection.connection, tenant_id=tenant_id, source_code=source, filename=path.name,
            stream=stream, at=AT, by="bench",
        )  # fmt: skip
    if profile:
        profile.disable()
    seconds = time.perf_counter() - started
    print(f"  {result.sentence} {result.reasons}", file=sys.stderr)
    return seconds


def backend_cpu() -> float:
    """Seconds of CPU that the ingesting connection's server process has used so far."""
    from django.db import connection

    connection.ensure_connection()
    return cpu_of(connection.connection)


def cpu_of(connection: psycopg.Connection) -> float:
    """Seconds of CPU that the connection's server process has used so far."""
    stat = Path(f"/proc/{connection.info.backend_pid}/stat").read_text()
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def bytes_so_far() -> tuple[int, int]:
    """Of WAL, and of the tables of calls and charges with their indexes."""
    connection = owner_connection()
    row = connection.execute(
        "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint, (SELECT sum(pg_total_relation_size("
        "p.relid))::bigint FROM unnest(ARRAY['call', 'charge']) t, pg_partition_tree(t) p)"
    ).fetchone()
    connection.commit()
    return row or (0, 0)


def main() -> None:
    """Run it; see the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, choices=range(1, len(MONTHS) + 1), default=3)
    parser.add_argument("--format", choices=sorted(WRITERS), default="asterisk")
    parser.add_argument("--legs", choices=sorted(LEGS), help="who is paid for the calls")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--warm", action="store_true", help="a process that knows the card")
    options = parser.parse_args()
    with scratch_database() as home:
        run(home, options)


def prepare(home: Path, options: argparse.Namespace) -> Switch:
    """The provider, its customers and card, and who is paid."""
    from tests.support.switch import add_version, make_switch

    from tollwright.data.models import Source
    from tollwright.data.scope import tenant_scope
    from tollwright.kernel.warm import warm

    switch = make_switch("bench")
    with tenant_scope(switch.tenant_id):
        Source.objects.create(
            tenant=switch.world.tenant, code="FS", name="FreeSWITCH", format="freeswitch_csv",
            timezone="UTC", region="DE", created_at=AT,
        )  # fmt: skip
        add_version(switch.card, 2, SINCE, rates(PREFIXES))
    add_customers(switch)
    if options.legs:
        LEGS[options.legs](switch)
    if options.warm:
        warm(say)
        other = next(name for name in WRITERS if name != options.format)
        WRITERS[other](home / "first.csv", 300, MONTHS[0] - timedelta(days=20))
        ingest_seconds(home / "first.csv", SOURCES[other], switch.tenant_id, None)
    return switch


def run(home: Path, options: argparse.Namespace) -> None:
    """Generate, take in, compare, round after round."""
    switch = prepare(home, options)
    create_twins()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    profile = cProfile.Profile() if options.profile else None
    files, copies = [], []
    for month in MONTHS[: options.rounds]:
        path = home / f"{options.format}_{month:%Y%m}.csv"
        WRITERS[options.format](path, options.calls, month)
        files.append(take_in(path, SOURCES[options.format], switch.tenant_id, profile))
        copies.append(copy_rows(month))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    if profile:
        pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(35)
    name = f"ingest {options.format}" + (f", legs of a {options.legs}" if options.legs else "")
    report(figures_of(name, options.calls, files, copies, grown))


def take_in(path: Path, source: str, tenant_id: int, profile: cProfile.Profile | None) -> Taken:
    """A file from bytes to committed rows."""
    wal, size = bytes_so_far()
    own, server = time.process_time(), backend_cpu()
    seconds = ingest_seconds(path, source, tenant_id, profile)
    own, server = time.process_time() - own, backend_cpu() - server
    after = bytes_so_far()
    return Taken(seconds, own, server, after[0] - wal, after[1] - size)


def figures_of(
    name: str, calls: int, files: list[Taken], copies: list[Taken], grown_mib: float
) -> list[Figure]:
    """The medians of the rounds, a file beside the COPY that followed it."""
    pairs = list(zip(files, copies, strict=True))
    times = median(file.seconds / copy.seconds for file, copy in pairs)
    work = median((file.own + file.server) / (copy.own + copy.server) for file, copy in pairs)
    return [
        Figure(f"{name}: times COPY of the same rows", times, "x", 1.6, note="binary COPY"),
        Figure(f"{name}: times COPY's CPU, both ends", work, "x"),
        Figure(f"{name}: calls a second", calls / median(f.seconds for f in files), "calls/s"),
        Figure(f"{name}: own CPU a call", median(f.own for f in files) / calls * 1e6, "us"),
        Figure(
            f"{name}: PostgreSQL's CPU a call", median(f.server for f in files) / calls * 1e6, "us"
        ),
        Figure(f"{name}: WAL a call", median(f.wal for f in files) / calls, "bytes"),
        Figure(
            f"{name}: tables and indexes a call", median(f.grown for f in files) / calls, "bytes"
        ),
        Figure(f"{name}: peak memory above the start", grown_mib, "MiB", 300),
    ]


if __name__ == "__main__":
    main()
