"""Compilation by numba, and the stamp that keeps compiled code and source one.

numba keeps compiled functions on disk (in `NUMBA_CACHE_DIR`, else beside the source) and asks for
the file of the outermost function only whether they are still valid. A change in a function that
it calls would go unnoticed, and old arithmetic would price new calls. So only the outermost
functions are kept, and each closes over the stamp of everything that its module can call: a
closed-over value is part of numba's key. In whatever order modules are loaded, it is the same.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from contextlib import suppress
from types import CodeType, ModuleType
from typing import Any, TypeVar, cast

import numba
import numba.extending
import numpy as np
from numba.core import caching

from tollwright.kernel import compile_notice

F = TypeVar("F", bound=Callable[..., object])

U: Any = np.uintp  # places are never negative: compiled code need not look for "from the end"
WIDE: Any = np.int64  # also makes a constant a variable: numba compiles anew for each constant

_njit: Any = numba.njit  # its annotations do not name the options used here

config: Any = numba.config
_intrinsic: Any = numba.extending.intrinsic

_sources: dict[str, Any] = {}  # a digest a module, of what it compiles


INNER = {
    "nogil": True,
    "error_model": "numpy",  # a division never raises: publishing has checked the divisors
    "no_cpython_wrapper": True,  # called from compiled functions only
    "no_cfunc_wrapper": True,
}


COMPILING = "Compiling the rating kernel for this machine; it is kept, so it happens once."
NOT_KEPT = (
    "The compiled rating kernel cannot be kept ({error}): every start compiles it anew. "
    "Let NUMBA_CACHE_DIR name a folder that this user can write to."
)


class _Given(caching.UserProvidedCacheLocator):
    """The folder of NUMBA_CACHE_DIR, also where it can be read only."""

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> Any:
        return cls(py_func, py_file) if config.CACHE_DIR else None


class _BesideSource(caching.InTreeCacheLocator):
    """The last resort, whether or not it can be written."""

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> Any:
        return cls(py_func, py_file)


class _Files(caching.CompileResultCacheImpl):
    _locator_classes = [  # noqa: RUF012  # numba's own name
        _Given,
        caching.InTreeCacheLocator,
        caching.UserWideCacheLocator,
        _BesideSource,
    ]


class _Kept(caching.FunctionCache):
    """Compiled code on disk. Where it cannot be written, that costs a start, not the rating."""

    _impl_class = _Files

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        found = None
        with suppress(OSError):
            found = cast(Any, super()).load_overload(sig, target_context)
        if found is None:
            compile_notice.tell(COMPILING)
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            cast(Any, super()).save_overload(sig, data)
        except OSError as error:
            compile_notice.tell(NOT_KEPT.format(error=error))


def compiled(function: F) -> F:
    """A function for other compiled functions: arrays in, numbers out, nothing allocated.

    Without numba's runtime no array it is handed is counted; counting costs several times what
    rating does.
    """
    _note(function)
    return cast(F, _njit(**INNER, _nrt=False)(function))


def inlined(function: F) -> F:
    """As `compiled`, and set into the function that calls it: for the inside of the short way."""
    _note(function)
    return cast(F, _njit(**INNER, _nrt=False, forceinline=True)(function))


def allocating(function: F) -> F:
    """As `compiled`, for what makes arrays."""
    _note(function)
    return cast(F, _njit(**INNER)(function))


def plain(function: F) -> F:
    """As `compiled`, for an `entry` in the same file, which then needs no stamp."""
    return cast(F, _njit(**INNER)(function))


def entry(function: F) -> F:
    """An outermost function, kept on disk. It must close over `stamp()`."""
    dispatcher = _njit(nogil=True, error_model="numpy")(function)
    dispatcher._cache = cast(Any, _Kept)(function)  # as `cache=True` would, with numba's own class
    return cast(F, dispatcher)


def intrinsic(function: Callable[..., object]) -> Any:
    """A function that writes LLVM's code itself."""
    _note(function)
    return _intrinsic(function)


def stamp(module: str) -> int:
    """A number that changes with any function or constant that the module compiles or calls.

    Ask for it by `__name__` where all of the module that is compiled stands above.
    """
    found = hashlib.sha256(numba.__version__.encode())
    for name in sorted(_called(module, set())):
        if name in _sources:
            found.update(name.encode() + _sources[name].digest())
    return int.from_bytes(found.digest()[:7], "big")


def _called(module: str, known: set[str]) -> set[str]:
    """The modules of ours that this one's names come from, itself among them."""
    if module in known:
        return known
    known.add(module)
    for value in list(vars(sys.modules[module]).values()):
        function = getattr(value, "py_func", value)
        name = function.__name__ if isinstance(function, ModuleType) else _module_of(function)
        if name in _sources:
            _called(name, known)
    return known


def _module_of(value: object) -> str:
    return str(getattr(value, "__module__", ""))


def _note(function: Callable[..., object]) -> None:
    source = _sources.setdefault(function.__module__, hashlib.sha256())
    source.update(function.__qualname__.encode())
    _note_code(source, function.__code__, function.__globals__)


def _note_code(source: Any, code: CodeType, names: dict[str, Any]) -> None:
    source.update(code.co_code)
    source.update(repr([c for c in code.co_consts if not isinstance(c, CodeType)]).encode())
    modules = [names[name] for name in code.co_names if isinstance(names.get(name), ModuleType)]
    for name in code.co_names:
        value = names.get(name, next((vars(m)[name] for m in modules if name in vars(m)), None))
        if isinstance(value, int | str):
            source.update(f"{name}={value!r}".encode())
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            _note_code(source, inner, names)
