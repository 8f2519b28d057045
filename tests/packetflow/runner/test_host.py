"""The real host in real runner processes: a workspace folder with capabilities of all manners."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from packetflow import Workspace
from packetflow.errors import NoRunner, RunElsewhere, RunnerLost, UnknownName
from packetflow.kernel.cards import Happening, Outcome
from packetflow.kernel.ids import new_id
from packetflow.kernel.messages import AnswerStep, CapabilityRequest
from packetflow.runner import RunnerClient
from packetflow.runner.card import card_path, log_path, read_card
from packetflow.runner.host import Host
from packetflow.runner.payloads import to_payload
from packetflow.workspace.presence import is_locked

WAIT = 60.0
CODE = '''
import asyncio, os, time
from pathlib import Path
from packetflow import Context, capability

@capability(provides="total", examples=[{"a": 1}])
async def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b

@capability(provides="code")
def exits(total: int) -> int:
    """End the whole process, unless somebody forbids it."""
    if not Path(__file__).with_name("spare").exists():
        os._exit(3)
    return total

@capability(provides="nothing", run_in="loop")
def hangs(seconds: float) -> int:
    """Stand still on the event loop."""
    time.sleep(seconds)
    return 0

@capability(provides="printed")
def prints(text: str) -> str:
    """Print, below Python too."""
    print(text)
    os.write(2, b"from below\\\\n")
    return text

@capability(provides="size")
def eats(megabytes: int) -> int:
    """Take memory."""
    return len(bytes(megabytes << 20))

@capability(provides="pid")
async def waits_for_file(path: str) -> int:
    """Wait until a file is there."""
    while not Path(path).exists():
        await asyncio.sleep(0.01)
    return os.getpid()

@capability(provides="said")
async def asks(question: str, context: Context) -> str:
    """Ask a person."""
    return str(await context.ask(question, ["yes", "no"]))
'''
FRAIL = """
pipeline: frail
version: 1
steps:
  - {use: add, id: add}
  - {use: exits, id: exits}
