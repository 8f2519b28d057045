"""Pinned steps, kept for as long as somebody may want them."""

from __future__ import annotations

import shutil

import pytest

from packetflow import Workspace, capability
from packetflow.errors import RunError
from packetflow.workspace.folder import make_folder
from packetflow.workspace.pins import Pins
from packetflow.workspace.taken import taken_for

LARGE = "x" * 100_000


@capability(provides="page")
def fetch(url: str) -> str:
    """Fetch a page."""
    return url + LARGE


@pytest.fixture
def ran(tmp_path):
    """A workspace folder, and the id of an execution in it."""
    folder = make_folder(tmp_path / "work").path
    with Workspace(folder) as workspace:
        return folder, workspace.run_sync(fetch.as_step(), url="a").id


def test_a_large_value_comes_back_when_nothing_else_of_its_run_is_left(ran):
    folder, execution = ran
    kept = Pins(folder).keep(execution, "fetch", "mark")
    for name in ("journal", "artifacts"):
        shutil.rmtree(folder / ".packetflow" / name)

    again = Pins(folder).read(execution, "fetch")
    assert again is not None
    with Workspace(folder) as workspace:
        past = taken_for(workspace, {"fetch": execution})
        contents = {sha: workspace.journal.get(sha) for sha in again.contents}

    assert again == kept
    assert again.mark == "mark"
    assert past is not None
    assert ("fetch", ()) in past.done
    assert [len(one) for one in contents.values()] == [len(LARGE) + 6]
    assert contents == again.contents


@pytest.mark.parametrize("step", ["fetch", "nobody"])
def test_what_no_run_made_cannot_be_kept(ran, step):
    folder, execution = ran

    assert Pins(folder).keep("0" * 36, step, "") is None
    assert Pins(folder).read(execution, step) is None


def test_a_step_of_which_nothing_is_kept_is_refused(ran):
    folder, execution = ran
    with Workspace(folder) as workspace, pytest.raises(RunError, match="run it again"):
        taken_for(workspace, {"nobody": execution})
