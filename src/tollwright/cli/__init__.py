"""The `tollwright` command: one verb a file."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

import typer

from tollwright.cli.runtime import refusal

VERBS = (
    "serve",
    "work",
    "stop",
    "demo",
    "migrate",
    "tenant",
    "warm",
    "import_deck",
    "import_card",
    "ingest",
    "quarantine",
    "rate",
    "quote",
    "price_plan",
    "explain",
    "rerate",
    "reseller",
    "what_if",
    "bill",
    "pay",
    "reverse_payment",
    "allocate_payment",
    "write_off",
    "audit_verify",
    "doctor",
)


def build(verbs: Sequence[str] = VERBS) -> typer.Typer:
    """The command with these verbs; each is the function of its file's name."""
    from importlib import import_module

    app = typer.Typer(
        name="tollwright",
        help="Billing for call centres and VoIP providers: from a switch's file to paid invoices.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
    )
    app.callback()(_group)  # a verb has its name even where it is loaded alone
    for verb in verbs:
        module = import_module(f"tollwright.cli.{verb}")
        app.command(verb.replace("_", "-"))(getattr(module, verb))
    return app


def _group() -> None:
    pass


def asked_for(words: Sequence[str]) -> Sequence[str]:
    """The verb that a command line begins with, to load no other; all where it names none."""
    verb = words[0].replace("-", "_") if words else ""
    return (verb,) if verb in VERBS else VERBS


def main() -> None:
    """Run the command line; a refusal is one clear sentence on stderr and exit code 1."""
    # asked to end, end in order: the embedded server is let go of
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        build(asked_for(sys.argv[1:]))()
    except Exception as error:
        sentence = refusal(error)
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
        sys.exit(1)
