"""tollwright warm"""

from __future__ import annotations

from tollwright.cli import runtime


def warm() -> None:
    """Compile the rating kernel for this machine, so that nobody waits for it later.

    Takes up to half a minute the first time, a second from then on. What was compiled is kept in
    the installation's folder (NUMBA_CACHE_DIR names another), one set for each type of processor;
    where it cannot be written, that is said, and every start compiles anew. `tollwright demo` does
    it; run it after an upgrade.

    Example: `tollwright warm`
    """
    runtime.keep_compiled()
    from tollwright.kernel.warm import warm as load

    load(print)
