"""Resources: the registry, saved pipelines, executions, and what a workspace offers itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

import mcp_types as t

from packetflow.capabilities.tool_results import as_json
from packetflow.errors import PacketFlowError, UnknownName, WireError
from packetflow.kernel.cards import Happening, Outcome
from packetflow.mcp.calls import TOOL_TAG, TRIGGER
from packetflow.mcp.content import EXECUTION, resource_contents
from packetflow.mcp.doors import Door
from packetflow.mcp.offers import Offers
from packetflow.mcp.shelf import PIPELINE
from packetflow.mcp.tools import Tool
from packetflow.runner.payloads import Outputs

REGISTRY: Final = "capability://registry"
YAML: Final = "application/yaml"
MERMAID: Final = "text/vnd.mermaid"
JSON: Final = "application/json"

_TEMPLATES: Final = (
    (f"{PIPELINE}{{name}}", "pipeline", "A saved pipeline, as YAML", YAML),
    (f"{PIPELINE}{{name}}/mermaid", "pipeline drawing", "A saved pipeline, as a drawing", MERMAID),
    (f"{EXECUTION}{{id}}", "execution", "How a call went, and all it made", JSON),
    (f"{EXECUTION}{{id}}/{{output}}", "output", "One thing that a call made, whole", None),
)


class Library:
    """Reads resources.

    Args:
        door: The way to the runner.
        folder: The workspace.
    """

    def __init__(self, door: Door, folder: Path) -> None:
        self._door = door
        self._folder = folder

    def resources(self, offers: Offers) -> list[t.Resource]:
        """Those with an address of their own."""
        found = [
            t.Resource(
                uri=REGISTRY,
                name="registry",
                description="What this workspace offers, with contracts and effects",
                mime_type=JSON,
            )
        ]
        found += [
            t.Resource(
                uri=f"{PIPELINE}{quote(card.name)}",
                name=card.name,
                description=card.intent or f"The pipeline {card.name}",
                mime_type=YAML,
            )
            for card in offers.exposed()
        ]
        found += [
            t.Resource(
                uri=one.uri,
                name=one.tool.name,
                title=one.tool.shown.title,
                description=one.tool.shown.description,
            )
            for one in offers.addresses
            if not one.is_pattern
        ]
        return found

    def templates(self, offers: Offers) -> list[t.ResourceTemplate]:
        """The patterns of addresses."""
        own = [
            t.ResourceTemplate(uri_template=uri, name=name, description=about, mime_type=kind)
            for uri, name, about, kind in _TEMPLATES
        ]
        return own + [
            t.ResourceTemplate(
                uri_template=one.uri,
                name=one.tool.name,
                title=one.tool.shown.title,
                description=one.tool.shown.description,
            )
            for one in offers.addresses
            if one.is_pattern
        ]

    async def read(
        self, uri: str, offers: Offers, *, user: str | None
    ) -> t.ReadResourceResult | None:
        """Read one of our own resources; ``None`` when there is none at that address."""
        if uri == REGISTRY:
            return _text(uri, json.dumps(registry(offers), ensure_ascii=False, indent=2), JSON)
        if uri.startswith(PIPELINE):
            return await self._pipeline(uri, offers)
        if uri.startswith(EXECUTION):
            identity, _, output = uri.removeprefix(EXECUTION).partition("/")
            return await self._execution(uri, identity, unquote(output), user)
        return None

    async def _pipeline(self, uri: str, offers: Offers) -> t.ReadResourceResult | None:
        name, _, form = uri.removeprefix(PIPELINE).partition("/")
        name = unquote(name)
        if name not in {card.name for card in offers.exposed()} or form not in {"", "mermaid"}:
            return None
        try:
            described = await self._door.describe(name, None)
        except PacketFlowError:  # taken away, or spoilt, this moment
            return None
        if form:
            return _text(uri, described.mermaid, MERMAID)
        return _text(uri, described.yaml, YAML)

    async def _execution(
        self, uri: str, identity: str, output: str, user: str | None
    ) -> t.ReadResourceResult | None:
        facts = await self._facts(identity)
        if facts is None or facts.pop("trigger") != TRIGGER or facts.pop("user") != user:
            return None
        facts.pop("tags")
        outcome = await self.outcome(identity)
        values = Outputs({} if outcome is None else outcome.outputs, self._folder)
        if output:
            return _output(uri, values, output)
        if outcome is not None:
            facts["status"] = outcome.status
            facts["waits_for"] = [one.question or one.event for one in outcome.waits]
        facts["outputs"] = {name: _whole(values, name) for name in values}
        return _text(uri, json.dumps(facts, ensure_ascii=False, indent=2), JSON)

    async def outcome(self, execution_id: str) -> Outcome | None:
        """How an execution ended, or that it waits; ``None`` while it is under way."""
        found: list[Outcome] = []
        heard = asyncio.Event()

        def tell(event: Happening | Outcome) -> None:
            if isinstance(event, Outcome):
                found.append(event)
                heard.set()

        try:
            await self._door.follow(execution_id, tell)
            async with asyncio.timeout(0.05):
                await heard.wait()
        except (TimeoutError, UnknownName):
            return None
        finally:
            self._door.unfollow(execution_id, tell)
        return found[0]

    async def tool_name_of(self, execution_id: str, *, user: str | None) -> str:
        """The tool that an execution runs which this user began over MCP; empty for others."""
        facts = await self._facts(execution_id)
        if facts is None or facts["trigger"] != TRIGGER or facts["user"] != user:
            return ""
        return str(facts["tags"].get(TOOL_TAG, ""))

    async def _facts(self, identity: str) -> dict[str, Any] | None:
        """What is known of an execution, as JSON."""
        facts = await self._door.facts(identity)
        return None if facts is None else as_json(facts)

    def contents_of(self, uri: str, made: t.CallToolResult) -> t.ReadResourceResult:
        """What a run made, as the contents of the resource it answers for."""
        contents: list[t.TextResourceContents | t.BlobResourceContents] = []
        for block in made.content:
            match block:
                case t.TextContent(text=text):
                    kind = JSON if made.structured_content and _is_json(text) else "text/plain"
                    contents.append(resource_contents(uri, text, kind))
                case t.ImageContent() | t.AudioContent():
                    contents.append(
                        t.BlobResourceContents(uri=uri, mime_type=block.mime_type, blob=block.data)
                    )
                case t.EmbeddedResource(resource=resource):
                    contents.append(resource.model_copy(update={"uri": uri}))
                case _:
                    continue
        return t.ReadResourceResult(contents=contents)

    def completions(
        self,
        offers: Offers,
        ref: t.PromptReference | t.ResourceTemplateReference,
        argument: t.CompletionArgument,
    ) -> list[str]:
        """Values that an argument may have and that begin as what is written so far."""
        if isinstance(ref, t.ResourceTemplateReference):
            known: Iterable[str] = ()
            if ref.uri.startswith(PIPELINE) and argument.name == "name":
                known = (card.name for card in offers.exposed())
            for one in offers.addresses:
                if one.uri == ref.uri:
                    known = _choices(one.tool, argument.name)
        else:
            tool = offers.prompts.get(ref.name)
            known = () if tool is None else _choices(tool, argument.name)
        return [one for one in known if one.startswith(argument.value)]


def registry(offers: Offers) -> dict[str, Any]:
    """What is offered, with contracts and effects."""
    every = {**offers.tools, **offers.prompts}
    return {
        "tools": sorted(offers.tools),
        "prompts": sorted(offers.prompts),
        "capabilities": [
            {
                "name": tool.name,
                "item": tool.item,
                "intent": tool.shown.description,
                "requires": tool.shown.input_schema,
                "provides": tool.shown.output_schema,
                "annotations": tool.shown.annotations.model_dump(by_alias=True, exclude_none=True)
                if tool.shown.annotations
                else {},
            }
            for tool in every.values()
        ],
    }


def _choices(tool: Tool, name: str) -> list[str]:
    schema = tool.shown.input_schema.get("properties", {}).get(name, {})
    found = [*schema.get("enum", ()), *schema.get("examples", ())]
    if "default" in schema:
        found.append(schema["default"])
    return list(dict.fromkeys(str(one) for one in found))


def _text(uri: str, text: str, media_type: str) -> t.ReadResourceResult:
    return t.ReadResourceResult(contents=[resource_contents(uri, text, media_type)])


def _whole(values: Outputs, name: str) -> Any:
    try:
        value = values[name]
    except WireError as error:
        return {"left_out": error.message}
    return as_json(value.to_pylist() if hasattr(value, "to_pylist") else value)


def _output(uri: str, values: Outputs, name: str) -> t.ReadResourceResult | None:
    if name not in values:
        return None
    try:
        value = values[name]
    except WireError:
        return None
    if isinstance(value, dict) and isinstance(value.get("content"), bytes):
        contents = resource_contents(uri, value["content"], value.get("media_type") or None)
        return t.ReadResourceResult(contents=[contents])
    if isinstance(value, str):
        return _text(uri, value, "text/plain")
    return _text(uri, json.dumps(_whole(values, name), ensure_ascii=False), JSON)


def _is_json(text: str) -> bool:
    return text.startswith(("{", "["))
