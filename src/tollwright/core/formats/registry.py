"""The formats this installation reads: those of each vendor's folder that is listed here."""

from __future__ import annotations

from tollwright.core.formats import asterisk, freeswitch, tollwright
from tollwright.core.formats.base import Format

VENDORS = (freeswitch, asterisk, tollwright)
FORMATS: dict[str, Format] = {
    cdr_format.name: cdr_format for vendor in VENDORS for cdr_format in vendor.FORMATS
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
