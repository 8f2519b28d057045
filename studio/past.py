"""What an execution was given and what it made, read from journals and artifacts.

No user code is needed: typed values come as the plain data they were kept as.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packetflow.engine.calls import ARGUMENTS
from packetflow.engine.values import Opaque, unpack
from packetflow.errors import StoreError
from packetflow.kernel.records import ExecutionEnded, ExecutionStarted, SpanEnded
from packetflow.store.artifacts import Artifacts
from packetflow.store.files import places
from packetflow.store.frames import records_of
from packetflow.store.queries import Whole

Values = dict[str, Any]


def was_lost(value: object) -> bool:
    """Whether a value stands for one that was not kept."""
    return isinstance(value, Mapping) and bool(value.keys() & {"$opaque", "$secret"})


def lost(why: str) -> dict[str, Any]:
    """What stands for a value that was not kept.

    Args:
        why: As its record says: its type, or nothing for a secret.

    >>> lost("<class 'socket.socket'>"), lost("")
    ({'$opaque': 'not kept: a value of type socket.socket'}, {'$secret': True})
    """
    if not why:
        return {"$secret": True}
    kind = why.removeprefix("<class '").removesuffix("'>")
    return {"$opaque": f"not kept: a value of type {kind}" if kind != why else f"not kept: {why}"}


def called_with(row: Mapping[str, Any]) -> Values:
    """What a step that another one called was given, as far as it was kept.

    >>> called_with({"attributes": json.dumps({"arguments": json.dumps({"n": 1})})})
    {'n': 1}
    """
    text = json.loads(row.get("attributes") or "{}").get(ARGUMENTS, "{}")
    try:
        return dict(json.loads(text))
    except ValueError:  # it was long and has been cut
        return {ARGUMENTS: text}


class Past:
    """The values of one execution.

    Args:
        folder: The workspace.
        whole: What the store keeps of it.

    Attributes:
        inputs: What it was given.
        outputs: What it made; while it is under way, nothing.
    """

    def __init__(self, folder: Path, whole: Whole) -> None:
        self._artifacts = Artifacts(places(folder).state / "artifacts")
        execution = whole.execution
        self._spans: dict[int, tuple[Mapping[str, Any] | None, Mapping[str, Any]]] = {}
        self.inputs = self._plain(execution["inputs"])
        self.outputs = self._plain(execution["outputs"])
        for record in records_of(places(folder).journal, str(execution["execution_id"])):
            match record:
                case ExecutionStarted():
                    self.inputs = self.values(record.inputs)
                case ExecutionEnded():
                    self.outputs = self.values(record.outputs)
                case SpanEnded():
                    self._spans[record.span_id] = (record.inputs, record.outputs)
                case _:
                    continue

    @property
    def gone(self) -> list[str]:
        """The inputs that were not kept: secrets, and what is of a type that cannot be."""
        return [name for name, value in self.inputs.items() if was_lost(value)]

    def span(self, row: Mapping[str, Any]) -> tuple[Values, Values]:
        """Inputs and outputs of a span of the store.

        Inputs are kept of failed ones, and of those that a step called while it ran.
        """
        if row["span_id"] in self._spans:
            inputs, outputs = self._spans[row["span_id"]]
            return self.values(inputs or {}) or called_with(row), self.values(outputs)
        return self._plain(row["inputs"]) or called_with(row), self._plain(row["outputs"])

    def values(self, payload: Mapping[str, Any]) -> Values:
        """Unpack a payload; what was not kept is said in words (see `packetflow.show.looks`)."""
        found = {}
        for name, slot in payload.items():
            try:
                found[name] = unpack(slot, None, self._artifacts.get)
            except Opaque as error:
                found[name] = lost(str(error))
            except (StoreError, ValueError) as error:
                found[name] = {"$opaque": str(error)}
        return found

    def _plain(self, text: str | None) -> Values:
        """Values as the store keeps them, in JSON, with large ones brought back."""
        kept = json.loads(text) if text else {}
        return {name: self._restored(value) for name, value in kept.items()}

    def _restored(self, value: Any) -> Any:
        if not (isinstance(value, Mapping) and "$blob" in value):
            return value
        import msgspec

        from packetflow.kernel.records import ValueTag

        packed = msgspec.msgpack.encode([value["$blob"], value["media_type"], value["size"]])
        slot = msgspec.msgpack.Ext(int(ValueTag.BLOB), packed)
        return self.values({"value": slot})["value"]
