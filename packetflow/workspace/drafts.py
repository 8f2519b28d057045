"""Pipelines being edited in a workspace.

```python
drafts = Drafts("./my-work")
draft = drafts.open("hello")
draft.do({"op": "rename", "step": "greet", "to": "welcome"})
draft.do({"op": "save"})
```

A draft lies in ``.packetflow/drafts`` and is shared by every process of the workspace; see
`packetflow.workspace.draft_log` for how. Capabilities play no part in it: editing goes on while
no runner is there.
"""

from __future__ import annotations

import contextlib
import re
import threading
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from packetflow.errors import SourceError, UnknownName, WorkspaceError
from packetflow.kernel.ids import new_id
from packetflow.workspace.draft import Draft, Heard, Snapshot
from packetflow.workspace.draft_file import NAMES, digest
from packetflow.workspace.draft_log import DraftLog, Whole
from packetflow.workspace.draft_names import names_held, point, pointed, pointer
from packetflow.workspace.draft_state import State, written_looks
from packetflow.workspace.folder import WorkspaceFolder, open_folder

__all__ = ["Draft", "Drafts", "Heard", "Snapshot"]

UNTITLED: Final = re.compile(r"(?m)^pipeline: untitled$")


@dataclass
class Drafts:
    """The drafts of a workspace.

    Args:
        folder: The workspace.

    Raises:
        WorkspaceError: The folder is not there.
    """

    folder: str | Path | WorkspaceFolder
    _open: dict[str, Draft] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        if not isinstance(self.folder, WorkspaceFolder):
            self.folder = open_folder(self.folder)
        self._there: WorkspaceFolder = self.folder

    def open(self, name: str) -> Draft:
        """The draft of a saved pipeline, or one that was begun under that name.

        Raises:
            UnknownName: There is no such pipeline and no such draft.
            SourceError: The file is no UTF-8 text.
        """
        if not NAMES.fullmatch(name):
            raise UnknownName("pipeline", name)
        with self._lock, names_held(self._make_folder()):
            path = self._pointed(name)
            known = self._open.get(path.name) if path is not None else None
            if known is not None:
                return known
            source = self._there.pipelines / f"{name}.yaml"
            if path is None:
                if not source.is_file():
                    raise UnknownName("pipeline", name, get_close_matches(name, self.saved(), 2))
                path = self._begun(name, source)
            return self._opened(path, name)

    def has(self, name: str) -> bool:
        """Tell whether there is a pipeline or a draft of that name to open."""
        if not NAMES.fullmatch(name):
            return False
        if (self._there.pipelines / f"{name}.yaml").is_file():
            return True
        return pointed(self._there.state / "drafts", name) is not None

    def new(self, text: str, name: str = "") -> Draft:
        """A draft of a pipeline that has no file yet; it gets one when it is first saved.

        One that calls itself ``untitled`` takes the name of its draft, ``untitled-2``, so that its
        runs are told apart from those of others.

        Args:
            text: Of the pipeline.
            name: To open it by, which no other pipeline or draft has; else it gets a free one.
        """
        folder = self._make_folder()
        with self._lock, names_held(folder):
            count = 1
            while not name and (
                self.has(f"untitled-{count}") or pointer(folder, f"untitled-{count}").exists()
            ):
                count += 1
            name = name or f"untitled-{count}"
            text = UNTITLED.sub(f"pipeline: {name}", text, count=1)
            path = folder / f"{new_id()}.log"
            draft = self._opened(path, name)
            with draft.log.held():
                draft.log.begin(Whole(1, State(text)))
            point(path, name)
            return draft

    def saved(self) -> list[str]:
        """The names of the pipelines that have a file."""
        return sorted(one.stem for one in self._there.pipelines.glob("*.yaml"))

    def unsaved(self) -> list[str]:
        """The names of drafts that were begun, changed and never saved, the latest change first."""
        folder, found = self._there.state / "drafts", []
        files = {*self.saved()}
        for at in folder.glob("*.at"):
            path = None if at.stem in files else pointed(folder, at.stem)
            if path is None:
                continue
            log = DraftLog(path)
            with contextlib.suppress(WorkspaceError):  # opening it says what is wrong with it
                log.refresh()
            log.close()
            if (log.whole.done or not log.whole.rev) and not log.whole.file:
                found.append((path.stat().st_mtime, at.stem))
        return [name for _, name in sorted(found, reverse=True)]

    def close(self) -> None:
        """Let go of all files."""
        with self._lock:
            for draft in self._open.values():
                draft.close()
            self._open.clear()

    def _make_folder(self) -> Path:
        folder = self._there.state / "drafts"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def _pointed(self, name: str) -> Path | None:
        """The draft that goes by a name; none once another pipeline has taken the name."""
        path = pointed(self._make_folder(), name)
        if path is None:
            return None
        here = self._open.get(path.name)
        log = DraftLog(path) if here is None else here.log
        log.refresh()
        moved = log.whole.file not in ("", name)
        if here is None:
            log.close()
        return None if moved and (self._there.pipelines / f"{name}.yaml").is_file() else path

    def _begun(self, name: str, source: Path) -> Path:
        folder = self._make_folder()
        content = source.read_bytes()
        looks = source.with_name(f"{name}.view.json")
        seen = looks.read_bytes() if looks.is_file() else b""
        try:
            text = content.decode()
            state = State(text, written_looks(seen.decode(), file=looks.name))
        except UnicodeDecodeError as error:
            raise SourceError(f"is no UTF-8 text: {error}", file=str(source)) from error
        except SourceError:
            state = State(text)  # looks that cannot be read are lost looks
        log = DraftLog(folder / f"{new_id()}.log")
        with log.held():
            log.begin(Whole(1, state, name, digest(content), digest(seen)))
        log.close()
        point(log.path, name)
        return log.path

    def _opened(self, path: Path, name: str) -> Draft:
        draft = self._open.setdefault(path.name, Draft(self._there, path, name, self.open))
        draft.log.refresh()
        return draft
