"""From items to a total: minimum, discounts, maximum, service level, in this order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tollwright.core.charges import plan as form
from tollwright.core.charges.exact import plain, shares, show_amount, show_exact, to_minor
from tollwright.core.charges.window import Window
from tollwright.core.money import minor_decimals

NOUGHT = Fraction(0)
MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """A rounded amount. `item` and `fee`: the code that it belongs to, where it belongs to one;
    `campaigns`: by what its amount is shared among campaigns."""

    code: str
    campaign: str
    quantity: Fraction
    amount: Fraction
    how: str
    item: str = ""
    fee: str = ""
    campaigns: Mapping[str, Fraction] = field(default_factory=dict)

    def as_data(self, currency: str) -> dict[str, object]:
        """As JSON says it; the parts of campaigns add up to the amount."""
        found: dict[str, object] = {
            "item": self.code, "campaign": self.campaign or None, "quantity": plain(self.quantity),
            "amount": show_amount(self.amount, currency), "how": self.how,
        }  # fmt: skip
        if len(self.campaigns) > 1:
            unit = MICROS * to_minor_step(currency)
            parts = shares(int(self.amount * MICROS / unit), self.campaigns)
            found["campaigns"] = {
                code: show_amount(Fraction(part * int(unit), MICROS), currency)
                for code, part in parts.items()
            }
        return found


def to_minor_step(currency: str) -> Fraction:
    """One minor unit of the currency."""
    return Fraction(1, 10 ** minor_decimals(currency))


def close(
    plan: form.Plan, window: Window, lines: Sequence[Line], credit: Line | None
) -> Iterator[Line]:
    """What follows the fees and items; `credit` is the service level's line."""
    rests = _Rests(plan, lines)
    items, fees = rests.items(), sum((line.amount for line in lines if line.fee), NOUGHT)
    discounts = list(_discounts(plan, window, rests))
    off = sum((line.amount for line in discounts), NOUGHT)
    total = items
    if plan.minimum is not None:
        least = _bound(plan, plan.minimum, window.active_share)
        counted = items + (off if plan.minimum.counts == "after_discounts" else 0)
        counted += fees if plan.minimum.counts_fees else 0
        if counted < least:
            total += least - counted
            how = f"at least {show_exact(least)}"
            yield Line("minimum", "", Fraction(1), least - counted, how)
    yield from discounts
    total += off
    if plan.maximum is not None:
        most = _bound(plan, plan.maximum, window.share)
        counted = total + (fees if plan.maximum.counts_fees else 0)
        if counted > most:
            how = f"at most {show_exact(most)}"
            yield Line("maximum", "", Fraction(1), most - counted, how)
    if credit is not None:
        yield credit


def _bound(plan: form.Plan, limit: form.Limit, share: Fraction) -> Fraction:
    return to_minor(limit.amount * (share if limit.proration == "day" else 1), plan.currency)


class _Rests:
    """What of each item and fee is not discounted yet."""

    def __init__(self, plan: form.Plan, lines: Sequence[Line]) -> None:
        self._rests: dict[str, Fraction] = defaultdict(lambda: NOUGHT)
        self._items = [item.code for item in plan.items]
        for line in lines:
            self._rests[line.item or line.fee] += line.amount

    def items(self) -> Fraction:
        """All items together."""
        return sum((self._rests[code] for code in self._items), NOUGHT)

    def of(self, codes: Sequence[str]) -> Fraction:
        """What a discount on these (none: all items) can take."""
        rest = sum((max(self._rests[code], NOUGHT) for code in codes or self._items), NOUGHT)
        return max(rest, NOUGHT)

    def take(self, codes: Sequence[str], amount: Fraction) -> None:
        """Take a discount off these, by what each has left."""
        whole = self.of(codes)
        for code in codes or self._items:
            rest = max(self._rests[code], NOUGHT)
            self._rests[code] -= amount * rest / whole if whole else NOUGHT


def _discounts(plan: form.Plan, window: Window, rests: _Rests) -> Iterator[Line]:
    """All percents, then all amounts, each on what is left, never below 0."""
    day = window.span.first
    open_ones = [
        one for one in plan.discounts
        if (one.first_day is None or one.first_day < window.span.end)
        and (one.last_day is None or one.last_day >= day)
    ]  # fmt: skip
    for one in sorted(open_ones, key=lambda one: one.percent is None):
        rest = rests.of(one.items)
        if one.percent is not None:
            amount, how = rest * one.percent / 100, f"{show_exact(one.percent)} %"
        else:
            amount, how = one.amount or NOUGHT, show_exact(one.amount or NOUGHT)
        amount = to_minor(min(amount, rest), plan.currency)
        rests.take(one.items, amount)
        yield Line(one.code, "", Fraction(1), -amount, f"{how} off {show_exact(rest)}")
