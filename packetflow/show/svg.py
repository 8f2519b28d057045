"""A drawing as one SVG picture: safe inline in any page, readable in light and dark."""

from __future__ import annotations

from packetflow.show import measure
from packetflow.show.drawing import Drawing, Edge, Group, Node
from packetflow.show.layout import Placement, layout
from packetflow.show.measure import ICON, LABEL, SMALL, TERMINALS, TINY
from packetflow.show.routing import Box, Point, Route
from packetflow.show.text import BOLD, cut, safe, width
from packetflow.show.theme import (
    COLOURS,
    FONT,
    ICONS,
    KIND_COLOURS,
    STATUS_COLOURS,
    Theme,
    kind_colour,
    palette,
    status_colour,
)

ROUND = 8.0
LEAST_SCALE = 0.64
"""A page that is too narrow shrinks a picture to this share of its size, then scrolls."""


def svg(drawing: Drawing, *, theme: Theme = "auto", placement: Placement | None = None) -> str:
    """Draw a picture.

    Args:
        drawing: What to draw.
        theme: ``auto`` follows the page, then the system.
        placement: Where everything is, if already known.

    Returns:
        An ``<svg>`` element at its natural size in pixels, or somewhat smaller to fit its page.

    >>> svg(Drawing(title="nothing")).startswith("<svg")
    True
    """
    placed = placement or layout(drawing)
    wide, tall = max(placed.width, 60.0), max(placed.height, 40.0)
    said = drawing.title or "composition"
    title = f"{said}: {len(drawing.nodes)} nodes, {len(drawing.edges)} wires"
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="pf pf-{theme}" role="img" '
            f'aria-label="{safe(title)}" width="{wide:.0f}" height="{tall:.0f}" '
            f'viewBox="0 0 {wide:.0f} {tall:.0f}" style="width:100%;max-width:{wide:.0f}px;'
            f'min-width:{wide * LEAST_SCALE:.0f}px;height:auto">'
        ),
        f"<title>{safe(title)}</title><style>{style()}</style>",
        f'<rect class="page" width="{wide:.0f}" height="{tall:.0f}" rx="12"/>',
    ]
    parts += [_group(group, placed.boxes[group.id]) for group in _outer_first(drawing)]
    pairs = list(zip(drawing.edges, placed.routes, strict=True))
    parts += [_wire(edge, route) for edge, route in pairs]
    parts += [_name(edge, route) for edge, route in pairs if route.named]
    parts += [_node(node, placed.boxes[node.id]) for node in drawing.nodes]
    return "".join([*parts, "</svg>"])


def style() -> str:
    """The style sheet of drawings, scoped to the class ``pf``."""
    used = sorted({*KIND_COLOURS.values(), *STATUS_COLOURS.values()})
    tints = "".join(f".pf .{c}{{--a:var(--pf-{c})}}" for c in COLOURS if c in used)
    return (
        f"{palette()}{tints}"
        f"svg.pf{{font-family:{FONT};display:block}}"
        ".pf text{fill:var(--pf-ink);stroke:none}"
        ".pf .page{fill:var(--pf-page)}"
        ".pf .card{fill:var(--pf-card);stroke:var(--pf-line);stroke-width:1}"
        ".pf .stripe{fill:var(--a)}"
        ".pf .icon{fill:none;stroke:var(--a);stroke-width:1.5;stroke-linecap:round;"
        "stroke-linejoin:round}"
        ".pf .tint{fill:var(--a);fill-opacity:.13}"
        ".pf .ring{fill:none;stroke:var(--a);stroke-width:1.8}"
        ".pf .ground{fill:var(--pf-page)}"
        ".pf .box{fill:var(--a);fill-opacity:.05;stroke:var(--a);stroke-opacity:.34;"
        "stroke-width:1}"
        f".pf .l{{font-size:{LABEL:g}px;font-weight:600}}"
        f".pf .s{{font-size:{SMALL:g}px;fill:var(--pf-soft)}}"
        f".pf .g{{font-size:{SMALL:g}px;font-weight:600;fill:var(--a)}}"
        f".pf .b{{font-size:{TINY:g}px;fill:var(--a)}}"
        f".pf .n{{font-size:{TINY:g}px;fill:var(--pf-soft);paint-order:stroke;"
        "stroke:var(--pf-page);stroke-width:3px;stroke-linejoin:round}"
        f".pf .m{{font-size:{SMALL:g}px;fill:var(--a)}}"
        ".pf .wire{fill:none;stroke:var(--pf-wire);stroke-width:1.5}"
        ".pf .faint{stroke-dasharray:3 4;stroke-opacity:.8}"
        ".pf .tip{fill:var(--pf-wire)}"
    )


