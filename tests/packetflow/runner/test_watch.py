"""Changes of capability files are noticed, also those made before anybody looked."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from packetflow.runner.watch import CodeWatch


class Changes:
    """Counts what was noticed."""

    def __init__(self) -> None:
        self.count = 0
        self.again = asyncio.Event()

    async def __call__(self) -> None:
        self.count += 1
        self.again.set()

    async def next(self) -> None:
        async with asyncio.timeout(60):
            await self.again.wait()
        self.again.clear()


@pytest.fixture
def code(tmp_path: Path) -> Path:
    (tmp_path / "capabilities").mkdir()
    return tmp_path / "capabilities" / "mine.py"


async def test_a_file_that_changed_before_it_was_watched_is_noticed(tmp_path: Path, code: Path):
    watch, changes = CodeWatch(tmp_path), Changes()
    code.write_text("A = 1")

    watching = asyncio.create_task(watch.follow(changes))
    await changes.next()
    watch.stop()
    await watching

    assert changes.count == 1


async def test_changes_are_noticed_and_other_files_are_not(tmp_path: Path, code: Path):
    watch, changes = CodeWatch(tmp_path), Changes()
    watching = asyncio.create_task(watch.follow(changes))
    await asyncio.sleep(0.2)

    code.with_suffix(".txt").write_text("no code")
    code.write_text("A = 1")
    await changes.next()
    code.unlink()
    await changes.next()
    watch.stop()
    await watching

    assert changes.count == 2


async def test_a_folder_that_comes_later_is_watched(tmp_path: Path):
    watch, changes = CodeWatch(tmp_path), Changes()
    watching = asyncio.create_task(watch.follow(changes))

    (tmp_path / "capabilities").mkdir()
    (tmp_path / "capabilities" / "mine.py").write_text("A = 1")
    await changes.next()
    watch.stop()
    await watching

    assert changes.count == 1


async def test_changed_settings_are_noticed(tmp_path: Path, code: Path):
    watch, changes = CodeWatch(tmp_path), Changes()
    watching = asyncio.create_task(watch.follow(changes))

    code.write_text("A = 1")
    await changes.next()
    (tmp_path / "packetflow.toml").write_text('name = "other"\n')
    await changes.next()
    watch.stop()
    await watching

    assert changes.count == 2


async def test_a_folder_that_is_moved_away_and_put_back_is_noticed_both_times(
    tmp_path: Path, code: Path
):
    code.write_text("A = 1")
    watch, changes = CodeWatch(tmp_path), Changes()
    watching = asyncio.create_task(watch.follow(changes))

    code.parent.rename(tmp_path / "away")
    await changes.next()
    (tmp_path / "away").rename(code.parent)
    await changes.next()
    code.write_text("A = 2 + 2")
    await changes.next()
    watch.stop()
    await watching

    assert changes.count == 3
