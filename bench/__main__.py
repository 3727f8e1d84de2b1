"""Every benchmark, each in a process of its own, so that its peak memory is its own.

    python -m bench [NAME ...]

JSON lines go to stdout, tables for people to stderr. The exit code is 1 where a benchmark broke;
a goal that was missed is a result, not a failure.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS: dict[str, tuple[str, ...]] = {
    "kernel": ("bench.kernel",),
    "card": ("bench.card",),
    "files": ("bench.files",),
    "ingest": ("bench.ingest", "--warm"),
    "ingest-bought": ("bench.ingest", "--warm", "--legs", "carrier"),
    "rerate": ("bench.rerate",),
    "billing": ("bench.billing",),
    "pages": ("bench.pages",),
}


def main(wanted: list[str]) -> int:
    """Run them one after the other; returns how the process should end."""
    unknown = [name for name in wanted if name not in RUNS]
    if unknown:
        print(f"There is no benchmark {unknown[0]!r}: choose of {', '.join(RUNS)}", file=sys.stderr)
        return 2
    broken = [name for name in wanted or there() if not succeeds(name)]
    for name in broken:
        print(f"The benchmark {name} broke; its reason is above.", file=sys.stderr)
    return int(bool(broken))


def there() -> list[str]:
    """The benchmarks that exist in this checkout."""
    return [name for name, (module, *_) in RUNS.items() if importlib.util.find_spec(module)]


def succeeds(name: str) -> bool:
    """Run one; its figures appear on stdout, its table on stderr."""
    print(f"\n== {name}", file=sys.stderr, flush=True)
    compiled = Path(tempfile.gettempdir()) / f"tollwright-compiled-{os.getuid()}"
    environment = {"NUMBA_CACHE_DIR": str(compiled)} | os.environ
    command = [sys.executable, "-m", *RUNS[name]]
    return subprocess.run(command, env=environment, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