"""


@pytest.fixture
def workspace(folder: Path) -> Path:
    (folder / "capabilities").mkdir()
    (folder / "capabilities" / "mine.py").write_text(CODE.replace("\\\\n", "\\n"))
    (folder / "pipelines").mkdir()
    (folder / "pipelines" / "frail.yaml").write_text(FRAIL)
    return folder


@pytest.fixture
def client(workspace: Path) -> Iterator[RunnerClient]:
    with RunnerClient(workspace) as client:
        yield client


def wait_for(reached: object) -> None:
    pause = threading.Event()
    for _ in range(int(WAIT / 0.02)):
        if reached():  # type: ignore[operator] # any predicate
            return
        pause.wait(0.02)
    raise AssertionError("it never came to be")


def names(client: RunnerClient) -> set[str]:
    return {one.name for one in client.listing().capabilities}


def test_a_workspace_is_listed_described_and_run(client: RunnerClient):
    listing = client.listing()
    card = next(one for one in listing.capabilities if one.name == "add")
    described = client.describe("frail")

    assert card.intent == "Add two numbers."
    assert card.examples == [{"a": 1}]
    assert "async def add" in card.source
    assert [one.name for one in listing.pipelines] == ["frail"]
    assert [one.id for one in described.steps if one.kind == "use"] == ["add", "exits"]
    assert client.run("add", {"a": 2}).outputs(WAIT)["total"] == 3


def test_what_is_printed_is_kept_with_its_execution_and_in_the_log(client: RunnerClient):
    code = (
        "from packetflow import capability\n\n@capability(provides='b')\ndef loud(a: int) -> int:\n"
    )
    code += "    'Print.'\n    print('loud and clear', a)\n    return a\n"
    (client.folder / "capabilities" / "loud.py").write_text(code)

    run = client.run("loud", {"a": 7})
    run.result(WAIT)
    with Workspace(client.folder) as ws:
        query = "select text from logs where kind = 'print' and execution_id = $id::uuid"
        kept = ws.sql(query, {"id": run.execution_id})["text"].to_pylist()

    assert kept == ["loud and clear 7"]
    assert "loud and clear 7" in log_path(client.folder).read_text()


def test_a_step_that_holds_up_its_runner_is_named_while_it_does(client: RunnerClient):
    code = (
        "import threading\nfrom pathlib import Path\nfrom packetflow import capability\n\n"
        "@capability(provides='b')\nasync def holds(path: str) -> str:\n    'Hold up.'\n"
        "    while not Path(path).exists():\n        threading.Event().wait(0.01)\n"
        "    return path\n"
    )
    (client.folder / "capabilities" / "holds.py").write_text(code)
    go_on = client.folder / "go_on"
    query = "select text from logs where kind = 'stall'"
    end, kept = time.monotonic() + WAIT, []

    with ThreadPoolExecutor(1) as pool, Workspace(client.folder) as ws:
        begun = pool.submit(client.run, "holds", {"path": str(go_on)})  # it cannot say so yet
        while not kept and time.monotonic() < end:
            threading.Event().wait(0.05)
            kept = ws.sql(query)["text"].to_pylist()
        go_on.touch()
        begun.result(WAIT).result(WAIT)

    assert kept[0].startswith("step 'holds' holds up everything in this process: ")
    assert f"{client.folder}/capabilities/holds.py, line " in kept[0]
    assert kept[0] in log_path(client.folder).read_text()


def test_changed_settings_put_a_new_runner_in_place(client: RunnerClient):
    first = client.card.runner

    with (client.folder / "packetflow.toml").open("a") as settings:
        settings.write("\n[runner]\nlinger_seconds = 0.5\n")

    end = time.monotonic() + WAIT
    while client.listing() and client.card.runner == first:
        assert time.monotonic() < end
        threading.Event().wait(0.05)


def test_an_unsaved_pipeline_runs_from_its_text(client: RunnerClient):
    run = client.run("", {"a": 4}, source="pipeline: p\nversion: 1\nsteps:\n  - {use: add}\n")

    assert run.outputs(WAIT)["total"] == 5


def test_an_execution_whose_runner_died_goes_on_where_it_was(client: RunnerClient):
    lost = client.run("frail", {"a": 1})
    with pytest.raises(RunnerLost):
        lost.result(WAIT)

    (client.folder / "capabilities" / "spare").touch()
    again = client.resume(lost.execution_id)

    assert again.outputs(WAIT)["code"] == 2
    assert again.execution_id == lost.execution_id
    assert "add" not in {one.step for one in again if one.kind == "step_started"}


def test_a_capability_that_hangs_is_ended_with_its_runner(workspace: Path):
    (workspace / "packetflow.toml").write_text("[runner]\nstale_seconds = 1.0\n")
    with RunnerClient(workspace) as client:
        first = client.card

        with pytest.raises(RunnerLost, match="stood still"):
            client.run("hangs", {"seconds": 600.0}).result(WAIT)

        assert client.run("add", {"a": 1}).outputs(WAIT)["total"] == 2
        assert not is_locked(workspace, first.runner)


def test_a_capability_that_prints_disturbs_nothing(client: RunnerClient):
    outputs = client.run("prints", {"text": "hello"}).outputs(WAIT)

    assert outputs["printed"] == "hello"
    assert {"hello", "from below"} <= set(log_path(client.folder).read_text().splitlines())


def test_a_capability_that_eats_memory_fails_clearly_under_a_limit(workspace: Path):
    (workspace / "packetflow.toml").write_text("[runner]\nmemory_limit_mb = 6000\n")
    with RunnerClient(workspace) as client:
        failure = client.run("eats", {"megabytes": 8000}).result(WAIT).failure

        assert failure is not None
        assert failure.error_type == "MemoryError"
        assert client.run("add", {"a": 1}).outputs(WAIT)["total"] == 2


def test_a_killed_runner_costs_no_kept_execution(client: RunnerClient):
    done = client.run("add", {"a": 1})
    done.result(WAIT)

    os.kill(client.card.pid, signal.SIGKILL)

    assert client.follow(done.execution_id).outputs(WAIT)["total"] == 2


def test_a_changed_capability_is_in_use_without_a_word(client: RunnerClient):
    first = client.card
    changed = CODE.replace("\\\\n", "\\n").replace("return a + b", "return a * 100 + b")

    (client.folder / "capabilities" / "mine.py").write_text(changed)
    wait_for(lambda: not is_locked(client.folder, first.runner))

    assert client.run("add", {"a": 2}).outputs(WAIT)["total"] == 201
    assert client.card.generation == 2


def test_a_broken_file_is_told_and_its_last_good_version_serves(client: RunnerClient):
    names(client)
    (client.folder / "capabilities" / "mine.py").write_text("def (:\n")

    client.reload()
    listing = client.listing()

    assert [Path(one.file).name for one in listing.broken] == ["mine.py"]
    assert listing.broken[0].using_last_good
    assert client.run("add", {"a": 2}).outputs(WAIT)["total"] == 3


def test_another_client_reaches_an_execution_on_the_replaced_runner(client: RunnerClient):
    flag = client.folder / "flag"
    kept = client.run("waits_for_file", {"path": str(flag)})
    stopped = client.run("waits_for_file", {"path": str(client.folder / "never")})
    client.reload()

    with RunnerClient(client.folder) as other:
        generation = other.card.generation
        followed = other.follow(kept.execution_id)
        was_running = other.cancel(stopped.execution_id)
        flag.touch()

        assert (generation, was_running) == (2, True)
        assert followed.outputs(WAIT)["pid"] == kept.outputs(WAIT)["pid"]
        assert stopped.result(WAIT).status == "cancelled"


def test_an_execution_of_a_runner_that_cannot_be_asked_is_refused(client: RunnerClient):
    run = client.run("waits_for_file", {"path": str(client.folder / "never")})
    old = client.card
    client.reload()
    card_path(client.folder, old.runner).unlink()

    with RunnerClient(client.folder) as other, pytest.raises(RunElsewhere, match="another process"):
        other.follow(run.execution_id)

    run.cancel()
    assert run.result(WAIT).status == "cancelled"


def test_a_person_can_answer_after_the_runner_was_killed(client: RunnerClient):
    run = client.run("asks", {"question": "sure?"})
    asked = next(one for one in run if one.kind == "waits")
    os.kill(client.card.pid, signal.SIGKILL)

    client.answer(run.execution_id, asked.step, "yes", path=asked.path)

    wait_for(lambda: client.follow(run.execution_id).result(WAIT).status == "ok")
    assert client.follow(run.execution_id).outputs(WAIT)["said"] == "yes"


def test_unknown_executions_are_refused(client: RunnerClient):
    for ask in (client.follow, client.resume, client.cancel):
        with pytest.raises(UnknownName):
            ask("nothing-like-it")


def test_a_file_that_ends_the_process_when_it_is_read_is_told(workspace: Path):
    (workspace / "capabilities" / "bad.py").write_text("import os\nos._exit(4)\n")

    with RunnerClient(workspace) as client, pytest.raises(NoRunner, match="exit code 4"):
        client.listing()


def test_a_file_that_ends_the_process_does_not_take_a_running_studio_down(client: RunnerClient):
    first = client.card
    (client.folder / "capabilities" / "bad.py").write_text("import os\nos._exit(4)\n")

    wait_for(lambda: any("exit code 4" in one.error for one in client.listing().broken))

    assert client.run("add", {"a": 1}).outputs(WAIT)["total"] == 2
    current = read_card(client.folder / ".packetflow" / "runner.json")
    assert current is not None
    assert current.runner == first.runner


class Slow:
    """An outside source that says what it has only when it is told to."""

    generation = 0

    def __init__(self) -> None:
        self.asked, self.may_say = threading.Event(), threading.Event()

    def settle(self) -> None:
        self.asked.set()
        assert self.may_say.wait(WAIT)

    def capabilities(self) -> dict[str, object]:
        return {}

    def close(self) -> None: ...


async def test_a_run_can_be_stopped_before_it_has_begun(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    host, slow = Host(workspace, runner=new_id()), Slow()
    told: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def tell(event: Happening | Outcome) -> None:
        if isinstance(event, Outcome):
            told.set_result(event)

    await host.open()
    monkeypatch.setattr(host.workspace.catalog, "_source", slow)
    path = {"path": str(tmp_path / "never")}
    request = CapabilityRequest("", "waits_for_file", path, execution_id=new_id())

    starting = asyncio.create_task(host.start(request, tell))
    await asyncio.to_thread(slow.asked.wait, WAIT)
    stopping = asyncio.create_task(host.cancel(str(request.execution_id), "given up"))
    await asyncio.wait([stopping], timeout=0.2)  # so long it may say, wrongly, that there is none
    slow.may_say.set()

    assert await stopping
    assert await starting == request.execution_id
    assert (await asyncio.wait_for(told, WAIT)).status == "cancelled"
    await host.close()


async def test_a_run_that_is_woken_while_somebody_begins_to_follow_it_is_told_live(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
):
    host, told = (
        Host(workspace, runner=new_id(), triggers=False),
        asyncio.Queue[Happening | Outcome](),
    )
    await host.open()
    request = CapabilityRequest("", "asks", {"question": "Sure?"}, execution_id=new_id())
    mine = await host.start(request, None)
    running = host.workspace.engine.running[mine]
    async with asyncio.timeout(WAIT):
        while not running.put_aside():
            await asyncio.sleep(0.01)
        await running
    loop, look = asyncio.get_running_loop(), host.workspace.execution

    def late(execution_id: str) -> object:
        found = look(execution_id)
        answering = host.answer(AnswerStep("", mine, "asks", [], to_payload({"v": "yes"})["v"]))
        asyncio.run_coroutine_threadsafe(answering, loop).result(WAIT)
        return found

    monkeypatch.setattr(host.workspace, "execution", late)
    await host.follow(mine, told.put_nowait)
    async with asyncio.timeout(WAIT):
        while not isinstance(last := await told.get(), Outcome):
            pass
    await host.close()

    assert (last.status, last.outputs["said"]) == ("ok", "yes")
