"""tollwright doctor"""

from __future__ import annotations

import platform

import typer

from tollwright.cli import runtime


def doctor() -> None:
    """Look at the installation and say what is wrong and what to do; exit code 1 when something is.

    Example: `tollwright doctor`
    """
    print(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")
    runtime.start()
    from tollwright.jobs.installation import findings

    bad = False
    for ok, text in findings():
        bad |= not ok
        print(("ok    " if ok else "WRONG ") + text)
    raise typer.Exit(1 if bad else 0)
