"""A workspace at a glance."""

from __future__ import annotations

from pathlib import Path

import pytest

from packetflow import Workspace, capability
from packetflow.workspace.dashboard import Dashboard
from packetflow.workspace.folder import make_folder


@capability(provides="summary")
def shorten(text: str) -> str:
    """Shorten a text."""
    if text == "bad":
        raise ValueError("too <short>")
    return text[:3]


@pytest.fixture
def ws(tmp_path: Path):
    with Workspace(make_folder(tmp_path / "work").path) as opened:
        yield opened


def test_an_empty_workspace_says_what_to_do(ws, capsys):
    assert "Nothing has run here yet" in Dashboard(ws).html()

    ws.dashboard()

    assert "nothing has run yet" in capsys.readouterr().out


def test_it_counts_a_day_and_lists_the_latest_and_the_failed(ws):
    for text in ("good", "bad", "better"):
        ws.run_sync(shorten, text=text)
    board = Dashboard(ws)

    drawn, told = board.html(), board.text()

    assert "3 runs in 24 hours: 2 ok, 1 failed" in drawn
    assert "Failed last" in drawn
    assert "Running now" not in drawn
    assert "too &lt;short&gt;" in drawn
    assert told.count("shorten") == 3
    assert board.is_live()


def test_one_run_is_counted_as_one_and_errors_have_a_column_where_there_are_some(ws):
    ws.run_sync(shorten, text="good")
    well = Dashboard(ws).html()
    ws.run_sync(shorten, text="bad")

    assert "1 run in 24 hours" in well
    assert ">error<" not in well
    assert ">error<" in Dashboard(ws).html()
