"""Which files count as new, over the lives of runners."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from packetflow import capability, pipeline
from packetflow.composition.steps import Trigger
from packetflow.runner import files
from packetflow.runner.files import Files
from packetflow.workspace.folder import WorkspaceFolder


@capability(provides="n")
def one() -> int:
    """Give one."""
    return 1


class Place:
    """A folder with triggers, watched by one runner at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rules = {"take": "inbox/*.csv"}
        self.started: list[str] = []
        self._begun: set[str] = set()
        (folder / "inbox").mkdir()
        (folder / ".packetflow").mkdir()

    @contextlib.asynccontextmanager
    async def runner(self) -> AsyncIterator[Files]:
        """A runner's life."""
        watched = Files(WorkspaceFolder(self.folder), self._of_kind, self._begin)
        watched.note_lying()
        watching = asyncio.ensure_future(watched.watch())
        yield watched
        watching.cancel()
        await asyncio.wait({watching})

    def _of_kind(self, kind: str):
        for name, pattern in self.rules.items():
            yield pipeline(name, one), Trigger(kind, pattern)

    def _begin(self, cause) -> int:
        if cause.execution_id in self._begun:  # as `Starts.begin` does, also of another runner
            return 0
        self._begun.add(cause.execution_id)
        self.started.append(f"{cause.pipeline} {cause.payload['path']}")
        return 1

    def lay(self, name: str, content: str = "1") -> None:
        (self.folder / "inbox" / name).write_text(content)

    async def has_started(self, count: int) -> None:
        end = time.monotonic() + 60
        while len(self.started) < count:
            assert time.monotonic() < end, self.started
            await asyncio.sleep(0.02)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


async def test_what_lies_there_before_the_first_runner_starts_nothing(place: Place):
    place.lay("old.csv")

    async with place.runner():
        place.lay("new.csv")
        await place.has_started(1)

    assert place.started == ["take inbox/new.csv"]


async def test_what_arrives_while_no_runner_lives_starts_with_the_next(place: Place):
    async with place.runner():
        place.lay("a.csv")
        await place.has_started(1)
    place.lay("b.csv")

    async with place.runner():
        await place.has_started(2)

    assert place.started == ["take inbox/a.csv", "take inbox/b.csv"]


async def test_a_new_trigger_has_not_missed_what_lies_there(place: Place):
    async with place.runner():
        place.lay("a.csv")
        await place.has_started(1)
        place.rules["also"] = "inbox/*.csv"
    async with place.runner():
        place.lay("b.csv")
        await place.has_started(3)

    assert sorted(place.started[1:]) == ["also inbox/b.csv", "take inbox/b.csv"]


async def test_a_changed_file_counts_as_new_and_a_folder_put_back_does_not(place: Place):
    async with place.runner():
        place.lay("a.csv")
        await place.has_started(1)
        (place.folder / "inbox").rename(place.folder / "away")
    async with place.runner():
        (place.folder / "away").rename(place.folder / "inbox")
        place.lay("a.csv", "longer")
        await place.has_started(2)

    assert place.started == ["take inbox/a.csv"] * 2


async def test_what_arrives_in_a_folder_made_later_counts(place: Place):
    place.rules["deep"] = "late/**/*.csv"
    async with place.runner():
        place.lay("a.csv")
        await place.has_started(1)
        (place.folder / "late" / "inner").mkdir(parents=True)
        (place.folder / "late" / "inner" / "b.csv").write_text("1")
        await place.has_started(2)
        (place.folder / "late" / "inner" / "c.csv").write_text("1")
        await place.has_started(3)

    assert place.started[1:] == ["deep late/inner/b.csv", "deep late/inner/c.csv"]


async def test_a_folder_made_while_the_watch_is_not_yet_begun_is_watched(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    place.rules["deep"] = "late/**/*.csv"
    inner, serve = place.folder / "late" / "inner", Files._serve

    async def serve_first(watched: Files) -> None:
        await serve(watched)
        monkeypatch.undo()
        inner.mkdir(parents=True)
        (inner / "b.csv").write_text("1")

    monkeypatch.setattr(Files, "_serve", serve_first)
    async with place.runner():
        await place.has_started(1)
        (inner / "c.csv").write_text("1")
        await place.has_started(2)

    assert place.started == ["deep late/inner/b.csv", "deep late/inner/c.csv"]


def test_records_of_runs_and_circles_of_links_are_not_watched(tmp_path: Path):
    state, inbox = tmp_path / ".packetflow", tmp_path / "inbox"
    (state / "journal").mkdir(parents=True)
    inbox.mkdir()
    (inbox / "up").symlink_to(tmp_path)
    watched = Files(WorkspaceFolder(tmp_path), lambda _: [], lambda _: 0)

    assert sorted(watched._folders()) == [tmp_path, inbox]


async def test_of_many_files_those_that_are_gone_are_forgotten(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(files, "REMEMBERED", 3)
    async with place.runner() as watched:
        for number in range(8):
            place.lay(f"{number}.csv")
            await place.has_started(number + 1)
            (place.folder / "inbox" / f"{number}.csv").unlink()

    assert len(watched._seen.read()["take: inbox/*.csv"]) <= 4


async def test_many_files_at_once_are_looked_at_together(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    looks: list[str] = []
    state = files._state

    def counted(path: Path) -> str:
        looks.append(path.name)
        return state(path)

    monkeypatch.setattr(files, "_state", counted)
    async with place.runner():
        for number in range(200):
            place.lay(f"{number}.csv")
        await place.has_started(200)

    assert len(set(place.started)) == 200
    assert len(looks) < 200 * 20  # not one look at every file for each file
