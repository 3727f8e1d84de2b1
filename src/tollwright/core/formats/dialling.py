"""What the settings of a Source say of its numbers."""

from __future__ import annotations

from tollwright.core.formats.base import Options, OptionsError
from tollwright.core.number_ranges import RangeError, parse_range
from tollwright.core.numbers import Dialling


def dialling_of(options: Options) -> Dialling:
    """The switch's own habits of dialling. Raises OptionsError."""
    try:
        internal = tuple(parse_range(text) for text in options.internal)
    except RangeError as error:
        raise OptionsError(f"internal numbers: {error}") from error
    strip = tuple(prefix.strip() for prefix in options.strip)
    if not all(prefix and prefix.isascii() for prefix in strip):
        raise OptionsError("a prefix to take off numbers is empty or not plain text, as 9 or 1001#")
    return Dialling(internal, strip, options.bare)
