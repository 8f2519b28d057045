"""What people see of compositions, capabilities and contracts: pictures, cards, tables, graphs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from packetflow.capabilities.tables import contract_html, contract_tables
from packetflow.composition.check import check, check_pipeline
from packetflow.composition.problems import Problem
from packetflow.composition.sketch import drawing
from packetflow.composition.steps import Pipeline, Step
from packetflow.composition.walk import walk
from packetflow.show import html
from packetflow.show.drawing import Drawing, Edge, Node
from packetflow.show.graph import to_networkx as graph_of
from packetflow.show.mermaid import mermaid
from packetflow.show.svg import svg
from packetflow.show.theme import Theme

if TYPE_CHECKING:
    import networkx as nx

    from packetflow.composition.capability import Capability
    from packetflow.composition.composable import Composable

__all__ = [
    "capability_html",
    "contract_html",
    "contract_tables",
    "drawing",
    "pipeline_html",
    "problems_html",
    "show",
    "step_html",
    "to_mermaid",
    "to_networkx",
    "to_svg",
]


def show(thing: Composable | Pipeline, *, theme: Theme = "auto") -> html.Html:
    """Look at a capability, a composition or a pipeline; the last line of a notebook cell."""
    from packetflow.composition.capability import Capability

    if isinstance(thing, Pipeline):
        return html.Html(pipeline_html(thing, theme=theme))
    if isinstance(thing, Capability):
        return html.Html(capability_html(thing, theme=theme))
    return html.Html(step_html(thing.as_step(), theme=theme))


def step_html(
    step: Step, *, statuses: Mapping[str, str] | None = None, theme: Theme = "auto"
) -> str:
    """A composition as a picture, its contract as tables and what does not fit as a list.

    Args:
        step: The composition.
        statuses: By step id, how each step of a run stands.
        theme: ``auto`` follows the page, then the system.
    """
    found = check(step)
    count = sum(1 for _ in walk(step))
    picture = _picture(step, found, count, statuses=statuses, theme=theme)
    return html.page(picture, problems_list(found), contract_tables(step.contract), theme=theme)


def pipeline_html(
    pipeline: Pipeline, *, statuses: Mapping[str, str] | None = None, theme: Theme = "auto"
) -> str:
    """A pipeline as its name and intent, its picture, its contract and what does not fit."""
    found = check_pipeline(pipeline)
    badges = [f"version {pipeline.version}"]
    badges += [f"starts on {trigger.kind} {trigger.what}" for trigger in pipeline.triggers]
    badges += ["offered as a tool"] if pipeline.exposed else []
    count = sum(1 for _ in walk(pipeline.step))
    return html.page(
        html.heading(pipeline.name, pipeline.intent, badges),
        _picture(pipeline, found, count, statuses=statuses, theme=theme),
        problems_list(found),
        contract_tables(pipeline.contract),
        theme=theme,
    )


def _picture(
    part: Step | Pipeline,
    found: Sequence[Problem],
    count: int,
    *,
    statuses: Mapping[str, str] | None,
    theme: Theme,
) -> str:
    if count > 2 * html.MOST_DRAWN:
        text = f"{count} steps are too many to draw here; use to_svg() or to_networkx()."
        return f"<p>{text}</p>"
    return html.picture(drawing(part, problems=found, statuses=statuses), theme=theme)


def capability_html(capability: Capability[..., Any], *, theme: Theme = "auto") -> str:
    """A capability's card: intent, inputs, outputs, effects, version, where it runs."""
    said = capability.declaration
    badges = [f"version {said.version}", f"runs on the {said.place}"]
    if said.place != "loop":
        badges[1] = f"runs in a {said.place}"
    badges += [] if said.enabled else ["switched off"]
    badges += [str(effect) for effect in said.effects]
    badges += [str(tag) for tag in said.tags]
    inputs, outputs = said.contract.inputs, said.contract.outputs
    state = "" if said.enabled else "warning"
    card = Node("it", said.name, status=state, inputs=tuple(inputs), outputs=tuple(outputs))
    return html.page(
        html.heading(said.name, said.intent, badges),
        html.picture(_alone(card), theme=theme),
        contract_tables(said.contract),
        theme=theme,
    )


def _alone(card: Node) -> Drawing:
    inputs = [Node(f"in {name}", name, "input") for name in card.inputs]
    outputs = [Node(f"out {name}", name, "output") for name in card.outputs]
    edges = [Edge(one.id, card.id) for one in inputs]
    edges += [Edge(card.id, one.id) for one in outputs]
    return Drawing((*inputs, card, *outputs), tuple(edges), (), card.label)


def problems_html(problems: Iterable[Problem], *, theme: Theme = "auto") -> str:
    """What does not fit, as a list with places and mends; a word of comfort if all fits."""
    return html.page(problems_list(problems) or "<p>Everything fits.</p>", theme=theme)


def problems_list(problems: Iterable[Problem]) -> str:
    """The list alone, for a page of your own; empty if all fits."""
    return html.problems(
        html.Row(p.step, p.message, p.severity, p.fix.text if p.fix else "") for p in problems
    )


def to_svg(part: Step | Pipeline, *, theme: Theme = "auto") -> str:
    """The picture alone."""
    return svg(drawing(part), theme=theme)


def to_mermaid(part: Step | Pipeline) -> str:
    """The composition as Mermaid flowchart text."""
    return mermaid(drawing(part))


def to_networkx(part: Step | Pipeline) -> nx.DiGraph[str]:
    """The composition as a graph: see `packetflow.show.graph.to_networkx` for its attributes."""
    return graph_of(drawing(part))
