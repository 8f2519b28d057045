"""Files that arrive: which of those that lie there are new, once nobody writes to them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from packetflow.composition.steps import Pipeline, Trigger
from packetflow.runner.remembered import Remembered
from packetflow.runner.starts import Cause, cause_of
from packetflow.workspace.folder import WorkspaceFolder

SETTLE_SECONDS: Final = 0.3
REMEMBERED: Final = 10_000
"""So many files of a pattern are remembered at least, also when they are gone."""

Triggers = Callable[[str], Iterable[tuple[Pipeline, Trigger]]]

log = logging.getLogger(__name__)


class Files:
    """Tells of files that match a trigger and that were not there before.

    What a runner has seen is kept in the workspace, so that a file counts that arrives while a
    runner is replaced or none lives. When a trigger is seen for the first time, what lies there
    already starts nothing.

    Args:
        folder: The workspace.
        triggers: The pipelines and their triggers of a kind.
        begin: Starts a pipeline.
    """

    def __init__(
        self, folder: WorkspaceFolder, triggers: Triggers, begin: Callable[[Cause], int]
    ) -> None:
        self._folder = folder
        self._triggers = triggers
        self._begin = begin
        self._seen = Remembered(folder.state / "triggered" / "files.json")
        self._known: dict[str, dict[str, str]] = {}
        self._reported: set[str] = set()

    def note_lying(self) -> None:
        """What lies there starts nothing for triggers that nobody has watched before."""
        self._known = self._seen.read()
        fresh: dict[str, dict[str, str]] = {}
        for pipeline, trigger in self._triggers("file"):
            key = _key(pipeline, trigger)
            if key not in self._known:
                fresh[key] = {
                    self._name(path): _state(path) for path in self._matching(pipeline, trigger)
                }
        if fresh:
            self._remember(fresh)

    async def watch(self) -> None:
        """Look for files that have come, at once and at every change, until cancelled."""
        while True:
            folders = await asyncio.to_thread(self._folders)
            await self._serve()
            try:
                await self._until_folders_change(folders)
            except FileNotFoundError:  # one of them has just gone
                if not self._folder.path.is_dir():
                    raise

    async def _until_folders_change(self, folders: list[Path]) -> None:
        from watchfiles import awatch

        changes = awatch(
            *folders,
            recursive=False,  # else every record of a run would wake the watch
            debounce=200,
            step=50,
            rust_timeout=1000,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        )
        first = True
        async with contextlib.aclosing(changes):
            async for changed in changes:
                if changed or first:  # the first look is for what came before the watch began
                    await self._serve()
                if first and await asyncio.to_thread(self._folders) != folders:
                    return
                first = False
                if any(_is_folder(place, folders) for _, place in changed):
                    return

    def _folders(self) -> list[Path]:
        """The workspace's folder and all below it, without that of its state."""
        found: dict[tuple[int, int], Path] = {}
        waiting = [self._folder.path]
        while waiting:
            here = waiting.pop()
            try:
                facts = here.stat()
                known = facts.st_dev, facts.st_ino  # links may lead in circles
                if here == self._folder.state or known in found:
                    continue
                inside = [Path(one.path) for one in os.scandir(here) if one.is_dir()]
            except OSError:  # it has just gone, or is not for us to read
                continue
            found[known] = here
            waiting += inside
        return sorted(found.values())

    async def _serve(self) -> None:
        """Start what files trigger that have come, each once nobody writes to it any more."""
        await asyncio.to_thread(self.note_lying)
        settling: dict[Path, str] = {}
        while True:
            found = await asyncio.to_thread(self._new)
            seen: dict[str, dict[str, str]] = {}
            for pipeline, trigger, path, state in found:
                if settling.get(path) != state:
                    continue
                name = self._name(path)
                self._begin(cause_of(pipeline, trigger, f"file:{name}:{state}", {"path": name}))
                seen.setdefault(_key(pipeline, trigger), {})[name] = state
                await asyncio.sleep(0)  # others have their turn, however many files come at once
            if seen:
                await asyncio.to_thread(self._remember, seen)
            settling = {path: state for _, _, path, state in found if settling.get(path) != state}
            if not settling:
                return
            await asyncio.sleep(SETTLE_SECONDS)

    def _new(self) -> list[tuple[Pipeline, Trigger, Path, str]]:
        """Files that a trigger has not seen as they are now, and how they are."""
        found = []
        for pipeline, trigger in self._triggers("file"):
            known = self._known.get(_key(pipeline, trigger), {})
            for path in self._matching(pipeline, trigger):
                state = _state(path)
                if state and known.get(self._name(path)) != state:
                    found.append((pipeline, trigger, path, state))
        return found

    def _remember(self, seen: dict[str, dict[str, str]]) -> None:
        def add(known: dict[str, Any]) -> None:
            for key, files in seen.items():
                every = {**known.get(key, {}), **files}
                if len(every) > REMEMBERED:
                    every = {k: v for k, v in every.items() if (self._folder.path / k).exists()}
                known[key] = every

        self._known = self._seen.change(add)

    def _matching(self, pipeline: Pipeline, trigger: Trigger) -> list[Path]:
        folder = self._folder.path
        try:
            found = sorted(folder.glob(trigger.what))
        except (ValueError, NotImplementedError) as error:
            problem = f"{pipeline.name}: file {trigger.what!r}: {error}"
            if problem not in self._reported:
                self._reported.add(problem)
                log.warning("a trigger is never heeded: %s", problem)
            return []
        state = self._folder.state.name
        return [p for p in found if p.relative_to(folder).parts[0] != state and p.is_file()]

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self._folder.path))


def _key(pipeline: Pipeline, trigger: Trigger) -> str:
    return f"{pipeline.name}: {trigger.what}"


def _is_folder(place: str, folders: list[Path]) -> bool:
    """Whether a folder has come, or one of these has gone."""
    path = Path(place)
    return path in folders or path.is_dir()


def _state(path: Path) -> str:
    """What tells a file as it is now from any other state of it; empty when it is gone."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_mtime_ns}:{found.st_size}"
