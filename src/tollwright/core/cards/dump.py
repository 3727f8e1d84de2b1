"""A card as the JSON object of its file form; what is at its default is left out."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import attrgetter

from tollwright.core.cards import card as c
from tollwright.core.cards.read import words
from tollwright.core.money import show, show_price

SECOND_ROUNDING = {"up": 1, "nearest": 500, "down": 1000}
_SECOND_NAME: dict[int, object] = {ms: name for name, ms in SECOND_ROUNDING.items()}
_RATE = c.Rate(prefix="", price_nanos=0)
_MONEY = {
    "connect_fee_micros": "connect_fee",
    "min_charge_micros": "min_charge",
    "max_charge_micros": "max_charge",
    "disconnect_fee_micros": "disconnect_fee",
    "first_charge_micros": "first_charge",
}
_PLAIN = words(
    "name band unit_s first_s next_s min_seconds disconnect_after_s blocked origin_prefix"
    " length_min length_max"
)
# A deck has hundreds of thousands of rows: one look at all of a row's fields, not one each.
_plain, _money = attrgetter(*_PLAIN), attrgetter(*_MONEY)
_PLAIN_DEFAULTS, _MONEY_DEFAULTS = _plain(_RATE), _money(_RATE)


def dump_card(card: c.RateCard) -> dict[str, object]:
    """The file form: `load_card(dump_card(card)) == card`; the same card gives the same dump."""
    data: dict[str, object] = {
        "side": card.side,
        "currency": card.currency,
        "timezone": card.timezone,
        "family": card.family,
        "crossing": card.crossing,
        "unmatched": card.unmatched,
        "second_rounding": _SECOND_NAME.get(card.second_from_ms, {"from_ms": card.second_from_ms}),
        "rounding": {"mode": card.rounding.mode, "decimals": card.rounding.decimals},
    }
    if card.allow_negative:
        data["allow_negative"] = True
    data["bands"] = [_band(band) for band in card.bands]
    data["rates"] = [dump_rate(rate) for rate in card.rates]
    data["allowances"] = [_allowance(allowance) for allowance in card.allowances]
    return data


def dump_rate(rate: c.Rate) -> dict[str, object]:
    """One row of the file form."""
    row: dict[str, object] = {"prefix": rate.prefix, "price": show_price(rate.price_nanos)}
    for key, value, default in zip(_PLAIN, _plain(rate), _PLAIN_DEFAULTS, strict=True):
        if value != default:
            row[key] = value
    amounts = _money(rate)
    if amounts != _MONEY_DEFAULTS:
        for key, amount, default in zip(_MONEY.values(), amounts, _MONEY_DEFAULTS, strict=True):
            if amount != default:
                row[key] = show(amount)
    if rate.discount_ppm:
        row["discount_percent"] = show(rate.discount_ppm * 100)
    for key in ("effective_from", "effective_to"):
        moment = getattr(rate, key)
        if moment is not None:
            row[key] = show_moment(moment)
    if rate.steps or rate.grace or rate.block_charge or rate.lift:
        row |= _nested(rate)
    return row


def _nested(rate: c.Rate) -> dict[str, object]:
    nested: dict[str, object] = {}
    if rate.steps:
        nested["steps"] = [_step(step) for step in rate.steps]
    if rate.grace:
        nested["grace"] = {"mode": rate.grace.mode, "seconds": rate.grace.seconds}
        if rate.grace.percent:
            nested["grace"] = {
                "mode": rate.grace.mode,
                "seconds": rate.grace.seconds,
                "percent": rate.grace.percent,
            }
    if rate.block_charge:
        block = rate.block_charge
        nested["block_charge"] = {"every_s": block.every_s, "amount": show(block.amount_micros)}
    if rate.lift:
        nested["lift"] = {"above_s": rate.lift.above_s, "to_s": rate.lift.to_s}
    return nested


def _step(step: c.Step) -> dict[str, object]:
    data: dict[str, object] = {"from_s": step.from_s}
    if step.price_nanos is not None:
        data["price"] = show_price(step.price_nanos)
    if step.next_s is not None:
        data["next_s"] = step.next_s
    if step.charge_micros:
        data["charge"] = show(step.charge_micros)
    return data


def _band(band: c.Band) -> dict[str, object]:
    data: dict[str, object] = {"name": band.name, "weight": band.weight}
    if band.dates:
        data["dates"] = [day.isoformat() for day in band.dates]
    data["windows"] = [_window(window) for window in band.windows]
    return data


def _window(window: c.Window) -> dict[str, object]:
    data: dict[str, object] = {"start": clock(window.start_min), "end": clock(window.end_min)}
    if len(window.days) < 7:
        data["days"] = list(window.days)
    return data


def _allowance(allowance: c.Allowance) -> dict[str, object]:
    money = allowance.unit == "money"
    data: dict[str, object] = {
        "name": allowance.name,
        "prefixes": list(allowance.prefixes),
        "unit": allowance.unit,
        "amount": show(allowance.amount) if money else allowance.amount,
        "step_s": allowance.step_s,
        "weight": allowance.weight,
        "waives_connect_fee": allowance.waives_connect_fee,
        "excess": allowance.excess,
    }
    if allowance.pool:
        data["pool"] = allowance.pool
    if allowance.per != "customer":
        data["per"] = allowance.per
    for key in ("starts_at", "expires_at"):
        moment = getattr(allowance, key)
        if moment is not None:
            data[key] = show_moment(moment)
    return data


def clock(minute: int) -> str:
    """510 -> `08:30`."""
    return f"{minute // 60:02}:{minute % 60:02}"


def told_moment(moment: datetime) -> str:
    """The moment as sentences have it: `2026-10-01 00:00:00 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def show_moment(moment: datetime) -> str:
    """A UTC moment as ISO 8601 with Z."""
    return moment.isoformat().replace("+00:00", "Z")
