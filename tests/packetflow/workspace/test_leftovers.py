"""What a killed process leaves beside the pipelines."""

import os
import time
from pathlib import Path

import pytest

from packetflow.workspace.folder import make_folder, open_folder
from packetflow.workspace.leftovers import OLD_SECONDS


@pytest.fixture
def pipelines(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "work").pipelines


def put(path: Path, *, old: bool = True) -> Path:
    path.write_text("pipeline: half")
    if old:
        then = time.time() - 2 * OLD_SECONDS
        os.utime(path, (then, then))
    return path


@pytest.mark.parametrize(
    "name",
    [
        ".hello.yaml.python-0123abcd",
        ".hello.view.json.browser_1",
        ".a.b.yaml.4711",
        ".x.yaml.yaml.9",
    ],
)
def test_an_unfinished_file_goes_when_the_workspace_is_opened(pipelines: Path, name: str):
    left = put(pipelines / name)

    open_folder(pipelines.parent)

    assert not left.exists()


def test_one_that_is_being_written_stays(pipelines: Path):
    new = put(pipelines / ".hello.yaml.other", old=False)

    open_folder(pipelines.parent)

    assert new.exists()


@pytest.mark.parametrize(
    "name", ["mine.yaml", "mine.view.json", ".gitignore", ".hidden.yaml", ".mine.yaml.", "a.yaml.b"]
)
def test_what_is_somebodys_stays(pipelines: Path, name: str):
    own = put(pipelines / name)

    open_folder(pipelines.parent)

    assert own.exists()


def test_a_link_and_a_folder_stay(pipelines: Path, tmp_path: Path):
    far = put(tmp_path / "far")
    (pipelines / ".hello.yaml.link").symlink_to(far)
    (pipelines / ".hello.yaml.folder").mkdir()

    open_folder(pipelines.parent)

    assert far.exists()
    assert len(list(pipelines.glob(".hello.*"))) == 2
