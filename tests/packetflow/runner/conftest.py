"""Runners for the tests: over real loopback sockets, with the small host of `tiny_host`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from packetflow.runner import RunnerClient
from packetflow.runner.card import read_card
from packetflow.runner.launch import end_runner
from packetflow.workspace.presence import state_of

HERE = Path(__file__).parent
TINY = "tiny_host:TinyHost"


@pytest.fixture(autouse=True)
def tiny_host_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HERE)
    paths = [str(HERE), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([*paths, *sys.path[:0]]))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A workspace whose runners, if it gets any, are ended after the test."""
    yield tmp_path
    for path in (state_of(tmp_path) / "runners").glob("*.json"):
        card = read_card(path)
        if card is not None:
            end_runner(tmp_path, card)


@pytest.fixture
def client(folder: Path) -> Iterator[RunnerClient]:
    """A client whose runner is a process with the small host."""
    with RunnerClient(folder, host=TINY) as client:
        yield client
