"""Asterisk's formats."""

from __future__ import annotations

from tollwright.core.formats.asterisk.parse import AsteriskRules
from tollwright.core.formats.asterisk.spec import SPEC
from tollwright.core.formats.base import Format
from tollwright.core.formats.table import TableFormat

ASTERISK_CSV = TableFormat(SPEC, AsteriskRules)
FORMATS: tuple[Format, ...] = (ASTERISK_CSV,)
