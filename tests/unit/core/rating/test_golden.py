"""Core charges what release 0.1.0 charged, for cards and calls over the whole space of options."""

from __future__ import annotations

from tests.support.golden import figures, golden
from tollwright.core.rating.rate_call import rate_calls


def test_every_charge_is_what_it_was() -> None:
    compared = 0
    for one in golden():
        assert [figures(charge) for charge in rate_calls(one.calls, one.card)] == one.figures
        compared += len(one.calls)
    assert compared == 8250
