"""Lives of an execution: a whole one, and those that go on where a journal was cut.

Runs in processes of its own: ``python -m tests.crash.lives record|resume PLAN`` reads a plan from
a JSON file and prints JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import packetflow.store.client as client_module
from packetflow import Workspace
from packetflow.capabilities.effects import Ambiguity
from packetflow.engine.guarded import AGAIN, SKIP
from packetflow.engine.past import Story, read_story
from packetflow.engine.waiters import answer_event
from packetflow.errors import PacketFlowError, RunError, UnknownName
from packetflow.kernel.records import (
    EventArrived,
    Record,
    SpanEnded,
    Status,
    StepDecision,
    StepIntent,
)
from packetflow.store.files import places
from packetflow.store.frames import HEADER, read_segment
from packetflow.store.owner import Owner
from packetflow.store.settings import Settings
from packetflow.workspace.handle import Handle
from tests.crash.flows import FLOWS, GUARDED, Marks, marks

SEED = 3
THOROUGH = int(os.environ.get("KILLS", "12")) >= 100


class OwnStore:
    """The real owner in this process, so that hundreds of workspaces need no process each."""

    def __init__(self, folder: Path, **_: object) -> None:
        self._folder = folder
        self._owner: Owner | None = None
        self._lock = threading.Lock()

    def sql(self, query: str, params: Any = None, *, fresh: bool = True) -> Any:
        with self._lock:
            if self._owner is None:
                self._owner = Owner(self._folder, settings=Settings())
        return self._owner.ask(query, params, fresh=fresh)

    def close(self) -> None:
        if self._owner is not None:
            self._owner.close()


@dataclass
class Told:
    """What came of one life.

    Attributes:
        at: Where the journal was cut.
        records: How many whole records were before the cut.
        outputs: What came out, as text; empty when there was nothing to resume.
        problems: Everything that should not be.
        asked: How many questions were asked.
        where: The workspace of that life.
    """

    at: int
    records: int
    outputs: str = ""
    problems: list[str] = field(default_factory=list)
    asked: int = 0
    where: str = ""


def shown(outputs: Any) -> str:
    return repr({name: _shown(value) for name, value in sorted(outputs.items())})


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 200 else hashlib.sha256(text.encode()).hexdigest()


def lead(ws: Workspace, handle: Handle, given: set[str], *, happened: bool) -> tuple[Any, int]:
    """Wait for the end, sending what it waits for; answers it and the number of questions.

    Args:
        ws: Where it runs.
        handle: The execution.
        given: The events that were sent already; those sent here are added.
        happened: What to answer to the question whether an effect happened.
    """
    asked = 0
    until = time.monotonic() + 60
    while not handle.done():
        assert time.monotonic() < until, f"execution {handle.id} hangs"
        story = ws.archive.story(handle.id)
        for place, waits in story.past.waits.items():
            for event, wait in waits.items():
                if event in given or place in story.past.done:
                    continue
                given.add(event)
                if wait.event == "approved":
                    ws.emit("approved", {"approved": "yes"})
                elif wait.choices == ("yes", "no"):
                    ws.answer(handle.id, wait.step, "yes", wait.path)
                else:
                    asked += 1
                    ws.answer(handle.id, wait.step, SKIP if happened else AGAIN, wait.path)
        time.sleep(0.0005)
    return handle.result(), asked


def journal_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(places(folder).journal.iterdir())}


def record(folder: Path, flow: str) -> dict[str, Any]:
    """Run a flow once; its folder keeps everything as it was before the workspace was closed."""
    folder.mkdir(parents=True)
    Marks.path = folder / "marks"
    ws = Workspace(folder, role="crash")
    handle = ws.start(FLOWS[flow], seed=SEED)
    execution, asked = lead(ws, handle, set(), happened=False)
    execution.raise_for_failure()
    assert asked == 0
    kept = journal_of(folder)
    ws.close()
    for name, content in kept.items():
        (places(folder).journal / name).write_bytes(content)
    return {"id": handle.id, "outputs": shown(execution.outputs), "marks": marks()}


def offsets(path: Path) -> Iterator[tuple[int, int]]:
    """Where to cut a segment: every boundary, and some bytes inside each record."""
    begin = 0
    for number, (end, _) in enumerate(read_segment(path)):
        inside = {begin + 1, begin + HEADER.size, (begin + end) // 2, end - 1}
        for at in sorted(inside) if THOROUGH else [begin + 1 + number % (end - begin - 1)]:
            yield at, number
        yield end, number + 1
        begin = end


def cut(source: Path, target: Path, at: int) -> list[Record]:
    """Lay a workspace out as ``kill -9`` leaves it after *at* bytes of its last segment."""
    state = places(target).state
    state.mkdir(parents=True)
    for part in ("definitions", "artifacts", "leases"):
        if (places(source).state / part).exists():
            shutil.copytree(places(source).state / part, state / part)
    *earlier, last = sorted(places(source).journal.iterdir())
    places(target).journal.mkdir()
    for path in earlier:
        shutil.copyfile(path, places(target).journal / path.name)
    shortened = places(target).journal / last.name
    shortened.write_bytes(last.read_bytes()[:at])
    return [record for path in (*earlier, shortened) for _, record in read_segment(path)]


class Before:
    """What a cut journal says of the steps, by their marks.

    Attributes:
        done: Completed steps: none of them may run again.
        settled: Those, and the skipped ones.
        unclear: Guarded steps that began and have no outcome.
        decided: What people decided of those, where they did.
        given: The events that were sent.
    """

    def __init__(self, records: list[Record]) -> None:
        self.done: set[str] = set()
        self.settled: set[str] = set()
        self.unclear: set[str] = set()
        self.decided: dict[str, str] = {}
        self.given: set[str] = set()
        for one in records:
            match one:
                case SpanEnded(kind="capability"):
                    self._ended(one)
                case StepIntent():
                    self.unclear.add(_mark(one))
                    self.decided.pop(_mark(one), None)  # and it would be asked again
                    self.given.discard(answer_event(one.execution_id, one.step, one.path))
                case StepDecision(what="ambiguous"):
                    self.decided[_mark(one)] = str(one.value)
                case EventArrived():
                    self.given.add(one.event)
                    if one.event.startswith("answer:"):
                        _, _, place = one.event.split(":")
                        step, _, path = place.partition(".")
                        self.decided[f"{step}|{path}"] = str(one.payload["answer"])
                case _:
                    pass

    def _ended(self, span: SpanEnded) -> None:
        if span.status == Status.OK:
            self.done.add(_mark(span))
        if span.status in {Status.OK, Status.SKIPPED}:
            self.settled.add(_mark(span))
            self.unclear.discard(_mark(span))

    def asks(self, one: str) -> bool:
        """Whether a person has to be asked about a step."""
        return policy_of(one) is Ambiguity.ASK and one not in self.decided

    def calls(self, one: str, *, happened: bool) -> int:
        """How often an unclear step must be called when the execution goes on."""
        match policy_of(one):
            case Ambiguity.ASK if one in self.decided:
                return int(self.decided[one] == AGAIN)
            case Ambiguity.ASK | Ambiguity.RECONCILE:
                return int(not happened)
            case Ambiguity.SKIP:
                return 0
            case _:
                return 1


def _mark(record: SpanEnded | StepIntent | StepDecision) -> str:
    return f"{record.step}|{'.'.join(map(str, record.path))}"


def policy_of(one: str) -> Ambiguity | None:
    """The policy of a guarded step; ``None`` of others."""
    step = one.partition("|")[0].rpartition("/")[2]  # as another step calls it
    return next((policy for name, policy in GUARDED.items() if step.startswith(name)), None)


def go_on(folder: Path, whole: dict[str, Any], told: Told, *, happened: bool, view: bool) -> None:
    """Open a cut workspace as a process of its own would, and bring the execution to its end."""
    paths = sorted(places(folder).journal.iterdir())
    records = [record for path in paths for _, record in read_segment(path)]
    before = Before(records)
    Marks.path = folder / "marks"
    first = sorted(before.done | (before.unclear if happened else set()))
    Marks.path.write_text("".join(f"{one}\n" for one in first))
    with Workspace(folder, role="crash") as ws:
        for flow in FLOWS.values():
            ws.learnt(flow)
        story = read_story(one for one in records if hasattr(one, "execution_id"))
        _resume(ws, whole, told, story, given=before.given, happened=happened)
        if told.outputs and view:
            _compare_view(ws, whole, told)
        kept = journal_of(folder)
    for name, content in kept.items():  # the owner may have tidied up
        (places(folder).journal / name).write_bytes(content)
    _judge(told, before, marks()[len(first) :], happened=happened)


def _resume(
    ws: Workspace,
    whole: dict[str, Any],
    told: Told,
    story: Story,
    *,
    given: set[str],
    happened: bool,
) -> None:
    try:
        handle = ws.resume(whole["id"])
    except UnknownName:
        if story.started is not None:
            told.problems.append("the execution was lost")
        return
    except RunError as error:
        if story.ended is None:
            told.problems.append(f"it cannot be resumed: {error}")
            return
    else:
        execution, told.asked = lead(ws, handle, given, happened=happened)
        told.outputs = shown(execution.outputs)
        if execution.failure is not None:
            told.problems.append(f"it failed: {execution.failure}")
    kept = ws.execution(whole["id"])
    told.outputs = told.outputs or shown(kept.outputs)
    if shown(kept.outputs) != whole["outputs"] or kept.status != Status.OK:
        told.problems.append(f"remembered as {kept.status}: {shown(kept.outputs)}")
    if told.outputs != whole["outputs"]:
        told.problems.append(f"other outputs: {told.outputs}")


def _compare_view(ws: Workspace, whole: dict[str, Any], told: Told) -> None:
    query = "select execution_id::varchar as id, status, epoch, error from executions"
    rows = ws.sql(query).to_pylist()
    epoch = ws.archive.story(whole["id"]).epoch
    wanted = [{"id": whole["id"], "status": "ok", "epoch": epoch, "error": None}]
    if rows != wanted:
        told.problems.append(f"the view says {rows}, not {wanted}")


def _judge(told: Told, before: Before, fresh: list[str], *, happened: bool) -> None:
    repeated = before.settled.intersection(fresh)
    if repeated:
        told.problems.append(f"completed steps ran again: {sorted(repeated)}")
    if not told.outputs:
        if fresh:
            told.problems.append(f"nothing to resume, and yet: {fresh}")
        return
    questions = sum(before.asks(one) for one in before.unclear)
    if told.asked != questions:
        told.problems.append(f"{told.asked} questions, not {questions}")
    for one in before.unclear:
        wanted = before.calls(one, happened=happened)
        if fresh.count(one) != wanted:
            told.problems.append(f"{one}: done {fresh.count(one)} times, not {wanted}")
    for one in {one for one in fresh if policy_of(one)} - before.unclear:
        if fresh.count(one) != 1:
            told.problems.append(f"{one}: done {fresh.count(one)} times")


def resume_all(base: Path, whole: dict[str, Any], scratch: Path, *, again: int) -> list[Told]:
    """Cut the last segment of *base* everywhere and go on from each cut.

    Args:
        base: A workspace whose journal tells the execution up to its end.
        whole: What `record` told.
        scratch: Where the cut workspaces are made.
        again: From so many of the cuts, cut the journal of that second life everywhere too.
    """
    found: list[Told] = []
    segment = max(places(base).journal.iterdir())
    cuts = list(offsets(segment))
    deeper = {len(cuts) * one // (again + 1) for one in range(1, again + 1)}
    boundary = 0
    for number, (at, records) in enumerate(cuts):
        view = records != boundary and (THOROUGH or records % 4 == 0)
        boundary = records
        folder = scratch / f"{number}"
        unclear = Before(cut(base, folder, at)).unclear
        found.append(_one(folder, whole, Told(at, records), happened=False, view=view))
        if number in deeper and found[-1].outputs:
            found += resume_all(folder, whole, scratch / f"after-{number}", again=0)
        if unclear:
            folder = scratch / f"{number}-happened"
            cut(base, folder, at)
            found.append(_one(folder, whole, Told(at, records), happened=True, view=False))
    return found


def _one(folder: Path, whole: dict[str, Any], told: Told, *, happened: bool, view: bool) -> Told:
    try:
        go_on(folder, whole, told, happened=happened, view=view)
    except (PacketFlowError, AssertionError, OSError) as error:
        told.problems.append(f"{type(error).__name__}: {error}")
    told.where = str(folder)
    return told


def main(what: str, plan: dict[str, Any]) -> Any:
    """Do one plan."""
    client_module.StoreClient = OwnStore  # type: ignore[assignment,misc]  # for this process
    folder = Path(plan["folder"])
    if what == "record":
        return {flow: record(folder / flow, flow) for flow in plan["flows"]}
    again, scratch = 3 if THOROUGH else 1, Path(plan["scratch"])
    return {
        flow: [
            asdict(told) for told in resume_all(folder / flow, whole, scratch / flow, again=again)
        ]
        for flow, whole in plan["whole"].items()
    }


if __name__ == "__main__":
    json.dump(main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text())), sys.stdout)
