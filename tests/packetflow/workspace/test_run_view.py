"""A run in a notebook's cell: how it stands, what it asks, live while it goes on."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest

from packetflow import Workspace, approval, capability
from packetflow.errors import UnknownName, WorkspaceError
from packetflow.kernel.records import SpanEnded
from packetflow.show import pane
from packetflow.show.html import Html
from packetflow.workspace.dashboard import Dashboard
from packetflow.workspace.folder import make_folder
from packetflow.workspace.handle import Handle
from packetflow.workspace.run_view import RunView, statuses
from tests.packetflow.workspace.kit import until

GO = threading.Event()


@capability(provides="text")
def fetch(url: str) -> str:
    """Download one web page."""
    assert GO.wait(60)
    return url


@capability(provides="summary")
def shorten(text: str) -> str:
    """Shorten a text."""
    if text == "bad":
        raise ValueError("too <short>")
    return text[:3]


@pytest.fixture
def ws(tmp_path: Path):
    GO.set()
    with Workspace(make_folder(tmp_path / "work").path) as opened:
        yield opened


@pytest.fixture
def in_jupyter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook without anywidget."""
    monkeypatch.setattr(pane, "in_notebook", lambda: True)
    monkeypatch.setattr(pane, "_widget_class", lambda: (_ for _ in ()).throw(ImportError))


def test_a_script_prints_how_a_run_went(ws, capsys):
    run = ws.run_sync(fetch >> shorten, url="abcdef")

    run.show()
    ws.show(run.id[-8:])
    first, again = capsys.readouterr().out.split("sequence")[1:]

    assert first == again
    assert re.search(r"fetch +ok ", first)
    assert "summary = abc" in first


def test_a_failed_run_says_why(ws, capsys):
    ws.run_sync(fetch >> shorten, url="bad").show()

    assert "too <short>" in capsys.readouterr().out


def test_a_run_of_no_workspace_shows_itself(ws, capsys):
    run = ws.run_sync(shorten, text="abcdef")
    run.home = None

    run.show()

    assert "summary = abc" in capsys.readouterr().out


@pytest.mark.usefixtures("in_jupyter")
def test_a_notebook_draws_it(ws):
    shown = ws.run_sync(fetch >> shorten, url="bad").show()

    assert isinstance(shown, Html)
    assert "too &lt;short&gt;" in shown.text
    assert "<svg" in shown.text


@pytest.mark.usefixtures("in_jupyter")
def test_a_run_under_way_shows_the_step_it_is_at_and_is_stopped(ws):
    GO.clear()
    handle = ws.start(fetch >> shorten, url="abcdef")
    view = RunView(ws, handle.id)

    until(lambda: ">fetch: running" in view.html())
    assert view.is_live()
    view.heard({"do": "stop"})
    GO.set()
    handle.result(60)

    assert "cancelled" in view.html()
    assert not view.is_live()
    assert "Stop" not in view.html()


def test_a_question_is_answered_in_its_place(ws):
    run = ws.run_sync(approval("Send <it>?", choices=["Yes", "No"]) >> shorten, text="abcdef")
    view, board = RunView(ws, run.id), Dashboard(ws)

    asked = view.html()
    assert "Send &lt;it&gt;?" in asked
    assert "Send &lt;it&gt;?" in board.html()
    assert "Send <it>?" in board.text()
    board.heard({"run": run.id, "step": "wait_approved", "path": [], "value": "Yes"})
    ws.outcome(run.id, 60)

    assert ">ok</span>" in view.html()
    assert "abc" in view.text()
    with pytest.raises(UnknownName):
        view.heard({"step": "wait_approved", "path": [], "value": "Yes"})


def test_a_handle_without_a_workspace_cannot_be_shown(ws):
    async def begun() -> Handle:
        return Handle(ws.engine.start(shorten, {"text": "abcdef"}), ws.thread)

    handle = ws.thread.run(begun())
    handle.result(60)

    with pytest.raises(WorkspaceError, match="without a workspace"):
        handle.show()


def test_a_step_stands_as_its_last_try_did_and_failed_if_one_item_did():
    def span(step: str, status: str, attempt: int = 1) -> SpanEnded:
        return SpanEnded("x", 1, 0, 0, step, (), "capability", step, status, attempt, 0, 0)

    assert statuses(
        [span("a", "failed"), span("a", "ok", 2), span("b", "failed"), span("b", "ok")]
    ) == {"a": "ok", "b": "failed"}
    assert statuses([span("c/a", "ok"), span("c/b", "failed"), span("c/d", "ok")])["c"] == "failed"
