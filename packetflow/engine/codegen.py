"""Turn a step's joints into Python functions of the scope.

What is known when a plan is compiled (names, renames, validators, defaults) is written into the
function's text, so that nothing is looped over when it runs. Only names that were checked as text
reach the source. Names in the scope, keys of a mapping and names that a function takes by
``**`` are globals of the function, so that steps that differ only in them share one text, which
is compiled once: compiling costs a hundred times the call.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import CodeType
from typing import Any

from packetflow.capabilities.contract import MISSING, Port
from packetflow.capabilities.declaration import Declaration
from packetflow.capabilities.validate import Validator
from packetflow.engine.values import Pack


@dataclass(frozen=True, slots=True)
class Read:
    """One input: the parameter, where it comes from, how it is checked."""

    parameter: str
    scope_name: str
    port: Port
    check: Validator | None


@dataclass(frozen=True, slots=True)
class Write:
    """One output: the field, its name in the scope, how it is checked and kept."""

    field: str
    scope_name: str
    port: Port
    check: Validator | None
    pack: Pack | None


@dataclass(frozen=True)
class Joint:
    """How a capability is joined to the scope: the same for every step joined alike.

    Its functions are written when they are first needed: a step that is done already needs none.
    """

    declaration: Declaration
    reads: tuple[Read, ...]
    writes: tuple[Write, ...]
    fixed: Mapping[str, Any]

    @cached_property
    def call(self) -> Callable[..., Any]:
        """Calls the capability with what the scope has, and its context."""
        said = self.declaration
        return call_function(said.fn, self.reads, self.fixed, said.context)

    @cached_property
    def gather(self) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        """Gives the arguments by parameter."""
        return inputs_function(self.reads, self.fixed)

    @cached_property
    def spread(self) -> Callable[[Any], dict[str, Any]]:
        """Gives the outputs by their names in the scope."""
        return outputs_function(self.writes, self.declaration.shape)

    @cached_property
    def pack(self) -> Callable[[dict[str, Any]], dict[str, Any]] | None:
        """Makes the outputs fit for a record; ``None`` when they are."""
        return pack_function({write.scope_name: write.pack for write in self.writes})


def function(source: str, name: str, known: Mapping[str, Any]) -> Callable[..., Any]:
    """Make the function *name* from source that uses the *known* values."""
    namespace: dict[str, Any] = dict(known)
    exec(_compiled(source), namespace)  # noqa: S102 - our own text; names pass through repr
    made: Callable[..., Any] = namespace[name]
    return made


@lru_cache(maxsize=1024)
def _compiled(source: str) -> CodeType:
    return compile(source, "<joint>", "exec")


def _given(index: int, read: Read, known: dict[str, Any]) -> str:
    known[f"r{index}"] = read.scope_name
    value = f"scope[r{index}]"
    if read.check is not None:
        known[f"c{index}"] = read.check
        value = f"c{index}({value})"
    return value


def _input(index: int, read: Read, known: dict[str, Any]) -> str:
    value = _given(index, read, known)
    if read.port.optional:
        known[f"d{index}"] = None if read.port.default is MISSING else read.port.default
        value = f"{value} if r{index} in scope else d{index}"
    return value


def inputs_function(
    reads: Sequence[Read], fixed: Mapping[str, Any]
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """A function of the scope that gives the checked arguments by parameter."""
    known: dict[str, Any] = {}
    parts: list[str] = []
    late: list[str] = []
    for index, read in enumerate(reads):
        value = _input(index, read, known)
        if _has_no_default(read):
            there = _given(index, read, known)
            late.append(f"    if r{index} in scope:\n")
            late.append(f"        made[{read.parameter!r}] = {there}\n")
        else:
            parts.append(f"{read.parameter!r}: {value}")
    for index, (parameter, value) in enumerate(fixed.items()):
        known[f"f{index}"] = value
        parts.append(f"{parameter!r}: f{index}")
    body = f"{{{', '.join(parts)}}}"
    source = f"def inputs(scope):\n    made = {body}\n{''.join(late)}    return made\n"
    return function(source, "inputs", known)


def call_function(
    fn: Callable[..., Any],
    reads: Sequence[Read],
    fixed: Mapping[str, Any],
    context: str | None,
) -> Callable[..., Any]:
    """A function of scope and context that calls *fn* with the checked arguments."""
    known: dict[str, Any] = {"fn": fn}
    pairs: list[tuple[str, str]] = []
    named: list[str] = []
    odd: list[str] = []
    for index, read in enumerate(reads):
        if _has_no_default(read):
            there = f"{{{read.parameter!r}: {_given(index, read, known)}}}"
            odd.append(f"**({there} if r{index} in scope else {{}})")
        else:
            pairs.append((read.parameter, _input(index, read, known)))
    for index, (parameter, value) in enumerate(fixed.items()):
        known[f"f{index}"] = value
        pairs.append((parameter, f"f{index}"))
    if context is not None:
        pairs.append((context, "context"))
    written = _written_names(fn)
    for index, (name, value) in enumerate(pairs):
        if name in written and is_safe(name):
            named.append(f"{name}={value}")
        else:
            known[f"p{index}"] = name
            odd.append(f"p{index}: {value}")
    arguments = ", ".join([*named, *([f"**{{{', '.join(odd)}}}"] if odd else [])])
    return function(f"def call(scope, context=None):\n    return fn({arguments})\n", "call", known)


def _written_names(fn: Callable[..., Any]) -> AbstractSet[str]:
    """The names of a function's own parameters; none of another callable, which may hide them."""
    code = getattr(fn, "__code__", None)
    if code is None:
        return frozenset()
    return frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


