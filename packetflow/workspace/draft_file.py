"""The files that a draft is saved in: read when they changed, written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path


def digest(content: bytes) -> str:
    """A short digest of a file's bytes."""
    return hashlib.sha256(content).hexdigest()[:32]


@dataclass(slots=True)
class SavedFile:
    """A file beside a draft, as it was last read."""

    path: Path
    stamp: tuple[int, int, int] | None = None
    content: bytes | None = None

    def read(self) -> bytes | None:
        """Its bytes, read again when they may have changed; ``None`` when it is not there."""
        try:
            state = self.path.stat()
            stamp = (state.st_mtime_ns, state.st_size, state.st_ino)
            if stamp != self.stamp:
                self.content = self.path.read_bytes()
                self.stamp = stamp
        except OSError:
            self.stamp = self.content = None
        return self.content

    def write(self, content: bytes, mark: str) -> None:
        """Write it whole or not at all; who may read and write it stays as it was."""
        path = self.path.resolve()
        path.parent.mkdir(exist_ok=True)
        rights = path.stat().st_mode if path.exists() else None
        if rights is not None and not rights & stat.S_IWUSR:  # replacing would not ask
            raise PermissionError(errno.EACCES, "it is read-only")
        scratch = path.with_name(f".{path.name}.{mark}")
        try:
            scratch.write_bytes(content)
            if rights is not None:
                scratch.chmod(stat.S_IMODE(rights))
            scratch.replace(path)
        except OSError:
            scratch.unlink(missing_ok=True)
            raise
        self.stamp = None
