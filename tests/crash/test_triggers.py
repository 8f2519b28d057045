"""A runner that dies between deciding to start a pipeline and starting it: it starts once."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

import pytest

from packetflow.kernel.ids import id_of
from packetflow.kernel.messages import EmitEvent
from packetflow.kernel.records import Status
from packetflow.runner.host import Host
from packetflow.runner.starts import Starts
from packetflow.workspace.presence import Presence

pytestmark = pytest.mark.crash

CODE = '''
from pathlib import Path
from packetflow import capability

@capability(provides="line")
def note(path: str) -> str:
    """Write down that it was called."""
    with (Path(__file__).parent.parent / "notes.txt").open("a") as file:
        file.write(path + "\\n")
    return path
'''
DIES = """
import asyncio, os, signal, sys
from pathlib import Path
from packetflow.kernel.messages import EmitEvent
from packetflow.runner.host import Host
from packetflow.runner.starts import Starts
from packetflow.workspace.presence import Presence

async def live(folder):
    presence = Presence(folder, "first")
    host = Host(folder, runner="first")
    await host.open()
    setattr(Starts, sys.argv[2], lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
    await host.emit(EmitEvent("1", "came", {"path": "p"}, event_id="e-1"))

asyncio.run(live(Path(sys.argv[1])))
"""


@pytest.fixture
def folder(tmp_path):
    for part in ("capabilities", "pipelines"):
        (tmp_path / part).mkdir()
    (tmp_path / "packetflow.toml").write_text('name = "home"\n')
    (tmp_path / "capabilities" / "own.py").write_text(CODE)
    text = "pipeline: taken\ntriggers: [{event: came}]\nsteps: [{use: note, id: note}]\n"
    (tmp_path / "pipelines" / "taken.yaml").write_text(text)
    return tmp_path


def killed_in(folder, method):
    process = subprocess.run([sys.executable, "-c", DIES, str(folder), method], check=False)
    assert process.returncode == -9


async def until(reached):
    end = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < end, "it never happened"
        await asyncio.sleep(0.02)


async def in_another_runner(folder, name, holds):
    """Wait until something holds in a runner that lives from now on; answers its executions."""
    presence = Presence(folder, name)
    host = Host(folder, runner=name)
    await host.open()
    try:
        await host.emit(EmitEvent("1", "came", {"path": "p"}, event_id="e-1"))
        await until(lambda: holds(host.workspace))
        query = "select execution_id::varchar as id, epoch, status from executions"
        return host.workspace.sql(query).to_pylist()
    finally:
        await host.close()
        presence.close()


def is_over(ws):
    return ws.sql("select 1 from executions where status = 'ok'").num_rows == 1


async def test_killed_between_mark_and_start_the_next_runner_starts_it_once(folder):
    killed_in(folder, "_start")

    rows = await in_another_runner(folder, "second", is_over)
    again = await in_another_runner(folder, "third", is_over)

    id = id_of("taken", "event:e-1")
    assert rows == again == [{"id": id, "epoch": 2, "status": "ok"}]
    assert (folder / "notes.txt").read_text() == "p\n"


async def test_killed_after_the_start_it_is_an_interrupted_run_and_not_a_new_one(folder):
    killed_in(folder, "_settle")

    def is_settled_and_told(ws):
        mark = ws.folder.state / "triggered" / id_of("taken", "event:e-1")
        told = ws.sql("select 1 from executions where status <> 'running'").num_rows
        return mark.stat().st_size == 0 and told

    rows = await in_another_runner(folder, "second", is_settled_and_told)

    assert [row["status"] for row in rows] == [Status.LOST]
    assert not (folder / "notes.txt").exists()


async def test_a_taker_that_is_killed_too_leaves_it_to_the_one_after(folder, monkeypatch):
    killed_in(folder, "_start")
    presence = Presence(folder, "second")
    host = Host(folder, runner="second")
    monkeypatch.setattr(Starts, "begin_left_over", lambda *_: None)  # claimed, never begun
    await host.open()
    await until(lambda: list((folder / ".packetflow" / "leases").glob("*.2")))
    await host.close()
    presence.close()
    monkeypatch.undo()

    rows = await in_another_runner(folder, "third", is_over)

    assert [(row["epoch"], row["status"]) for row in rows] == [(3, "ok")]
    assert (folder / "notes.txt").read_text() == "p\n"
