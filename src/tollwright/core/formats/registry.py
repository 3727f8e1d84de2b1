"""The formats this installation reads. A new one is a file beside this and a line in here."""

from __future__ import annotations

from tollwright.core.formats.asterisk_csv import AsteriskCsv
from tollwright.core.formats.base import Format
from tollwright.core.formats.freeswitch_csv import FreeswitchCsv
from tollwright.core.formats.freeswitch_json import FreeswitchJson
from tollwright.core.formats.tollwright_json import TollwrightJson

FORMATS: dict[str, Format] = {
    cdr_format.name: cdr_format
    for cdr_format in (FreeswitchCsv(), FreeswitchJson(), AsteriskCsv(), TollwrightJson())
}


def get(name: str) -> Format:
    """The format called `name`. Raises UnknownFormatError."""
    try:
        return FORMATS[name]
    except KeyError:
        raise UnknownFormatError(
            f"There is no CDR format {name!r}; known are {', '.join(sorted(FORMATS))}."
        ) from None


class UnknownFormatError(ValueError):
    """No format has this name; the message lists those there are."""
