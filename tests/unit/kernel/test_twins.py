"""The kernel gives what core gives: every field, for every card that publishing accepts."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.cards import call_batches, cards
from tests.support.examples import examples
from tests.unit.kernel.reach import constant_options, pairs_unmet
from tollwright.core.cards.card import RateCard
from tollwright.core.rating import rate_call as core
from tollwright.kernel.rating.compile import compile_card
from tollwright.kernel.rating.objects import rate_calls

# Cards, each with about 150 calls. TOLLWRIGHT_FUZZ=1 looks at many more, another number at so many.
QUICK, AT_LENGTH = 400, 20_000
FUZZ = int(os.environ.get("TOLLWRIGHT_FUZZ") or 0)
EXAMPLES = {0: QUICK, 1: AT_LENGTH}.get(FUZZ, FUZZ)


def test_kernel_agrees_with_core() -> None:
    """For cards that reach every option; at length, for the options in pairs too."""
    looked_at: list[RateCard] = []
    agree(looked_at)
    assert constant_options(looked_at) == set()
    if EXAMPLES >= AT_LENGTH:
        assert pairs_unmet(looked_at) == set()


@settings(
    max_examples=examples(EXAMPLES),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def agree(looked_at: list[RateCard], data: st.DataObject) -> None:
    card = data.draw(cards(), label="card")
    looked_at.append(card)
    calls = data.draw(call_batches(card), label="calls")
    left_by_core: dict[str, int] = {}
    expected = core.rate_calls(calls, card, remaining=left_by_core)
    compiled = compile_card(card)
    left = compiled.full_pools()
    assert rate_calls(calls, compiled, pools=left) == expected
    for pool, held in zip(compiled.pool_names, left.tolist(), strict=True):
        assert held == left_by_core.get(pool, held)
