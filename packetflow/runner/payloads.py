"""Values on their way to and from a runner."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from msgspec.msgpack import Ext

from packetflow.engine.values import Opaque, pack, unpack
from packetflow.errors import UnknownName, WireError
from packetflow.kernel.records import Payload, ValueTag
from packetflow.workspace.presence import state_of


def to_payload(values: Mapping[str, Any]) -> Payload:
    """Pack values to be sent.

    Raises:
        WireError: One of them is of a type that cannot travel.
    """
    payload = {}
    for name, value in values.items():
        packed = value if isinstance(value, Ext) else pack(value)
        if isinstance(packed, Ext) and packed.code == ValueTag.OPAQUE:
            kind = type(value).__name__
            raise WireError(
                f"{name!r} is a {kind}, which cannot travel to a runner; send plain values "
                "(numbers of at most 64 bits, whole texts), dataclasses, models or Arrow tables",
                name=name,
            )
        payload[name] = packed
    return payload


class Outputs(Mapping[str, Any]):
    """Values that came from a runner, rebuilt when they are read.

    Typed values come as plain data (a dataclass as a dict), tables as `pyarrow.Table`.
    """

    def __init__(self, payload: Payload, folder: Path) -> None:
        self._payload = payload
        self._folder = folder

    def __getitem__(self, name: str) -> Any:
        """A value by name.

        Raises:
            UnknownName: There is none of that name.
            WireError: It did not travel: it is secret, too large, or of a type that cannot.
        """
        if name not in self._payload:
            near = get_close_matches(name, self._payload, 1) or sorted(self._payload)[:3]
            raise UnknownName("output", name, near)
        try:
            return unpack(self._payload[name], None, self._fetch)
        except Opaque as error:
            raise WireError(f"{name!r} did not come along: {error}", name=name) from error

    def __iter__(self) -> Any:
        return iter(self._payload)

    def __len__(self) -> int:
        return len(self._payload)

    def __contains__(self, name: object) -> bool:
        return name in self._payload

    def __repr__(self) -> str:
        return f"<outputs {', '.join(self._payload)}>"

    def _fetch(self, sha: str) -> bytes:
        from packetflow.store.artifacts import Artifacts

        return Artifacts(state_of(self._folder) / "artifacts").get(sha)
