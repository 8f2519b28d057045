"""Payloads as JSON: what people and SQL see of the values in a record.

What JSON has no words for becomes a small object: ``{"$blob": sha, ...}``, ``{"$table": ...}``,
``{"$secret": true}``, ``{"$opaque": repr}``. Dates become text, bytes base64, NaN null.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pyarrow as pa

from packetflow.kernel.records import ValueTag

_decode = msgspec.msgpack.decode


def _table(content: bytes) -> dict[str, Any]:
    try:
        table = pa.ipc.open_stream(content).read_all()
    except (pa.ArrowException, OSError):
        return {"$table": {"rows": None, "columns": []}}
    return {"$table": {"rows": table.num_rows, "columns": table.column_names}}


def _typed(content: bytes) -> Any:
    try:
        return _decode(content)
    except msgspec.MsgspecError:
        return {"$typed": len(content)}


class Plain:
    """Turns payloads into JSON and remembers the artifacts it came by.

    Attributes:
        blobs: ``(sha, media type, bytes)`` of the artifacts seen; the caller empties it.
    """

    def __init__(self) -> None:
        self.blobs: list[tuple[str, str, int]] = []
        self._encode = msgspec.json.Encoder(enc_hook=self._word).encode

    def text(self, payload: Any) -> bytes:
        """Encode a payload as UTF-8 JSON.

        >>> from msgspec.msgpack import Ext
        >>> Plain().text({"pin": Ext(4, b""), "n": 1})
        b'{"pin":{"$secret":true},"n":1}'
        """
        try:
            return self._encode(payload)
        except (TypeError, ValueError, RecursionError) as error:
            return self._encode({"$opaque": str(error)[:200]})

    def _word(self, value: Any) -> Any:
        if not isinstance(value, msgspec.msgpack.Ext):
            return {"$opaque": repr(value)[:200]}
        match value.code:
            case ValueTag.BLOB:
                sha, media_type, size = _decode(value.data, type=tuple[str, str, int])
                self.blobs.append((sha, media_type, size))
                return {"$blob": sha, "media_type": media_type, "size": size}
            case ValueTag.ARROW:
                return _table(bytes(value.data))
            case ValueTag.OPAQUE:
                return {"$opaque": bytes(value.data).decode("utf-8", "replace")}
            case ValueTag.SECRET:
                return {"$secret": True}
            case ValueTag.TYPED:
                return _typed(bytes(value.data))
            case code:
                return {"$ext": code, "size": memoryview(value.data).nbytes}
