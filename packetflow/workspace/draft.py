"""One pipeline being edited: text, looks, history, and how far each editor has been heard."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Mapping, Sequence
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
from packetflow.workspace.draft_calls import callers, recalled
from packetflow.workspace.draft_file import NAMES, Files, digest
from packetflow.workspace.draft_log import Did, DraftLog, Refused, Saved, Undid, Whole
from packetflow.workspace.draft_names import point
from packetflow.workspace.draft_state import (
    State,
    difference,
    edited,
    together,
    written_looks,
)
from packetflow.workspace.exposed import refuse_taken
from packetflow.workspace.folder import WorkspaceFolder

ALONE: Final = frozenset({"undo", "redo", "save", "revert"})
"""Operations that are an edit by themselves."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of an edit.

    Attributes:
        done: False when it was refused, was done before, or came before its turn.
        message: Why it was refused, or what of it could not be done; empty for neither.
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
        callers: Who calls it by the name of its file, while it says another name of itself.
    """

    pipeline: str
    rev: int
    state: State
    acks: Mapping[str, int]
    undo: str | None
    redo: str | None
    saved: bool
    conflict: tuple[str, str] | None
    callers: tuple[str, ...] = ()


class Draft:
    """One pipeline being edited; safe for threads, and for several processes.

    Use `Drafts.open`. Everything may raise `WorkspaceError` when the folder cannot be used.

    Attributes:
        name: By which it was opened first.
        log: Where it is kept.
    """

    def __init__(
        self, folder: WorkspaceFolder, path: Path, name: str, opened: Callable[[str], Draft]
    ) -> None:
        self.name = name
        self._opened = opened
        self._renamed: tuple[str, str] | None = None
        self._folder = folder
        self.log = DraftLog(path)
        self._client = f"python-{new_id()[-12:]}"
        self._seq = 0
        self._lock = threading.RLock()
        self._files = Files(folder.pipelines, self._client)

    def snapshot(self) -> Snapshot:
        """The draft as it is, with what others did to it and to its file."""
        self.refresh()
        with self._lock:
            whole = self.log.whole
            there = self._files.text(whole.file).read() if whole.file else None
            own = whole.state.text.encode()
            same = there == own and self._files.has_looks(whole.file, whole.state)
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
                tuple(self._callers(whole)),
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
        heard = self._submit(client, seq, operations)
        return Heard(done=True, message=self._rename_calls()) if heard.done else heard

    def _submit(self, client: str, seq: int, operations: Sequence[Mapping[str, Any]]) -> Heard:
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
            EditRefused: It cannot be done; nothing has changed. Or it was saved under another name
                as wished, and not every caller could be changed along.
        """
        with self._lock:
            self._seq += 1
            heard = self._submit(self._client, self._seq, operations)
        said = heard.message or self._rename_calls()
        if said:
            raise EditRefused(said)
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
        content = self._files.text(name).read() if NAMES.fullmatch(name) else None
        if content is None:
            raise UnknownName("pipeline", name)
        return content.decode("utf-8", "replace")

    # ------------------------------------------------------------------ the file on the disk

    def _file_has_moved(self) -> bool:
        """Whether the file or the looks are not those that the draft knows of."""
        whole = self.log.whole
        if not whole.file:
            return False
        there, looks = self._files.text(whole.file).read(), self._files.looks(whole.file).read()
        text_moved = there is not None and digest(there) != whole.base
        return text_moved or (looks is not None and digest(looks) != whole.base_looks)

    def _follow(self) -> bool:
        """Take what the file has become, where the draft has no changes of its own."""
        if not self._file_has_moved():
            return False
        whole = self.log.whole
        state, text, looks = whole.state, whole.state.text, whole.state.looks
        base, base_looks = whole.base, whole.base_looks
        there = self._files.text(whole.file).read()
        seen = self._files.looks(whole.file).read()
        if there is not None and digest(there) != base:
            own = digest(text.encode())
            if own in (base, digest(there)):
                with contextlib.suppress(UnicodeDecodeError):
                    text, base = there.decode(), digest(there)
        if seen is not None and digest(seen) != base_looks:
            clean = digest(state.view().encode()) == base_looks or not state.looks
            with contextlib.suppress(SourceError, UnicodeDecodeError):
                theirs = written_looks(seen.decode())
                looks = theirs if clean else together(theirs, looks)
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
            self._files.make(entry.made, but=self.log.whole.file)
            self.log.add(Did(entry, client, seq))
            return
        if len(operations) != 1:
            raise EditRefused(f"{alone!r} is an edit by itself")
        whole = self.log.whole
        if alone == "save":
            self._save(client, seq, operations[0])
        elif alone == "revert":
            self._revert(client, seq)
        elif not (whole.done if alone == "undo" else whole.undone):
            raise EditRefused(f"there is nothing to {alone}")
        elif alone == "redo":
            self._files.make(whole.undone[-1].made, but=whole.file)
            self.log.add(Undid(client, seq, again=True))
        else:
            entry = whole.done[-1]
            self.log.add(Undid(client, seq))
            self._files.take_back(entry.made)

    def _save(self, client: str, seq: int, wish: Mapping[str, Any]) -> None:
        whole, over, calls = self.log.whole, wish.get("over"), wish.get("calls")
        text = whole.state.text
        name = self._own_name(text)
        target, own = self._files.text(name), text.encode()
        there = target.read()
        called = [] if calls in ("rename", "leave") else self._callers(whole)
        if called:
            who = f"{', '.join(map(repr, called))} {'call' if len(called) > 1 else 'calls'}"
            raise EditRefused(
                f"{who} {whole.file!r}, which becomes {name!r}; save with calls: 'rename' to "
                "rename the calls too, or with calls: 'leave'"
            )
        if name != whole.file and there not in (None, own):
            raise EditRefused(f"there is a pipeline {name!r} already; choose another name")
        known = self._files.text(whole.file or name)  # this one goes when there is another name
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
            if looks or self._files.looks(name).read() is not None:
                self._files.looks(name).write(looks or b"", self._client)
            if whole.file and name != whole.file:
                self._files.text(whole.file).path.unlink(missing_ok=True)
                self._files.looks(whole.file).path.unlink(missing_ok=True)
        except OSError as error:
            raise EditRefused(f"cannot write {name}.yaml: {error.strerror or error}") from error
        point(self.log.path, name)
        self.log.add(Saved(name, digest(own), digest(looks), client, seq))
        if calls == "rename" and whole.file and name != whole.file:
            self._renamed = whole.file, name

    def _callers(self, whole: Whole) -> list[str]:
        """Who calls the pipeline by the name of its file, where that is about to change."""
        text, name = whole.state.text, whole.file
        if not name or re.search(rf"(?m)^pipeline: *{re.escape(name)} *$", text):
            return []
        with contextlib.suppress(SourceError):
            return [] if self._own_name(text) == name else callers(self._folder, name)
        return []

    def _rename_calls(self) -> str:
        """Let callers call the pipeline by its new name; who could not, in words.

        No lock is held meanwhile: who holds a draft does not wait for another one.
        """
        renamed, self._renamed = self._renamed, None
        failed = []
        old, new = renamed or ("", "")
        for caller in callers(self._folder, old) if old else ():
            try:
                self._opened(caller).recall(old, new)
            except PacketFlowError as error:
                failed.append(f"{caller!r} still calls {old!r}: {error.message}")
        return "; ".join(failed)

    def recall(self, old: str, new: str) -> None:
        """Call another pipeline in the place of one, in the draft and in its file, as one entry.

        Raises:
            SourceError: The text cannot be read.
            EditRefused: The file was changed by somebody else, or cannot be written.
        """
        with self._lock, self.log.held():
            self._follow()
            whole, base = self.log.whole, self.log.whole.base
            there = self._files.text(whole.file).read() if whole.file else None
            state = State(
                recalled(whole.state.text, old, new),
                whole.state.looks, whole.state.sizes, whole.state.turn,
            )  # fmt: skip
            if there is not None:
                if digest(there) != base:
                    raise EditRefused("its file was changed by somebody else meanwhile")
                content = recalled(there.decode(), old, new).encode()
                base = digest(content)
                try:
                    self._files.text(whole.file).write(content, self._client)
                except OSError as error:
                    raise EditRefused(f"cannot write it: {error.strerror or error}") from error
            entry = difference(whole.state, state, f"Call {new}, not {old}")
            self.log.add(Did(entry, base=base, base_looks=whole.base_looks))

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
        there = self._files.text(whole.file).read() if whole.file else None
        if there is None:
            raise EditRefused("there is no file to go back to; save first")
        seen = self._files.looks(whole.file).read() or b""
        try:
            state = State(
                there.decode(), written_looks(seen.decode()), whole.state.sizes, whole.state.turn
            )
        except UnicodeDecodeError as error:
            raise EditRefused(f"the file is no UTF-8 text: {error}") from error
        entry = difference(whole.state, state, "Take the file's version")
        self.log.add(Did(entry, client, seq, digest(there), digest(seen)))
