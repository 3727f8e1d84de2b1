#!/usr/bin/env python3
"""Known holes of the locked packages, by pip-audit. Exit code 0: none; 1: some, listed;
3: nothing was looked up, because pip-audit is not there or could not reach its service."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

LOCK = "requirements.lock"
ASK = ["--requirement", LOCK, "--require-hashes", "--disable-pip", "--format", "json"]


def command() -> list[str] | None:
    """pip-audit, or uv's way to run it without installing it here."""
    if shutil.which("pip-audit"):
        return ["pip-audit", *ASK]
    return ["uv", "tool", "run", "pip-audit", *ASK] if shutil.which("uv") else None


def told(output: str, error: str) -> tuple[int, str]:
    """The exit code and what to say for what pip-audit wrote."""
    try:
        looked_up = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (error.strip().splitlines() or ["it said nothing"])[-1]
        return 3, f"NOT AUDITED: pip-audit could not reach its service or start: {last}"
    holes = [
        f"{one['name']} {one.get('version', '')}: {hole['id']}"
        f" (fixed in {', '.join(hole['fix_versions']) or 'no version'})"
        for one in looked_up
        for hole in one.get("vulns", ())
    ]
    if holes:
        return 1, "\n".join(holes)
    return 0, f"{len(looked_up)} locked packages, no known hole."


def main() -> int:
    """See the module."""
    asked = command()
    if asked is None:
        print("NOT AUDITED: neither pip-audit nor uv is installed.", file=sys.stderr)
        return 3
    ran = subprocess.run(asked, capture_output=True, text=True, check=False)
    code, text = told(ran.stdout, ran.stderr)
    print(text, file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main())
