"""FreeSWITCH's formats."""

from __future__ import annotations

from tollwright.core.formats.base import Format
from tollwright.core.formats.freeswitch.json import FreeswitchJson
from tollwright.core.formats.freeswitch.parse import FreeswitchRules
from tollwright.core.formats.freeswitch.spec import CSV
from tollwright.core.formats.table import TableFormat

FREESWITCH_CSV = TableFormat(CSV, FreeswitchRules)
FORMATS: tuple[Format, ...] = (FREESWITCH_CSV, FreeswitchJson())
