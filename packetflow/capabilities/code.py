"""A digest of what a function does, by which a resumed run finds whether it has changed.

It is taken from the compiled code, so it works in a notebook and changes neither with comments
and layout nor with a docstring. It covers the function, what is defined inside it, the functions
and plain values that it closes over, and the functions of its own module that it names. It does
not cover other modules: what they change is told by the capability's version.
"""

from __future__ import annotations

import functools
import hashlib
import sys
from collections.abc import Callable, Iterable
from importlib.util import MAGIC_NUMBER
from types import CodeType, FunctionType
from typing import Any, Final

_BYTECODE: Final = f"{int.from_bytes(MAGIC_NUMBER[:2], 'little')}.{sys.flags.optimize}"
"""Digests of different bytecode cannot be compared."""

_PLAIN: Final = (bool, int, float, complex, str, bytes, type(None))


def code_digest(fn: Callable[..., Any]) -> str:
    """Bytecode and digest of a function, ``BYTECODE:DIGEST``; empty when it has no Python code.

    >>> def one(n): return n + 1
    >>> def other(n):
    ...     "Say something."
    ...     return n + 1  # and something else
    >>> code_digest(one) == code_digest(other), code_digest(print)
    (True, '')
    """
    parts: list[str] = []
    _function(fn, parts, set())
    if not parts:
        return ""
    text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return f"{_BYTECODE}:{hashlib.sha256(text).hexdigest()[:16]}"


def differs(before: str, now: str) -> bool:
    """Tell whether two digests certainly are of different code.

    >>> differs("3495.0:aa", "3495.0:bb"), differs("3495.0:aa", "3531.0:bb"), differs("", "1:a")
    (True, False, False)
    """
    same_bytecode = before.partition(":")[0] == now.partition(":")[0]
    return same_bytecode and before != now


def _function(fn: Any, parts: list[str], seen: set[int]) -> None:
    fn = getattr(fn, "__func__", fn)
    if isinstance(fn, functools.partial):
        _values([fn.func, *fn.args, *fn.keywords.values()], parts, seen)
        return
    if not isinstance(fn, FunctionType):
        fn = getattr(fn, "__wrapped__", None)
    if not isinstance(fn, FunctionType) or id(fn) in seen:
        return
    seen.add(id(fn))
    names = _code(fn.__code__, parts, fn.__doc__)
    _values([*(fn.__defaults__ or ()), *(fn.__kwdefaults__ or {}).values()], parts, seen)
    _values(_closed_over(fn), parts, seen)
    for name in names:
        named = fn.__globals__.get(name)
        named = named if isinstance(named, FunctionType) else getattr(named, "__wrapped__", None)
        if isinstance(named, FunctionType) and named.__globals__ is fn.__globals__:
            _function(named, parts, seen)


def _closed_over(fn: FunctionType) -> Iterable[Any]:
    for cell in fn.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:
            continue  # not set yet


def _values(values: Iterable[Any], parts: list[str], seen: set[int]) -> None:
    for value in values:
        if isinstance(value, _PLAIN):
            parts.append(repr(value))
        elif callable(value):
            _function(value, parts, seen)


def _code(code: CodeType, parts: list[str], doc: str | None = None) -> list[str]:
    """Add what a code object does; answers the names that it and the code inside it use."""
    names = list(code.co_names)
    parts += [code.co_code.hex(), code.co_exceptiontable.hex(), *code.co_names]
    for index, constant in enumerate(code.co_consts):
        if isinstance(constant, CodeType):
            names += _code(constant, parts)
        else:
            is_doc = index == 0 and doc is not None and constant == doc
            parts.append("None" if is_doc else _text(constant))
    return names


def _text(constant: Any) -> str:
    """A constant as text that is the same in every process."""
    if isinstance(constant, frozenset):
        return f"{{{', '.join(sorted(map(_text, constant)))}}}"
    if isinstance(constant, tuple):
        return f"({', '.join(map(_text, constant))})"
    return repr(constant)
