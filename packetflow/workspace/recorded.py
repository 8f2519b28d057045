"""What the steps of an execution were given and made, read from the journals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packetflow.engine.values import Opaque, unpack
from packetflow.errors import StoreError
from packetflow.kernel.records import ExecutionEnded, ExecutionStarted, SpanEnded
from packetflow.store.artifacts import Artifacts
from packetflow.store.files import places
from packetflow.store.frames import records_of


@dataclass(slots=True)
class Recorded:
    """The values of one execution that are still in the journals.

    Attributes:
        inputs: What it was given.
        outputs: By step, what it made; of a step that ran for many items, the last.
        gave: What it gave as a whole, so far as it came.
    """

    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    gave: dict[str, Any] = field(default_factory=dict)


def recorded(folder: Path, execution_id: str) -> Recorded:
    """Read what an execution was given and made; what was not kept is left out."""
    files = places(folder)
    artifacts = Artifacts(files.state / "artifacts")
    found = Recorded()
    for record in records_of(files.journal, execution_id):
        match record:
            case ExecutionStarted():
                found.inputs = _values(record.inputs, artifacts)
            case SpanEnded(status="ok"):
                found.outputs[record.step] = _values(record.outputs, artifacts)
            case ExecutionEnded():
                found.gave = _values(record.outputs, artifacts)
            case _:
                continue
    return found


def _values(payload: Mapping[str, Any], artifacts: Artifacts) -> dict[str, Any]:
    found = {}
    for name, slot in payload.items():
        try:
            found[name] = unpack(slot, None, artifacts.get)
        except (Opaque, StoreError, ValueError):
            continue
    return found