def _outer_first(drawing: Drawing) -> list[Group]:
    depth: dict[str, int] = {"": 0}

    def deep(name: str) -> int:
        if name not in depth:
            depth[name] = deep(drawing.holder[name]) + 1
        return depth[name]

    return sorted(drawing.groups, key=lambda group: deep(group.id))


def _group(group: Group, box: Box) -> str:
    colour = status_colour(group.status) if group.status else kind_colour(group.kind)
    head = box.x + measure.PAD - 4
    room = box.width - 2 * measure.PAD - measure.badges_width(group.badges) - 14
    label = cut(group.label, room / BOLD, SMALL)
    area = (
        f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="11"'
    )
    parts = [
        (
            f'<g class="{colour}" role="group" aria-label="{safe(f"{group.kind} {group.label}")}">'
            f"<title>{safe(' - '.join([group.label, *group.badges, *group.notes]))}</title>"
            f'<rect class="ground" {area}/><rect class="box" {area}/>'
        ),
        _icon(group.kind, head, box.y + 7, 0.85),
        f'<text class="g" x="{head + 19:.1f}" y="{box.y + 18:.1f}">{safe(label)}</text>',
    ]
    x = head + 19 + width(label, SMALL, bold=True) + 7
    for badge in group.badges:
        parts.append(_badge(badge, x, box.y + 6))
        x += measure.badge_width(badge) + 5
    for row, note in enumerate(measure.header_notes(group)):
        parts.append(
            f'<text class="m" x="{head:.1f}" y="{box.y + 33 + 14 * row:.1f}">{safe(note)}</text>'
        )
    return "".join([*parts, "</g>"])


def _node(node: Node, box: Box) -> str:
    kind, state = kind_colour(node.kind), status_colour(node.status) if node.status else ""
    said = " - ".join([f"{node.kind} {node.label}", node.detail, node.status, *node.badges])
    told = "\n".join([node.label, node.detail, *node.badges, *node.notes])
    opening = (
        f'<g class="{kind}" role="group" aria-label="{safe(said)}"><title>{safe(told)}</title>'
    )
    if node.kind in TERMINALS:
        return opening + _pill(node, box) + "</g>"
    x, y = box.x + ICON, box.y
    mark = 16.0 if state else 0.0
    label = cut(node.label, (box.width - ICON - 8 - mark) / BOLD, LABEL)
    parts = [
        opening,
        (
            f'<rect class="card" x="{box.x:.1f}" y="{y:.1f}" width="{box.width:.1f}" '
            f'height="{box.height:.1f}" rx="{ROUND:g}"/>'
        ),
        (
            f'<path class="stripe" d="M{box.x + ROUND:.1f} {y:.1f}h-1q-7 0-7 7'
            f'v{box.height - 14:.1f}q0 7 7 7h1q-4 0-4-7v{-(box.height - 14):.1f}q0-7 4-7z"/>'
        ),
        _icon(node.kind, box.x + 9, y + 12, 1.0),
        f'<text class="l" x="{x:.1f}" y="{y + 24.5:.1f}">{safe(label)}</text>',
    ]
    y += 40
    if node.detail:
        detail = cut(node.detail, box.width - ICON - 10, SMALL)
        parts.append(f'<text class="s" x="{x:.1f}" y="{y:.1f}">{safe(detail)}</text>')
        y += 15
    for row in measure.badge_rows(node.badges, box.width - ICON - 6):
        here = x
        for badge in row:
            parts.append(_badge(badge, here, y - 7))
            here += measure.badge_width(badge) + 5
        y += 19
    for note in measure.note_rows(node.notes, box.width):
        parts.append(f'<text class="m {state}" x="{x:.1f}" y="{y:.1f}">{safe(note)}</text>')
        y += 14
    if state:
        parts.append(
            f'<g class="{state}"><rect class="ring" x="{box.x:.1f}" y="{box.y:.1f}" '
            f'width="{box.width:.1f}" height="{box.height:.1f}" rx="{ROUND:g}"/>'
            f'<circle class="stripe" cx="{box.right - 13:.1f}" cy="{box.y + 14:.1f}" r="4"/></g>'
        )
    return "".join([*parts, "</g>"])


