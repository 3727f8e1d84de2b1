"""A card in a file, which is read only where no compiled form of its bytes is kept."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from tollwright import core
from tollwright.cli import runtime
from tollwright.core.cards.card import RateCard
from tollwright.core.rating.open_file import read_card_text

if TYPE_CHECKING:
    from tollwright.kernel.rating.layout import CompiledCard

LARGE = 1 << 20  # bytes of a card: to read it takes longer than to load the compiled kernel
READERS = ("cards", "rating", "money.py")  # what of core makes a card of a file's bytes


class CardFile:
    """`card`: as it was read; None where the compiled form of a large one was there."""

    def __init__(self, data: bytes, profile: str) -> None:
        """Raises CardError, UnknownProfile."""
        self._name = _name(data, profile)
        self._kept = self._find() if len(data) >= LARGE else None
        self.card = None if self._kept else read_card_text(data.decode(errors="replace"), profile)

    def compiled(self) -> CompiledCard:
        """The compiled form, kept from now on."""
        runtime.keep_compiled()
        from tollwright.store import cardcache

        if self._kept is None:
            cardcache.keep_in(runtime.cards_folder())
            self._kept = cardcache.compiled(self._name, self._read)
        return self._kept

    def _find(self) -> CompiledCard | None:
        runtime.keep_compiled()
        from tollwright.store import cardcache

        cardcache.keep_in(runtime.cards_folder())
        return cardcache.kept(self._name)

    def _read(self) -> RateCard:
        if self.card is None:
            raise RuntimeError("a card that was not read has a compiled form")
        return self.card


def _name(data: bytes, profile: str) -> str:
    """All that the prices depend on: the bytes, the profile, and the code that reads them."""
    code = sha256()
    for path in _sources(Path(core.__file__).parent):
        code.update(path.read_bytes())
    return f"{sha256(data).hexdigest()}/{profile}/{code.hexdigest()}"


def _sources(folder: Path) -> Iterator[Path]:
    for name in READERS:
        place = folder / name
        yield from sorted(place.glob("*.py")) if place.is_dir() else [place]
