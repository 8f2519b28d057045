"""One pipeline being edited: text, looks, history, and how far each editor has been heard."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packetflow.composition.codec_nodes import parse_yaml
from packetflow.errors import (
    EditRefused,
    PacketFlowError,
    SourceError,
    UnknownName,
    WorkspaceError,
)
from packetflow.kernel.ids import new_id
from packetflow.workspace.draft_file import SavedFile, digest
from packetflow.workspace.draft_log import Did, DraftLog, Refused, Saved, Undid, Whole
from packetflow.workspace.draft_names import point
from packetflow.workspace.draft_state import (
    Entry,
    State,
    Written,
    difference,
    edited,
    written_looks,
)
from packetflow.workspace.exposed import refuse_taken
from packetflow.workspace.folder import WorkspaceFolder

NAMES: Final = re.compile(r"[^\s/\\.][^/\\\0]{0,119}")
ALONE: Final = frozenset({"undo", "redo", "save", "revert"})
"""Operations that are an edit by themselves."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of an edit.

    Attributes:
        done: False when it was refused, was done before, or came before its turn.
        message: Why it was refused; empty when it was not.
        index: Which of its operations was refused.
    """

    done: bool
    message: str = ""
    index: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A draft as it is.

    Attributes:
        pipeline: The name by which to open it.
        rev: Grows with everything that happens to it.
        state: Text, looks, sizes.
        acks: By client, the last edit that was done or refused.
        undo: What would be taken back, in words; ``None`` for nothing.
        redo: What would be done again.
        saved: The file says the same.
        conflict: The file's text and digest, if somebody else changed it meanwhile.
    """

    pipeline: str
    rev: int
    state: State
    acks: Mapping[str, int]
    undo: str | None
    redo: str | None
    saved: bool
    conflict: tuple[str, str] | None


