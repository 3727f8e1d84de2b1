"""From the rules of a customer to the terms of its periods, and from when on each holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from tollwright.core.billing.periods import BEFORE, Cycle, PeriodTerms
from tollwright.core.rules import RuleRow, resolve

PERIOD_SETTINGS = ("cycle", "timezone", "bill_day")


def period_history(chain: Sequence[RuleRow], zone: str) -> list[tuple[datetime, PeriodTerms]]:
    """What holds from when on, ascending; only true changes are told.

    `chain`: the rules that apply to one customer (`core.rules.applicable`); `zone`: its own, where
    no rule says one.
    """
    rules = [rule for rule in chain if rule.setting in PERIOD_SETTINGS]
    found = [(BEFORE, _terms(rules, zone, BEFORE))]
    for moment in sorted({rule.effective_from for rule in rules}):
        terms = _terms(rules, zone, moment)
        if terms != found[-1][1]:
            found.append((moment, terms))
    return found


def _terms(rules: Sequence[RuleRow], zone: str, moment: datetime) -> PeriodTerms:
    cycle, said, bill_day = (resolve(rules, name, moment).value for name in PERIOD_SETTINGS)
    return PeriodTerms(cast(Cycle, cycle), str(said or zone), int(str(bill_day)))
