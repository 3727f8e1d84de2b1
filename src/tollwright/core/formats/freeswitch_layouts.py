"""Column orders of FreeSWITCH's mod_cdr_csv templates, and which columns say what.

A template lists variables in the administrator's own order; so a Source states its columns by
the variables' names, or names one of the templates FreeSWITCH ships.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter

from tollwright.core.formats.base import Options, OptionsError


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


EXAMPLE = _names(
    "caller_id_name caller_id_number destination_number context start_stamp answer_stamp"
    " end_stamp duration billsec hangup_cause uuid bleg_uuid accountcode read_codec"
    " write_codec"
)
NAMED = {"example": EXAMPLE}

# What a call needs and the variables that tell it, the best first.
_SOURCES = {
    "name": ("caller_id_name", "effective_caller_id_name"),
    "caller": ("caller_id_number", "effective_caller_id_number", "sip_from_user", "ani"),
    "called": ("destination_number", "sip_req_user", "sip_to_user"),
    "dialled": ("sip_req_user", "sip_to_user", "destination_number"),
    "start": ("start_uepoch", "start_epoch", "start_stamp"),
    "answer": ("answer_uepoch", "answer_epoch", "answer_stamp"),
    "end": ("end_uepoch", "end_epoch", "end_stamp"),
    "duration": ("duration",),
    "billsec": ("billsec",),
    "fine": ("billusec", "billmsec"),
    "cause": ("hangup_cause",),
    "uuid": ("uuid",),
    "bleg": ("bleg_uuid",),
    "direction": ("direction",),
    "origin": ("originating_leg_uuid", "originator"),
    "disposition": ("originate_disposition", "endpoint_disposition"),
    "channel": ("channel_name",),
    "gateway": ("sip_gateway_name", "sip_gateway"),
    "campaign": ("campaign", "campaign_id"),
    "queue": ("cc_queue", "queue"),
    "agent": ("cc_agent", "agent"),
}
ORDER = tuple(_SOURCES)
HINTS = {
    "accountcode": "accountcode",
    "context": "context",
    "sip_auth_username": "user",
    "sip_user": "user",
    "sip_network_ip": "ip",
    "network_addr": "ip",
    "sofia_profile_name": "profile",
    "sip_gateway_name": "trunk",
    "sip_gateway": "trunk",
    "domain_name": "domain",
}


class Layout:
    """One list of columns, compiled: `pick` gives the fields of `ORDER`, `hints` its pairs."""

    def __init__(self, columns: Iterable[str]) -> None:
        """Raises OptionsError when the columns lack what a call needs."""
        self.columns = tuple(_plain(column) for column in columns)
        missing = [
            " or ".join(_SOURCES[what])
            for what in ("called", "start", "uuid")
            if not set(_SOURCES[what]) & set(self.columns)
        ]
        if not {"billsec", "billmsec", "billusec"} & set(self.columns):
            missing.append("billsec")
        if missing:
            raise OptionsError(f"The template's columns lack {'; '.join(missing)}.")
        self.places = tuple(self._index(what) for what in ORDER)
        self.pick: Callable[[list[str]], tuple[str, ...]] = itemgetter(*self.places)
        self.tells_legs = bool({"direction", "originating_leg_uuid"} & set(self.columns))
        self.fine_unit_us = 1 if "billusec" in self.columns else 1_000
        used = [(HINTS[name], at) for at, name in enumerate(self.columns) if name in HINTS]
        self.hint_places = tuple(at for _, at in used)
        self.hint_kinds = tuple(kind for kind, _ in used)
        self.hint_pick: Callable[[list[str]], tuple[str, ...]] = _tuple_getter(
            [at for _, at in used]
        )

    def _index(self, what: str) -> int:
        """Where the best variable for `what` stands; -1 is the empty cell appended to a row."""
        return next(
            (self.columns.index(name) for name in _SOURCES[what] if name in self.columns), -1
        )

    def pairs(self, values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """The hints of one row: kinds with their values, empty ones left out."""
        pairs = zip(self.hint_kinds, values, strict=False)
        return tuple((kind, value) for kind, value in pairs if value)


def _tuple_getter(places: list[int]) -> Callable[[list[str]], tuple[str, ...]]:
    padded = [*places, -1, -1]  # itemgetter gives a tuple from two items on
    return itemgetter(*padded)


def _plain(column: str) -> str:
    return column.strip().strip('"').removeprefix("${").removesuffix("}").lower()


def layout_of(options: Options) -> Layout:
    """The layout the options state. Raises OptionsError."""
    if options.columns:
        return Layout(options.columns)
    name = options.layout or "example"
    if name not in NAMED:
        raise OptionsError(
            f"FreeSWITCH has no layout {name!r}: use example or state the template's columns."
        )
    return Layout(NAMED[name])


def header_layout(row: list[str]) -> Layout | None:
    """The layout a header row names, or None when the row is a call."""
    names = {_plain(cell) for cell in row}
    if "uuid" not in names or not {"billsec", "billmsec", "billusec"} & names:
        return None
    return Layout(row)
