"""A card of 300 000 rows: seconds to parse, validate, compare and publish.

    python -m bench.card [--rows 300000]

First through the product's own way, a deck in CSV on an embedded PostgreSQL: a second deck that
changes a tenth of the prices is previewed (parsed, validated, compared), applied as a draft and
published. Then the parts of the card file's way, in memory.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import json
import pstats
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from bench.common import Figure, peak_mb, prefixes, report, say, timed
from bench.ingest import database
from tollwright.core.cards.card import RateCard
from tollwright.core.cards.check import check_card
from tollwright.core.cards.file import content_hash, dump_card, load_card
from tollwright.kernel.rating.compile import compile_card
from tollwright.kernel.warm import warm

GOAL_S = 10
AT = datetime(2026, 7, 1, tzinfo=UTC)
LATER = datetime(2026, 8, 1, tzinfo=UTC)
LATEST = datetime(2026, 9, 1, tzinfo=UTC)


def deck_csv(rows: list[str], seed: int, changed: float) -> bytes:
    """Prefix, name, price, first interval, increment; `changed` is the share of other prices."""
    dice, other = Random(7), Random(seed)
    file = io.StringIO()
    file.write("Prefix,Destination,Rate,First interval,Increment\n")
    for prefix in rows:
        price = dice.randrange(10, 9000)
        if other.random() < changed:
            price += 1 + other.randrange(50)
        file.write(f"{prefix},Destination {prefix[:3]},0.{price:04},30,6\n")
    return file.getvalue().encode()


def in_product(rows: list[str], home: Path) -> list[Figure]:
    """Preview, apply and publish a deck that changes one that is there."""
    with database(home):
        from tollwright.data.models import RateCard as StoredCard
        from tollwright.data.scope import tenant_scope
        from tollwright.domain.audit.operations import By
        from tollwright.domain.rates import operations as rates
        from tollwright.domain.tenants.operations import create_tenant

        by = By("bench", "cli")
        tenant = create_tenant(
            slug="bench", name="Bench", currency="USD", timezone="UTC", region="", at=AT, by=by
        )

        def take_in(card: StoredCard, content: bytes, start: datetime) -> list[float]:
            with timed() as preview:
                made = rates.preview_deck(
                    card=card,
                    filename="deck.csv",
                    content=content,
                    mode="replace",
                    at=AT,
                    by=by,
                    answers={"country": "international"},
                )
            with timed() as apply:
                version = rates.apply_deck(deck_import=made, at=AT, by=by)
            with timed() as publish:
                rates.publish_version(version=version, effective_from=start, at=AT, by=by)
            return [preview.seconds, apply.seconds, publish.seconds]

        with tenant_scope(tenant.pk):
            card = rates.create_card(code="BENCH", name="Bench", currency="USD", at=AT, by=by)
            take_in(card, deck_csv(rows, 1, 0.0), AT)
            say("a second deck that changes a tenth of the prices")
            parts = take_in(card, deck_csv(rows, 2, 0.1), LATER)
            if sum(parts) > GOAL_S:
                say("the goal is missed: where the time goes, by a third deck")
                profile = cProfile.Profile()
                profile.runcall(take_in, card, deck_csv(rows, 3, 0.1), LATEST)
                pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(15)
    names = ("parse, validate and compare", "write the draft", "check and publish")
    return [
        Figure("card: parse, validate, diff and publish", sum(parts), "s", GOAL_S),
        *(
            Figure(f"card: ... {name}", seconds, "s")
            for name, seconds in zip(names, parts, strict=True)
        ),
        Figure("card: peak memory of the deck's way", peak_mb(), "MB"),
    ]


def in_memory(rows: list[str]) -> list[Figure]:
    """The card file's way: text to card, its checks, its identity, its compiled form."""
    dice = Random(7)
    text = json.dumps(
        {
            "rates": [
                {
                    "prefix": p,
                    "price": f"0.{dice.randrange(10, 9000):04}",
                    "first_s": 30,
                    "next_s": 6,
                }
                for p in rows
            ]
        }
    )
    with timed() as load:
        card: RateCard = load_card(json.loads(text))
    with timed() as check:
        faults = check_card(card)
    if faults:
        raise RuntimeError(f"the deck is no card: {faults[0]}")
    with timed() as dump:
        dump_card(card)
    with timed() as hashing:
        digest = content_hash(card)
    with timed() as compiling:
        compile_card(card, hash_of_content=digest)
    return [
        Figure("card file: read with every check", load.seconds, "s"),
        Figure("card file: ... of it the checks of the whole", check.seconds, "s"),
        Figure("card file: dump", dump.seconds, "s"),
        Figure("card file: content hash", hashing.seconds, "s"),
        Figure("card file: compile for the kernel", compiling.seconds, "s", GOAL_S),
    ]


def main() -> None:
    """Run it; see the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=300_000)
    options = parser.parse_args()
    warm(say)
    say(f"a deck of {options.rows:,} rows")
    rows = prefixes(options.rows)
    with tempfile.TemporaryDirectory(prefix="tollwright-bench-") as home:
        figures = in_product(rows, Path(home))
    report(figures + in_memory(rows))


if __name__ == "__main__":
    main()
