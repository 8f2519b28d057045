import asyncio
from pathlib import Path

from packetflow.engine.events import Ended, Logged, Progressed, StepEnded, StepStarted, Waits
from packetflow.kernel.cards import Happening, Outcome
from packetflow.kernel.ids import new_id
from packetflow.kernel.messages import CapabilityRequest
from packetflow.kernel.records import SpanEnded, WaitStarted
from packetflow.runner.host import Host
from packetflow.runner.telling import Telling
from packetflow.workspace.folder import make_folder
from packetflow.workspace.watching import Watch


def span(step: str) -> SpanEnded:
    return SpanEnded("e", 1, 1, 0, step, (), "capability", step, "ok", 1, 5, 2, {"made": 1})


EVENTS = [
    StepStarted("e", "first", (), 1, 5),
    Logged("e", "first", (), "info", "a line"),
    StepEnded(span("first")),
    StepStarted("e", "second", (), 1, 7),
    Progressed("e", "second", (), 0.5, "half"),
    Waits(WaitStarted("e", 1, "second", (), "answer:e:second", "", 0, 8, "Go on?")),
    StepStarted("e", "third", (), 1, 9),
    Ended(None),
]


def told(*, quiet: bool) -> list[str]:
    heard, watch = [], Watch()
    telling = Telling(heard.append, frozenset(), watch=watch, quiet=quiet)
    for event in EVENTS:
        watch.take(event)
        telling(event)
    return [f"{one.kind} {one.step}" for one in heard]


def test_everything_but_the_end_is_told_as_it_comes():
    assert told(quiet=False) == [
        "step_started first",
        "logged first",
        "step_ended first",
        "step_started second",
        "progressed second",
        "waits second",
        "step_started third",
    ]


def test_quietly_steps_are_told_only_from_when_it_waits():
    assert told(quiet=True) == [
        "logged first",
        "step_started second",
        "waits second",
        "step_started third",
    ]


def test_secrets_are_not_told():
    heard = []

    Telling(heard.append, frozenset({"made"}), watch=Watch())(StepEnded(span("first")))

    assert heard[0].body["outputs"]["made"].data == b""


GIVES_UP = """
import asyncio
from packetflow import capability

@capability(provides="nothing")
async def gives_up(total: int) -> int:
    asyncio.current_task().cancel()
    await asyncio.sleep(0)
    return total
"""


async def test_a_run_that_cancels_its_own_task_has_an_end(tmp_path: Path):
    folder = make_folder(tmp_path / "work")
    (folder.capabilities / "gives_up.py").write_text(GIVES_UP)
    told = asyncio.Queue[Happening | Outcome]()
    host = Host(folder.path, runner=new_id(), triggers=False)
    await host.open()

    await host.start(CapabilityRequest("", "gives_up", {"total": 1}), told.put_nowait)
    async with asyncio.timeout(60):
        while not isinstance(last := await told.get(), Outcome):
            pass
    await host.close()

    assert last.status == "cancelled"
