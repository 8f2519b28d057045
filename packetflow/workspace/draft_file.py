"""The files that a draft is saved in: read when they changed, written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from packetflow.errors import EditRefused, SourceError
from packetflow.workspace.draft_pack import Made
from packetflow.workspace.draft_state import State, written_looks

NAMES: Final = re.compile(r"[^\s/\\.][^/\\\0]{0,119}")


def digest(content: bytes) -> str:
    """A short digest of a file's bytes."""
    return hashlib.sha256(content).hexdigest()[:32]


@dataclass(slots=True)
class SavedFile:
    """A file beside a draft, as it was last read."""

    path: Path
    stamp: tuple[int, int, int] | None = None
    content: bytes | None = None
    may_be_empty: bool = False

    def read(self) -> bytes | None:
        """Its bytes, read again when they may have changed; ``None`` when it is not there.

        One that has become empty is as it was: many programs empty a file before they write it.
        That of looks is written by us alone, whole, and is empty where nothing was moved.
        """
        try:
            state = self.path.stat()
            stamp = (state.st_mtime_ns, state.st_size, state.st_ino)
            if stamp != self.stamp:
                content = self.path.read_bytes()
                if content or self.may_be_empty or not self.content:
                    self.stamp, self.content = stamp, content
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


@dataclass(slots=True)
class Files:
    """The files of a workspace's pipelines, as a draft uses them.

    Attributes:
        folder: Where they are.
        mark: Tells unfinished files of this draft from those of others.
    """

    folder: Path
    mark: str
    _known: dict[str, SavedFile] = field(default_factory=dict)

    def text(self, name: str) -> SavedFile:
        """The file of a pipeline."""
        return self._file(f"{name}.yaml")

    def looks(self, name: str) -> SavedFile:
        """The file of its looks."""
        return self._file(f"{name}.view.json", may_be_empty=True)

    def _file(self, name: str, *, may_be_empty: bool = False) -> SavedFile:
        made = SavedFile(self.folder / name, may_be_empty=may_be_empty)
        return self._known.setdefault(name, made)

    def has_looks(self, name: str, state: State) -> bool:
        """Whether the file says the looks of a state."""
        there = self.looks(name).read() or b""
        if there == state.view().encode():
            return True
        try:
            return written_looks(there.decode()) == state.looks
        except (SourceError, UnicodeDecodeError):
            return False

    def make(self, made: Mapping[str, Made], *, but: str) -> None:
        """Write the pipelines that an edit makes; before it is kept, so that none is missing.

        Args:
            made: By name.
            but: A name that none may have.

        Raises:
            EditRefused: A name is taken, or is none for a file, or the file cannot be written.
        """
        if not made:
            return
        taken = {path.stem.casefold(): path for path in self.folder.glob("*.yaml")}
        for name, one in made.items():
            if not NAMES.fullmatch(name):
                raise EditRefused(f"{name!r} cannot be the name of a file; choose another name")
            path = taken.get(name.casefold())
            text = one.text.encode()
            there = None if path is None else self.text(path.stem).read()
            if name == but or (there is not None and there != text):
                raise EditRefused(f"there is a pipeline {name!r} already; choose another name")
            looks = State(one.text, one.looks).view().encode()
            try:
                if looks:
                    self.looks(name).write(looks, self.mark)
                self.text(name).write(text, self.mark)
            except OSError as error:
                why = error.strerror or error
                raise EditRefused(f"cannot write {name}.yaml: {why}") from error

    def take_back(self, made: Mapping[str, Made]) -> None:
        """Take away the pipelines that an edit made, as far as nobody has use for them."""
        for name, one in made.items():
            calls = re.compile(rb"\bcall\W+" + re.escape(name.encode()))
            is_called = any(
                path.stem != name and calls.search(self.text(path.stem).read() or b"")
                for path in self.folder.glob("*.yaml")
            )
            if not is_called and self.text(name).read() == one.text.encode():
                self.text(name).path.unlink(missing_ok=True)
                self.looks(name).path.unlink(missing_ok=True)
