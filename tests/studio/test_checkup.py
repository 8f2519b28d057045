"""What the page Settings shows."""

import subprocess

import pytest

from packetflow import Workspace
from packetflow.errors import WorkspaceError
from packetflow.runner.client import RunnerClient
from packetflow.version import VERSION
from studio import checkup


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "packetflow.toml").write_text("[store]\nlinger_seconds = 0.2\n")
    return tmp_path


def test_what_a_workspace_keeps_is_counted_by_kind(folder):
    with Workspace(folder) as ws:
        ws.sql("select 1")

    found = {one.name: one for one in checkup.parts(folder)}

    assert found["Database"].files == 1
    assert found["Database"].size > 0
    assert found["Archive"].files == 0


def test_processes_are_told_while_they_live(folder):
    before = {one.what: one for one in checkup.processes(folder)}
    with RunnerClient(folder) as runner:
        pid = runner.card.pid
        now = {one.what: one for one in checkup.processes(folder)}

    assert before["Runner"].pid == before["Owner of the store"].pid == 0
    assert "none now" in before["Runner"].note
    assert now["Runner"].pid == pid
    assert now["Runner"].seconds >= 0
    assert now["This studio"].seconds > 0


def test_the_owner_of_the_store_says_its_version(folder):
    with Workspace(folder) as ws:
        ws.sql("select 1")
        found = {one.what: one for one in checkup.processes(folder)}

    assert found["Owner of the store"].pid
    assert found["Owner of the store"].version == VERSION


def test_a_doctor_that_does_not_answer_is_an_error_with_a_way_out(folder, monkeypatch):
    def silent(command, **_said):
        return subprocess.CompletedProcess(command, 1, b"", b"")

    monkeypatch.setattr(checkup.subprocess, "run", silent)

    with pytest.raises(WorkspaceError, match="packetflow doctor"):
        checkup.examined(folder)


def test_a_doctor_that_hangs_is_given_up(folder, monkeypatch):
    def hang(command, **_said):
        raise subprocess.TimeoutExpired(command, 90)

    monkeypatch.setattr(checkup.subprocess, "run", hang)

    with pytest.raises(WorkspaceError, match="longer than 90 s"):
        checkup.examined(folder)
