"""Tollwright's own formats."""

from __future__ import annotations

from tollwright.core.formats.base import Format
from tollwright.core.formats.tollwright.parse import TollwrightJson

FORMATS: tuple[Format, ...] = (TollwrightJson(),)
