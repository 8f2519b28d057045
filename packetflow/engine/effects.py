"""What the engine itself does for a capability's declared effects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packetflow.capabilities.effects import Effect
from packetflow.engine.state import Frame
from packetflow.kernel.records import LogLine, MetricPoint, Record, SpanEnded

if TYPE_CHECKING:
    from packetflow.engine.use import UseNode

_EMITTED = frozenset({"audit", "counter", "histogram", "notify"})


def emitting(effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """The effects that make the engine write something after each call."""
    return tuple(effect for effect in effects if effect.kind in _EMITTED)


def emitted(node: UseNode, frame: Frame, span: SpanEnded) -> list[Record]:
    """A call's audit lines, notifications and measurements."""
    run, made = frame.run, list[Record]()
    at = span.started + span.duration_ns
    labels = {"capability": node.name, "step": node.id}
    for effect in node.effects:
        match effect.kind:
            case "audit":
                text = f"{node.name} done by {run.user or run.agent or 'nobody named'}"
                made.append(LogLine(run.id, span.span_id, at, "audit", effect.target, text, labels))
            case "notify":
                text = f"{node.name} has run"
                made.append(
                    LogLine(run.id, span.span_id, at, "notify", effect.target, text, labels)
                )
            case "counter":
                made.append(MetricPoint(at, effect.target, "counter", 1.0, labels, run.id))
            case "histogram":
                seconds = span.duration_ns / 1e9
                made.append(MetricPoint(at, effect.target, "histogram", seconds, labels, run.id))
            case _:
                pass
    return made
