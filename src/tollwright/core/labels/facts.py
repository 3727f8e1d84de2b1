"""Names, values and actors that were stored for machines, as audit and quarantine show them."""

from __future__ import annotations

from collections.abc import Mapping

from tollwright.core.labels import LABELS, phrase, value_text
from tollwright.core.money import show, show_price
from tollwright.core.settings import SETTINGS

ENDINGS = ("_micros", "_nanos", "_ppm", "_ids", "_id")  # what a machine keeps; people see the thing
WRITTEN = {"sha256": "SHA-256", "iban": "IBAN", "by_ip": "By address", "ids": "Numbers"}
GROUP_OF = {
    "detail": "invoice_detail",
    "kind": "fee_kind",
    "mode": "rounding",
    "routing_policy": "routing",
    "unit": "allowance_unit",
}
ACTORS = {"cli": "command line", "key": "API key"}


def field_text(name: str) -> str:
    """`total_micros` is `Total`, `customer_id` is `Customer`."""
    if name in WRITTEN:
        return WRITTEN[name]
    if name in LABELS["setting"]:
        return LABELS["setting"][name].text
    ending = next((one for one in ENDINGS if name.endswith(one) and name != one), "")
    words = name.removesuffix(ending).replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def fact_text(name: str, value: object, *, setting: str = "") -> str:
    """What is stored under the name: amounts as decimals, codes by their labels, lists by commas.

    `setting` is the rule whose `value` it is.
    """
    if value is None:
        return "–"
    if setting in SETTINGS:
        return value_text(setting, value)  # type: ignore[arg-type]  # a rule's stored value
    if isinstance(value, list | tuple):
        return ", ".join(fact_text(name, one) for one in value) or "none"
    if isinstance(value, dict):
        return _facts(value)
    if isinstance(value, int):
        return _number_text(name, value)
    return _code_text(name, str(value))


def _number_text(name: str, value: int) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_micros"):
        return show(value)
    if name.endswith("_nanos"):
        return show_price(value)
    return f"{show(value * 100)} %" if name.endswith("_ppm") else str(value)


def _facts(found: Mapping[object, object]) -> str:
    named = ((str(name), value) for name, value in found.items())
    return "; ".join(f"{field_text(name)}: {fact_text(name, value)}" for name, value in named)


def _code_text(name: str, value: str) -> str:
    groups = (GROUP_OF.get(name, name), "fee_" + name)
    group = next((one for one in groups if value in LABELS.get(one, {})), "")
    return phrase(group, value) if group else value


def actor_text(actor: str) -> str:
    """`cli:root` is `root (command line)`, `key:Dialler` is `Dialler (API key)`; a person's
    address stays as it is."""
    kind, colon, name = actor.partition(":")
    if actor in {"system", "schedule"}:
        return "Tollwright"
    return f"{name} ({ACTORS[kind]})" if colon and kind in ACTORS else actor
