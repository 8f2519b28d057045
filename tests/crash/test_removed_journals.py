"""Executions whose journals the owner has removed are still told, resumed and forked whole."""

from __future__ import annotations

import time

import pytest

from packetflow import Workspace
from packetflow.kernel.records import Status
from packetflow.store.files import places
from tests.crash.flows import FLOWS, Marks, marks

pytestmark = pytest.mark.crash


def test_an_execution_is_told_and_forked_whole_after_its_journal_is_gone(tmp_path):
    (tmp_path / "packetflow.toml").write_text(
        "[store]\njournal_megabytes = 0.0\nlinger_seconds = 0.1\n"
    )
    Marks.path = tmp_path / "marks"
    with Workspace(tmp_path) as ws:
        run = ws.run_sync(FLOWS["values"], seed=4)
    with Workspace(tmp_path) as ws:
        ws.sql("select 1")
    until = time.monotonic() + 60
    while any(run.id in str(path.read_bytes()) for path in places(tmp_path).journal.iterdir()):
        assert time.monotonic() < until, "the owner removes no journal"
        time.sleep(0.05)
    called = len(marks())

    with Workspace(tmp_path) as ws:
        ws.learnt(FLOWS["values"])
        kept = ws.execution(run.id)
        again = ws.fork(run.id, "weigh").result(60)

    assert (kept.status, kept.outputs) == (Status.OK, run.outputs)
    assert [(one.step, one.started) for one in kept.spans] == [
        (one.step, one.started) for one in run.spans
    ]
    assert again.outputs == run.outputs
    assert len(marks()) == called + 2
