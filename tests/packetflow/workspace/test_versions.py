"""The versions of a saved pipeline."""

import os
import shutil
import subprocess

import pytest

from packetflow import Workspace, capability, pipeline
from packetflow.workspace.versions import version_id, versions

FIRST = "pipeline: hello\nsteps:\n  - use: greet\n"
SECOND = "pipeline: hello\nsteps:\n  - use: greet\n    set: {mood: formal}\n"
GREET = '''from packetflow import capability


@capability(provides="greeting")
def greet(name: str, mood: str = "warm") -> str:
    """Greet."""
    return name
'''


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "packetflow.toml").write_text("[store]\nlinger_seconds = 0.2\n")
    for part in ("pipelines", "capabilities"):
        (tmp_path / part).mkdir()
    (tmp_path / "capabilities" / "greets.py").write_text(GREET)
    (tmp_path / "pipelines" / "hello.yaml").write_text(FIRST)
    return tmp_path


def test_runs_that_ran_the_same_are_one_version_and_the_file_comes_first(folder):
    with Workspace(folder) as ws:
        ws.run_sync("hello", name="Ada")
        ws.run_sync("hello", name="Bo")
        (folder / "pipelines" / "hello.yaml").write_text(f"# by hand\n{SECOND}")
        ws.run_sync("hello", name="Cy")

        found = versions(folder, ws.store, "hello")

    assert [(one.is_file, one.runs, one.who) for one in found] == [
        (True, 1, ("python",)),
        (False, 2, ("python",)),
    ]
    assert found[0].text.startswith("# by hand")
    assert found[1].id == version_id(FIRST)
    assert found[1].first < found[1].last


@pytest.fixture
def git(folder):
    """Gives orders to git in the workspace, which is a repository then."""
    if not shutil.which("git"):
        pytest.skip("there is no git")
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    quiet = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def told(*words: str) -> None:
        subprocess.run(
            ["git", *who, *words], cwd=folder, check=True, capture_output=True, env=quiet
        )

    told("init")
    return told


def test_commits_of_the_file_are_versions_with_their_subjects(folder, git):
    git("add", "pipelines")
    git("commit", "-m", "Greet warmly")
    (folder / "pipelines" / "hello.yaml").write_text(SECOND)
    with Workspace(folder) as ws:
        found = versions(folder, ws.store, "hello")

    assert [(one.is_file, one.commits, one.who) for one in found] == [
        (True, (), ()),
        (False, ("Greet warmly",), ("Ada",)),
    ]
    assert found[1].text == FIRST


def test_a_renamed_file_keeps_the_versions_it_had_under_its_old_name(folder, git):
    git("add", "pipelines")
    git("commit", "-m", "Greet warmly")
    git("mv", "pipelines/hello.yaml", "pipelines/welcome back.yaml")
    git("commit", "-m", "Call it welcome")
    (folder / "pipelines" / "welcome back.yaml").write_text(SECOND)
    git("commit", "-a", "-m", "Be formal")
    with Workspace(folder) as ws:
        found = versions(folder, ws.store, "welcome back")

    assert [(one.is_file, one.commits) for one in found] == [
        (True, ("Be formal",)),
        (False, ("Call it welcome", "Greet warmly (as hello)")),
    ]


def test_a_pipeline_without_a_file_has_the_versions_that_ran(folder):
    @capability(provides="n")
    def one() -> int:
        """Give one."""
        return 1

    with Workspace(folder) as ws:
        ws.run_sync(pipeline("loose", one))

        found = versions(folder, ws.store, "loose")

    assert [(one.is_file, one.runs) for one in found] == [(False, 1)]


def test_a_part_of_a_pipeline_is_no_version_of_it(folder):
    text = "pipeline: hello\nintent: A part of hello\nsteps:\n  - use: greet\n"
    with Workspace(folder) as ws:
        ws.run_sync(ws.catalog.read(text), name="Ada")

        found = versions(folder, ws.store, "hello")

    assert [(one.is_file, one.runs) for one in found] == [(True, 0)]