def _pill(node: Node, box: Box) -> str:
    label = cut(node.label, box.width - 20, SMALL)
    return (
        f'<rect class="page" x="{box.x:.1f}" y="{box.middle - 13:.1f}" width="{box.width:.1f}" '
        f'height="26" rx="13"/><rect class="tint" x="{box.x:.1f}" y="{box.middle - 13:.1f}" '
        f'width="{box.width:.1f}" height="26" rx="13"/>'
        f'<text class="b" text-anchor="middle" x="{box.x + box.width / 2:.1f}" '
        f'y="{box.middle + 4:.1f}">{safe(label)}</text>'
    )


def _icon(kind: str, x: float, y: float, scale: float) -> str:
    path = ICONS.get(kind, ICONS["way"])
    return (
        f'<path class="icon" transform="translate({x:.1f} {y:.1f}) scale({scale:g})" d="{path}"/>'
    )


def _badge(badge: str, x: float, y: float) -> str:
    text = cut(badge, 170.0, TINY)
    return (
        f'<rect class="tint" x="{x:.1f}" y="{y:.1f}" width="{measure.badge_width(badge):.1f}" '
        f'height="16" rx="8"/><text class="b" x="{x + 6:.1f}" y="{y + 11.7:.1f}">'
        f"{safe(text)}</text>"
    )


def _wire(edge: Edge, route: Route) -> str:
    faint = " faint" if edge.faint else ""
    said = f"{edge.label or 'then'}: {edge.source} to {edge.target}"
    x, y = route.points[-1]
    return (
        f'<g><title>{safe(said)}</title><path class="wire{faint}" d="{course(route.points)}"/>'
        f'<path class="tip" d="M{x:.1f} {y:.1f}l-7-3.4v6.8z"/></g>'
    )


def _name(edge: Edge, route: Route) -> str:
    x, y = route.points[0]
    label = cut(edge.label, measure.LONGEST_NAME, TINY)
    return f'<text class="n" x="{x + 6:.1f}" y="{y - 4:.1f}">{safe(label)}</text>'


def course(points: tuple[Point, ...]) -> str:
    """The path through points: straight where they share a height or an x, else curved."""
    x, y = points[0]
    parts = [f"M{x:.1f} {y:.1f}"]
    for place, (right, low) in enumerate(points[1:], 1):
        if abs(low - y) < 0.5 or abs(right - x) < 0.5:
            turn = _turn(points, place)
            parts.append(turn or f"L{right:.1f} {low:.1f}")
        else:
            bend = (right - x) / 2
            parts.append(
                f"C{x + bend:.1f} {y:.1f} {right - bend:.1f} {low:.1f} {right:.1f} {low:.1f}"
            )
        x, y = right, low
    return "".join(parts)


def _turn(points: tuple[Point, ...], place: int) -> str:
    """Round the corner at a point where a level stretch meets an upright one."""
    if place + 1 >= len(points):
        return ""
    (x0, y0), (x, y), (x1, y1) = points[place - 1 : place + 2]
    level_then_up = abs(y - y0) < 0.5 and abs(x1 - x) < 0.5 < abs(y1 - y)
    up_then_level = abs(x - x0) < 0.5 < abs(y - y0) and abs(y1 - y) < 0.5
    if not (level_then_up or up_then_level):
        return ""
    reach = min(6.0, (abs(x - x0) + abs(y - y0)) / 2, (abs(x1 - x) + abs(y1 - y)) / 2)
    before = (x - _sign(x - x0) * reach, y - _sign(y - y0) * reach)
    after = (x + _sign(x1 - x) * reach, y + _sign(y1 - y) * reach)
    return f"L{before[0]:.1f} {before[1]:.1f}Q{x:.1f} {y:.1f} {after[0]:.1f} {after[1]:.1f}"


def _sign(number: float) -> int:
    return (number > 0.5) - (number < -0.5)
