"""What one row of a deck says besides its code and name: price, increments, fees, dates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from tollwright.core.cards.card import MAX_FEE, MAX_PRICE_PER_MINUTE, GraceMode
from tollwright.core.decks import cells
from tollwright.core.decks.cells import BadCellError
from tollwright.core.decks.codes import code
from tollwright.core.decks.mapping import ColumnMapping, Effect, Meaning
from tollwright.core.decks.status import effects, folded
from tollwright.core.money import NANO, MoneyError, micros, nanos

T = TypeVar("T")

PRICES: tuple[Meaning, ...] = ("price", "price_intra", "price_local", "price_indeterminate")
_PRICE_OF: dict[str, Meaning] = {
    "intra": "price_intra", "local": "price_local", "indeterminate": "price_indeterminate"
}  # fmt: skip

TERMS: frozenset[Meaning] = frozenset(
    (
        *("origin_prefix", "price", "price_intra", "price_local", "price_indeterminate"),
        *("first_price", "unit_s", "connect_fee", "disconnect_fee"),
        *("increments", "first_s", "next_s", "min_charge", "max_charge", "grace_s", "min_seconds"),
        *("effective_from", "effective_to", "blocked", "withdrawn", "status", "currency"),
    )
)


class CellError(ValueError):
    """A cell that cannot be read, with the meaning of its column."""

    def __init__(self, meaning: Meaning, reason: str) -> None:
        super().__init__(reason)
        self.meaning = meaning
        self.reason = reason


class Terms(NamedTuple):
    """In the order of DeckRow's fields after its name."""

    price_nanos: int
    unit_s: int
    first_s: int
    next_s: int
    connect_fee_micros: int
    min_charge_micros: int
    max_charge_micros: int | None
    grace_s: int
    origin_prefix: str
    effective_from: datetime | None
    effective_to: datetime | None
    blocked: bool
    first_charge_micros: int | None
    disconnect_fee_micros: int
    min_seconds: int
    grace_mode: GraceMode
    withdrawn: bool


