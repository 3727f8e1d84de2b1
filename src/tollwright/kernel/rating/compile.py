"""A card to arrays: `compile_card`, once per published version."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from tollwright.core.cards.card import PPM, Allowance, RateCard
from tollwright.core.cards.file import content_hash
from tollwright.kernel.arrays import Int64, frozen
from tollwright.kernel.call_columns import epoch_us
from tollwright.kernel.numbers import pack_number
from tollwright.kernel.rating import layout as at
from tollwright.kernel.rating.calendar import calendar, zone_table
from tollwright.kernel.rating.layout import CompiledCard, Sections
from tollwright.kernel.rating.layout_writer import laid_out
from tollwright.kernel.rating.leaf_shapes import shapes_of
from tollwright.kernel.rating.rowtable import RowTable, row_table
from tollwright.kernel.rating.tiers import Grouped, group_rows
from tollwright.kernel.rating.trie import build_trie, relabel

MODES = {"half_up": at.HALF_UP, "up": at.UP, "down": at.DOWN, "half_even": at.HALF_EVEN}
UNITS = {"seconds": at.UNIT_SECONDS, "calls": at.UNIT_CALLS, "money": at.UNIT_MONEY}
EXCESS = {
    "partial": at.PARTIAL,
    "whole_free": at.WHOLE_FREE,
    "all_or_nothing": at.ALL_OR_NOTHING,
}


def compile_card(card: RateCard, *, hash_of_content: str = "") -> CompiledCard:
    """The compiled form of a card that keeps the bounds of `core.cards.card`.

    `hash_of_content` saves computing `content_hash` again where it is known.
    """
    rows = row_table(card)
    grouped = group_rows(card, rows)
    times = calendar(card.bands)
    trie, parents, shift, paired = build_trie(grouped.prefixes, grouped.prefix_digits)
    shapes = shapes_of(grouped, rows, times.masks)
    lines = np.empty((len(grouped.order), at.LINE), np.int64)
    lines[:, at.PRICE] = rows.prices[grouped.order]
    lines[:, at.ROW] = grouped.order | rows.terms_of[grouped.order] << at.ROW_BITS
    allowances, allowance_prefixes, pools = _allowances(card.allowances)
    sections = Sections(
        terms=rows.terms,
        no_line=np.zeros(at.LINE, np.int64),
        lines=lines.reshape(-1),
        line_from=rows.valid_from[grouped.order],
        line_to=rows.valid_to[grouped.order],
        tiers=grouped.tiers.reshape(-1),
        extra=rows.extra,
        steps=rows.steps,
        masks=times.masks,
        zone=np.array(zone_table(card.timezone) if card.bands else (0, 0), np.int64),
        dates=shapes.dates,
        allowances=allowances,
        allowance_prefixes=allowance_prefixes,
        trie=relabel(trie, shapes.values),
        choice=shapes.choice,
        line_leaf=grouped.leaf_of_line.astype(np.int32),
        leaves=grouped.leaves(parents),
        days=times.days,
        minutes=times.minutes,
    )
    head = _settings(card, rows, grouped) | {
        at.ROOT_SHIFT: shift,
        at.PAIRED: int(paired),
        at.CONTEXTS: shapes.contexts,
        at.DATED: int(shapes.dated),
    }
    words, cells = laid_out(sections, head)
    return CompiledCard(
        words=words,
        cells=cells,
        rate_prefixes=frozen(rows.prefixes),
        content_hash=hash_of_content or content_hash(card),
        band_names=tuple(band.name for band in card.bands),
        allowance_names=tuple(allowance.name for allowance in card.allowances),
        pool_names=tuple(pools),
        pool_amounts=tuple(pools.values()),
        currency=card.currency,
        decimals=card.rounding.decimals,
        timezone=card.timezone,
    )


def _settings(card: RateCard, rows: RowTable, grouped: Grouped) -> dict[int, int]:
    grid = 10 ** (6 - card.rounding.decimals)
    return {
        at.SPLIT: int(card.crossing == "split"),
        at.FROM_MS: 1000 - card.second_from_ms,
        at.MODE: MODES[card.rounding.mode],
        at.GRID_NANOS: grid * 1000,
        at.GRID_MICROS: grid,
        at.COMMON_UNIT: rows.common_unit,
        at.DENOMINATOR: rows.common_unit * PPM,
        at.LAST_LEAF: grouped.last_leaf,
        at.BANDED: int(bool(card.bands)),
    }


def _allowances(allowances: tuple[Allowance, ...]) -> tuple[Int64, Int64, dict[str, int]]:
    """Records of allowances, their prefixes, and the pools with what they begin with."""
    pools = {allowance.pool_name: allowance.amount for allowance in allowances}
    place = {pool: place for place, pool in enumerate(pools)}
    records = np.zeros((len(allowances), at.ALLOWANCE_WORDS), np.int64)
    prefixes: list[int] = []
    for record, allowance in zip(records, allowances, strict=True):
        record[at.UNIT] = UNITS[allowance.unit]
        record[at.STEP_SIZE] = allowance.step_s
        record[at.WEIGHT] = allowance.weight
        record[at.WAIVES] = int(allowance.waives_connect_fee)
        record[at.EXCESS] = EXCESS[allowance.excess]
        record[at.POOL] = place[allowance.pool_name]
        record[at.STARTS] = _moment(allowance.starts_at, at.NO_FROM)
        record[at.EXPIRES] = _moment(allowance.expires_at, at.NO_TO)
        record[at.PREFIX_FIRST] = len(prefixes) // at.PREFIX_WORDS
        for prefix in sorted(allowance.prefixes, key=len, reverse=True):
            prefixes += (pack_number(prefix), len(prefix))
        record[at.PREFIX_END] = len(prefixes) // at.PREFIX_WORDS
    return records.reshape(-1), np.array(prefixes, np.int64), pools


def _moment(moment: datetime | None, otherwise: int) -> int:
    return otherwise if moment is None else epoch_us(moment)
