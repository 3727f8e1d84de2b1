"""The kernel gives what core gives: every field, for every card that publishing accepts."""

from __future__ import annotations

import os
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.cards import call_batches, cards
from tests.unit.kernel.reach import constant_options, pairs_unmet
from tollwright.core.card import RateCard
from tollwright.core.rating import CallInput, Charge, rate_calls
from tollwright.kernel.batch import Rated, rate_batch
from tollwright.kernel.columns import columns_of, epoch_us
from tollwright.kernel.compile import compile_card
from tollwright.kernel.layout import CompiledCard
from tollwright.kernel.reasons import STATUSES, reason_text

# Cards, each with about 150 calls. TOLLWRIGHT_FUZZ=1 looks at many more, another number at so many.
QUICK, AT_LENGTH = 400, 20_000
FUZZ = int(os.environ.get("TOLLWRIGHT_FUZZ") or 0)
EXAMPLES = {0: QUICK, 1: AT_LENGTH}.get(FUZZ, FUZZ)

Facts = tuple[object, ...]


def test_kernel_agrees_with_core() -> None:
    """For cards that reach every option; at length, for the options in pairs too."""
    looked_at: list[RateCard] = []
    agree(looked_at)
    assert constant_options(looked_at) == set()
    if EXAMPLES >= AT_LENGTH:
        assert pairs_unmet(looked_at) == set()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def agree(looked_at: list[RateCard], data: st.DataObject) -> None:
    card = data.draw(cards(), label="card")
    looked_at.append(card)
    calls = data.draw(call_batches(card), label="calls")
    pools: dict[str, int] = {}
    expected = [facts_of(charge, card) for charge in rate_calls(calls, card, remaining=pools)]
    compiled = compile_card(card)
    left = compiled.full_pools()
    rated = rate_batch(compiled, columns_of(calls), pools=left)
    assert facts(rated, compiled, calls) == expected
    for pool, held in zip(compiled.pool_names, left.tolist(), strict=True):
        assert held == pools.get(pool, held)


def facts_of(charge: Charge, card: RateCard) -> Facts:
    """What core says of a call, in the kernel's terms."""
    uses = tuple((use.name, use.pool, use.amount, use.covered_s) for use in charge.uses)
    return (
        charge.status,
        charge.reason,
        charge.prefix,
        charge.rate_index,
        charge.band,
        charge.billed_s,
        charge.amount_micros,
        charge.allowance_s,
        uses,
    )


def facts(rated: Rated, compiled: CompiledCard, calls: Sequence[CallInput]) -> list[Facts]:
    """What the kernel says of each call, in core's terms."""
    uses: list[list[tuple[str, str, int, int]]] = [[] for _ in calls]
    for call, allowance, amount, covered in rated.uses.tolist():
        name, pool = compiled.allowance_names[allowance], compiled.pool_of(allowance)
        uses[call].append((name, pool, amount, covered))
    return [(*_charge(rated, compiled, calls[i], i), tuple(uses[i])) for i in range(len(calls))]


def _charge(rated: Rated, compiled: CompiledCard, call: CallInput, i: int) -> Facts:
    charges = rated.charges
    row = int(charges.rate_index[i])
    prefix = compiled.prefix_of(row)
    reason = reason_text(
        int(charges.reason[i]),
        called=call.called,
        caller=call.caller,
        answered_at_us=epoch_us(call.answered_at),
        answered_ms=call.answered_ms,
        prefix=prefix,
        stopped_s=int(charges.stopped_s[i]),
    )
    return (
        STATUSES[charges.status[i]],
        reason,
        prefix,
        row,
        compiled.band_of(int(charges.band[i])),
        int(charges.billed_s[i]),
        int(charges.amount_micros[i]),
        int(charges.allowance_s[i]),
    )
