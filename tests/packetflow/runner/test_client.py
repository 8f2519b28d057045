"""The client against real runner processes: they crash, hang, print, move, and it goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from websockets.exceptions import ConnectionClosedError

from packetflow.errors import (
    MissingInput,
    NoRunner,
    RunnerLost,
    UnknownName,
    WireError,
    WorkspaceError,
)
from packetflow.runner import RunnerClient
from packetflow.runner.card import current_path, log_path, read_card
from packetflow.runner.launch import Order, launch
from packetflow.runner.settings import read_settings
from packetflow.workspace.presence import is_locked

TINY = "tiny_host:TinyHost"
WAIT = 60.0


def wait_gone(folder: Path, runner: str) -> None:
    """Wait for a process to end."""
    pause = threading.Event()
    for _ in range(int(WAIT / 0.02)):
        if not is_locked(folder, runner):
            return
        pause.wait(0.02)
    raise AssertionError(f"runner {runner} is still there")


def test_a_capability_runs_and_its_events_can_be_read_more_than_once(client: RunnerClient):
    run = client.run("add", {"a": 2}, user="ann")

    assert run.result(WAIT).status == "ok"
    assert dict(run.outputs()) == {"sum": 3}
    assert [one.kind for one in run] == ["step_started", "step_ended"]
    assert [one.kind for one in run] == ["step_started", "step_ended"]


async def test_events_can_be_awaited(client: RunnerClient):
    run = await asyncio.to_thread(client.run, "add", {"a": 2})

    assert [one.kind async for one in run] == ["step_started", "step_ended"]


def test_a_failing_step_is_an_outcome_with_its_traceback(client: RunnerClient):
    failure = client.run("breaks", {"a": 7}).result(WAIT).failure

    assert failure is not None
    assert (failure.step, failure.error_type, failure.message) == ("breaks", "ValueError", "no 7")
    assert "in breaks" in failure.traceback


def test_what_cannot_run_raises_the_error_of_the_runner(client: RunnerClient):
    with pytest.raises(UnknownName, match="nope"):
        client.run("nope")
    with pytest.raises(MissingInput) as missing:
        client.run("add")
    with pytest.raises(UnknownName) as unknown:
        client.describe("ad")

    assert missing.value.names == ("a",)
    assert unknown.value.nearest == ("add",)


def test_a_value_that_cannot_travel_is_named(client: RunnerClient):
    with pytest.raises(WireError, match="'a' is a object"):
        client.run("add", {"a": object()})


def test_one_runner_serves_many_threads(client: RunnerClient):
    with ThreadPoolExecutor(8) as pool:
        runs = pool.map(lambda number: client.run("add", {"a": number}).outputs()["sum"], range(80))

        assert list(runs) == [number + 1 for number in range(80)]


def test_starters_that_race_find_the_same_runner(folder: Path):
    clients = [RunnerClient(folder, host=TINY) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        cards = list(pool.map(lambda one: one.card, clients))
    for one in clients:
        one.close()

    assert len({card.runner for card in cards}) == 1


def test_without_a_runner_a_client_that_may_not_start_one_says_so(folder: Path):
    with RunnerClient(folder, start=False) as client, pytest.raises(NoRunner, match="no runner"):
        client.listing()


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(WorkspaceError, match="there is no folder"):
        RunnerClient(tmp_path / "gone")


def test_a_capability_that_ends_the_process_costs_its_run_only(client: RunnerClient):
    run = client.run("exits", {"code": 3}, execution_id="e-1")

    with pytest.raises(RunnerLost, match=r"e-1.*resume\('e-1'\)") as lost:
        run.result(WAIT)
    after = client.run("add", {"a": 1}).outputs(WAIT)

    assert lost.value.execution_id == "e-1"
    assert after["sum"] == 2
    assert client.card.generation == 2


def test_a_killed_runner_is_replaced_at_the_next_request(client: RunnerClient):
    first = client.card

    os.kill(first.pid, signal.SIGKILL)
    listing = client.listing("add")

    assert [one.name for one in listing.capabilities] == ["add"]
    assert client.card.runner != first.runner


def test_a_runner_that_stands_still_is_ended_and_replaced(folder: Path):
    (folder / "packetflow.toml").write_text("[runner]\nstale_seconds = 1.0\n")
    with RunnerClient(folder, host=TINY) as client:
        first = client.card

        with pytest.raises(RunnerLost, match=r"stood still.*resume\('e-1'\)"):
            client.run("hangs", {"seconds": 600.0}, execution_id="e-1").result(WAIT)

        assert client.run("add", {"a": 1}).outputs(WAIT)["sum"] == 2
        assert not is_locked(folder, first.runner)


def test_a_frozen_runner_is_ended_and_replaced(folder: Path):
    (folder / "packetflow.toml").write_text("[runner]\nstale_seconds = 1.0\n")
    with RunnerClient(folder, host=TINY) as client:
        os.kill(client.card.pid, signal.SIGSTOP)

        assert client.listing("add").capabilities
        assert client.card.generation == 2


def test_a_new_client_replaces_a_runner_that_stands_still(folder: Path):
    (folder / "packetflow.toml").write_text("[runner]\nstale_seconds = 1.0\n")
    with RunnerClient(folder, host=TINY) as client:
        os.kill(client.card.pid, signal.SIGSTOP)

        with RunnerClient(folder, host=TINY) as other:
            assert other.listing("add").capabilities
            assert other.card.generation == 2


def test_what_a_capability_prints_goes_to_the_log_and_disturbs_nothing(client: RunnerClient):
    outputs = client.run("prints", {"text": "hello"}).outputs(WAIT)

    logged = log_path(client.folder).read_bytes()
    assert outputs["printed"] == "hello"
    assert b"hello\n" in logged
    assert b"hello from below\n" in logged


def test_memory_that_runs_out_under_a_limit_is_a_failure_of_the_step(folder: Path):
    (folder / "packetflow.toml").write_text("[runner]\nmemory_limit_mb = 2000\n")
    with RunnerClient(folder, host=TINY) as client:
        failure = client.run("eats", {"megabytes": 4000}).result(WAIT).failure

        assert failure is not None
        assert failure.error_type == "MemoryError"
        assert client.run("add", {"a": 1}).outputs(WAIT)["sum"] == 2


def test_a_reload_puts_a_new_runner_in_place_and_the_old_finishes(client: RunnerClient):
    flag = client.folder / "flag"
    old = client.card
    run = client.run("waits_for_file", {"path": str(flag)})

    generation = client.reload()
    added = client.run("add", {"a": 1})
    new = client.card
    flag.touch()

    assert run.outputs(WAIT)["pid"] == old.pid
    assert added.outputs(WAIT)["sum"] == 2
    assert (generation, new.generation) == (2, 2)
    assert new.runner != old.runner
    wait_gone(client.folder, old.runner)


def test_a_new_runner_is_asked_from_the_moment_that_its_card_is_there(
    client: RunnerClient, folder: Path
):
    old = client.card
    client.listing()
    order = Order(folder, TINY, replaces=old.runner)

    launch(order, read_settings(folder))  # and nobody has told the old one yet

    client.listing()
    assert client.card.runner == read_card(current_path(folder)).runner != old.runner


def test_reloads_under_load_lose_nothing(client: RunnerClient):
    over = threading.Event()

    def work(_: int) -> int:
        done = 0
        while not over.is_set():
            assert client.run("add", {"a": 1}).result(WAIT).status == "ok"
            done += 1
        return done

    client.listing()
    with ThreadPoolExecutor(4) as pool:
        working = [pool.submit(work, number) for number in range(4)]
        generations = [client.reload() for _ in range(3)]
        over.set()

    assert generations == [2, 3, 4]
    assert all(one.result() > 0 for one in working)


def test_a_run_that_was_not_taken_up_by_a_leaving_runner_goes_to_the_next(folder: Path):
    (folder / "packetflow.toml").write_text("[runner]\nstop_seconds = 0.1\n")
    with RunnerClient(folder, host=TINY) as client:
        first = client.card
        os.kill(first.pid, signal.SIGTERM)

        runs = [client.run("add", {"a": 1}) for _ in range(200)]

        assert {run.result(WAIT).status for run in runs} == {"ok"}
        assert client.card.runner != first.runner


def test_an_execution_on_the_replaced_runner_can_still_be_cancelled(client: RunnerClient):
    run = client.run("waits_for_file", {"path": str(client.folder / "never")})
    client.reload()
    client.listing()

    assert run.cancel("enough")
    outcome = run.result(WAIT)
    assert (outcome.status, outcome.failure and outcome.failure.message) == ("cancelled", "enough")


def test_a_changed_file_puts_a_new_runner_in_place(folder: Path):
    (folder / "capabilities").mkdir()
    file = folder / "capabilities" / "mine.py"
    file.write_text("ONE = 1\n")
    with RunnerClient(folder, host=TINY) as client:
        first = client.card

        file.write_text("TWO = 22\n")
        wait_gone(folder, first.runner)

        assert client.card.generation == 2


def test_a_replacement_that_cannot_start_leaves_the_old_one_and_says_why(folder: Path):
    (folder / "capabilities").mkdir()
    with RunnerClient(folder, host=TINY) as client:
        first = client.card
        (folder / "capabilities" / "bad.py").write_text("raise SystemExit('broken on purpose')\n")

        with pytest.raises(NoRunner, match="broken on purpose"):
            client.reload()

        assert client.run("add", {"a": 1}).outputs(WAIT)["sum"] == 2
        assert client.card.runner == first.runner


def test_a_runner_that_dies_while_it_starts_is_told_with_its_last_words(folder: Path):
    (folder / "capabilities").mkdir()
    (folder / "capabilities" / "bad.py").write_text(
        "import os\nos.write(2, b'these are my last words')\nos._exit(9)\n"
    )
    with RunnerClient(folder, host=TINY) as client, pytest.raises(NoRunner) as failed:
        client.listing()

    assert "exit code 9" in failed.value.message
    assert "these are my last words" in failed.value.message


def test_a_runner_that_never_gets_ready_is_ended(folder: Path):
    (folder / "packetflow.toml").write_text("[runner]\nstart_seconds = 1.5\n")
    (folder / "capabilities").mkdir()
    (folder / "capabilities" / "bad.py").write_text("while True: pass\n")
    with (
        RunnerClient(folder, host=TINY) as client,
        pytest.raises(NoRunner, match=r"not ready within 1\.5 s"),
    ):
        client.listing()


def test_an_answer_reaches_the_step_that_asked(client: RunnerClient):
    run = client.run("asks", {"question": "sure?"})
    asked = next(one for one in run if one.kind == "waits")

    run.answer(asked.step, "yes", path=asked.path)

    assert asked.body["choices"] == ["yes", "no"]
    assert run.outputs(WAIT)["said"] == "yes"


def test_another_client_can_follow_a_run(client: RunnerClient):
    flag = client.folder / "flag"
    run = client.run("waits_for_file", {"path": str(flag)})
    with RunnerClient(client.folder, start=False) as other:
        followed = other.follow(run.execution_id)
        flag.touch()

        assert followed.result(WAIT).status == "ok"
        assert [one.kind for one in followed] == ["step_ended"]


def test_the_runner_leaves_after_its_last_client(folder: Path):
    (folder / "packetflow.toml").write_text("[runner]\nlinger_seconds = 0.1\n")
    with RunnerClient(folder, host=TINY) as client:
        card = client.card

    wait_gone(folder, card.runner)

    assert read_card(current_path(folder)) is None


def test_a_termination_signal_ends_it_cleanly(folder: Path):
    (folder / "packetflow.toml").write_text("[runner]\nstop_seconds = 0.2\n")
    with RunnerClient(folder, host=TINY) as client:
        card = client.card
        run = client.run("waits_for_file", {"path": str(folder / "never")})

        os.kill(card.pid, signal.SIGTERM)

        assert run.result(WAIT).status == "cancelled"
        wait_gone(folder, card.runner)
        assert not current_path(folder).exists()


def test_events_and_forks_and_pings_are_answered(client: RunnerClient):
    assert client.emit("arrived", {"x": 1, "y": 2}) == 2
    assert client.fork("e", inputs={"a": 5}).outputs(WAIT)["sum"] == 6
    assert 0 < client.ping(seconds=WAIT) < WAIT


def test_a_closed_client_says_so(folder: Path):
    client = RunnerClient(folder, host=TINY)
    client.close()

    with pytest.raises(NoRunner, match="closed"):
        client.listing()


def test_tables_travel_both_ways(client: RunnerClient):
    from packetflow.runner.payloads import Outputs, to_payload

    table = pa.table({"n": [1, 2]})

    assert Outputs(to_payload({"t": table}), client.folder)["t"] == table


def test_a_setting_that_does_not_exist_is_named(folder: Path):
    (folder / "packetflow.toml").write_text("[runner]\nlinger = 1\n")

    with pytest.raises(WorkspaceError, match="linger"):
        RunnerClient(folder)


def test_a_runner_of_a_read_only_folder_works_in_the_copy_laid_over_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PACKETFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("packetflow.workspace.folder._is_writable", lambda _: False)

    with RunnerClient(tmp_path, start=False) as client:
        assert client.folder.parent == tmp_path / "home"


def test_a_connection_that_breaks_while_asking_is_asked_no_second_time(
    client: RunnerClient, monkeypatch: pytest.MonkeyPatch
):
    client.ping()
    link = client._connections.current()

    def broken(_content: bytes) -> None:
        raise ConnectionClosedError(None, None)

    monkeypatch.setattr(link._connection, "send", broken)

    assert client.listing().capabilities
    assert not link.is_open
