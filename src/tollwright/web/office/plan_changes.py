"""What a version of a plan changes against the one before it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext

from tollwright.domain.entities import PlanVersion
from tollwright.web.shared.formatting import Money
from tollwright.web.shared.labels import label_of


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs; '' where a version has nothing of it."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Compared:
    """A version beside the one before it; None for the plan's first."""

    version: PlanVersion
    before: PlanVersion | None

    @property
    def changes(self) -> list[Change]:
        """What differs, in the order of the page."""
        if self.before is None:
            return []
        old, new = _told(self.before), _told(self.version)
        return [
            Change(what, old.get(what, ""), new.get(what, ""))
            for what in dict.fromkeys([*new, *old])
            if old.get(what) != new.get(what)
        ]


def _told(version: PlanVersion) -> dict[str, str]:
    """All that a version says. Two fees of one kind and name are told together."""
    found = {
        gettext("Calls"): version.price_from_cost or gettext("by card"),
        gettext("Card"): f"{version.card.name} ({version.card.code})",
        gettext("Currency"): version.currency,
        gettext("Routing"): label_of("routing", version.routing_policy),
    }
    for fee in version.fees.all():
        what = f"{label_of('fee_kind', fee.kind)}: {fee.name}"
        terms = f"{Money(fee.amount_micros, version.currency)} {fee.terms.words}"
        found[what] = f"{found[what]}; {terms}" if what in found else terms
    return found
