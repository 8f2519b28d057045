"""What a run keeps: also texts that UTF-8 cannot hold, such as names of files."""

import gc

import pytest

from packetflow import Context, capability, then, wait_for
from packetflow.engine.engine import Engine
from packetflow.engine.state import Run
from packetflow.engine.values import Opaque, unpack
from packetflow.kernel.records import EventArrived, ExecutionEnded, LogLine, SpanEnded
from tests.packetflow.engine.kit import RecordingSink

NAME = "caf\udce9.csv"
SHOWN = "caf\\udce9.csv"


@capability(provides="name", run_in="loop")
def find(name: str) -> str:
    "Give the name of a file as the system says it."
    return name


@capability(provides="size", run_in="loop")
def measure(name: str) -> int:
    "Fail as Python fails."
    raise FileNotFoundError(2, "No such file", name)


@capability(provides="n")
async def talk(name: str, context: Context) -> int:
    "Tell everybody."
    context.log(f"found {name}", where=name, deep={"names": [name]})
    context.record(name=name)
    context.emit("found", {"name": name})
    context.post("room", name)
    context.progress(0.5, name)
    return 1


async def test_a_name_that_is_not_utf8_flows_from_step_to_step():
    sink = RecordingSink()
    execution = await Engine(sink).run(find >> talk, {"name": NAME})

    assert execution.raise_for_failure()["name"] == NAME
    span = next(r for r in sink.read if isinstance(r, SpanEnded))
    with pytest.raises(Opaque):
        unpack(span.outputs["name"], None, bytes)
    assert isinstance(sink.read[-1], ExecutionEnded)
    line = next(r for r in sink.read if isinstance(r, LogLine))
    assert (line.text, line.fields["where"]) == (f"found {SHOWN}", SHOWN)
    assert next(r for r in sink.read if isinstance(r, EventArrived)).payload == {"name": SHOWN}


async def test_a_failure_says_such_a_name_as_text():
    sink = RecordingSink()
    execution = await Engine(sink).run(find >> measure, {"name": NAME})

    assert (execution.failure.step, execution.failure.error_type) == (
        "measure",
        "FileNotFoundError",
    )
    assert sink.read[-1].error == execution.failure.message
    assert "csv" in execution.failure.message
    execution.failure.message.encode()


async def test_an_error_whose_own_words_fail_is_a_failure_of_its_step():
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    @capability(provides="n")
    async def fail() -> int:
        raise Mute

    run = await Engine(RecordingSink()).run(fail, {})

    assert run.failure is not None
    assert run.failure.step == "fail"
    assert "Mute cannot say what it is" in str(run.failure)


async def test_what_a_run_held_is_free_at_its_end_without_the_collector():
    engine = Engine(RecordingSink(), passivate_after_seconds=0)
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        done = await engine.run(find, {"name": "a.csv"})
        aside = await engine.run(then(find, wait_for("go")), {"name": "a.csv"})
        gc.collect()
        left = [one for one in gc.garbage if isinstance(one, Run)]
    finally:
        gc.set_debug(0)
        gc.enable()
        gc.garbage.clear()

    assert (done.status, aside.status) == ("ok", "waiting")
    assert not left
