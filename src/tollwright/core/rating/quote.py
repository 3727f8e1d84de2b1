"""One call asked about, not made: its price, why, and the longest that a balance allows."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime

from tollwright.core.cards.card import MAX_CALL_MS
from tollwright.core.money import micros, show
from tollwright.core.rating.call_file import out_row, read_milliseconds, read_moment
from tollwright.core.rating.explain import explain
from tollwright.core.rating.max_duration import Longest, max_seconds
from tollwright.core.rating.rate_call import CallInput, Charge, ExplainStep
from tollwright.core.rating.rate_lookup import CardIndex


@dataclass(frozen=True, slots=True)
class Quote:
    """The answer: a charge when seconds were asked for, a duration when a balance was.

    `steps` say why: of the call asked for, else of the longest that the balance pays.
    """

    card: CardIndex
    charge: Charge | None
    longest: Longest | None
    steps: tuple[ExplainStep, ...]

    @property
    def rated(self) -> bool:
        asked = [answer for answer in (self.charge, self.longest) if answer is not None]
        return all(answer.status == "rated" for answer in asked)


def quote(
    card: CardIndex,
    *,
    to: str,
    at: str | datetime,
    origin: str = "",
    seconds: str = "",
    balance: str = "",
) -> Quote:
    """Answer for one number. Texts are as on a command line; a time without offset is the card's.

    Raises callfile.FieldFault (time, seconds) and MoneyError (balance).
    """
    answered_at = read_moment(at, card.zone) if isinstance(at, str) else at
    milliseconds = read_milliseconds(seconds, card.card.second_from_ms) if seconds else 0
    numbers = (_digits(origin), _digits(to))
    call = CallInput("quote", answered_at, min(milliseconds, MAX_CALL_MS + 1), *numbers)
    charge = explain(call, card) if seconds else None
    longest = max_seconds(micros(balance), call, card) if balance else None
    told = charge
    if told is None and longest is not None:
        told = explain(replace(call, answered_ms=longest.seconds * 1000), card)
    return Quote(card, charge, longest, told.steps if told else ())


def _digits(number: str) -> str:
    return number.strip().removeprefix("+")


def as_data(answer: Quote) -> dict[str, object]:
    """The answer as plain JSON data."""
    data: dict[str, object] = {"currency": answer.card.card.currency}
    if answer.charge is not None:
        data |= _charge_fields(answer)
    data["steps"] = [
        {"kind": step.kind, "text": step.text} | dict(step.facts) for step in answer.steps
    ]
    if answer.longest is not None:
        data["longest"] = _longest_fields(answer)
    return data


def as_json(answer: Quote) -> str:
    return json.dumps(as_data(answer), indent=1, ensure_ascii=False) + "\n"


def as_text(answer: Quote, *, explained: bool) -> str:
    """`name: value` lines, after the steps as sentences when they are asked for."""
    lines: list[str] = []
    fields: dict[str, object] = {}
    if explained:
        lines += [f"{n}. {step.text}" for n, step in enumerate(answer.steps, 1)] + [""]
    if answer.charge is not None:
        fields |= _charge_fields(answer)
    if answer.longest is not None:
        fields |= _longest_fields(answer)
    fields["currency"] = answer.card.card.currency
    lines += [f"{name}: {value}" for name, value in fields.items() if value not in ("", None)]
    return "\n".join(lines) + "\n"


def _charge_fields(answer: Quote) -> dict[str, object]:
    charge = answer.charge
    if charge is None:
        return {}
    row = out_row("", charge, answer.card.card.rounding.decimals)
    name = answer.card.card.rates[charge.rate_index].name if charge.rate_index >= 0 else ""
    fields: dict[str, object] = {key: value for key, value in row.items() if key != "call_key"}
    return fields | {"destination": name}


def _longest_fields(answer: Quote) -> dict[str, object]:
    longest = answer.longest
    if longest is None:
        return {}
    decimals = answer.card.card.rounding.decimals
    return {
        "status": longest.status,
        "reason": longest.reason,
        "max_seconds": longest.seconds,
        "max_amount": show(longest.amount_micros, decimals),
        "capped": "yes" if longest.capped else "no",
    }
