"""The kernel charges what release 0.1.0 charged, for cards over the whole space of options."""

from __future__ import annotations

from tests.support.golden import figures, golden
from tollwright.kernel.rating.compile import compile_card
from tollwright.kernel.rating.objects import rate_calls


def test_every_charge_is_what_it_was() -> None:
    compared = 0
    for one in golden():
        charges = rate_calls(one.calls, compile_card(one.card))
        assert [figures(charge) for charge in charges] == one.figures
        compared += len(one.calls)
    assert compared == 8250
