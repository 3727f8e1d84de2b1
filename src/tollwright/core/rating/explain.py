"""Why a call costs what it costs: the ordered steps, as data and as sentences, and their replay.

`explain` reckons once more with the same inputs and tells every step; `inputs_of` keeps what a
replay needs (the call, what the pools held, the card's hash), `replay` gives the stored amount
back or says which input is not the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from tollwright.core.cards.card import PPM, Rate, RateCard
from tollwright.core.cards.dump import show_moment, told_moment
from tollwright.core.labels import phrase
from tollwright.core.money import round_ratio, show, show_price
from tollwright.core.rating.legs import CostPlus, from_cost_ppm
from tollwright.core.rating.pricing import NANOS_PER_MICRO, Piece, piece_numerator
from tollwright.core.rating.rate_call import (
    CallInput,
    Charge,
    ExplainStep,
    Reckoning,
    Total,
    rate_call,
    reckon,
)
from tollwright.core.rating.rate_lookup import CardIndex, Tier, in_force, prepare

SHOWN_LOSERS = 20


class ReplayError(ValueError):
    """Stored inputs that cannot be replayed: the message says which one differs."""


def explain(
    call: CallInput,
    card: RateCard | CardIndex,
    *,
    remaining: Mapping[str, int] | None = None,
    version: str = "",
) -> Charge:
    """The charge of `rate_call` with `steps`; `version` names the card in the first of them."""
    index = prepare(card)
    reckoning = reckon(call, index, remaining or {})
    steps = tuple(_steps(call, index, reckoning, version))
    return replace(reckoning.charge, steps=steps)


def sentences(charge: Charge) -> str:
    """The steps of an explained charge, one a line."""
    return "\n".join(step.text for step in charge.steps)


def _step(kind: str, text: str, **facts: object) -> ExplainStep:
    return ExplainStep(kind, text, tuple(facts.items()))


def _steps(
    call: CallInput, index: CardIndex, reckoning: Reckoning, version: str
) -> Iterator[ExplainStep]:
    charge, card = reckoning.charge, index.card
    named = f" {version}" if version else ""
    yield _step(
        "card",
        f"Card{named}: {phrase('side', card.side)}, {card.currency}, times in {card.timezone},"
        f" {phrase('family', card.family)}; a call over a change of price:"
        f" {phrase('crossing', card.crossing)}.",
        version=version,
        side=card.side,
        currency=card.currency,
        family=card.family,
    )
    if charge.status != "invalid":
        yield from _choice(call, index, reckoning)
    if reckoning.seconds:
        yield from _seconds(reckoning)
    if charge.status == "rated" and reckoning.seconds and reckoning.seconds.due:
        yield from _cover(reckoning)
        yield from _usage(index, reckoning)
        yield from _total(index, reckoning.total)
    yield _final(card, charge)


def _final(card: RateCard, charge: Charge) -> ExplainStep:
    if charge.status != "rated":
        return _step(
            "final",
            f"Not rated ({phrase('rating_status', charge.status)}): {charge.reason}.",
            status=charge.status,
            reason=charge.reason,
        )
    amount = show(charge.amount_micros, card.rounding.decimals)
    return _step(
        "final",
        f"The call costs {amount} {card.currency}.",
        amount_micros=charge.amount_micros,
        billed_s=charge.billed_s,
    )


def _choice(call: CallInput, index: CardIndex, reckoning: Reckoning) -> Iterator[ExplainStep]:
    row = reckoning.charge.rate_index
    if row >= 0:
        rate = index.card.rates[row]
        yield _step(
            "row",
            f"{_holds(call, row, rate)}{_terms(rate)}.",
            rate_index=row,
            prefix=rate.prefix,
            band=rate.band or "",
        )
    losers = [(r, why) for r, why in why_others_lost(call, index) if r != row]
    for loser, why in losers[:SHOWN_LOSERS]:
        text = f"Row {loser + 1}, {_name(index.card.rates[loser])}, does not: {why}."
        yield _step("lost", text, rate_index=loser, why=why)
    if len(losers) > SHOWN_LOSERS:
        more = len(losers) - SHOWN_LOSERS
        yield _step("lost", f"{more} more rows with shorter prefixes do not.", more=more)


def _holds(call: CallInput, row: int, rate: Rate) -> str:
    at = told_moment(call.answered_at)
    return f"Row {row + 1}, {_name(rate)}, holds for {call.called} at {at}"


def _name(rate: Rate) -> str:
    prefix = f"prefix {rate.prefix}" if rate.prefix else "the default row"
    origin = f" from {rate.origin_prefix}" if rate.origin_prefix else ""
    return f"{prefix}{origin} ({rate.name})" if rate.name else prefix + origin


def _terms(rate: Rate) -> str:
    band = f", band {rate.band}" if rate.band else ""
    price = show_price(rate.price_nanos)
    return f"{band}: {price} per {rate.unit_s} s, {rate.first_s}/{rate.next_s}"


def why_others_lost(call: CallInput, index: CardIndex) -> Iterator[tuple[int, str]]:
    """(row, reason) of every row whose prefix fits the called number but does not price it."""
    best: Tier | None = None
    winner = index.row_at(index.tiers(call.called, call.caller, whole=call.whole), call.answered_at)
    for tier in index.of_prefixes(call.called):
        for row in tier.rows:
            if row == winner:
                best = tier
            else:
                yield row, _why_lost(call, index, tier, row, best)


def _why_lost(call: CallInput, index: CardIndex, tier: Tier, row: int, best: Tier | None) -> str:
    rate = index.card.rates[row]
    if call.whole and tier.prefix not in ("", call.called):
        return f"{call.called} is a short number: only a row of all its digits is for it"
    if not call.caller.startswith(tier.origin):
        return f"the caller does not begin with {tier.origin}"
    if not tier.length_min <= len(call.called) <= tier.length_max:
        low, high = tier.length_min, tier.length_max
        return f"the number has {len(call.called)} digits, not {low} to {high}"
    if not in_force(rate, call.answered_at):
        return _dates(rate, call.answered_at)
    active = index.clock.active(call.answered_at) if index.clock else 0
    if index.bits[row] and not active & index.bits[row]:
        return f"band {rate.band} does not apply then"
    return _why_behind(tier, best)


def _dates(rate: Rate, at: datetime) -> str:
    if rate.effective_from is not None and at < rate.effective_from:
        return f"it begins at {told_moment(rate.effective_from)}"
    return f"it ended at {told_moment(rate.effective_to)}" if rate.effective_to else "it ended"


def _why_behind(tier: Tier, best: Tier | None) -> str:
    if best is None or best is tier:
        return "the band of the other has more weight, or begins later"
    if len(best.prefix) > len(tier.prefix):
        return f"{best.prefix} is the longer prefix"
    if len(best.origin) > len(tier.origin):
        return f"the origin {best.origin} is the longer one"
    return "the other admits fewer lengths of number"


def _seconds(reckoning: Reckoning) -> Iterator[ExplainStep]:
    seconds = reckoning.seconds
    if seconds is None:
        return
    text = f"Answered for {seconds.answered_s} s"
    if not seconds.due:
        text = f"No charge: {seconds.why}"
    elif seconds.counted_s != seconds.answered_s:
        text += f"; after grace and lift {seconds.counted_s} s count"
    yield _step(
        "seconds",
        f"{text}.",
        answered_s=seconds.answered_s,
        counted_s=seconds.counted_s,
        due=seconds.due,
    )


def _cover(reckoning: Reckoning) -> Iterator[ExplainStep]:
    for use in reckoning.cover.uses:
        yield _step(
            "allowance",
            f"Allowance {use.name} covers {use.covered_s} s and gives {use.amount}.",
            name=use.name,
            pool=use.pool,
            amount=use.amount,
            covered_s=use.covered_s,
        )


def _usage(index: CardIndex, reckoning: Reckoning) -> Iterator[ExplainStep]:
    for piece in reckoning.usage.pieces:
        yield _piece(index, piece)
    rate = index.card.rates[reckoning.charge.rate_index]
    if rate.block_charge and reckoning.usage.blocks:
        block, blocks = rate.block_charge, reckoning.usage.blocks
        yield _step(
            "blocks",
            f"{blocks} whole blocks of {block.every_s} s at {show(block.amount_micros)} each"
            f"{_discount(rate)}.",
            blocks=blocks,
            amount_micros=block.amount_micros,
        )


def _piece(index: CardIndex, piece: Piece) -> ExplainStep:
    rate = index.card.rates[piece.rate_index]
    micro = NANOS_PER_MICRO * index.denominator
    exact = Fraction(piece_numerator(index, piece), micro)
    if piece.fixed:
        how = f"the first interval at {show(piece.charge_micros)}"
    else:
        how = f"{show_price(piece.price_nanos)} per {rate.unit_s} s"
        how += f" in increments of {piece.increment_s} s"
        if piece.charge_micros:
            how += f", and {show(piece.charge_micros)} on entering the step"
    where = f"From second {piece.from_s}"
    if piece.from_s:
        where += f" (row {piece.rate_index + 1}" + (f", band {rate.band})" if rate.band else ")")
    return _step(
        "piece",
        f"{where}: {piece.billed_s} s at {how}{_discount(rate)} = {_exact(exact)}.",
        rate_index=piece.rate_index,
        step=piece.step,
        from_s=piece.from_s,
        billed_s=piece.billed_s,
        price_nanos=piece.price_nanos,
        unit_s=rate.unit_s,
        charge_micros=piece.charge_micros,
        micros=str(exact),
    )


def _discount(rate: Rate) -> str:
    percent = show(rate.discount_ppm * 100)
    return f", less {percent} %" if rate.discount_ppm else ""


def _exact(micros: Fraction) -> str:
    """An exact amount of micros as a decimal; `...` where it does not end within 12 places."""
    scaled = micros * PPM  # 12 decimals of the currency
    sign = "-" if scaled < 0 else ""
    whole, rest = divmod(abs(scaled.numerator), scaled.denominator)
    digits = str(whole).rjust(13, "0")
    fraction = digits[-12:] if rest else digits[-12:].rstrip("0")
    dots = "..." if rest else ""
    return f"{sign}{digits[:-12]}" + (f".{fraction}{dots}" if fraction else "")


def _total(index: CardIndex, total: Total) -> Iterator[ExplainStep]:
    for kind, fee in (
        ("connect", total.connect_fee_micros),
        ("disconnect", total.disconnect_fee_micros),
    ):
        if fee:
            yield _step("fee", f"{kind.capitalize()} fee {show(fee)}.", fee=kind, micros=fee)
    micro = NANOS_PER_MICRO * index.denominator
    if total.limited_by:
        before = _exact(Fraction(total.sum_numerator, micro))
        limit = phrase("call_limit", total.limited_by)
        verb = "lifts" if total.limited_by == "min_charge" else "caps"
        after = _exact(Fraction(total.exact_numerator, micro))
        text = f"The {limit} {verb} {before} to {after}."
        yield _step("limit", text, limited_by=total.limited_by, before=before, after=after)
    yield _rounding(index.card, Fraction(total.exact_numerator, micro), total.rounded_micros)
    for use in total.money.uses:
        text = f"Allowance {use.name} gives {show(use.amount)} {index.card.currency}."
        yield _step("allowance", text, name=use.name, pool=use.pool, amount=use.amount)


def _rounding(card: RateCard, exact: Fraction, rounded_micros: int) -> ExplainStep:
    mode, decimals = card.rounding.mode, card.rounding.decimals
    return _step(
        "rounding",
        f"{_exact(exact)} rounded once, {phrase('rounding', mode)} to {decimals} decimals:"
        f" {show(rounded_micros, decimals)}.",
        exact_micros=str(exact),
        mode=mode,
        decimals=decimals,
        rounded_micros=rounded_micros,
    )


BY_CARD = frozenset({"allowance", "piece", "blocks", "fee", "limit", "rounding", "final"})


def explain_from_cost(
    call: CallInput,
    card: RateCard | CardIndex,
    terms: CostPlus,
    cost_micros: int,
    *,
    version: str = "",
) -> Charge:
    """`explain` where the price is made of what the call costs (`legs.Leg`): the card says
    whether the number is open, how many seconds are billed and how an amount is rounded.

    The cost of 0 billed seconds does not matter.
    """
    index = prepare(card)
    charge = explain(call, index, version=version)
    if charge.status != "rated":
        return charge
    row, rate = charge.rate_index, index.card.rates[charge.rate_index]
    unpriced = f"{_holds(call, row, rate)}: {rate.first_s}/{rate.next_s}."
    steps = [
        replace(step, text=unpriced) if step.kind == "row" else step
        for step in charge.steps
        if step.kind not in BY_CARD
    ]
    steps.append(_markup(index.card, terms))
    charge = replace(charge, amount_micros=0)
    if charge.billed_s:
        exact, limited = from_cost_ppm(cost_micros, terms)
        charge = replace(charge, amount_micros=round_ratio(limited, PPM, index.card.rounding))
        steps += _from_cost(cost_micros, Fraction(exact, PPM), Fraction(limited, PPM))
        steps.append(_rounding(index.card, Fraction(limited, PPM), charge.amount_micros))
    return replace(charge, steps=(*steps, _final(index.card, charge)))


def _markup(card: RateCard, terms: CostPlus) -> ExplainStep:
    return _step(
        "markup",
        f"The plan prices from the provider's cost: {terms.words(card.currency)}.",
        markup_ppm=terms.markup_ppm,
        fixed_micros=terms.fixed_micros,
        floor_micros=terms.floor_micros,
        cap_micros=terms.cap_micros,
    )


def _from_cost(cost_micros: int, exact: Fraction, limited: Fraction) -> Iterator[ExplainStep]:
    text = f"The provider pays {show(cost_micros)}; by these terms {_exact(exact)}."
    yield _step("cost", text, cost_micros=cost_micros, exact_micros=str(exact))
    if limited != exact:
        verb, before, after = "lifts" if limited > exact else "caps", _exact(exact), _exact(limited)
        text = f"The plan {verb} {before} to {after}."
        yield _step("cost_limit", text, before=before, after=after)


def inputs_of(
    call: CallInput,
    card: RateCard | CardIndex,
    card_hash: str,
    *,
    remaining: Mapping[str, int] | None = None,
) -> dict[str, object]:
    """What a replay needs, as plain JSON: to be stored beside the charge.

    `card_hash` is `cardfile.content_hash` of the card; it is asked for because hashing a card of
    300 000 rows for every call would be absurd.
    """
    charge = rate_call(call, card, remaining=remaining)
    return {
        "card_hash": card_hash,
        "call_key": call.call_key,
        "answered_at": show_moment(call.answered_at),
        "answered_ms": call.answered_ms,
        "caller": call.caller,
        "called": call.called,
        "remaining": dict(remaining or {}),
        "status": charge.status,
        "amount_micros": charge.amount_micros,
    }


def replay(inputs: Mapping[str, object], card: RateCard | CardIndex, card_hash: str) -> Charge:
    """The explained charge of stored inputs.

    Raises ReplayError where the card is another one, an input is missing, or the amount differs.
    """
    if inputs.get("card_hash") != card_hash:
        raise ReplayError(f"stored with card {inputs.get('card_hash')}, replayed with {card_hash}")
    try:
        call = CallInput(
            str(inputs["call_key"]),
            datetime.fromisoformat(str(inputs["answered_at"])),
            int(str(inputs["answered_ms"])),
            str(inputs["caller"]),
            str(inputs["called"]),
        )
        remaining, status = inputs["remaining"], inputs["status"]
        amount = int(str(inputs["amount_micros"]))
    except (KeyError, ValueError) as error:
        raise ReplayError(f"the stored inputs are not complete: {error}") from None
    pools = {str(k): int(v) for k, v in remaining.items()} if isinstance(remaining, dict) else {}
    charge = explain(call, card, remaining=pools)
    if (charge.status, charge.amount_micros) != (status, amount):
        stored, now = f"{status} {show(amount)}", f"{charge.status} {show(charge.amount_micros)}"
        raise ReplayError(f"stored as {stored}, replayed as {now}")
    return charge
