"""tollwright demo"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tollwright.cli import runtime


def demo(
    serve: Annotated[
        bool, typer.Option(help="Serve back office and portal when the job is done.")
    ] = True,
    port: Annotated[int, typer.Option(help="Port to serve on.")] = 8000,
    examples: Annotated[
        Path, typer.Option(help="The folder with the example files.", file_okay=False)
    ] = Path("examples"),
) -> None:
    """Do the main job on the example files: import a deck, rate calls, invoice, take a payment.

    Runs on the database of this installation (the embedded one unless DATABASE_URL is set) in a
    provider of its own, `harbour`. Running it again changes nothing.

    Example: `tollwright demo --no-serve`
    """
    from tollwright.cli.demo_story import tell

    if not (examples / "decks").is_dir():
        raise typer.BadParameter(f"{examples} has no decks; run this in the project's folder")
    runtime.start()
    tell(examples, runtime.home() / "documents")
    if serve:
        from tollwright.cli.serve import run

        print(f"\nServing on http://127.0.0.1:{port}/ until you press Ctrl-C.")
        run("127.0.0.1", port, workers=1)
