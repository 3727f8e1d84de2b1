"""The settings that cascade: what each is called, what fits it, and what holds when nobody set it.

A value is JSON: true, a whole number, a text, a list of texts or an object. None in `default` and
in what `resolve` answers means "not set" in the way the description says; in a rule, the empty text
says so on purpose and stops the cascade there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from tollwright.core.money import MODES, MoneyError, Rounding, micros, scaled, show

Value: TypeAlias = "bool | int | str | list[str] | dict[str, str | int] | None"
Scope = Literal["platform", "tenant", "customer", "campaign"]
SCOPES: tuple[Scope, ...] = ("platform", "tenant", "customer", "campaign")  # widest first

TAX_CATEGORIES = ("S", "Z", "E", "AE", "K", "G", "O")  # UNCL 5305, as EN 16931 uses it


class SettingError(ValueError):
    """A value that does not fit its setting: the message names both and says what would."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; `label` and `unit` are what people read.

    `kind` tells a form what to draw; `choices` and `low`..`high` what fits.
    `narrowest` is the closest scope that may set it: an invoice has one due date, so `due_days`
    ends at the customer.
    """

    name: str
    label: str
    kind: Literal["bool", "whole", "choice", "text", "texts", "decimal", "zone", "rounding"]
    default: Value
    description: str
    narrowest: Scope = "customer"
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 0
    optional: bool = False
    unit: str = ""

    def accept(self, value: object) -> Value:
        """`value` in its stored form. Raises SettingError.

        Takes what JSON holds and what a form sends: "yes", "14", "a, b", "half up 4".
        """
        if self.optional and value == "":
            return ""
        try:
            return _READERS[self.kind](self, value)
        except (ValueError, MoneyError) as error:
            raise SettingError(f"{self.label} cannot be {_shown(value)}: {error}") from None


def form_text(value: Value) -> str:
    """A value as a form holds it and `Setting.accept` reads it: `half up 4`; '' for not set."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return f"{value['mode']} {value['decimals']}".replace("_", " ")
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)


def setting(name: str) -> Setting:
    """The setting of that name. Raises SettingError with the names there are."""
    found = SETTINGS.get(name)
    if found is None:
        raise SettingError(f"there is no setting {name!r}; the settings are {', '.join(SETTINGS)}")
    return found


def rounding_of(value: Value) -> Rounding | None:
    """What `amount_rounding` resolved to, as core's rounding; None: as the card says."""
    if not isinstance(value, dict):
        return None
    mode, decimals = str(value["mode"]), int(value["decimals"])
    return next(Rounding(known, decimals) for known in MODES if known == mode)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _bool(_setting: Setting, value: object) -> Value:
    if isinstance(value, bool):
        return value
    known = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
    if isinstance(value, str) and value.strip().lower() in known:
        return known[value.strip().lower()]
    raise ValueError("choose yes or no")


def _whole(setting: Setting, value: object) -> Value:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"it is a whole number from {setting.low} to {setting.high}")
    if not setting.low <= value <= setting.high:
        raise ValueError(f"it must be from {setting.low} to {setting.high}")
    return value


def _choice(setting: Setting, value: object) -> Value:
    if not isinstance(value, str) or value not in setting.choices:
        raise ValueError(f"choose one of {', '.join(setting.choices)}")
    return value


def _text(setting: Setting, value: object) -> Value:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError("it is a text of printable characters")
    if len(value.strip()) > setting.high:
        raise ValueError(f"it has at most {setting.high} characters")
    return value.strip()


def _texts(_setting: Setting, value: object) -> Value:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise ValueError("it is a list of texts, such as NORMAL_CLEARING, USER_BUSY")
    found = sorted({part.strip().upper() for part in parts} - {""})
    if len(found) > 100 or any(len(part) > 60 or not part.isprintable() for part in found):
        raise ValueError("it holds at most 100 texts of up to 60 printable characters")
    return found


def _decimal(setting: Setting, value: object) -> Value:
    if isinstance(value, float) or not isinstance(value, str | int):
        raise ValueError('write it as a text such as "19" or "7.5"')
    amount = micros(value)
    scaled(value, 4)  # a rate is printed with at most four decimals
    if not setting.low * 10**6 <= amount <= setting.high * 10**6:
        raise ValueError(f"it must be from {setting.low} to {setting.high}")
    return show(amount)


def _zone(_setting: Setting, value: object) -> Value:
    try:
        return ZoneInfo(value if isinstance(value, str) else "").key
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError("it is a time zone of the IANA list, such as Europe/Berlin") from None


def _rounding(_setting: Setting, value: object) -> Value:
    mode, decimals = _mode_and_decimals(value)
    if mode not in MODES or not isinstance(decimals, int) or not 0 <= decimals <= 6:
        modes = ", ".join(MODES).replace("_", " ")
        raise ValueError(f"it is one of {modes} and 0 to 6 decimals, as in half up 4")
    return {"mode": str(mode), "decimals": decimals}


