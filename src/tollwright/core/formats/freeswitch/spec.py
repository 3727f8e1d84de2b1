"""FreeSWITCH's records as data: mod_cdr_csv's templates, and the JSON of mod_json_cdr.

A template lists variables in the administrator's own order; so a Source states its columns by
the variables' names, or names one of the templates FreeSWITCH ships.
"""

from __future__ import annotations

from tollwright.core.formats.lines import Dialect
from tollwright.core.formats.spec import Hint, Sentences, Spec, TextField, Tied, When

LOOPBACK = "loopback/"


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def plain(column: str) -> str:
    """A variable's name, without ${} and quotes around it."""
    return column.strip().strip('"').removeprefix("${").removesuffix("}").lower()


EXAMPLE = _names(
    "caller_id_name caller_id_number destination_number context start_stamp answer_stamp"
    " end_stamp duration billsec hangup_cause uuid bleg_uuid accountcode read_codec"
    " write_codec"
)
_FINER = (("billusec", 1), ("billmsec", 1_000))
_CALLED = _names("destination_number sip_req_user sip_to_user")
_LENGTHS = ("billsec", "billmsec", "billusec")
# of the tenant of the PBX, then where the call was sent
_DOMAIN = _names("domain_name sip_invite_domain sip_req_host")
_KINDS = (
    ("accountcode", "accountcode"),
    ("context", "context"),
    ("user", "sip_auth_username"),
    ("user", "sip_user"),
    ("ip", "sip_network_ip"),
    ("ip", "network_addr"),
    ("profile", "sofia_profile_name"),
    ("trunk", "sip_gateway_name"),
    ("trunk", "sip_gateway"),
    *(("domain", name) for name in _DOMAIN),
)

CSV = Spec(
    name="freeswitch_csv",
    title="FreeSWITCH CDR in CSV (mod_cdr_csv)",
    extensions=(".csv",),
    sentences=Sentences(
        no_layout=(
            "FreeSWITCH has no layout {name!r}: use {known} or state the template's columns."
        ),
        lacks="The template's columns lack {missing}.",
        misfit=(
            "The line has {found} columns, the template has {expected}: it is cut short, or the"
            " Source's columns are not those of cdr_csv.conf.xml."
        ),
        no_id="The uuid is empty: without it a record that comes twice cannot be recognised.",
    ),
    dialect=Dialect(escape="\\"),
    encoded=True,
    clean=plain,
    layout="example",
    layouts={"example": EXAMPLE},
    header=(("uuid",), _LENGTHS),
    need=(_CALLED, _names("start_uepoch start_epoch start_stamp"), ("uuid",), _LENGTHS),
    key=(("uuid",),),
    started=_names("start_uepoch start_epoch start_stamp"),
    answered=_names("answer_uepoch answer_epoch answer_stamp"),
    ended=_names("end_uepoch end_epoch end_stamp"),
    seconds=("billsec",),
    finer=_FINER,
    duration=("duration",),
    direction=("direction",),
    caller=TextField(_names("caller_id_number effective_caller_id_number sip_from_user ani")),
    caller_name=TextField(_names("caller_id_name effective_caller_id_name")),
    called=TextField(_CALLED),
    dialled=TextField(
        _names("sip_req_user sip_to_user destination_number"),
        when=When(("direction",)),
        otherwise=TextField(_CALLED),
    ),
    cause=TextField(("hangup_cause",)),
    disposition=TextField(_names("originate_disposition endpoint_disposition")),
    channel=TextField(("channel_name",)),
    trunk_out=TextField(_names("sip_gateway_name sip_gateway")),
    campaign=TextField(_names("campaign campaign_id")),
    queue=TextField(_names("cc_queue queue")),
    agent=TextField(_names("cc_agent agent")),
    hints=tuple(Hint(kind, TextField((name,))) for kind, name in _KINDS),
    hints_placed=True,
    unread=frozenset(_names("read_codec write_codec core_uuid last_app last_arg")),
    claims=("bleg_uuid",),
    origin=_names("originating_leg_uuid originator"),
    half=("other_loopback_leg_uuid",),
    tied=Tied(("channel_name",), LOOPBACK),
)

# Names are variables; `newest` is the profile where the call ended up, `first` what was dialled.
_CALLED_LAST = _names("newest.destination_number destination_number sip_req_user")
JSON = Spec(
    name="freeswitch_json",
    title="FreeSWITCH CDR in JSON (mod_json_cdr, HTTP POST)",
    extensions=(".json", ".jsonl", ".txt"),
    sentences=Sentences(
        no_id="The record has no uuid: it cannot be told from a repetition.",
    ),
    key=(_names("uuid newest.uuid"),),
    started=_names("start_uepoch start_epoch start_stamp"),
    answered=_names("answer_uepoch answer_epoch answer_stamp"),
    ended=_names("end_uepoch end_epoch end_stamp"),
    seconds=("billsec",),
    finer=_FINER,
    duration=("duration",),
    direction=_names("direction channel_data.direction"),
    caller=TextField(_names("newest.caller_id_number caller_id_number sip_from_user")),
    caller_name=TextField(("newest.caller_id_name",), take="unescaped"),
    called=TextField(_CALLED_LAST),
    dialled=TextField(("first.destination_number", *_CALLED_LAST)),
    cause=TextField(("hangup_cause",)),
    disposition=TextField(("endpoint_disposition",)),
    channel=TextField(_names("channel_name newest.chan_name")),
    dst_channel=TextField(("bridge_channel",)),
    trunk_out=TextField(_names("sip_gateway_name carrier nolocal:carrier")),
    campaign=TextField(_names("campaign campaign_id")),
    queue=TextField(("cc_queue",)),
    agent=TextField(("cc_agent",)),
    hints=(
        Hint("accountcode", TextField(("accountcode",))),
        Hint("user", TextField(("sip_auth_username",))),
        Hint("ip", TextField(("sip_network_ip",))),
        Hint("trunk", TextField(("sip_gateway_name",))),
        Hint("profile", TextField(("sofia_profile_name",))),
        Hint("context", TextField(("newest.context", "context"))),
        Hint("domain", TextField(_DOMAIN)),
    ),
    origin=_names("originating_leg_uuid originator"),
    half=("other_loopback_leg_uuid",),
)
