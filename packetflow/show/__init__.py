"""Pictures of neutral values: drawings as SVG, HTML, Mermaid and graphs; timelines of executions.

Nothing here knows compositions or executions; the layers above say what stands for what
(`packetflow.composition.draw`). The same values always give the same picture, no browser needed.
"""

from packetflow.show.drawing import Drawing, Edge, Group, Node
from packetflow.show.graph import ContractRow, contract_drawing, contract_graph, to_networkx
from packetflow.show.html import Html
from packetflow.show.layout import Placement, layout
from packetflow.show.mermaid import mermaid
from packetflow.show.routing import Box
from packetflow.show.svg import svg
from packetflow.show.theme import Theme
from packetflow.show.timeline import Bar, timeline

__all__ = [
    "Bar",
    "Box",
    "ContractRow",
    "Drawing",
    "Edge",
    "Group",
    "Html",
    "Node",
    "Placement",
    "Theme",
    "contract_drawing",
    "contract_graph",
    "layout",
    "mermaid",
    "svg",
    "timeline",
    "to_networkx",
]
