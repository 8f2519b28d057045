"""A drawing of a run inside the chat: an MCP App, for clients that say they show such.

The app is one page without any network, `run_app.html`. A client shows it beside a call of a
pipeline, hands it the result, and the page draws the steps: how each stands, how long it took. What
it needs comes with the tool (its graph) and with the result (its graph and how its steps went), in
``_meta``, where no model reads it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import mcp_types as t
from mcp.server.context import ServerRequestContext

from packetflow.errors import PacketFlowError
from packetflow.kernel.cards import Happening, Outcome, PipelineCard
from packetflow.mcp.doors import Door
from packetflow.mcp.offers import Offers

EXTENSION: Final = "io.modelcontextprotocol/ui"
MEDIA_TYPE: Final = "text/html;profile=mcp-app"
ADDRESS: Final = "ui://packetflow/run"
GRAPH: Final = "packetflow/graph"
RUN: Final = "packetflow/run"

MOST_STEPS: Final = 200
"""A pipeline with more is not drawn."""


def shows_apps(context: ServerRequestContext[Any, Any]) -> bool:
    """Whether the client of a request says that it shows apps."""
    able = context.session.client_capabilities
    said = (able.extensions or {}).get(EXTENSION) if able is not None else None
    kinds = said.get("mimeTypes") if isinstance(said, Mapping) else None
    return isinstance(kinds, Sequence) and MEDIA_TYPE in kinds


@dataclass
class Trail:
    """How the steps of one run went."""

    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    begun: int = 0
    ended: int = 0

    def take(self, event: Happening) -> None:
        """Take what happened."""
        self.begun = self.begun or event.at
        self.ended = max(self.ended, event.at)
        if event.kind == "step_ended" and (
            event.step in self.steps or len(self.steps) < MOST_STEPS
        ):
            step = self.steps.setdefault(event.step, {"ms": 0.0, "times": 0})
            took = event.body.get("duration_ns", 0) / 1e6
            step["status"] = str(event.body.get("status", "ok"))
            step["ms"], step["times"] = round(step["ms"] + took, 3), step["times"] + 1
        elif event.kind == "waits":
            self.steps.setdefault(event.step, {"ms": 0.0, "times": 0})["status"] = "waiting"


class Apps:
    """Gives tools and results what the app draws.

    Args:
        door: The way to whoever can describe a pipeline.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self._graphs: dict[str, tuple[PipelineCard, dict[str, Any]]] = {}

    async def dressed(self, tools: Iterable[t.Tool], offers: Offers) -> list[t.Tool]:
        """The tools, those of pipelines with the address of the app and with their graph."""
        found = []
        for tool in tools:
            card = offers.pipelines.get(offers.tools[tool.name].item)
            if card is not None:
                meta = {"ui": {"resourceUri": ADDRESS}, GRAPH: await self._graph(card)}
                tool = tool.model_copy(update={"meta": (tool.meta or {}) | meta})
            found.append(tool)
        return found

    async def told(
        self, item: str, trail: Trail, outcome: Outcome, offers: Offers
    ) -> dict[str, Any]:
        """What is added to a result's ``_meta``; nothing for what is no pipeline."""
        card = offers.pipelines.get(item)
        if card is None:
            return {}
        run = {
            "execution": outcome.execution_id,
            "name": card.name,
            "status": outcome.status,
            "ms": round((trail.ended - trail.begun) / 1e6, 3),
            "steps": trail.steps,
            "graph": await self._graph(card),
        }
        return {RUN: run}

    async def _graph(self, card: PipelineCard) -> dict[str, Any]:
        known = self._graphs.get(card.name)
        if known is not None and known[0] == card:
            return known[1]
        try:
            described = await self._door.describe(card.name, None)
        except PacketFlowError:  # taken away, or spoilt, this moment
            return {}
        made = graph_of(json.loads(described.drawing or "{}"))
        self._graphs[card.name] = card, made
        return made


def graph_of(drawing: Mapping[str, Any]) -> dict[str, Any]:
    """The steps of a drawing and the order between them; a wire of a group is one of its ends.

    >>> graph_of({"nodes": [{"id": "a", "label": "A", "kind": "capability"},
    ...     {"id": "in x", "label": "x", "kind": "input"}],
    ...     "edges": [{"source": "in x", "target": "a"}], "groups": []})
    {'nodes': [{'id': 'a', 'label': 'A'}], 'wires': []}
    """
    steps = {
        one["id"]: one["label"]
        for one in drawing.get("nodes", ())
        if one.get("kind") not in {"input", "output"}
    }
    if len(steps) > MOST_STEPS:
        return {}
    groups = {one["id"]: one for one in drawing.get("groups", ())}
    edges = [(one["source"], one["target"]) for one in drawing.get("edges", ())]

    def inside(name: str) -> list[str]:
        if name not in groups:
            return [name] if name in steps else []
        held = [
            one
            for other in groups.values()
            if other["parent"] == name
            for one in inside(other["id"])
        ]
        return [*(one for one in groups[name]["members"] if one in steps), *held]

    def ends(name: str, *, last: bool) -> list[str]:
        within = inside(name)
        around = set(within)
        passed = {(a if last else b) for a, b in edges if a in around and b in around}
        return [one for one in within if one not in passed] or within

    wires = {
        (source, target): None
        for a, b in edges
        for source in ends(a, last=True)
        for target in ends(b, last=False)
        if source != target
    }
    nodes = [{"id": name, "label": label} for name, label in steps.items()]
    return {"nodes": nodes, "wires": [list(one) for one in direct(wires)]}


def direct(wires: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The wires without those that only say what others say already.

    >>> direct([("a", "b"), ("b", "c"), ("a", "c")])
    [('a', 'b'), ('b', 'c')]
    """
    known = list(wires)
    after: dict[str, set[str]] = {}
    for source, target in known:
        after.setdefault(source, set()).add(target)

    def beyond(source: str, target: str) -> bool:
        """Whether another way than the wire itself leads there."""
        waiting, seen = [one for one in after[source] if one != target], {source}
        while waiting:
            here = waiting.pop()
            if here == target:
                return True
            if here not in seen:
                seen.add(here)
                waiting += after.get(here, ())
        return False

    return [one for one in known if not beyond(*one)]


def resource() -> t.Resource:
    """The app as it is listed."""
    return t.Resource(
        uri=ADDRESS,
        name="run",
        title="Run of a pipeline",
        description="Draws how the steps of a run went",
        mime_type=MEDIA_TYPE,
    )


def read() -> t.ReadResourceResult:
    """The app itself."""
    content = t.TextResourceContents(
        uri=ADDRESS, mime_type=MEDIA_TYPE, text=page(), _meta={"ui": {"prefersBorder": True}}
    )
    return t.ReadResourceResult(contents=[content])


@lru_cache(maxsize=1)
def page() -> str:
    """The page; its policy lets in this very script and style, and nothing from anywhere else."""
    text = files("packetflow.mcp").joinpath("run_app.html").read_text("utf-8")
    for tag in ("style", "script"):
        found = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        if found is not None:
            digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
            text = text.replace(f"'{tag.upper()}'", f"'sha256-{digest}'")
    return text
