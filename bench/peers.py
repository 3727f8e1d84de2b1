"""The same charges by a DuckDB or Polars script, as somebody without a billing system writes it.

    python -m bench.peers duckdb|polars FOLDER OUT.csv

Whole numbers throughout, so that the money is exact: nanos a minute times billed seconds, rounded
half up to micros once.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

LONGEST = 9  # digits of a prefix

# The longest prefix is looked up by one join a length, the longest first.
MATCHES = "\n".join(
    f"LEFT JOIN rates r{n} ON r{n}.prefix = left(c.called, {n}) AND length(c.called) >= {n}"
    for n in range(LONGEST, 0, -1)
)
PRICED = f"""
SELECT call_key, prefix, billed_s,
       CASE WHEN billed_s = 0 THEN 0
            ELSE greatest((price_nanos * billed_s + connect_micros * 60000 + 30000) // 60000, 1000)
       END AS micros
  FROM (SELECT m.*, CASE WHEN s = 0 THEN 0 WHEN s <= 30 THEN 30
                         ELSE 30 + (s - 30 + 5) // 6 * 6 END AS billed_s
          FROM (SELECT c.call_key, c.s, {{}}
                  FROM calls c {MATCHES}) m) b
""".format(
    ", ".join(
        f"coalesce({', '.join(f'r{n}.{column}' for n in range(LONGEST, 0, -1))}) AS {column}"
        for column in ("prefix", "price_nanos", "connect_micros")
    )
)
DUCKDB = f"""
CREATE VIEW rates AS
SELECT * FROM read_csv('{{folder}}/rates.csv', header = true,
       types = {{{{'prefix': 'VARCHAR', 'price_nanos': 'BIGINT', 'connect_micros': 'BIGINT'}}}});
CREATE VIEW calls AS
SELECT call_key, called, (round(seconds * 1000)::BIGINT + 999) // 1000 AS s
  FROM read_csv('{{folder}}/calls.csv', header = true,
       types = {{{{'call_key': 'VARCHAR', 'answered_at': 'VARCHAR', 'seconds': 'DOUBLE',
                 'caller': 'VARCHAR', 'called': 'VARCHAR'}}}});
COPY (SELECT call_key, prefix, billed_s, (micros / 1000000.0)::DECIMAL(18, 6) AS amount
        FROM ({PRICED}) p) TO '{{out}}' (HEADER, DELIMITER ',');
"""


def by_duckdb(folder: Path, out: Path) -> None:
    """One SQL script."""
    duckdb = importlib.import_module("duckdb")
    duckdb.connect().execute(DUCKDB.format(folder=folder, out=out))


def by_polars(folder: Path, out: Path) -> None:
    """One lazy query."""
    pl: Any = importlib.import_module("polars")
    texts = dict.fromkeys(("call_key", "answered_at", "caller", "called"), pl.String)
    calls = pl.scan_csv(folder / "calls.csv", schema_overrides=texts | {"seconds": pl.Float64})
    rates = pl.scan_csv(folder / "rates.csv", schema_overrides={"prefix": pl.String})
    for n in range(LONGEST, 0, -1):
        own = rates.select(pl.all().name.suffix(f"_{n}"))
        calls = calls.with_columns(pl.col("called").str.slice(0, n).alias("head"))
        calls = calls.join(own, left_on="head", right_on=f"prefix_{n}", how="left", coalesce=False)
    found = {
        name: pl.coalesce([f"{name}_{n}" for n in range(LONGEST, 0, -1)])
        for name in ("prefix", "price_nanos", "connect_micros")
    }
    s = ((pl.col("seconds") * 1000).round().cast(pl.Int64) + 999) // 1000
    billed = pl.when(s == 0).then(0).when(s <= 30).then(30).otherwise(30 + (s - 25) // 6 * 6)
    nanos = pl.col("price_nanos") * pl.col("billed_s") + pl.col("connect_micros") * 60_000
    micros = pl.max_horizontal((nanos + 30_000) // 60_000, pl.lit(1_000))
    charged = pl.when(pl.col("billed_s") == 0).then(0).otherwise(micros)
    priced = calls.with_columns(**found, billed_s=billed).with_columns(micros=charged)
    written = [(pl.col("micros") // 10**6).cast(pl.String), pl.lit(".")]
    fraction = (pl.col("micros") % 10**6).cast(pl.String).str.zfill(6)
    amount = pl.concat_str([*written, fraction]).alias("amount")
    priced.select("call_key", "prefix", "billed_s", amount).sink_csv(out)


def main() -> None:
    """Run it; see the module."""
    name, folder, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    {"duckdb": by_duckdb, "polars": by_polars}[name](folder, out)


if __name__ == "__main__":
    main()
