import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from packetflow.kernel.records import ExecutionEnded, ExecutionStarted, Record
from packetflow.mcp import forgetting
from packetflow.mcp.forgetting import days_of, forget_old
from packetflow.store.files import places
from packetflow.store.journal import JournalWriter
from packetflow.workspace.presence import Presence
from tests.packetflow.store.records import NOON

NAME = "tools-0123456789abcdef"
BEGUN = ExecutionStarted("x", 1, NOON, "hello", "1", "sha", "mcp", {})
ENDED = ExecutionEnded("x", 1, NOON, "ok", {})


def export(state: Path, *records: Record, name: str = NAME) -> Path:
    """The folder of an export that nobody has used for long."""
    folder = state / name
    for path in (places(folder / "workspace").journal, folder / "core" / "packetflow"):
        path.mkdir(parents=True)
    (folder / "workspace" / "packetflow.toml").touch()
    with closing(JournalWriter(folder / "workspace", role="alone")) as writer:
        for record in records:
            writer.append(record)
    (folder / "core" / "packetflow" / "__init__.py").touch()  # the last that is unpacked
    return aged(folder)


def aged(folder: Path) -> Path:
    for path in (folder, *sorted(folder.rglob("*"), reverse=True)):
        os.utime(path, (0, 0))
    return folder


@pytest.mark.parametrize("records", [(), (BEGUN, ENDED)])
def test_a_folder_that_nobody_used_for_long_goes(tmp_path: Path, records: tuple[Record, ...]):
    export(tmp_path, *records)

    assert forget_old(tmp_path) == [NAME]
    assert list(tmp_path.iterdir()) == []


def test_one_in_which_a_run_has_not_ended_stays(tmp_path: Path):
    export(tmp_path, BEGUN)

    assert forget_old(tmp_path) == []
    assert (tmp_path / NAME).is_dir()


def used(folder: Path) -> None:
    os.utime(folder)


def opened_by_a_studio(folder: Path) -> None:
    places(folder / "workspace").database.touch()
    aged(folder)


def no_export(folder: Path) -> None:
    shutil.rmtree(folder / "core" / "packetflow")
    aged(folder)


def named_otherwise(folder: Path) -> None:
    folder.rename(folder.with_name("photos"))


def written_to_by_a_tool(folder: Path) -> None:
    notes = folder / "workspace" / "notes.txt"
    notes.write_text("mine")
    aged(folder)
    notes.write_text("mine")
    os.utime(notes, (0, 0))  # as what is copied has its time from elsewhere


def linked(folder: Path) -> None:
    away = folder.parent.with_name("away")
    folder.rename(away)
    folder.symlink_to(away)


@pytest.mark.parametrize(
    "change",
    [used, opened_by_a_studio, no_export, named_otherwise, written_to_by_a_tool, linked],
)
def test_what_may_be_needed_or_is_none_stays(tmp_path: Path, change: Callable[[Path], None]):
    state = tmp_path / "state"
    change(export(state))
    before = sorted(state.iterdir())

    assert forget_old(state) == []
    assert sorted(state.iterdir()) == before


def test_one_that_a_living_process_has_stays(tmp_path: Path):
    folder = export(tmp_path)
    with closing(Presence(folder / "workspace", "one")):
        aged(folder)
        assert forget_old(tmp_path) == []
    with closing(JournalWriter(folder / "workspace", role="alone")) as writer:
        writer.append(BEGUN)
        writer.append(ENDED)
        aged(folder)
        assert forget_old(tmp_path) == []

    aged(folder)
    assert forget_old(tmp_path) == [NAME]


def test_one_that_somebody_starts_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = export(tmp_path)
    real = forgetting._is_settled

    def slowly(one: Path) -> bool:
        found = real(one)
        os.utime(folder if folder.exists() else one)
        return found

    monkeypatch.setattr(forgetting, "_is_settled", slowly)

    assert forget_old(tmp_path) == []
    assert [one.name for one in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize(("said", "days"), [("", 90), ("7", 7), ("0", 0), ("-1", 0), ("ever", 0)])
def test_how_long_is_said_by_the_environment(tmp_path: Path, said: str, days: float):
    export(tmp_path)

    assert days_of({"PACKETFLOW_KEEP_DAYS": said} if said else {}) == days
    assert forget_old(tmp_path, days=days) == ([NAME] if days else [])
