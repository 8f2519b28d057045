"""A drawing as Mermaid flowchart text, for READMEs, issues and wikis."""

from __future__ import annotations

from collections.abc import Mapping

from packetflow.show.drawing import Drawing, Node
from packetflow.show.text import plain

_SHAPES = {
    "input": ("([", "])"),
    "output": ("([", "])"),
    "wait": ("{{", "}}"),
    "pipeline": ("[[", "]]"),
}


def mermaid(drawing: Drawing) -> str:
    """Write a drawing as a flowchart from left to right.

    Nodes are called ``n0``, ``n1``, so that no name can break the text; names are quoted, with
    signs that mean something to Mermaid written as entities.

    >>> from packetflow.show.drawing import Edge
    >>> chain = Drawing((Node("a", "a"), Node("b", "b")), (Edge("a", "b", "text"),))
    >>> print(mermaid(chain))
    flowchart LR
        n0["a"]
        n1["b"]
        n0 -->|"text"| n1
    """
    keys = {node.id: f"n{i}" for i, node in enumerate(drawing.nodes)}
    keys.update({group.id: f"g{i}" for i, group in enumerate(drawing.groups)})
    nodes = {node.id: node for node in drawing.nodes}
    inside: dict[str, list[str]] = {}
    for group in drawing.groups:
        inside.setdefault(group.parent, []).append(group.id)
    labels = {group.id: ", ".join((group.label, *group.badges)) for group in drawing.groups}
    members = {group.id: group.members for group in drawing.groups}
    lines = ["flowchart LR"]

    def box(group: str, depth: int) -> None:
        pad = "    " * depth
        lines.append(f"{pad}subgraph {keys[group]}[{quoted(labels[group])}]")
        lines.extend(f"{pad}    {_node(nodes[name], keys[name])}" for name in members[group])
        for inner in inside.get(group, ()):
            box(inner, depth + 1)
        lines.append(f"{pad}end")

    lines += [f"    {_node(n, keys[n.id])}" for n in drawing.nodes if not drawing.holder[n.id]]
    for outer in inside.get("", ()):
        box(outer, 1)
    holders = drawing.holder
    for edge in drawing.edges:
        if _around(holders, edge.source, edge.target) or _around(holders, edge.target, edge.source):
            continue  # Mermaid refuses wires between a box and what is inside it.
        arrow = "-.->" if edge.faint else "-->"
        name = f"|{quoted(edge.label)}|" if edge.label else ""
        lines.append(f"    {keys[edge.source]} {arrow}{name} {keys[edge.target]}")
    wrong = [keys[node.id] for node in drawing.nodes if node.status in {"error", "failed"}]
    if wrong:
        lines += [
            "    classDef wrong stroke:#cf2f3c,stroke-width:2px",
            f"    class {','.join(wrong)} wrong",
        ]
    return "\n".join(lines)


def _around(holders: Mapping[str, str], outer: str, inner: str) -> bool:
    here = holders[inner]
    while here and here != outer:
        here = holders[here]
    return bool(here)


def _node(node: Node, key: str) -> str:
    left, right = _SHAPES.get(node.kind, ("[", "]"))
    text = ", ".join((node.label, *node.badges))
    return f"{key}{left}{quoted(text)}{right}"


def quoted(text: str) -> str:
    """A quoted Mermaid text: everything but letters, digits and plain signs as entities.

    >>> quoted('say "hi" <b>')
    '"say #quot;hi#quot; #lt;b#gt;"'
    """
    known = {'"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;"}
    out = []
    for char in plain(text)[:120]:
        if char in known:
            out.append(known[char])
        elif char.isalnum() or char in " _-.,:=()/?!'+*" or ord(char) > 127:
            out.append(char)
        else:
            out.append(f"#{ord(char)};")
    return f'"{"".join(out) or " "}"'
