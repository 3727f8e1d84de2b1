"""Every area, so that a worker knows what to do with each kind of job."""

from __future__ import annotations

from tollwright.jobs import billing, calls, exports, rates, rerating, schedule

AREAS = (billing, calls, exports, rates, rerating, schedule)
