"""What a million repriced calls come to, per campaign and destination: exact sums of integers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tollwright.engine.rerate import refusals
from tollwright.engine.rerate.reprice import Repriced
from tollwright.kernel.arrays import Int64
from tollwright.kernel.numbers import unpack_number
from tollwright.store.rerate import Bytes


class Sums(NamedTuple):
    """One row a campaign, carrier (0: none), packed prefix and currency; int64[n] each.

    `currency` is a number. `old_micros` and `new_micros` are of all calls: those that stay
    (refused, waiting) count alike on both sides. `outside` calls are none of the scope, but change
    with it: `calls` and `changed` leave them out, the amounts do not.
    """

    campaign_id: Int64
    carrier_id: Int64
    prefix: Int64
    currency: Int64
    calls: Int64
    changed: Int64
    refused: Int64
    refused_micros: Int64
    waiting: Int64
    outside: Int64
    anew: Int64
    old_micros: Int64
    new_micros: Int64


KEYS = 4


def sums_of(found: Repriced) -> Sums:
    """The sums of one batch."""
    refused = (found.refusal != refusals.NONE).astype(np.int64)
    waits = found.stored.waits
    changed = found.changed
    old = found.stored.amount_micros
    rows = Sums(
        found.stored.campaign_id,
        found.carrier_id,
        found.prefix,
        currency_numbers(found.stored.currency),
        1 - found.outside,
        changed * (1 - found.outside),
        refused,
        refused * old,
        waits * (1 - refused),
        changed * found.outside,
        found.anew,
        old,
        np.where(changed, found.amount_micros, old),
    )
    return grouped(rows)


def grouped(rows: Sums) -> Sums:
    """Rows of one key added up, in the order of the keys."""
    if not len(rows.campaign_id):
        return rows
    order = np.lexsort((rows.currency, rows.prefix, rows.carrier_id, rows.campaign_id))
    ordered = Sums._make(column[order] for column in rows)
    differs = np.zeros(len(order), np.bool_)
    differs[0] = True
    for key in ordered[:KEYS]:
        differs[1:] |= key[1:] != key[:-1]
    starts = np.flatnonzero(differs)
    keys = [key[starts] for key in ordered[:KEYS]]
    return Sums._make([*keys, *(np.add.reduceat(column, starts) for column in ordered[KEYS:])])


def merged(parts: Sequence[Sums]) -> Sums:
    """The sums of several batches, whatever their order."""
    none = np.zeros(0, np.int64)
    if not parts:
        return Sums(*[none] * len(Sums._fields))
    return grouped(Sums._make(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def currency_numbers(codes: Bytes) -> Int64:
    """Three letters as a number each."""
    letters = np.ascontiguousarray(codes).view(np.uint8).reshape(-1, 3).astype(np.int64)
    found: Int64 = letters[:, 0] << 16 | letters[:, 1] << 8 | letters[:, 2]
    return found


def currency_code(number: int) -> str:
    """The letters of `currency_numbers`."""
    return number.to_bytes(3, "big").decode()


def prefix_text(packed: int) -> str:
    """The digits of a packed prefix; what is none is ''."""
    return "" if packed < 0 else unpack_number(packed)