class Draft:
    """One pipeline being edited; safe for threads, and for several processes.

    Use `Drafts.open`. Everything may raise `WorkspaceError` when the folder cannot be used.

    Attributes:
        name: By which it was opened first.
        log: Where it is kept.
    """

    def __init__(self, folder: WorkspaceFolder, path: Path, name: str) -> None:
        self.name = name
        self._folder = folder
        self.log = DraftLog(path)
        self._client = f"python-{new_id()[-12:]}"
        self._seq = 0
        self._lock = threading.RLock()
        self._files: dict[str, SavedFile] = {}

    def snapshot(self) -> Snapshot:
        """The draft as it is, with what others did to it and to its file."""
        self.refresh()
        with self._lock:
            whole = self.log.whole
            there = self._text_file(whole.file).read() if whole.file else None
            own = whole.state.text.encode()
            same = there == own and self._looks_are_saved(whole)
            conflict = None
            if there is not None and there != own and digest(there) != whole.base:
                conflict = (there.decode("utf-8", "replace"), digest(there))
            return Snapshot(
                whole.file or self.name,
                whole.rev,
                whole.state,
                dict(whole.acks),
                whole.done[-1].words if whole.done else None,
                whole.undone[-1].words if whole.undone else None,
                same,
                conflict,
            )

    @property
    def folder(self) -> Path:
        """Of the workspace."""
        return self._folder.path

    @property
    def text(self) -> str:
        """Its text."""
        self.refresh()
        return self.log.whole.state.text

    def submit(self, client: str, seq: int, operations: Sequence[Mapping[str, Any]]) -> Heard:
        """Do an edit, once, in its turn; it is kept when this returns.

        Args:
            client: Who edits; a name that lasts.
            seq: Counts this client's edits from 1. One that was done before is not done again;
                one that comes before its turn is not done, and must be sent again.
            operations: Done in order, all or none, as one entry of the history. ``undo``,
                ``redo``, ``save`` and ``revert`` stand alone.
        """
        if not client or len(client) > 200:
            return Heard(done=False, message="an editor has a name of at most 200 characters")
        with self._lock, self.log.held():
            self._follow()
            if seq != self.log.whole.acks.get(client, 0) + 1:
                return Heard(done=False)
            try:
                self._do(client, seq, operations)
            except WorkspaceError:
                raise  # there is no room for it; it is not refused, and may come again
            except PacketFlowError as error:
                self.log.add(Refused(client, seq))
                index = int(error.__dict__.get("index", 0))
                return Heard(done=False, message=error.message, index=index)
            return Heard(done=True)

    def refuse(self, client: str, seq: int, message: str) -> Heard:
        """Say no to an edit in its turn, for a reason that is not in the draft."""
        with self._lock, self.log.held():
            if seq != self.log.whole.acks.get(client, 0) + 1:
                return Heard(done=False)
            self.log.add(Refused(client, seq))
        return Heard(done=False, message=message)

    def do(self, *operations: Mapping[str, Any]) -> Snapshot:
        """Do an edit from Python.

        Raises:
            EditRefused: It cannot be done; nothing has changed.
        """
        with self._lock:
            self._seq += 1
            heard = self.submit(self._client, self._seq, operations)
        if not heard.done:
            raise EditRefused(heard.message)
        return self.snapshot()

    def refresh(self) -> bool:
        """Notice what others did to the draft or to its file; tells whether they did anything."""
        with self._lock:
            news = self.log.refresh()
            if self._file_has_moved():
                with self.log.held():
                    news = self._follow() or news
            return news

    def close(self) -> None:
        """Let go of the file; what is in it stays."""
        self.log.close()

    def saved_text(self, name: str) -> str:
        """The text of another saved pipeline.

        Raises:
            UnknownName: There is none.
        """
        content = self._text_file(name).read() if NAMES.fullmatch(name) else None
        if content is None:
            raise UnknownName("pipeline", name)
        return content.decode("utf-8", "replace")

    # ------------------------------------------------------------------ the file on the disk

    def _text_file(self, name: str) -> SavedFile:
        return self._known(self._folder.pipelines / f"{name}.yaml")

    def _looks_file(self, name: str) -> SavedFile:
        return self._known(self._folder.pipelines / f"{name}.view.json")

    def _known(self, path: Path) -> SavedFile:
        return self._files.setdefault(path.name, SavedFile(path))

    def _looks_are_saved(self, whole: Whole) -> bool:
        there = self._looks_file(whole.file).read() or b""
        own = whole.state.view().encode()
        if there == own:
            return True
        try:
            return written_looks(there.decode()) == whole.state.looks
        except (SourceError, UnicodeDecodeError):
            return False

    def _file_has_moved(self) -> bool:
        """Whether the file or the looks are not those that the draft knows of."""
        whole = self.log.whole
        if not whole.file:
            return False
        there, looks = self._text_file(whole.file).read(), self._looks_file(whole.file).read()
        text_moved = there is not None and digest(there) != whole.base
        return text_moved or (looks is not None and digest(looks) != whole.base_looks)

    def _follow(self) -> bool:
        """Take what the file has become, where the draft has no changes of its own."""
        if not self._file_has_moved():
            return False
        whole = self.log.whole
        state, text, looks = whole.state, whole.state.text, whole.state.looks
        base, base_looks = whole.base, whole.base_looks
        there = self._text_file(whole.file).read()
        seen = self._looks_file(whole.file).read()
        if there is not None and digest(there) != base:
            own = digest(text.encode())
            if own in (base, digest(there)):
                with contextlib.suppress(UnicodeDecodeError):
                    text, base = there.decode(), digest(there)
        if seen is not None and digest(seen) != base_looks:
            clean = digest(state.view().encode()) == base_looks or not state.looks
            with contextlib.suppress(SourceError, UnicodeDecodeError):
                theirs = written_looks(seen.decode())
                looks = theirs if clean else _together(theirs, looks)
            base_looks = digest(seen)
        if (base, base_looks) == (whole.base, whole.base_looks):
            return False
        new = State(text, looks, state.sizes, state.turn)
        entry = difference(state, new, "The file was changed")
        self.log.add(Did(entry, base=base, base_looks=base_looks))
        return True

    # ------------------------------------------------------------------ edits

    def _do(self, client: str, seq: int, operations: Sequence[Mapping[str, Any]]) -> None:
        kinds = [str(one.get("op")) if isinstance(one, Mapping) else "" for one in operations]
        alone = next((kind for kind in kinds if kind in ALONE), None)
        if alone is None:
            entry = edited(self.log.whole.state, operations)
            self._write_made(entry)
            self.log.add(Did(entry, client, seq))
            return
        if len(operations) != 1:
            raise EditRefused(f"{alone!r} is an edit by itself")
        whole = self.log.whole
        if alone == "save":
            self._save(client, seq, operations[0].get("over"))
        elif alone == "revert":
            self._revert(client, seq)
        elif not (whole.done if alone == "undo" else whole.undone):
            raise EditRefused(f"there is nothing to {alone}")
        elif alone == "redo":
            self._write_made(whole.undone[-1])
            self.log.add(Undid(client, seq, again=True))
        else:
            entry = whole.done[-1]
            self.log.add(Undid(client, seq))
            self._take_back_made(entry)

    def _write_made(self, entry: Entry) -> None:
        """Write the pipelines that an edit makes; before it is kept, so that none is missing."""
        if not entry.made:
            return
        taken = {path.stem.casefold(): path for path in self._folder.pipelines.glob("*.yaml")}
        for name, made in entry.made.items():
            if not NAMES.fullmatch(name):
                raise EditRefused(f"{name!r} cannot be the name of a file; choose another name")
            path = taken.get(name.casefold())
            text = made.text.encode()
            there = None if path is None else self._text_file(path.stem).read()
            if name == self.log.whole.file or (there is not None and there != text):
                raise EditRefused(f"there is a pipeline {name!r} already; choose another name")
            looks = State(made.text, made.looks).view().encode()
            try:
                if looks:
                    self._looks_file(name).write(looks, self._client)
                self._text_file(name).write(text, self._client)
            except OSError as error:
                why = error.strerror or error
                raise EditRefused(f"cannot write {name}.yaml: {why}") from error

    def _take_back_made(self, entry: Entry) -> None:
        """Take away the pipelines that an edit made, as far as nobody has use for them."""
        for name, made in entry.made.items():
            calls = re.compile(rb"\bcall\W+" + re.escape(name.encode()))
            is_called = any(
                path.stem != name and calls.search(self._text_file(path.stem).read() or b"")
                for path in self._folder.pipelines.glob("*.yaml")
            )
            if not is_called and self._text_file(name).read() == made.text.encode():
                self._text_file(name).path.unlink(missing_ok=True)
                self._looks_file(name).path.unlink(missing_ok=True)

    def _save(self, client: str, seq: int, over: object) -> None:
        whole = self.log.whole
        text = whole.state.text
        name = self._own_name(text)
        target, own = self._text_file(name), text.encode()
        there = target.read()
        if name != whole.file and there not in (None, own):
            raise EditRefused(f"there is a pipeline {name!r} already; choose another name")
        known = self._text_file(whole.file or name)  # this one goes when there is another name
        old = known.read()
        if old not in (None, own) and digest(old) not in (whole.base, over):
            raise EditRefused(
                f"{known.path.name} was changed by somebody else meanwhile; look at both versions"
            )
        try:
            refuse_taken(self._folder, name, own, instead_of=whole.file or name)
        except WorkspaceError as error:
            raise EditRefused(error.message) from error
        looks = whole.state.view().encode()
        try:
            target.write(own, self._client)
            if looks or self._looks_file(name).read() is not None:
                self._looks_file(name).write(looks or b"", self._client)
            if whole.file and name != whole.file:
                self._text_file(whole.file).path.unlink(missing_ok=True)
                self._looks_file(whole.file).path.unlink(missing_ok=True)
        except OSError as error:
            raise EditRefused(
                f"cannot write {target.path.name}: {error.strerror or error}"
            ) from error
        point(self.log.path, name)
        self.log.add(Saved(name, digest(own), digest(looks), client, seq))

    def _own_name(self, text: str) -> str:
        """The name that the text gives its pipeline, which is the file's name."""
        try:
            node = parse_yaml(text).get("pipeline")
        except SourceError:
            if self.log.whole.file:
                return self.log.whole.file  # what cannot be read is kept where it was
            raise
        name = None if node is None else node.value
        if isinstance(name, str) and NAMES.fullmatch(name):
            return name
        if self.log.whole.file:
            return self.log.whole.file
        raise EditRefused("give the pipeline a name that a file can have, then save it")

    def _revert(self, client: str, seq: int) -> None:
        whole = self.log.whole
        there = self._text_file(whole.file).read() if whole.file else None
        if there is None:
            raise EditRefused("there is no file to go back to; save first")
        seen = self._looks_file(whole.file).read() or b""
        try:
            state = State(
                there.decode(), written_looks(seen.decode()), whole.state.sizes, whole.state.turn
            )
        except UnicodeDecodeError as error:
            raise EditRefused(f"the file is no UTF-8 text: {error}") from error
        entry = difference(whole.state, state, "Take the file's version")
        self.log.add(Did(entry, client, seq, digest(there), digest(seen)))


def _together(theirs: Mapping[str, Written], mine: Mapping[str, Written]) -> dict[str, Written]:
    """The looks of both; where both say something of a step, mine counts."""
    names = dict.fromkeys([*theirs, *mine])
    return {name: {**theirs.get(name, {}), **mine.get(name, {})} for name in names}
