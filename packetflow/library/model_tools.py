"""Capabilities and pipelines as functions that a language model may call.

Names, schemas and shortened results are made by the code that serves MCP clients too
(`packetflow.capabilities.tool_names`, ``tool_schemas``, ``tool_results``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from packetflow.capabilities.contract import Contract, type_name
from packetflow.capabilities.tool_names import described, tool_name
from packetflow.capabilities.tool_results import plain_of, shortened
from packetflow.capabilities.values import Audio, Image, Markdown, Resource
from packetflow.composition.capability import Capability
from packetflow.composition.outside import effects_of
from packetflow.errors import LibraryError
from packetflow.kernel.cards import PortCard

if TYPE_CHECKING:
    from packetflow.capabilities.tool_schemas import Check
    from packetflow.composition.steps import Pipeline

Item: TypeAlias = "Capability[..., Any] | Pipeline"

RESULT_BYTES: Final = 16_384
"""A longer result is shortened for the model; the whole is kept with the call's span."""

_LOOKS_ONLY: Final = frozenset({"reads", "model", "memory", "counter", "histogram", "audit"})


class Catalog(Protocol):
    """Whatever finds capabilities and pipelines by names and patterns: ``ws.catalog``."""

    def matching(self, names: Iterable[str], /) -> list[Any]:
        """Those of that names and patterns."""
        ...


@dataclass(frozen=True)
class ModelTool:
    """One function that a model may call.

    Attributes:
        name: What the model calls it: at most 64 letters, digits, ``_`` and ``-``.
        item: The capability or pipeline behind it.
    """

    name: str
    item: Item

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema of its arguments."""
        from packetflow.capabilities.tool_schemas import input_schema

        contract = self.item.contract
        written = json.dumps(contract.json_schema("requires"), default=str)
        return input_schema(written, _cards(contract))

    @cached_property
    def function(self) -> dict[str, Any]:
        """What models are told of it, in the form that OpenAI's interface has."""
        item = self.item
        if isinstance(item, Capability):
            said = described(item.declaration.help, item.declaration.intent, item.name)
        else:
            said = described("", item.intent, item.name)
        about = {"name": self.name, "description": said, "parameters": self.parameters}
        return {"type": "function", "function": about}

    @cached_property
    def check(self) -> Check:
        """Tells whether arguments fit."""
        from packetflow.capabilities.tool_schemas import Check, secrets_in

        secret = secrets_in(_cards(self.item.contract))
        return Check(self.parameters, secret=secret, only=self.parameters.get("properties", ()))

    def inputs(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments that fit, as the values it takes: rows become a table.

        Raises:
            WireError: Rows make no table.
        """
        from packetflow.capabilities.tool_schemas import inputs_of

        return inputs_of(_cards(self.item.contract), arguments)

    @cached_property
    def asks_first(self) -> bool:
        """Whether it may do more than look at things, so that a person has to agree."""
        return any(one.kind not in _LOOKS_ONLY for one in effects_of(self.item.as_step()))

    def told(self, outputs: Mapping[str, Any]) -> str:
        """What a model is told of what it made: a single text as it is, else JSON."""
        contract = self.item.contract.outputs
        cut, plain = False, dict[str, Any]()
        for name, value in outputs.items():
            if name in contract and contract[name].secret:
                continue
            left_out, plain[name] = _plain(value)
            cut |= left_out
        short, more = shortened(plain, RESULT_BYTES)
        (only,) = short.values() if len(short) == 1 else (None,)
        text = only if isinstance(only, str) else json.dumps(short, ensure_ascii=False)
        return f"{text}\n(This result was shortened.)" if cut or more else text


def offered(items: Iterable[Item]) -> dict[str, ModelTool]:
    """Tools by the names that models call them by.

    Raises:
        LibraryError: Two would have one name, or one is switched off.
    """
    tools: dict[str, ModelTool] = {}
    for item in items:
        name = tool_name(item.name)
        if isinstance(item, Capability) and not item.declaration.enabled:
            raise LibraryError(f"{item.name!r} is {item.declaration.closed or 'switched off'}")
        if name in tools:
            other = tools[name].item.name
            raise LibraryError(
                f"a model would call both {other!r} and {item.name!r} {name!r}; leave one out"
            )
        tools[name] = ModelTool(name, item)
    return tools


def tools_for_models(catalog: Catalog, names: Iterable[str]) -> list[dict[str, Any]]:
    """Capabilities and pipelines as function calls, in the form that OpenAI's interface has.

    ```python
    tools = tools_for_models(ws.catalog, ["text_statistics", "notes.find_*"])
    await litellm.acompletion(model="...", messages=[...], tools=tools)
    ```

    Args:
        catalog: Where to find them.
        names: Names, and patterns such as ``find_*``.

    Raises:
        UnknownName: There is none of a name, or none that fits a pattern.
        LibraryError: Two would have one name, or one is switched off.
    """
    return [tool.function for tool in offered(catalog.matching(names)).values()]


def _cards(contract: Contract) -> list[PortCard]:
    return [
        PortCard(port.name, type_name(port.type), help=port.help, secret=port.secret)
        for port in contract.requires
    ]


def _plain(value: Any) -> tuple[bool, Any]:
    """Whether some of a value is left out, and the value in words and numbers."""
    match value:
        case Image() | Audio():
            return False, f"({value.media_type}, {len(value.content)} bytes; a person can see it)"
        case Markdown():
            return False, value.text
        case Resource():
            return False, value.uri
        case list() if value and isinstance(value[0], (Image, Audio, Markdown, Resource)):
            return False, [_plain(one)[1] for one in value]
        case _:
            return plain_of(value)
