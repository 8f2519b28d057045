"""Large values outside the records, in files named by the SHA-256 of their content.

The same content is kept once. A file appears whole or not at all: it is written under another
name and renamed.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec

from packetflow.errors import JournalFull, StoreError
from packetflow.kernel.ids import new_id
from packetflow.kernel.records import (
    EventArrived,
    ExecutionEnded,
    ExecutionStarted,
    Payload,
    Record,
    SpanEnded,
    ValueTag,
)

RECORD_LIMIT = 16 << 10
"""Records above this many bytes have their large values moved out."""

VALUE_LIMIT = 4 << 10
"""Values above this many bytes are moved out of such a record."""

ASIDE = ".aside"
"""How the name of an artifact ends that is about to be removed."""

ARROW_TYPE = "application/vnd.apache.arrow.stream"
BYTES_TYPE = "application/octet-stream"
MSGPACK_TYPE = "application/msgpack"

Ext = msgspec.msgpack.Ext
_encode = msgspec.msgpack.encode


def is_full(error: OSError) -> bool:
    """Tell whether an error means that there is no room left."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def _is_there(path: Path, size: int) -> bool:
    """Tell whether a whole file is there, and touch it so that it is not collected now."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_size == size
    return True  # set aside this moment: the touch brings it back


class Artifacts:
    """The artifact files of one folder; safe to share between threads and processes."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)

    def path_of(self, sha: str) -> Path:
        """Name the file of an artifact, whether it exists or not."""
        return self._folder / sha[:2] / sha

    def put(self, content: bytes) -> str:
        """Keep *content*, unless it is kept already, and answer its SHA-256 in hex.

        Raises:
            JournalFull: There is no room on the disk; nothing is left behind.
        """
        sha = hashlib.sha256(content).hexdigest()
        path = self.path_of(sha)
        if _is_there(path, len(content)):
            return sha
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{sha}.{new_id()}.new")
        try:
            descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            if is_full(error):
                message = (
                    f"no room for {len(content)} bytes in {path.parent}: free space on that disk"
                )
                raise JournalFull(message, path=str(path), size=len(content)) from error
            raise
        return sha

    def get(self, sha: str) -> bytes:
        """Read an artifact back.

        Raises:
            StoreError: It is not there, or its content is not what was kept.
        """
        content = self._read(sha)
        if hashlib.sha256(content).hexdigest() != sha:
            message = f"artifact {sha} in {self._folder} was changed on disk; its value is lost"
            raise StoreError(message, sha=sha)
        return content

    def _read(self, sha: str) -> bytes:
        path = self.path_of(sha)
        for name in (path, path.with_name(sha + ASIDE), path):
            with contextlib.suppress(FileNotFoundError):
                return name.read_bytes()
        message = (
            f"artifact {sha} is missing from {self._folder}; it was removed by hand, or went to "
            "the archive with all that mentions it"
        )
        raise StoreError(message, sha=sha)

    def shrink(self, record: Record) -> Record:
        """Move the large values of a record's payloads to artifacts."""
        match record:
            case ExecutionStarted():
                return msgspec.structs.replace(record, inputs=self._slim(record.inputs))
            case SpanEnded():
                inputs = None if record.inputs is None else self._slim(record.inputs)
                outputs = self._slim(record.outputs)
                return msgspec.structs.replace(record, outputs=outputs, inputs=inputs)
            case EventArrived():
                return msgspec.structs.replace(record, payload=self._slim(record.payload))
            case ExecutionEnded():
                return msgspec.structs.replace(record, outputs=self._slim(record.outputs))
            case _:  # the other kinds carry no payload
                return record

    def _slim(self, payload: Payload) -> Payload:
        return {name: self._moved(value) for name, value in payload.items()}

    def _moved(self, value: Any) -> Any:
        encoded = _encode(value)
        if len(encoded) <= VALUE_LIMIT:
            return value
        if isinstance(value, bytes | bytearray | memoryview):
            content, media_type = bytes(value), BYTES_TYPE
        elif isinstance(value, Ext) and value.code == ValueTag.ARROW:
            content, media_type = bytes(value.data), ARROW_TYPE
        else:
            content, media_type = encoded, MSGPACK_TYPE
        sha = self.put(content)
        return Ext(int(ValueTag.BLOB), _encode([sha, media_type, len(content)]))