def _mode_and_decimals(value: object) -> tuple[object, object]:
    if isinstance(value, Mapping) and value.keys() == {"mode", "decimals"}:
        return value["mode"], value["decimals"]
    *mode, decimals = value.split() if isinstance(value, str) and value.strip() else ("",)
    if mode and decimals in tuple("0123456"):
        return "_".join(mode), int(decimals)
    return None, None


_READERS: dict[str, Callable[[Setting, object], Value]] = {
    "bool": _bool,
    "whole": _whole,
    "choice": _choice,
    "text": _text,
    "texts": _texts,
    "decimal": _decimal,
    "zone": _zone,
    "rounding": _rounding,
}

SETTINGS: dict[str, Setting] = {
    one.name: one
    for one in (
        Setting(
            "billing_enabled",
            "Billing",
            "bool",
            True,
            "Whether calls and fees are billed. Off: calls are rated, no invoice is made.",
            "campaign",
        ),
        Setting(
            "nightly_drafts",
            "Drafts in the night",
            "bool",
            True,
            "Whether invoices are drafted in the night after a period ended, or a plan began."
            " They wait for review.",
            "tenant",
        ),
        Setting(
            "keep_jobs_days",
            "Keep jobs",
            "whole",
            90,
            "Days after its end that a job is listed. One that failed stays until it is discarded.",
            "tenant",
            low=7,
            high=3650,
            unit="days",
        ),
        Setting(
            "second_factor",
            "Second factor",
            "choice",
            "nobody",
            "Whose role needs a second factor. Who has none sets one up before anything else.",
            "tenant",
            choices=("nobody", "owners", "staff", "everybody"),
        ),
        Setting(
            "timezone",
            "Time zone of billing",
            "zone",
            None,
            "The zone whose midnights bound billing periods. Not set: the customer's own.",
            optional=True,
        ),
        Setting(
            "cycle",
            "Billing cycle",
            "choice",
            "monthly",
            "How often an invoice is made; anniversary: monthly from the customer's first day.",
            choices=("day", "weekly", "fortnightly", "monthly", "anniversary"),
        ),
        Setting(
            "bill_day",
            "First day of a billing month",
            "whole",
            1,
            "The day on which a month of the cycle monthly begins; in a shorter month its last.",
            low=1,
            high=31,
        ),
        Setting(
            "bill_at_start",
            "First invoice on a plan's first day",
            "bool",
            True,
            "Whether a new plan's registration and fees in advance are invoiced on its first day."
            " Off: with the first period that has ended.",
        ),
        Setting(
            "minimum_invoice",
            "Smallest invoice",
            "decimal",
            "0",
            "A sum below this, tax included, is not invoiced but carried to the next invoice."
            " In the invoice's currency; 0: every sum is invoiced.",
            high=1_000_000,
        ),
        Setting(
            "invoice_detail",
            "Detail on invoices",
            "choice",
            "summary",
            "What an invoice lists: totals, totals by campaign, or every call.",
            choices=("summary", "by_campaign", "itemised"),
        ),
        Setting(
            "due_days",
            "Payment term",
            "whole",
            14,
            "Days from an invoice to its due date.",
            high=365,
            unit="days",
        ),
        Setting(
            "finalise_grace_days",
            "Wait for late calls",
            "whole",
            0,
            "Days that a draft waits for late calls before it may be finalised.",
            high=60,
            unit="days",
        ),
        Setting(
            "late_usage",
            "Late calls",
            "choice",
            "next_invoice",
            "Where a call of a closed period goes: on the next invoice, or on one of its own.",
            choices=("next_invoice", "own_invoice"),
        ),
        Setting(
            "default_card",
            "Default rate card",
            "text",
            None,
            "Code of the card for calls that no plan prices. Not set: they wait in quarantine.",
            "campaign",
            high=40,
            optional=True,
        ),
        Setting(
            "forced_card",
            "Forced rate card",
            "text",
            None,
            "Code of the card that prices every call, whatever the plan says.",
            "campaign",
            high=40,
            optional=True,
        ),
        Setting(
            "minimum_seconds",
            "Free below",
            "whole",
            0,
            "Answered calls shorter than so many seconds cost nothing.",
            "campaign",
            high=3600,
            unit="seconds",
        ),
        Setting(
            "billable_causes",
            "Hangup causes that are billed",
            "texts",
            [],
            "Hangup causes that bill. Empty: every answered call bills.",
            "campaign",
        ),
        Setting(
            "second_rounding",
            "Rounding to seconds",
            "choice",
            None,
            "How milliseconds become seconds. Not set: as the card says.",
            "campaign",
            choices=("up", "nearest", "down"),
            optional=True,
        ),
        Setting(
            "amount_rounding",
            "Rounding of a call's amount",
            "rounding",
            None,
            "How a call's amount is rounded, as in half up 4. Not set: as the card says.",
            "campaign",
            optional=True,
        ),
        Setting(
            "tax_rate",
            "Tax rate",
            "decimal",
            "0",
            "Percent of tax on every line, as in 19.",
            high=100,
            unit="%",
        ),
        Setting(
            "tax_category",
            "Tax category",
            "choice",
            "S",
            "The tax category of EN 16931: S standard, Z zero, E exempt, AE reverse charge.",
            choices=TAX_CATEGORIES,
        ),
    )
}
