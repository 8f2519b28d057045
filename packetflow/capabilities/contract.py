"""The typed names that a capability or a composition requires and provides."""

from __future__ import annotations

import reprlib
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, Literal


class _Missing:
    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __reduce__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""Stands where no default was declared; ``None`` is a value like any other."""


class SecretMark:
    """Marks a type as secret; use the ready `secret`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "secret"


secret: Final = SecretMark()
"""Put it in a type, ``Annotated[str, secret]``: the value is never kept, shown or logged."""


@dataclass(frozen=True, slots=True)
class Port:
    """One named value going into or coming out of a step.

    Attributes:
        name: The name in the scope.
        type: A Python type or typing form; ``Any`` when nothing is known.
        optional: On the way in: there is a default. On the way out: it may be absent.
        default: The default of an optional input; `MISSING` when there is none.
        secret: Its value is never kept, shown or logged.
        help: One sentence from the docstring.
    """

    name: str
    type: Any = Any
    optional: bool = False
    default: Any = MISSING
    secret: bool = False
    help: str = ""

    def __str__(self) -> str:
        return f"{self.name}{'?' if self.optional else ''}: {type_name(self.type)}"

    def __repr__(self) -> str:
        known = self.default is not MISSING and not self.secret
        default = f" = {reprlib.repr(self.default)}" if known else ""
        return f"<port {self}{default}{', secret' if self.secret else ''}>"


@dataclass(frozen=True)
class Contract:
    """What goes in and what comes out, by name.

    Attributes:
        requires: The inputs.
        provides: The outputs.
        schemas: The JSON Schema of a side, by ``requires`` and ``provides``, where it is given and
            does not follow from the types, such as that of an imported tool.

    >>> contract = Contract((Port("text", str),), (Port("summary", str),))
    >>> str(contract)
    '(text: str) -> (summary: str)'
    """

    requires: tuple[Port, ...] = ()
    provides: tuple[Port, ...] = ()
    schemas: Mapping[str, Any] | None = field(default=None, hash=False)

    @cached_property
    def inputs(self) -> Mapping[str, Port]:
        """The required and optional inputs by name."""
        return MappingProxyType({port.name: port for port in self.requires})

    @cached_property
    def outputs(self) -> Mapping[str, Port]:
        """The outputs by name."""
        return MappingProxyType({port.name: port for port in self.provides})

    def __str__(self) -> str:
        return f"({listed(self.requires)}) -> ({listed(self.provides)})"

    def __repr__(self) -> str:
        return f"<contract {self}>"

    def _repr_html_(self) -> str:
        from packetflow.capabilities.tables import contract_html

        return contract_html(self)

    def json_schema(self, side: Literal["requires", "provides"]) -> dict[str, Any]:
        """Describe one side as a JSON Schema (draft 2020-12) object.

        Types that JSON cannot carry become objects with a ``description``; secrets get
        ``writeOnly``. Imports pydantic.

        >>> Contract((Port("n", int),)).json_schema("requires")["properties"]["n"]["type"]
        'integer'
        """
        if self.schemas is not None and side in self.schemas:
            return dict(self.schemas[side])
        from packetflow.capabilities.schema import object_schema

        return object_schema(self.requires if side == "requires" else self.provides)


def listed(ports: Iterable[Port]) -> str:
    """Write ports as they stand in a signature."""
    return ", ".join(str(port) for port in ports)


def article(noun: str) -> str:
    """A noun with its article.

    >>> article("int"), article("str")
    ('an int', 'a str')
    """
    return f"{'an' if noun[:1].lower() in tuple('aeio') else 'a'} {noun}"


def type_name(kind: Any) -> str:
    """Write a type the way people do: ``list[str]``, ``int | None``.

    >>> type_name(dict[str, int]), type_name(None), type_name(int | None)
    ('dict[str, int]', 'None', 'int | None')
    """
    if kind is None or kind is type(None):
        return "None"
    if kind is Ellipsis:
        return "..."
    if getattr(kind, "__metadata__", None) is not None:
        return type_name(kind.__origin__)
    arguments = typing.get_args(kind)
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(type_name(one) for one in arguments)
    if origin is typing.Literal:
        return " | ".join(repr(one) for one in arguments)
    if origin is not None and arguments:
        inside = ", ".join(type_name(one) for one in arguments if not isinstance(one, list))
        return f"{_short(origin)}[{inside}]"
    return _short(kind)


def _short(kind: Any) -> str:
    return str(getattr(kind, "__name__", None) or str(kind).replace("typing.", ""))
