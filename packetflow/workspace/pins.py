"""Pinned steps: what they made in a run, kept for as long as somebody may want it.

A pin names a step and the execution whose values it keeps. They are copied into a file of their
own when the pin is set, so that neither retention nor a lost journal takes them away.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from packetflow.engine.past import firm
from packetflow.engine.values import Opaque, unpack
from packetflow.errors import StoreError
from packetflow.kernel.ids import new_id
from packetflow.kernel.records import Record, SpanEnded, Status, ValueTag
from packetflow.store.artifacts import Artifacts
from packetflow.store.files import places
from packetflow.store.frames import records_of


class Pinned(msgspec.Struct, frozen=True):
    """A step as a run made it.

    Attributes:
        span: Its record, with all outputs.
        mark: The step's fingerprint in that run (`packetflow.composition.staleness`).
        contents: Large values, by their SHA-256.
    """

    span: SpanEnded
    mark: str = ""
    contents: dict[str, bytes] = {}


class Pins:
    """The pinned steps of a workspace; safe for threads and for several processes.

    Args:
        folder: Of the workspace.
    """

    def __init__(self, folder: Path) -> None:
        files = places(folder)
        self._journal = files.journal
        self._artifacts = Artifacts(files.state / "artifacts")
        self._folder = files.state / "pins"

    def read(self, execution: str, step: str) -> Pinned | None:
        """A pinned step; ``None`` when it was never kept, or its file was deleted."""
        try:
            content = self._path(execution, step).read_bytes()
            return msgspec.msgpack.decode(content, type=Pinned)
        except (OSError, msgspec.MsgspecError):
            return None

    def keep(self, execution: str, step: str, mark: str) -> Pinned | None:
        """Copy what a step made in an execution; ``None`` when its values are gone.

        Values of which nothing was kept (secrets, open files) count as gone.

        Raises:
            OSError: There is no room, or the folder cannot be written.
        """
        known = self.read(execution, step)
        if known is not None:
            return known
        span = made(records_of(self._journal, execution), step)
        if span is None:
            return None
        try:
            contents = {sha: self._artifacts.get(sha) for sha in _blobs(span)}
            for slot in span.outputs.values():
                unpack(slot, None, contents.__getitem__)
        except (Opaque, StoreError, ValueError):
            return None
        found = Pinned(span, mark, contents)
        path = self._path(execution, step)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        scratch = path.with_name(f"{path.name}.{new_id()}")
        scratch.write_bytes(msgspec.msgpack.encode(found))
        scratch.replace(path)
        return found

    def restored(self, execution: str, step: str) -> SpanEnded | None:
        """The record of a pinned step, its large values back among the artifacts."""
        found = self.read(execution, step)
        if found is None:
            return None
        for content in found.contents.values():
            self._artifacts.put(content)
        return found.span

    def _path(self, execution: str, step: str) -> Path:
        name = hashlib.sha256(f"{execution}\0{step}".encode()).hexdigest()[:32]
        return self._folder / f"{name}.pin"


def made(records: list[Record], step: str) -> SpanEnded | None:
    """The record with what a step outside of loops made last; ``None`` when it made nothing."""
    found = None
    for record in records:
        match record:
            case SpanEnded(step=name, status=Status.OK) if name == step and not firm(record.path):
                found = msgspec.structs.replace(record, path=())
            case _:
                continue
    return found


def _blobs(span: SpanEnded) -> list[str]:
    found = []
    for slot in span.outputs.values():
        if isinstance(slot, msgspec.msgpack.Ext) and slot.code == ValueTag.BLOB:
            kept: Any = msgspec.msgpack.decode(slot.data)
            found.append(str(kept[0]))
    return found
