"""Asterisk's CDR files as data: cdr_csv, cdr_custom, csv exports of cdr_adaptive_odbc.

cdr.conf and cdr_csv's settings (loguniqueid, loguserfield, newcdrcolumns) add columns to the 16
of cdr_csv; cdr_custom writes any order, by its sample this one, into a file of the same name.
"""

from __future__ import annotations

import re

from tollwright.core.formats.spec import Hint, Sentences, Spec, TextField, Tied, When
from tollwright.core.formats.takes import LOCAL


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_BASE = _names(
    "accountcode src dst dcontext clid channel dstchannel lastapp lastdata"
    " start answer end duration billsec disposition amaflags"
)
_NEW = ("peeraccount", "linkedid", "sequence")
CDR_CUSTOM = _names(
    "clid src dst dcontext channel dstchannel lastapp lastdata start answer end duration"
    " billsec disposition amaflags accountcode uniqueid userfield sequence"
)
_ALIASES = {
    "calldate": "start",
    "starttime": "start",
    "answerdate": "answer",
    "answertime": "answer",
    "hangupdate": "end",
    "endtime": "end",
    "source": "src",
    "destination": "dst",
    "callerid": "clid",
    "context": "dcontext",
    "destinationchannel": "dstchannel",
    "lastapplication": "lastapp",
    "billableseconds": "billsec",
    "account": "accountcode",
}


def plain(column: str) -> str:
    """A column's name as Asterisk's own: lower case, without CDR(), (u), (f) and aliases."""
    name = column.strip().lower().removeprefix("${").removeprefix("cdr(")
    name = re.split(r"[^a-z_]", name)[0].replace("_", "")
    return _ALIASES.get(name, name)


_QUEUED = When(("lastapp",), "Queue")
_CALLER_TRUNK = TextField(("channel",), take="peer")

SPEC = Spec(
    name="asterisk_csv",
    title="Asterisk CDR (Master.csv, cdr_custom, adaptive ODBC export)",
    extensions=(".csv",),
    sentences=Sentences(
        no_layout="Asterisk has no layout {name!r}: use {known} or state the columns.",
        misfit=(
            "The line has {found} columns, expected {expected}: it is cut short, has a stray comma,"
            " or the Source's columns are stated wrongly."
        ),
    ),
    clean=plain,
    layout="cdr_csv",
    layouts={"cdr_csv": (), "cdr_custom": CDR_CUSTOM},
    widths={
        16: _BASE,
        17: (*_BASE, "uniqueid"),
        18: (*_BASE, "uniqueid", "userfield"),
        19: (*_BASE, *_NEW),
        20: (*_BASE, "uniqueid", *_NEW),
        21: (*_BASE, "uniqueid", "userfield", *_NEW),
    },
    header=(("dst",), ("billsec",), ("start",)),
    need=(("start",), ("dst",), ("billsec",)),
    key=(("uniqueid",),),
    sequence=("sequence",),
    hashed=_names(
        "accountcode src dst dcontext clid channel dstchannel lastapp lastdata start answer end"
        " duration billsec disposition uniqueid userfield linkedid sequence"
    ),
    printed=_names("uniqueid channel dstchannel dst"),
    group=("linkedid",),
    started=("start",),
    answered=("answer",),
    ended=("end",),
    born=True,
    seconds=("billsec",),
    duration=("duration",),
    lenient=True,
    caller=TextField(("src",), otherwise=TextField(("clid",), take="address")),
    caller_name=TextField(("clid",), take="name"),
    called=TextField(("dst",)),
    disposition=TextField(("disposition",)),
    channel=TextField(("channel",)),
    dst_channel=TextField(("dstchannel",)),
    trunk_in=_CALLER_TRUNK,
    trunk_out=TextField(("dstchannel",), take="peer"),
    queue=TextField(("lastdata",), take="head", when=_QUEUED),
    agent=TextField(("dstchannel",), take="peer", when=_QUEUED),
    hints=(
        Hint("accountcode", TextField(("accountcode",))),
        Hint("trunk", _CALLER_TRUNK),
        Hint("context", TextField(("dcontext",))),
        Hint("userfield", TextField(("userfield",))),
    ),
    by_ref=True,
    unread=frozenset({"amaflags", "peeraccount"}),
    tied=Tied(("channel", "dstchannel"), LOCAL),
)
