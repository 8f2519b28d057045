"""The frame around every page."""

from packetflow.errors import NoRunner
from packetflow.runner.client import RunnerClient
from studio.state import FOLDER
from tests.studio.conftest import said


def test_without_a_runner_the_page_says_so_and_stays_up(page, monkeypatch):
    def refuse(self, query="", *, limit=0):
        raise NoRunner("no runner could be started: it ended with exit code 3")

    monkeypatch.setattr(RunnerClient, "listing", refuse)

    home = page()

    assert not home.exception
    assert "No runner could be started" in said(home)
    assert any(one.label == "Try again" for one in home.button)


def test_a_mistake_of_ours_becomes_an_apology(page, example, monkeypatch):
    def stumble(self, query="", *, limit=0):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(RunnerClient, "listing", stumble)

    home = page()

    assert not home.exception
    assert "Sorry" in said(home)
    assert "secret detail" not in said(home)
    assert "secret detail" in (example / ".packetflow" / "studio.log").read_text()


def test_a_missing_workspace_is_a_box_too(page, monkeypatch, tmp_path):
    home = page()
    monkeypatch.setenv(FOLDER, str(tmp_path / "nowhere"))

    home.run()

    assert not home.exception
    assert "The workspace is gone" in said(home)
