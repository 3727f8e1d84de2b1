"""FreeSWITCH mod_json_cdr and mod_format_cdr: one object, an array, JSON lines, or a POST body.

All values are strings, often URL-encoded (encode-values); epochs are microseconds. The leg is
certain here: direction outbound with an originating_leg_uuid is a B leg. `callflow[0]` is the
newest profile (where the call ended up), `callflow[-1]` the first (what was dialled).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from tollwright.core.formats.base import (
    NO_START,
    BadRowError,
    Direction,
    Fault,
    Item,
    Leg,
    Options,
    Record,
    check_seconds,
    ms_of,
)
from tollwright.core.formats.clock import Clock
from tollwright.core.formats.json_values import Value, json_values

_HINTS = (
    ("accountcode", "accountcode"),
    ("user", "sip_auth_username"),
    ("ip", "sip_network_ip"),
    ("trunk", "sip_gateway_name"),
    ("profile", "sofia_profile_name"),
)

Get = Callable[[str], str]


class FreeswitchJson:
    """The format; see the module and docs/formats/freeswitch.md."""

    name = "freeswitch_json"
    title = "FreeSWITCH CDR in JSON (mod_json_cdr, HTTP POST)"
    extensions: tuple[str, ...] = (".json", ".jsonl", ".txt")

    def parse(self, chunks: Iterable[bytes], options: Options) -> Iterator[Item]:
        """See `Format.parse`. Each JSON object counts as one record at the line it begins on."""
        clock = Clock(options.zone)
        for value in json_values(chunks, options):
            if not isinstance(value, Value):
                yield value
                continue
            try:
                yield _record(value, clock, options)
            except BadRowError as bad:
                yield Fault(value.line, bad.code, bad.reason, value.raw, value.lines)


def _record(value: Value, clock: Clock, options: Options) -> Record:
    get = _variables(value.told)
    newest, first = _profiles(value.told)
    uuid = get("uuid") or newest("uuid")
    if not uuid:
        raise BadRowError("no_id", "The record has no uuid: it cannot be told from a repetition.")
    ms, seconds = _lengths(get)
    started, answered, ended = _times(get, clock)
    direction = _direction(
        get("direction") or _text(_part(value.told, "channel_data"), "direction")
    )
    leg, group = _leg(get, uuid, direction)
    called = newest("destination_number") or get("destination_number") or get("sip_req_user")
    return Record(
        call_key=f"{uuid}@{options.server}" if options.server else uuid,
        unique_id=uuid,
        sequence=None,
        revision=0,
        leg=leg,
        group_key=group,
        direction=direction,
        caller=newest("caller_id_number") or get("caller_id_number") or get("sip_from_user"),
        caller_name=newest("caller_id_name").replace('\\"', '"'),
        called=called,
        dialled=first("destination_number") or called,
        started_at=started,
        answered_at=answered,
        ended_at=ended,
        answered_ms=ms,
        source_seconds=seconds,
        duration_ms=ms_of(get("duration"), "duration")[0] if get("duration") else 0,
        answered=ms > 0 or answered is not None,
        cause=get("hangup_cause"),
        disposition=get("endpoint_disposition"),
        channel=get("channel_name"),
        dst_channel=get("bridge_channel"),
        trunk_in="",
        trunk_out=get("sip_gateway_name") or get("carrier") or get("nolocal:carrier"),
        campaign=get("campaign") or get("campaign_id"),
        queue=get("cc_queue"),
        agent=get("cc_agent"),
        hints=_hints(get, newest),
        line=value.line,
        raw=value.raw,
        lines=value.lines,
        note=f"B leg of {group}" if leg == "supplier" else "",
    )


def _part(told: Any, name: str) -> dict[str, Any]:
    part = told.get(name) if isinstance(told, dict) else None
    return part if isinstance(part, dict) else {}


def _text(part: dict[str, Any], name: str) -> str:
    found = part.get(name)
    return found if isinstance(found, str) else "" if found is None else str(found)


def _variables(told: Any) -> Get:
    """A reader of the channel's variables, URL-decoded where the switch encoded them."""
    variables = _part(told, "variables")
    if not variables:
        raise BadRowError(
            "shape", "The JSON has no `variables`: it is not a record of mod_json_cdr."
        )

    def get(name: str) -> str:
        text = _text(variables, name)
        return unquote(text) if "%" in text else text

    return get


def _profiles(told: Any) -> tuple[Get, Get]:
    """Readers of the newest and of the first caller profile; empty when there is none."""
    flow = told.get("callflow")
    flow = flow if isinstance(flow, list) else [flow]
    profiles = [_part(step, "caller_profile") for step in flow] or [{}]
    newest, first = profiles[0], profiles[-1]
    return (lambda name: _text(newest, name)), (lambda name: _text(first, name))


def _lengths(get: Get) -> tuple[int, int]:
    """Milliseconds by the finest field there is, and the switch's own whole seconds."""
    billsec = get("billsec")
    ms, seconds = ms_of(billsec) if billsec else (0, 0)
    for name, unit_us in (("billusec", 1), ("billmsec", 1_000)):
        text = get(name)
        if text.isascii() and text.isdigit() and len(text) < 18:
            ms = (int(text) * unit_us + 500) // 1_000
            check_seconds(ms // 1_000, name)
            return ms, seconds if billsec else ms // 1_000
    if not billsec:
        raise BadRowError("number", "The record has neither billusec, billmsec nor billsec.")
    return ms, seconds


def _times(get: Get, clock: Clock) -> tuple[datetime, datetime | None, datetime | None]:
    started, answered, ended = (_moment(get, clock, name) for name in ("start", "answer", "end"))
    if started is None:
        raise BadRowError("time", NO_START)
    if any(moment is not None and moment < started for moment in (answered, ended)):
        raise BadRowError(
            "end_before_start",
            f"The call ends or is answered ({ended}, {answered}) before it starts ({started}).",
        )
    return started, answered, ended


def _moment(get: Get, clock: Clock, name: str) -> datetime | None:
    for field in (f"{name}_uepoch", f"{name}_epoch", f"{name}_stamp"):
        text = get(field)
        if text:
            return clock.at(text)
    return None


def _direction(text: str) -> Direction:
    if text == "inbound":
        return "inbound"
    return "outbound" if text == "outbound" else ""


def _leg(get: Get, uuid: str, direction: Direction) -> tuple[Leg, str]:
    origin = get("originating_leg_uuid") or get("originator")
    if direction == "outbound" and origin and origin != uuid:
        return "supplier", origin
    return "customer", uuid


def _hints(get: Get, newest: Get) -> tuple[tuple[str, str], ...]:
    told = [(kind, get(name)) for kind, name in _HINTS]
    told.append(("context", newest("context")))
    return tuple(pair for pair in told if pair[1])