def outputs_function(writes: Sequence[Write], shape: str) -> Callable[[Any], dict[str, Any]]:
    """A function of the returned object that gives the checked outputs by scope name."""
    known: dict[str, Any] = {}
    parts: list[str] = []
    late: list[str] = []
    for index, write in enumerate(writes):
        known[f"w{index}"] = write.scope_name
        if shape == "value":
            value = "result"
        elif shape == "mapping":
            known[f"k{index}"] = write.field
            value = f"result[k{index}]"
        else:
            value = (
                f"result.{write.field}"
                if is_safe(write.field)
                else f"getattr(result, {write.field!r})"
            )
        if write.check is not None:
            known[f"c{index}"] = write.check
            value = f"c{index}({value})"
        if shape == "mapping" and write.port.optional:
            late.append(f"    if k{index} in result:\n        made[w{index}] = {value}\n")
        else:
            parts.append(f"w{index}: {value}")
    body = f"{{{', '.join(parts)}}}"
    if late:
        source = f"def outputs(result):\n    made = {body}\n{''.join(late)}    return made\n"
    else:
        source = f"def outputs(result):\n    return {body}\n"
    return function(source, "outputs", known)


def pack_function(
    packers: Mapping[str, Pack | None],
) -> Callable[[dict[str, Any]], dict[str, Any]] | None:
    """A function that makes named values fit for a record; ``None`` when they are."""
    needed = [(name, pack) for name, pack in packers.items() if pack is not None]
    if not needed:
        return None

    def packed(values: dict[str, Any]) -> dict[str, Any]:
        kept = values.copy()
        for name, pack in needed:
            if name in kept:
                kept[name] = pack(kept[name])
        return kept

    return packed


def _has_no_default(read: Read) -> bool:
    """Tell whether an input may be left out although nothing says what it is then."""
    return read.port.optional and read.port.default is MISSING


_SAFE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_safe(name: str) -> bool:
    """Tell whether a name may be written into source as it is (Python folds other alphabets)."""
    return _SAFE.fullmatch(name) is not None and not keyword.iskeyword(name) and name != "__debug__"
