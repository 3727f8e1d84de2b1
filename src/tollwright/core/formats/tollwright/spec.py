"""Tollwright's own form of a call as data; docs/api.md shows it to those who write it."""

from __future__ import annotations

from tollwright.core.formats.spec import Hint, Sentences, Spec, TextField

SPEC = Spec(
    name="tollwright_json",
    title="Tollwright's own JSON, one call a line (push by API)",
    extensions=(".jsonl", ".ndjson"),
    sentences=Sentences(
        no_id="call_key is empty: without it a call that comes twice cannot be recognised."
    ),
    key=(("call_key",),),
    group=("group",),
    started=("started_at",),
    answered=("answered_at",),
    ended=("ended_at",),
    seconds=("seconds",),
    direction=("direction",),
    caller=TextField(("caller",)),
    called=TextField(("called",)),
    dialled=TextField(("dialled", "called")),
    cause=TextField(("cause",)),
    disposition=TextField(("disposition",)),
    trunk_out=TextField(("trunk",)),
    campaign=TextField(("campaign",)),
    queue=TextField(("queue",)),
    agent=TextField(("agent",)),
    hints=(
        Hint("accountcode", TextField(("account",))),
        Hint("user", TextField(("user",))),
        Hint("trunk", TextField(("trunk",))),
        Hint("ip", TextField(("source_ip",))),
    ),
)
