"""Processes that run executions on one workspace, to be killed or frozen by the tests.

``python -m tests.crash.workers ROLE FOLDER ...``. Each prints a line for what it knows to be
kept: ``started ID SEED``, ``ended ID STATUS``. Calls leave marks ``ID|step|path|time|pid|what`` in
the workspace's file ``marks``. For ``pay`` and ``send`` the mark is the effect itself, one write,
so that no kill can come between them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

from packetflow import Context, Effect, Workspace, capability, each, pipeline
from packetflow.engine.events import Ended
from packetflow.engine.guarded import AGAIN, SKIP
from packetflow.errors import PacketFlowError, RunError, Superseded

FOLDER = Path()


def mark(context: Context, what: object = "") -> None:
    """Leave a mark of this call."""
    path = ".".join(map(str, context.path))
    told = (context.execution_id, context.step, path, time.time_ns(), os.getpid(), what)
    text = "|".join(map(str, told)) + "\n"
    descriptor = os.open(FOLDER / "marks", os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    os.write(descriptor, text.encode())
    os.close(descriptor)


def read_marks(folder: Path) -> list[list[str]]:
    """Every mark: execution, step, path, time, process, what was sent."""
    path = folder / "marks"
    return [line.split("|") for line in path.read_text().split("\n")[:-1]] if path.exists() else []


def happened(folder: Path, execution: str, step: str) -> bool:
    """Whether a step was called, so far as the outside world knows."""
    return any(one[:2] == [execution, step] for one in read_marks(folder))


@capability(provides="n", run_in="loop")
def begin(seed: int, context: Context) -> int:
    """Begin."""
    mark(context)
    return seed


@capability(provides="n")
async def step(n: int, context: Context) -> int:
    """Take a few milliseconds on the loop."""
    mark(context)
    await asyncio.sleep(0.004)
    return n + 1


@capability(provides="n")
def apart(n: int, context: Context) -> int:
    """Take a few milliseconds in a thread."""
    mark(context)
    time.sleep(0.003)
    return n + 1


@capability(effects=[Effect.writes("payments")])
async def pay(n: int, context: Context) -> None:
    """Change something outside; a person is asked when in doubt."""
    mark(context)
    await asyncio.sleep(0.003)


def has_sent(n: int) -> str | None:
    """Look whether something was sent; the test has one such number an execution."""
    return f"letter {n}" if any(one[5] == str(n) for one in read_marks(FOLDER)) else None


@capability(
    provides="letter",
    effects=[Effect.writes("mail", on_ambiguous="reconcile")],
    reconcile=has_sent,
)
async def send(n: int, context: Context) -> str:
    """Change something outside; it can be looked up."""
    await asyncio.sleep(0.002)
    mark(context, n)
    await asyncio.sleep(0.002)
    return f"letter {n}"


@capability(provides="items", run_in="loop")
def spread(n: int, context: Context) -> list[int]:
    """Make a list."""
    mark(context)
    return [n, n + 1, n + 2]


@capability(provides="made")
async def make(item: int, context: Context) -> int:
    """Do it for an item."""
    mark(context)
    await asyncio.sleep(0.002)
    return item * 2


@capability(provides="result", run_in="loop")
def finish(mades: list[int], letter: str, context: Context) -> str:
    """Say what came out."""
    mark(context)
    return f"{sum(mades)} {letter}"


WORK = pipeline(
    "work",
    begin
    >> step
    >> (step >> pay)
    >> apart
    >> send
    >> spread
    >> each(make, over={"item": "items"}, into={"made": "mades"}, at_once=2)
    >> finish,
)


@capability(provides="n")
async def tick(n: int, context: Context) -> int:
    """Take twenty milliseconds."""
    mark(context)
    await asyncio.sleep(0.02)
    return n + 1


def _ticks() -> Any:
    whole: Any = begin
    for _ in range(8):
        whole = whole >> tick >> tick >> tick >> pay
    return whole


TICKS = pipeline("ticks", _ticks())


def expected(seed: int) -> str:
    """What `WORK` makes of a seed."""
    n = seed + 3
    return f"{2 * (3 * n + 3)} letter {n}"


def say(*words: object) -> None:
    """Tell the test, whole lines only."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def lead(ws: Workspace, handle: Any) -> Any:
    """Wait for an execution, answering its questions by what really happened."""
    answered: set[tuple[str, int]] = set()
    while not handle.done():
        for place, waits in ws.archive.story(handle.id).past.waits.items():
            for wait in waits.values():
                key = (wait.step, wait.at)
                if key not in answered and place not in ws.archive.story(handle.id).past.done:
                    answered.add(key)
                    done = happened(FOLDER, handle.id, wait.step)
                    ws.answer(handle.id, wait.step, SKIP if done else AGAIN, wait.path)
        with contextlib.suppress(TimeoutError):
            handle.result(0.01)
    return handle.result()


def unfinished(ws: Workspace) -> list[str]:
    """What nobody works on any more, or what waits for a person."""
    query = (
        "select execution_id::varchar as id from executions "
        "where status in ('lost', 'running', 'waiting') order by started_at"
    )
    return [str(row["id"]) for row in ws.sql(query).to_pylist()]


def take_up(ws: Workspace, execution: str) -> bool:
    """Bring an execution to its end unless another process does; tells whether it did."""
    try:
        result = lead(ws, ws.resume(execution))
    except (Superseded, RunError):
        return False
    if result.failure is None:
        say("ended", execution, result.status.value)
    return True


def work_for_ever(role: str) -> None:
    """Start executions, and take up what others left behind."""
    chance = random.Random(os.getpid())
    with Workspace(FOLDER, role=role) as ws:
        ws.learnt(WORK)
        say("ready")
        while True:
            try:
                left = unfinished(ws)
                for execution in chance.sample(left, min(len(left), 2)):
                    take_up(ws, execution)
                seeds = [chance.randrange(10**12) for _ in range(3 if role == "runner" else 1)]
                handles = []
                for seed in seeds:
                    handles.append(ws.start(WORK, seed=seed))
                    say("started", handles[-1].id, seed)
                for handle in handles:
                    result = _watched(handle) if role == "notebook" else handle.result()
                    say("ended", handle.id, result.status.value)
            except PacketFlowError as error:
                say("trouble", type(error).__name__, str(error).replace("\n", " "))


def _watched(handle: Any) -> Any:
    *_, last = handle
    assert isinstance(last, Ended)
    return last.execution


def run_ticks() -> None:
    """Run the long chain once, and say how it ended."""
    with Workspace(FOLDER, role="runner") as ws:
        handle = ws.start(TICKS, seed=0)
        say("started", handle.id, 0)
        result = handle.result()
        said = result.failure.error_type if result.failure else result.outputs["n"]
        say("ended", handle.id, result.status.value, said)


def resume_ticks(execution: str) -> None:
    """Take the long chain over, and say how it ended."""
    with Workspace(FOLDER, role="runner") as ws:
        ws.learnt(TICKS)
        result = lead(ws, ws.resume(execution))
        said = result.failure.error_type if result.failure else result.outputs["n"]
        say("ended", execution, result.status.value, said)


if __name__ == "__main__":
    FOLDER = Path(sys.argv[2])
    sys.modules["tests.crash.workers"] = sys.modules["__main__"]
    match sys.argv[1]:
        case "ticks":
            run_ticks()
        case "resume":
            resume_ticks(sys.argv[3])
        case role:
            work_for_ever(role)
