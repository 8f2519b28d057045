"""A drawing as neutral values: nodes, edges and groups that know nothing of what they stand for.

Compositions, catalogs and executions become drawings in the layers above; here they become
pictures (`packetflow.show.svg`), text (`packetflow.show.mermaid`) and graphs
(`packetflow.show.graph`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from packetflow.errors import DrawingError


@dataclass(frozen=True, slots=True)
class Node:
    """One card.

    Attributes:
        id: Unique among the nodes and groups of a drawing.
        label: Its name, cut with an ellipsis where it is too long to draw.
        kind: Chooses colour and icon: ``capability``, ``pipeline``, ``wait``, ``unknown``,
            ``input``, ``output``; others get a plain look.
        badges: Short words in a row, such as policies.
        status: How it stands: a status of a run, or ``error`` or ``warning``.
        detail: A second, smaller line.
        inputs: Names that may come in, for readers of the graph; drawn only where wired.
        outputs: Names that may go out.
        notes: Messages shown under the label.
    """

    id: str
    label: str
    kind: str = "capability"
    badges: tuple[str, ...] = ()
    status: str = ""
    detail: str = ""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """A wire from one node or group to another.

    An end may be a group, also one around the other end: the wire then starts or ends at the
    inner side of its border.

    Attributes:
        source: Where it starts.
        target: Where it ends.
        label: The name it carries.
        faint: Order only, or not certain to carry something.
        source_port: What the name is called at the source; the label, if empty.
        target_port: What the name is called at the target; the label, if empty.
    """

    source: str
    target: str
    label: str = ""
    faint: bool = False
    source_port: str = ""
    target_port: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A soft box around nodes and other groups.

    Attributes:
        id: Unique among the nodes and groups of a drawing.
        label: The text in its upper left corner.
        kind: Chooses its colour and icon.
        members: The nodes directly inside.
        parent: The group around it; empty for none.
        badges: Short words beside the label.
        status: As for nodes.
        notes: Messages shown under the label.
    """

    id: str
    label: str
    kind: str
    members: tuple[str, ...] = ()
    parent: str = ""
    badges: tuple[str, ...] = ()
    status: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drawing:
    """Nodes, edges and groups under a title.

    Raises:
        DrawingError: An id is used twice, an end or a member does not exist, a node is in two
            groups, or groups hold each other.
    """

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    groups: tuple[Group, ...] = ()
    title: str = ""

    def __post_init__(self) -> None:
        known: set[str] = set()
        for name in [*(node.id for node in self.nodes), *(group.id for group in self.groups)]:
            if name in known:
                raise DrawingError(f"two parts of the drawing are called {name!r}", part=name)
            known.add(name)
        for edge in self.edges:
            for end in (edge.source, edge.target):
                if end not in known:
                    message = f"an edge ends at {end!r}, which is not in the drawing"
                    raise DrawingError(message, part=end)
        self._check_groups({node.id for node in self.nodes})

    def _check_groups(self, nodes: set[str]) -> None:
        parents = {group.id: group.parent for group in self.groups}
        inside: set[str] = set()
        for group in self.groups:
            for member in group.members:
                if member not in nodes or member in inside:
                    why = "is in two groups" if member in inside else "is no node of the drawing"
                    raise DrawingError(f"{member!r} in group {group.id!r} {why}", part=member)
                inside.add(member)
            seen = {group.id}
            above = group.parent
            while above:
                if above in seen or above not in parents:
                    why = "holds itself" if above in seen else f"is in {above!r}, which is no group"
                    raise DrawingError(f"group {group.id!r} {why}", part=group.id)
                seen.add(above)
                above = parents[above]

    @cached_property
    def holder(self) -> Mapping[str, str]:
        """For each node and group, the group directly around it; empty text for none."""
        held = {group.id: group.parent for group in self.groups}
        held.update({node.id: "" for node in self.nodes})
        held.update({member: group.id for group in self.groups for member in group.members})
        return held