class TermsReader:
    """Reads the cells of one row by a mapping. The texts are by meaning; '' = nothing stated."""

    def __init__(self, mapping: ColumnMapping) -> None:
        """Raises CellError when the mapping's own effective_from is not a date."""
        self._mapping = mapping
        self._zone = ZoneInfo(mapping.timezone)
        self._from = self._date({"effective_from": mapping.effective_from}, "effective_from")
        self._effects = effects(mapping.status_words)
        self._grace: GraceMode = mapping.grace or "subtract"

    def read(self, texts: dict[Meaning, str]) -> Terms:
        """Raises CellError for the first cell that cannot be read."""
        self._check_currency(texts)
        first_s, next_s = self._increments(texts)
        price_text = self._price_text(texts)
        effect = self._effect(texts)
        withdrawn = effect == "withdrawn" or self._yes(texts, "withdrawn")
        blocked = (
            effect == "blocked" or cells.is_blocked(price_text)
            or self._yes(texts, "blocked")
        )  # fmt: skip
        unit_s = self._unit(texts, next_s)
        price = 0 if blocked or withdrawn else self._price("price", price_text, unit_s)
        start = self._date(texts, "effective_from") or self._from
        end = self._date(texts, "effective_to")
        if start is not None and end is not None and end <= start:
            raise CellError("effective_to", "The row ends before it begins.")
        first_charge = None
        if not (blocked or withdrawn):
            first_charge = self._first_charge(texts, price, first_s, unit_s)
        return Terms(
            price,
            unit_s,
            first_s,
            next_s,
            self._amount(texts, "connect_fee") or 0,
            self._amount(texts, "min_charge") or 0,
            self._amount(texts, "max_charge"),
            self._cell(texts, "grace_s", cells.seconds) or 0,
            self._cell(texts, "origin_prefix", code) or "",
            start,
            end,
            blocked,
            first_charge,
            self._amount(texts, "disconnect_fee") or 0,
            self._cell(texts, "min_seconds", cells.seconds) or 0,
            self._grace,
            withdrawn,
        )

    def _yes(self, texts: dict[Meaning, str], meaning: Meaning) -> bool:
        return self._cell(texts, meaning, cells.yes) or False

    def _effect(self, texts: dict[Meaning, str]) -> Effect:
        word = texts.get("status", "")
        effect = self._effects.get(folded(word))
        if effect is None:
            raise CellError(
                "status",
                f"The status {word.strip()[:40]!r} is not known: say in the mapping whether such"
                " a row is open, withdrawn or blocked.",
            )
        return effect

    def _price_text(self, texts: dict[Meaning, str]) -> str:
        """The cell that counts, of several by where a call begins."""
        told = self._mapping.jurisdiction
        if told == "highest":
            found = [text for place in PRICES if (text := texts.get(place, "").strip())]
            open_ones = [text for text in found if not cells.is_blocked(text)]
            return max(open_ones or found, key=self._sortable, default="")
        place = _PRICE_OF.get(told, "price")
        return texts.get(place, "").strip()

    def _sortable(self, text: str) -> Decimal:
        try:
            return self._number(text)
        except BadCellError:
            return Decimal("Infinity")  # read as the price, where it is told as a fault

    def _unit(self, texts: dict[Meaning, str], next_s: int) -> int:
        told = self._cell(texts, "unit_s", cells.unit)
        return told or {"minute": 60, "second": 1, "increment": next_s}[self._mapping.price_per]

    def _first_charge(
        self, texts: dict[Meaning, str], price: int, first_s: int, unit_s: int
    ) -> int | None:
        """What the first interval costs where its price is another; None: it has none of its own.

        Raises CellError for an amount below a millionth.
        """
        text = texts.get("first_price", "").strip()
        if not text or not first_s:
            return None
        first = self._price("first_price", text, unit_s)
        if first == price:
            return None
        amount, rest = divmod(first * first_s, unit_s * 1000)
        if rest:
            raise CellError(
                "first_price", f"{first_s} s at {text} is no whole number of millionths."
            )
        return amount

    def _cell(
        self, texts: dict[Meaning, str], meaning: Meaning, read: Callable[[str], T]
    ) -> T | None:
        text = texts.get(meaning, "").strip()
        if not text:
            return None
        try:
            return read(text)
        except (BadCellError, MoneyError) as error:
            raise CellError(meaning, str(error)) from None

    def _date(self, texts: dict[Meaning, str], meaning: Meaning) -> datetime | None:
        order = self._mapping.date_order
        return self._cell(texts, meaning, lambda text: cells.moment(text, order, self._zone))

    def _check_currency(self, texts: dict[Meaning, str]) -> None:
        told = texts.get("currency", "").strip().upper()
        if told and self._mapping.currency and told != self._mapping.currency:
            raise CellError(
                "currency", f"The row is in {told}, the deck's mapping in {self._mapping.currency}."
            )

    def _increments(self, texts: dict[Meaning, str]) -> tuple[int, int]:
        both = self._cell(texts, "increments", cells.increments)
        if both is not None:
            return both
        first = self._cell(texts, "first_s", cells.seconds)
        following = self._cell(texts, "next_s", cells.seconds)
        if first is None and following is None:
            return self._mapping.first_s, self._mapping.next_s
        if following is None:
            following = self._mapping.next_s
        if first is None:
            first = following
        try:
            return cells.checked_increment(first, following)
        except BadCellError as error:
            raise CellError("next_s", str(error)) from None

    def _price(self, meaning: Meaning, text: str, unit_s: int) -> int:
        if not text:
            raise CellError(meaning, "The price is empty. A blocked code says blocked, -1 or N/A.")
        value = self._cell({meaning: text}, meaning, self._number) or Decimal(0)
        if value < 0:
            raise CellError(meaning, f"The price {text} is negative. -1 alone means blocked.")
        try:
            price = nanos(value)
        except MoneyError as error:
            raise CellError(meaning, f"The price {error}: 9 are kept exactly.") from None
        if price * 60 > MAX_PRICE_PER_MINUTE * NANO * unit_s:
            raise CellError(meaning, f"The price {text} is above {MAX_PRICE_PER_MINUTE} a minute.")
        return price

    def _number(self, text: str) -> Decimal:
        return cells.number(text, self._mapping.decimal)

    def _amount(self, texts: dict[Meaning, str], meaning: Meaning) -> int | None:
        value = self._cell(texts, meaning, lambda text: micros(self._number(text)))
        if value is not None and not 0 <= value <= MAX_FEE * 10**6:
            raise CellError(meaning, f"{texts[meaning]} is below 0 or above {MAX_FEE}.")
        return value
