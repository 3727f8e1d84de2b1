"""Why a call costs what it costs, told to the customer who pays for it.

What only the provider needs (which rule chose the card, which rows lost) is left out; every figure
is one of the replayed reckoning's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from tollwright.core.money import show_price
from tollwright.domain.calls.queries import row_of
from tollwright.domain.entities import Charge, Rate
from tollwright.web.shared.formatting import Money

if TYPE_CHECKING:
    from tollwright.engine.rating.explain import Explanation

AS_TOLD = frozenset({"rules", "seconds", "allowance", "piece", "blocks", "fee", "limit"})
FROM_COST = "markup"  # its terms are the customer's; what the provider pays is not
UNITS = {1: "second", 60: "minute", 3600: "hour"}


def sentences(charge: Charge, explanation: Explanation) -> list[str]:
    """The steps in order; none where the replay differs from what was charged."""
    return list(_told(charge, explanation)) if explanation.equal else []


def _told(charge: Charge, explanation: Explanation) -> Iterator[str]:
    kinds = {step.kind for step in explanation.steps}
    if FROM_COST in kinds:
        yield from _told_of(explanation, AS_TOLD | {FROM_COST})
    else:
        yield from _by_card(charge, explanation)
    amount = Money(charge.amount_micros, charge.currency)
    yield _("The call costs %(amount)s, before tax.") % {"amount": amount}


def _by_card(charge: Charge, explanation: Explanation) -> Iterator[str]:
    row = row_of(charge)
    if row is not None:
        yield _price(row, charge.currency)
    yield from _told_of(explanation, AS_TOLD)


def _told_of(explanation: Explanation, kinds: frozenset[str]) -> Iterator[str]:
    for step in explanation.steps:
        if step.kind in kinds or (step.kind == "rounding" and _changed(dict(step.facts))):
            yield step.text


def _changed(facts: dict[str, object]) -> bool:
    """Whether rounding made another amount of it."""
    return facts["exact_micros"] != str(facts["rounded_micros"])


def _price(row: Rate, currency: str) -> str:
    where = _("Calls to numbers that begin with +%(prefix)s") % {"prefix": row.prefix}
    if not row.prefix:
        where = _("Calls to all other numbers")
    name = f" ({row.name})" if row.name else ""
    price = f"{show_price(row.price_nanos, 2)} {currency}"
    unit = _(UNITS[row.unit_s]) if row.unit_s in UNITS else f"{row.unit_s} s"
    text = _("%(where)s%(name)s cost %(price)s per %(unit)s") % {
        "where": where, "name": name, "price": price, "unit": unit,
    }  # fmt: skip
    if row.connect_fee_micros:
        fee = Money(row.connect_fee_micros, currency)
        text += _(", and %(fee)s once when answered") % {"fee": fee}
    return f"{text}; {_steps(row)}."


def _steps(row: Rate) -> str:
    if row.first_s in {0, row.next_s}:
        return _("each %(next)s s begun counts whole") % {"next": row.next_s}
    return _("the first %(first)s s count whole, then each %(next)s s begun") % {
        "first": row.first_s, "next": row.next_s,
    }  # fmt: skip
