"""Writes the demo's call records: the same bytes every time. Run: python examples/generate.py

Numbers are from the ranges that regulators keep for fiction, or invented within a range that the
demo's deck prices; nobody's telephone rings. Some lines are broken on purpose; see README.md.
"""

from __future__ import annotations

import csv
import io
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

HERE = Path(__file__).parent
BERLIN = ZoneInfo("Europe/Berlin")
FIRST, LAST = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)

# prefix, digits to add, weight: fiction ranges of Ofcom, the NANP, Arcep, the Bundesnetzagentur …
DESTINATIONS = [
    ("4420794600", 2, 30),
    ("447700900", 3, 22),
    ("493023125", 3, 20),
    ("33199001", 3, 14),
    ("1212555010", 1, 10),
    ("353209121", 3, 4),
    ("61491570", 3, 3),
    ("46701740605", 0, 2),
]
CAUSES = [
    ("NORMAL_CLEARING", "ANSWERED", 62),
    ("NO_ANSWER", "NO ANSWER", 22),
    ("USER_BUSY", "BUSY", 12),
    ("NORMAL_TEMPORARY_FAILURE", "FAILED", 4),
]


def main() -> None:
    """Write both files."""
    freeswitch(random.Random(7), HERE / "freeswitch" / "Master.csv", 3000)
    asterisk(random.Random(11), HERE / "asterisk" / "Master.csv", 3200)


def moments(rng: random.Random, count: int) -> list[datetime]:
    """Sorted starts on workdays between 8 and 20 o'clock of Berlin, to the second."""
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days)]
    workdays = [day for day in days if day.weekday() < 5]
    found = []
    for _ in range(count):
        day = rng.choice(workdays)
        second = int(rng.triangular(8 * 3600, 20 * 3600, 11 * 3600))
        local = datetime(day.year, day.month, day.day, tzinfo=BERLIN) + timedelta(seconds=second)
        found.append(local.astimezone(UTC))
    return sorted(found)


def number(rng: random.Random) -> str:
    """A called number, by weight."""
    prefix, digits, _ = rng.choices(DESTINATIONS, [weight for *_, weight in DESTINATIONS])[0]
    return prefix + "".join(rng.choice("0123456789") for _ in range(digits))


def outcome(rng: random.Random) -> tuple[str, str, int, int]:
    """Cause, disposition, seconds of ringing, milliseconds of talk."""
    cause, disposition, _ = rng.choices(CAUSES, [weight for *_, weight in CAUSES])[0]
    ring = rng.randint(2, 25)
    talk = int(rng.expovariate(1 / 150_000)) + 1_000 if disposition == "ANSWERED" else 0
    return cause, disposition, ring, talk


def identity(rng: random.Random) -> str:
    """A call's uuid from the generator's own numbers."""
    text = f"{rng.getrandbits(128):032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def freeswitch(rng: random.Random, path: Path, calls: int) -> None:
    """mod_cdr_csv, template `example`, legs=ab: the B leg's row before its A leg's."""
    rows: list[str] = []
    for start in moments(rng, calls):
        cause, _, ring, talk = outcome(rng)
        called, agent = number(rng), str(rng.randint(1001, 1024))
        account = rng.choices(["ACME-SPRING", "ACME-CARE", ""], [70, 29, 0])[0]
        begin, answer = start, start + timedelta(seconds=ring)
        seconds = (talk + 999) // 1000
        end = answer + timedelta(seconds=seconds)
        stamps = [_local(begin), _local(answer) if talk else "", _local(end)]
        length = str(ring + seconds)
        a_leg, b_leg = identity(rng), identity(rng)
        common = [f"Agent {agent}", agent, "+" + called, "public", *stamps, length, str(seconds)]
        rows.append(_quoted([*common, cause, b_leg, "", "", "PCMA", "PCMA"]))
        rows.append(_quoted([*common, cause, a_leg, b_leg, account, "PCMA", "PCMA"]))
    _break(rows, rng)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def _break(rows: list[str], rng: random.Random) -> None:
    """On purpose: two duplicates, an unknown account, an unknown destination, a garbage line."""
    answered = (place for place, row in enumerate(rows) if "NORMAL_CLEARING" in row)
    a_legs = [place for place in answered if "ACME-" in rows[place]]
    chosen = sorted(rng.sample(a_legs[200:], 3))
    rows[chosen[0]] = rows[chosen[0]].replace("ACME-SPRING", "GHOST").replace("ACME-CARE", "GHOST")
    fields = rows[chosen[1]].split('","')
    fields[2] = "+99912345678"
    rows[chosen[1]] = '","'.join(fields)
    rows.insert(chosen[2] + 1, '"Agent 1009","1009","+4420794')
    rows += [rows[a_legs[10]], rows[a_legs[50]]]


def asterisk(rng: random.Random, path: Path, calls: int) -> None:
    """Master.csv with unique id, user field, linked id and sequence; local stamps of Berlin."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    rows: list[list[str | int]] = []
    for serial, start in enumerate(moments(rng, calls)):
        _, disposition, ring, talk = outcome(rng)
        called, agent = number(rng), f"30{rng.randint(10, 39)}"
        answer = start + timedelta(seconds=ring)
        seconds = talk // 1000
        end = answer + timedelta(seconds=seconds)
        unique = f"pbx1-{int(start.timestamp())}.{serial * 2}"
        stamps: list[str] = [_local(start), _local(answer) if talk else "", _local(end)]
        row: list[str | int] = ["LUMEN", agent, "00" + called, "from-internal", f'"" <{agent}>']
        row += [f"PJSIP/{agent}-{serial:08x}", f"PJSIP/trunk-{serial:08x}", "Dial"]
        row += [f"PJSIP/00{called}@trunk,60", *stamps, ring + seconds, seconds, disposition]
        row += ["DOCUMENTATION", unique, "", "LUMEN", unique, serial]
        rows.append(row)
    rows[700][0] = "NOBODY"
    rows[900][2] = "0034911234567"
    rows.append(list(rows[100]))
    writer.writerows(rows)
    lines = out.getvalue().splitlines()
    lines.insert(1500, '"LUMEN","3012","00442079460')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _local(moment: datetime) -> str:
    return moment.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M:%S")


def _quoted(fields: list[str]) -> str:
    return ",".join('"' + field.replace("\\", "\\\\").replace('"', '\\"') + '"' for field in fields)


if __name__ == "__main__":
    main()
