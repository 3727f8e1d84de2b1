"""tollwright stop"""

from __future__ import annotations

from tollwright.cli.runtime import home


def stop() -> None:
    """Stop the embedded PostgreSQL of this installation, whoever uses it.

    It stops by itself when its last user leaves; this is for one whose user was killed.

    Example: `tollwright stop`
    """
    from tollwright.gateways.postgres import embedded

    print("Stopped." if embedded.stop(home()) else "It was not running.")
