"""Read a function's contract off its signature and docstring."""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from packetflow.capabilities.context import Context
from packetflow.capabilities.contract import MISSING, Contract, Port, SecretMark, article, type_name
from packetflow.errors import DeclarationError

Shape: TypeAlias = Literal["nothing", "value", "mapping", "attributes"]
"""How outputs come out of the returned object."""

Mode: TypeAlias = Literal["sync", "async", "generator", "async_generator"]

_GENERATORS = (
    typing.get_origin(typing.Iterator[int]),
    typing.get_origin(typing.Iterable[int]),
    typing.get_origin(typing.Generator[int, None, None]),
    typing.get_origin(typing.AsyncIterator[int]),
    typing.get_origin(typing.AsyncIterable[int]),
    typing.get_origin(typing.AsyncGenerator[int, None]),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Signature:
    """What was read off a function."""

    contract: Contract
    shape: Shape
    mode: Mode
    context: str | None
    intent: str
    help: str


def read_signature(fn: Callable[..., Any], *, name: str, provides: str | None) -> Signature:
    """Read contract, intent and kind of call off *fn*.

    Args:
        fn: A plain, async or generator function.
        name: What the capability will be called; for messages.
        provides: The name of the one value it returns, or ``None`` when the return type names
            its fields (TypedDict, dataclass, pydantic model) or nothing is returned.

    Raises:
        DeclarationError: A parameter or the return value has no type, a type does not exist, or
            the returned value has no name.
    """
    hints = _hints(fn, name)
    doc = inspect.cleandoc(fn.__doc__ or "")
    intent, help_, about = _docstring(doc)
    mode = _mode(fn)
    requires, context = _requires(fn, hints, about, name)
    if "return" not in hints:
        raise DeclarationError(
            f"capability {name!r} does not say what it returns; annotate it, for example "
            "`-> str` with provides='summary', or `-> None`",
            capability=name,
        )
    outputs, shape = _provides(hints["return"], mode, provides, name)
    return Signature(Contract(requires, outputs), shape, mode, context, intent, help_)


def _hints(fn: Callable[..., Any], name: str) -> dict[str, Any]:
    try:
        return typing.get_type_hints(fn, include_extras=True)
    except NameError as error:
        raise DeclarationError(
            f"capability {name!r} uses the type {error.name!r}, which cannot be found from its "
            "module; define or import it there, at the top level",
            capability=name,
        ) from error
    except TypeError as error:
        raise DeclarationError(
            f"the annotations of capability {name!r} cannot be read: {error}", capability=name
        ) from error


def _mode(fn: Callable[..., Any]) -> Mode:
    if inspect.isasyncgenfunction(fn):
        return "async_generator"
    if inspect.iscoroutinefunction(fn):
        return "async"
    if inspect.isgeneratorfunction(fn):
        return "generator"
    return "sync"


def _requires(
    fn: Callable[..., Any], hints: dict[str, Any], about: dict[str, str], name: str
) -> tuple[tuple[Port, ...], str | None]:
    ports: list[Port] = []
    context: str | None = None
    for parameter in inspect.signature(fn).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise DeclarationError(
                f"capability {name!r} takes *{parameter.name}; name each value it needs",
                capability=name,
            )
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise DeclarationError(
                f"capability {name!r}: {parameter.name!r} is positional-only; values come by "
                "name, so remove the '/'",
                capability=name,
            )
        if parameter.name not in hints:
            raise DeclarationError(
                f"capability {name!r}: {parameter.name!r} has no type; annotate it "
                f"(`{parameter.name}: str`)",
                capability=name,
                parameter=parameter.name,
            )
        kind = hints[parameter.name]
        if _is_context(kind):
            context = parameter.name
            continue
        given = parameter.default is not parameter.empty
        ports.append(
            Port(
                parameter.name,
                kind,
                optional=given,
                default=parameter.default if given else MISSING,
                secret=is_secret(kind),
                help=about.get(parameter.name, ""),
            )
        )
    return tuple(ports), context


def _is_context(kind: Any) -> bool:
    return kind is Context or Context in getattr(kind, "__args__", ())


def is_secret(kind: Any) -> bool:
    """Tell whether a type is marked secret, or holds a part that is.

    ``Annotated[str, secret]`` and pydantic's SecretStr are secret, and so is a list, dataclass,
    TypedDict or model with such an item or field.
    """
    return _holds_secret(kind, set())


def _holds_secret(kind: Any, seen: set[int]) -> bool:
    if id(kind) in seen:
        return False
    seen.add(id(kind))
    if any(isinstance(mark, SecretMark) for mark in getattr(kind, "__metadata__", ())):
        return True
    bare = getattr(kind, "__origin__", kind)
    if isinstance(bare, type) and bare.__name__ in {"SecretStr", "SecretBytes"}:
        return True
    if any(_holds_secret(part, seen) for part in typing.get_args(kind)):
        return True
    fielded = typing.is_typeddict(bare) or (
        isinstance(bare, type)
        and (
            dataclasses.is_dataclass(bare) or isinstance(getattr(bare, "model_fields", None), dict)
        )
    )
    if not fielded:
        return False
    try:
        hints = typing.get_type_hints(bare, include_extras=True)
    except (NameError, TypeError):
        return False
    return any(_holds_secret(part, seen) for part in hints.values())


def _provides(
    kind: Any, mode: Mode, provides: str | None, name: str
) -> tuple[tuple[Port, ...], Shape]:
    if mode in {"generator", "async_generator"}:
        kind = streamed_type(kind, name)
    if kind is None or kind is type(None):
        if provides:
            raise DeclarationError(
                f"capability {name!r} promises {provides!r} but is annotated `-> None`",
                capability=name,
            )
        return (), "nothing"
    if provides is not None:
        return (Port(provides, kind, secret=is_secret(kind)),), "value"
    fields = fields_of(kind)
    if fields is None:
        raise DeclarationError(
            f"capability {name!r} returns {article(type_name(kind))} without a name; "
            "say @capability(provides='...'), or return a TypedDict, dataclass or pydantic model",
            capability=name,
        )
    return fields, "mapping" if typing.is_typeddict(kind) else "attributes"


def streamed_type(kind: Any, name: str) -> Any:
    """What a generator's pieces add up to.

    A generator's return type if it has one; text pieces make one text; others make a list.

    Raises:
        DeclarationError: The annotation is no iterator.
    """
    if typing.get_origin(kind) not in _GENERATORS:
        raise DeclarationError(
            f"capability {name!r} yields, so annotate it `-> Iterator[str]` (or AsyncIterator)",
            capability=name,
        )
    arguments = typing.get_args(kind)
    if len(arguments) == 3 and arguments[2] not in (None, type(None)):
        return arguments[2]
    return str if arguments[0] is str else types.GenericAlias(list, (arguments[0],))


def fields_of(kind: Any) -> tuple[Port, ...] | None:
    """The named fields of a TypedDict, dataclass or pydantic model; ``None`` for other types."""
    if typing.is_typeddict(kind):
        hints = typing.get_type_hints(kind, include_extras=True)
        optional: frozenset[str] = getattr(kind, "__optional_keys__", frozenset())
        return tuple(
            Port(field, _bare(hint), optional=field in optional, secret=is_secret(_bare(hint)))
            for field, hint in hints.items()
        )
    if not isinstance(kind, type):
        return None
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind, include_extras=True)
        return tuple(
            Port(f.name, hints[f.name], secret=is_secret(hints[f.name]))
            for f in dataclasses.fields(kind)
        )
    model_fields = getattr(kind, "model_fields", None)
    if isinstance(model_fields, dict):
        hints = typing.get_type_hints(kind, include_extras=True)
        return tuple(
            Port(field, hints[field], secret=is_secret(hints[field])) for field in model_fields
        )
    return None


def _bare(hint: Any) -> Any:
    """Drop ``NotRequired`` and ``Required`` around a TypedDict field."""
    if typing.get_origin(hint) in (typing.NotRequired, typing.Required):
        return typing.get_args(hint)[0]
    return hint


_ENTRY = re.compile(r"^\s{2,}(\w+)(?: \([^)]*\))?:\s*(.+)$")


def _docstring(doc: str) -> tuple[str, str, dict[str, str]]:
    """Split a Google-style docstring into first line, the whole, and a sentence per argument."""
    first = doc.split("\n\n", 1)[0].replace("\n", " ").strip()
    about: dict[str, str] = {}
    inside = False
    last = ""
    for line in doc.splitlines():
        if line.strip() in {"Args:", "Arguments:", "Parameters:"}:
            inside = True
        elif inside and (match := _ENTRY.match(line)):
            last = match[1]
            about[last] = match[2].strip()
        elif inside and line.startswith("        ") and last:
            about[last] += " " + line.strip()
        elif inside and line.strip() and not line.startswith(" "):
            inside = False
    return first, doc, about
