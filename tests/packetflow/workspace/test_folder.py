"""The workspace folder: found, made, or laid over a read-only one."""

import os
from pathlib import Path

import pytest

from packetflow import Workspace
from packetflow.errors import WorkspaceError
from packetflow.workspace import folder as folder_module
from packetflow.workspace.folder import example_folder, find_folder, make_folder, open_folder


@pytest.fixture
def read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace that may not be written, and another place for what the user changes."""
    made = make_folder(tmp_path / "given").path
    monkeypatch.setenv("PACKETFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(folder_module, "_is_writable", lambda folder: folder != made)
    return made


def test_the_nearest_folder_upwards_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "packetflow.toml").write_text("")
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")

    assert find_folder() == tmp_path
    assert find_folder("elsewhere") == Path("elsewhere")


def test_without_one_upwards_the_example_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    assert find_folder() == example_folder()
    assert (example_folder() / "packetflow.toml").is_file()


@pytest.mark.parametrize("name", ["plain", 'it\'s "so" [b]*{c}', "größe 漢字", "a%s b;#&\n=x"])
def test_a_new_workspace_runs_its_first_pipeline_and_answers_sql(tmp_path: Path, name: str):
    made = make_folder(tmp_path / name)

    assert made.name == name
    with Workspace(made.path) as ws:
        assert "Ada" in ws.run_sync("hello", name="Ada")["greeting"]
        assert ws.sql("select name from executions").to_pylist() == [{"name": "hello"}]


@pytest.mark.parametrize("name", [b"why?", b"back\\slash", b"latin-\xe9"])
def test_a_path_that_the_database_cannot_open_is_refused(tmp_path: Path, name: bytes):
    place = tmp_path / os.fsdecode(name)

    with pytest.raises(WorkspaceError, match="rename the folder"):
        make_folder(place)
    assert not place.exists()
    place.mkdir()
    with pytest.raises(WorkspaceError, match="no workspace can be kept in"):
        Workspace(place)


def test_making_a_workspace_again_overwrites_nothing(tmp_path: Path):
    made = make_folder(tmp_path / "w", name="first")
    (made.pipelines / "hello.yaml").write_text("mine")

    again = make_folder(tmp_path / "w", name="second")

    assert again.name == "first"
    assert (made.pipelines / "hello.yaml").read_text() == "mine"


def test_a_workspace_cannot_be_made_in_a_file(tmp_path: Path):
    (tmp_path / "file").write_text("")

    with pytest.raises(WorkspaceError, match="cannot make a workspace"):
        make_folder(tmp_path / "file" / "w")


def test_what_is_no_workspace_folder_says_what_to_do(tmp_path: Path):
    (tmp_path / "file").write_text("")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "packetflow.toml").write_text("name = ")

    with pytest.raises(WorkspaceError, match="packetflow init"):
        open_folder(tmp_path / "gone")
    with pytest.raises(WorkspaceError, match="is a file"):
        open_folder(tmp_path / "file")
    with pytest.raises(WorkspaceError, match=r"packetflow\.toml is no TOML"):
        open_folder(tmp_path / "bad")


def test_a_read_only_workspace_is_laid_over_and_runs(read_only: Path):
    before = sorted(path.name for path in read_only.rglob("*"))
    opened = open_folder(read_only)
    with Workspace(read_only) as ws:
        run = ws.run_sync("hello", name="Ada")

    assert run["greeting"].startswith("Hello Ada")
    assert opened.overlay_of == read_only
    assert sorted(path.name for path in read_only.rglob("*")) == before


def test_an_overlay_takes_new_and_newer_files_and_leaves_those_of_the_user(read_only: Path):
    over = open_folder(read_only).path
    (read_only / "pipelines" / "new.yaml").write_text("new")
    (read_only / "pipelines" / "hello.yaml").write_text("newer")
    (read_only / "capabilities" / "greetings.py").write_text("newer")
    (over / "capabilities" / "greetings.py").write_text("the user's own")

    assert open_folder(read_only).path == over
    assert (over / "pipelines" / "new.yaml").read_text() == "new"
    assert (over / "pipelines" / "hello.yaml").read_text() == "newer"
    assert (over / "capabilities" / "greetings.py").read_text() == "the user's own"
    (over / "pipelines" / "new.yaml").unlink()
    open_folder(read_only)
    assert not (over / "pipelines" / "new.yaml").exists()


def test_an_overlay_that_cannot_be_written_says_what_to_set(
    read_only: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PACKETFLOW_HOME", str(tmp_path / "file"))

    with pytest.raises(WorkspaceError, match="PACKETFLOW_HOME"):
        open_folder(read_only)
