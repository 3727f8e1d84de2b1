"""What of a column's text is meant: each `Take` of a spec by its name, for a whole column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tollwright.core.formats.memo import Memo
from tollwright.core.formats.spec import Take

LOCAL = "Local/"
ReadColumn = Callable[[Sequence[str]], Sequence[str]]


def peer(channel: str) -> str:
    """'PJSIP/uac-00000000' → 'uac'; 'DAHDI/i1/4930-5' → 'i1'; Local channels have none."""
    slash = channel.find("/") + 1
    if not slash or channel.startswith(LOCAL):
        return ""
    dash = channel.rfind("-")
    name = channel[slash:dash] if dash > slash else channel[slash:]
    return name.partition("/")[0] if "/" in name else name


def head(text: str) -> str:
    """What stands before the first comma."""
    return text.partition(",")[0]


def display_name(clid: str) -> str:
    """The name of `"Name" <number>`, without its quotes and escapes."""
    return _bare(clid.rpartition("<")[0])


def address(clid: str) -> str:
    """The number of `"Name" <number>`."""
    return clid.rpartition("<")[2].rstrip(">") if "<" in clid else clid


def unescaped(text: str) -> str:
    """With its quotes no longer escaped."""
    return text.replace('\\"', '"')


def _bare(name: str) -> str:
    name = name.strip().removeprefix('"').removesuffix('"')
    while "\\" in name:
        bare = name.replace('\\"', '"').replace("\\\\", "\\")
        if bare == name:
            break
        name = bare
    return name


def readers() -> Mapping[Take, ReadColumn]:
    """A reader of whole columns for each take, with answers kept where few texts come often."""
    peers, names = Memo(peer), Memo(_bare)
    return {
        "whole": lambda texts: texts,
        "peer": lambda texts: peers.column(_heads(texts)),
        "head": lambda texts: list(map(head, texts)),
        "name": lambda texts: names.column([text.rpartition("<")[0] for text in texts]),
        "address": lambda texts: list(map(address, texts)),
        "unescaped": lambda texts: list(map(unescaped, texts)),
    }


def _heads(channels: Sequence[str]) -> list[str]:
    """Channel names without their running number (eight hex digits): few, so worth keeping."""
    return [name[:-8] if name[-9:-8] == "-" else name for name in channels]
