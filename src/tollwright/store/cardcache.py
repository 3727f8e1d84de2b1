"""Compiled cards on disk: one folder a content hash, read by every process, written once.

The arrays are mapped into memory, so that all processes of a machine share one copy and loading
costs a millisecond. A folder appears by renaming, complete or not at all; what is damaged or of
another release is compiled anew.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tollwright.core.cards.card import RateCard
from tollwright.kernel.rating.compile import compile_card
from tollwright.kernel.rating.layout import FORMAT, CompiledCard

ARRAYS = ("words", "cells", "rate_prefixes")
ABOUT = "card.json"
BLOCK = 1 << 20
CARDS_KEPT = 64
LOG = logging.getLogger(__name__)

Say = Callable[[str], None]


@dataclass(slots=True)
class _Place:
    folder: Path | None = None


_kept = _Place()


def keep_in(folder: Path | None) -> None:
    """Where this process keeps compiled cards; None: in its memory alone. Said at its start."""
    _kept.folder = folder


def compiled(name: str, card: Callable[[], RateCard]) -> CompiledCard:
    """The compiled card that `name` means, from disk if any process of this machine made it.

    `name` says all that the card's prices depend on: a version's content hash, what a rule
    changes about it; '' means a card of this process alone. A folder that cannot be written costs
    the sharing, not the rating.
    """
    content_hash = _hash_of(name)
    if _kept.folder is not None and name:
        try:
            return load_or_compile(_kept.folder, content_hash, card)
        except OSError as error:
            LOG.warning("compiled cards cannot be kept in %s: %s", _kept.folder, error)
    return compile_card(card(), hash_of_content=content_hash)


def kept(name: str) -> CompiledCard | None:
    """The compiled card that `name` means, if it is on disk."""
    return None if _kept.folder is None else load(_kept.folder, _hash_of(name))


def _hash_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _forget_oldest(folder: Path) -> None:
    cards = sorted(folder.glob(f"*-{FORMAT}"), key=lambda place: place.stat().st_mtime)
    for place in cards[:-CARDS_KEPT]:  # whoever has one mapped keeps it until they are done
        shutil.rmtree(place, ignore_errors=True)


def load_or_compile(
    folder: Path, content_hash: str, card: Callable[[], RateCard], say: Say | None = None
) -> CompiledCard:
    """The compiled card of this hash; `card` is asked for the card only where it is not there.

    `say` hears what takes time. Raises ValueError for a hash that is none, OSError where the
    folder cannot be written.
    """
    found = load(folder, content_hash)
    if found is not None:
        return found
    if say is not None:
        say(f"compiling card {content_hash[:12]}")
    made = compile_card(card(), hash_of_content=content_hash)
    save(folder, made)
    _forget_oldest(folder)
    return load(folder, content_hash) or made


def load(folder: Path, content_hash: str, *, verify: bool = False) -> CompiledCard | None:
    """The compiled card of this hash, its arrays mapped read-only; None where there is none.

    What was not written by this release, or is incomplete, counts as not there. `verify` reads
    every byte and compares with the sha256 it was written with.
    """
    place = _place(folder, content_hash)
    try:
        about: dict[str, Any] = json.loads((place / ABOUT).read_text())
        if any(_differs(place, name, about["files"][name], verify) for name in ARRAYS):
            return None
        words, cells, prefixes = (_mapped(place / f"{name}.npy") for name in ARRAYS)
        return CompiledCard(
            words=words,
            cells=cells,
            rate_prefixes=prefixes,
            content_hash=content_hash,
            band_names=tuple(about["bands"]),
            allowance_names=tuple(about["allowances"]),
            pool_names=tuple(about["pools"]),
            pool_amounts=tuple(about["pools"].values()),
            currency=about["currency"],
            decimals=about["decimals"],
            timezone=about["timezone"],
        )
    except (FileNotFoundError, ValueError, KeyError):
        return None


def save(folder: Path, compiled: CompiledCard) -> None:
    """Write a compiled card; where another process was quicker, its work stays."""
    place = _place(folder, compiled.content_hash)
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder))
    try:
        for name in ARRAYS:
            np.save(draft / f"{name}.npy", getattr(compiled, name))
        (draft / ABOUT).write_text(json.dumps(_about(draft, compiled), indent=1))
        _publish(draft, place, compiled.content_hash)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _publish(draft: Path, place: Path, content_hash: str) -> None:
    if place.exists() and load(place.parent, content_hash, verify=True) is None:
        shutil.rmtree(place)
    try:
        os.rename(draft, place)
    except OSError:
        if not place.exists():  # else another process has published the same content
            raise


def _place(folder: Path, content_hash: str) -> Path:
    if not (content_hash.isalnum() and content_hash.isascii()):
        raise ValueError(f"{content_hash!r} is not a content hash of a card")
    return folder / f"{content_hash}-{FORMAT}"


def _about(draft: Path, compiled: CompiledCard) -> dict[str, object]:
    files = {name: _fingerprint(draft / f"{name}.npy") for name in ARRAYS}
    return {
        "content_hash": compiled.content_hash,
        "currency": compiled.currency,
        "decimals": compiled.decimals,
        "timezone": compiled.timezone,
        "bands": compiled.band_names,
        "allowances": compiled.allowance_names,
        "pools": dict(zip(compiled.pool_names, compiled.pool_amounts, strict=True)),
        "files": {
            name: {"bytes": size, "sha256": digest} for name, (size, digest) in files.items()
        },
    }


def _fingerprint(path: Path) -> tuple[int, str]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return path.stat().st_size, digest.hexdigest()


def _differs(place: Path, name: str, noted: dict[str, Any], verify: bool) -> bool:
    path = place / f"{name}.npy"
    if path.stat().st_size != noted["bytes"]:
        return True
    return verify and _fingerprint(path) != (noted["bytes"], noted["sha256"])


def _mapped(path: Path) -> npt.NDArray[Any]:
    """The array as the compiled functions want it: a plain one, read-only."""
    mapped: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return mapped.view(np.ndarray)
