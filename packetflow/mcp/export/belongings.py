"""Other files of a workspace that a tool reads by a path in its code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from packetflow.mcp.export.literals import Told
from packetflow.mcp.export.reasons import Reason

FILE_BYTES: Final = 1_000_000
"""A larger file does not travel."""

ALL_BYTES: Final = 8_000_000
"""All files together are no larger."""

_SYSTEM: Final = ("/dev/", "/proc/", "/sys/", "/etc/", "/usr/", "/bin/", "/tmp/", "/var/")


class Belongings:
    """Collects the files that travel beside the code.

    Args:
        folder: The workspace.

    Attributes:
        files: Their content by path in the workspace, with ``/``.
        reasons: Why some cannot travel.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self.files: dict[str, bytes] = {}
        self.reasons: set[Reason] = set()

    def take(self, told: Told, said_in: str) -> None:
        """Take what a path leads to, if it leads to something that is there.

        Args:
            told: The path.
            said_in: The file that says it.
        """
        if told.is_beside:
            self._take_beside(told, said_in)
            return
        path = self._path(told)
        if path is None:
            return
        if not path.is_relative_to(self._folder):
            if told.is_opened and path.is_file() and not told.path.startswith(_SYSTEM):
                what = f"reads {told.path!r}, which lies outside of the workspace"
                do = "move it into the workspace, or take its path as an input"
                self.reasons.add(Reason(said_in, told.line, what, do))
        elif Path(told.path).is_absolute() or told.path.startswith("~"):
            if told.is_opened:
                what = f"says where {path.name!r} lies on this machine"
                do = "write its path from the workspace's folder"
                self.reasons.add(Reason(said_in, told.line, what, do))
        else:
            self._take_path(path, told.line, said_in)

    def _path(self, told: Told) -> Path | None:
        """Where it leads; ``None`` where that is nothing, or it is just some text."""
        text = told.path
        looks_so = told.is_opened or "/" in text or Path(text).suffix not in {"", "."}
        if not looks_so or "\0" in text or "://" in text or text.strip("./~") == "":
            return None
        try:
            path = (self._folder / Path(text).expanduser()).resolve()
            is_there = path.is_file() or (path.is_dir() and (told.is_opened or "/" in text))
        except (OSError, RuntimeError, ValueError):
            return None
        return path if is_there else None

    def _take_beside(self, told: Told, said_in: str) -> None:
        path = (self._folder / told.path).resolve()
        if told.path == said_in or not path.exists():
            return
        if not path.is_relative_to(self._folder):
            what = "reads something near itself that lies outside of the workspace"
            self.reasons.add(Reason(said_in, told.line, what, "move it into the workspace"))
            return
        if path.is_dir() and path.relative_to(self._folder).parts in {(), ("capabilities",)}:
            what = "reads a file near itself whose name is only known when it runs"
            do = "keep such files in a folder of their own: Path(__file__).parent / 'texts' / name"
            self.reasons.add(Reason(said_in, told.line, what, do))
            return
        self._take_path(path, told.line, said_in)

    def _take_path(self, path: Path, line: int, said_in: str) -> None:
        for one in self._files_at(path):
            relative = one.relative_to(self._folder)
            what = ""
            parts = (*relative.parts, *one.resolve().relative_to(self._folder).parts)
            if any(part.startswith(".") for part in parts):
                what, do = (
                    "is hidden, and may hold secrets",
                    "give it another name, or take its path",
                )
            elif one.stat().st_size > FILE_BYTES:
                what, do = (
                    f"has more than {FILE_BYTES // 1_000_000} MB",
                    "take its path as an input",
                )
            if what:
                told = f"reads {relative.as_posix()!r}, which {what}"
                self.reasons.add(Reason(said_in, line, told, do))
                continue
            self.files[relative.as_posix()] = one.read_bytes()
        if sum(map(len, self.files.values())) > ALL_BYTES:
            what = f"reads files of more than {ALL_BYTES // 1_000_000} MB altogether"
            self.reasons.add(Reason(said_in, line, what, "take their paths as inputs"))
            self.files.clear()

    def _files_at(self, path: Path) -> Iterator[Path]:
        if path.is_file():
            yield path
            return
        for one in sorted(path.rglob("*")):
            parts = one.relative_to(path).parts
            is_kept = "__pycache__" not in parts and ".packetflow" not in parts
            if one.is_file() and is_kept and one.resolve().is_relative_to(self._folder):
                yield one
