"""Compilation by numba, and the stamp that keeps compiled code and source one.

numba keeps compiled functions on disk (in `NUMBA_CACHE_DIR`, else beside the source) and asks for
the file of the outermost function only whether they are still valid. A change in a function that
it calls would go unnoticed, and old arithmetic would price new calls. So only the outermost
functions are kept, and each closes over the stamp of everything compiled before it: a closed-over
value is part of numba's key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from types import CodeType
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])

_sources = hashlib.sha256(numba.__version__.encode())


def compiled(function: F) -> F:
    """A function for other compiled functions: no GIL, no exceptions on division, not cached."""
    _note(function)
    return cast(F, numba.njit(nogil=True, error_model="numpy")(function))


def entry(function: F) -> F:
    """An outermost function, kept on disk. It must close over `stamp()`."""
    return cast(F, numba.njit(nogil=True, error_model="numpy", cache=True)(function))


def stamp() -> int:
    """A number that changes with any function or constant compiled so far."""
    return int.from_bytes(_sources.digest()[:7], "big")


def _note(function: Callable[..., object]) -> None:
    code = function.__code__
    _sources.update(f"{function.__module__}.{function.__qualname__}".encode())
    _sources.update(code.co_code)
    _sources.update(repr([c for c in code.co_consts if not isinstance(c, CodeType)]).encode())
    for name in code.co_names:
        value = function.__globals__.get(name)
        if isinstance(value, int | str):
            _sources.update(f"{name}={value!r}".encode())
