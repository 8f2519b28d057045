"""Three kinds of process on one workspace, and its store's owner, killed at random moments.

``KILLS=200 pytest tests/crash/test_random_kills.py -s`` for a long run.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import msgspec
import pytest

from packetflow import Workspace
from packetflow.engine.past import read_story
from packetflow.kernel.records import FINAL, SpanEnded, Status
from packetflow.store.files import places
from packetflow.store.frames import read_segment, segments
from packetflow.store.talk import read_card
from tests.crash import workers
from tests.crash.workers import WORK, expected, read_marks, take_up

pytestmark = pytest.mark.crash

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("KILLS", "12"))
CLOCKS_DIFFER_NS = 1_000_000
ROLES = ("cli", "runner", "notebook")


class Worker:
    """A process at work, and what it said."""

    def __init__(self, role, folder):
        self.role = role
        self.said = []
        self._rest = b""
        command = [sys.executable, "-m", "tests.crash.workers", role, str(folder)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)

    def listen(self):
        with contextlib.suppress(BlockingIOError):
            while heard := os.read(self.process.stdout.fileno(), 1 << 16):
                *lines, self._rest = (self._rest + heard).split(b"\n")
                self.said += [line.decode().split() for line in lines]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.listen()
        self.process.stdout.close()


def kill_owner(folder):
    card = read_card(places(folder).card)
    if card is None:
        return 0
    try:
        os.kill(card.pid, signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def storm(folder, kills):
    """Kill until it is enough; answers the workers, all dead, and the kills by kind."""
    chance = random.Random(11)
    alive = {role: Worker(role, folder) for role in ROLES}
    dead, counts, until = [], Counter(), time.monotonic() + 60 + 5 * kills
    try:
        while counts.total() < kills:
            assert time.monotonic() < until, "the workers hang"
            time.sleep(chance.random() * 0.7)
            for worker in alive.values():
                worker.listen()
                assert worker.process.poll() is None, f"a {worker.role} ended by itself"
            if chance.random() < 0.2:
                counts["owner"] += kill_owner(folder)
                continue
            role = chance.choice(ROLES)
            if len(alive[role].said) < 2 and chance.random() < 0.9:
                continue  # it is still starting: mostly spared
            alive[role].kill()
            counts[role] += 1
            dead.append(alive[role])
            alive[role] = Worker(role, folder)
    finally:
        for worker in alive.values():
            worker.kill()
    return [*dead, *alive.values()], counts


def everything(folder):
    """All records of the workspace."""
    return [record for path in segments(places(folder).journal) for _, record in read_segment(path)]


def stories(folder):
    """Every execution as the journals tell it."""
    found = defaultdict(list)
    for record in everything(folder):
        if hasattr(record, "execution_id") and hasattr(record, "epoch"):
            found[record.execution_id].append(record)
    return {
        execution: read_story(sorted(records, key=lambda record: record.epoch))
        for execution, records in found.items()
    }


def ran_again(marks, spans):
    """Calls of a step after a span of it was kept as completed."""
    kept = {
        (span.step, ".".join(map(str, span.path))): span.started + span.duration_ns
        for span in reversed(spans)
        if span.kind == "capability" and span.status == Status.OK
    }
    return [
        one for one in marks if int(one[3]) > kept.get((one[1], one[2]), 2**63) + CLOCKS_DIFFER_NS
    ]


def evidence(folder, suspects):
    """All that is known of some executions: their calls, their records by file."""
    lines = []
    for execution in sorted(suspects):
        lines.append(f"--- {execution}")
        lines += [f"mark {one[1:]}" for one in read_marks(folder) if one[0] == execution]
        for path in segments(places(folder).journal):
            for _, record in read_segment(path):
                if getattr(record, "execution_id", "") == execution:
                    lines.append(f"{path.name[-20:]} {msgspec.structs.asdict(record)}")
    return "\n".join(lines)


def test_killing_anything_at_any_moment_loses_and_repeats_nothing(tmp_path, monkeypatch):
    (tmp_path / "packetflow.toml").write_text('name = "storm"\n')
    begun = time.monotonic()
    crew, counts = storm(tmp_path, KILLS)
    said = [line for worker in crew for line in worker.said]
    started = {line[1]: int(line[2]) for line in said if line[0] == "started"}
    ended = {line[1] for line in said if line[0] == "ended"}
    trouble = Counter(line[1] for line in said if line[0] == "trouble")
    monkeypatch.setattr(workers, "FOLDER", tmp_path)

    with Workspace(tmp_path, role="last") as ws:
        ws.learnt(WORK)
        resumed = 0
        for execution, story in sorted(stories(tmp_path).items()):
            if story.ended is None or story.ended.status != Status.OK:
                assert take_up(ws, execution)
                resumed += 1
        rows = {
            str(row["id"]): row
            for row in ws.sql(
                "select execution_id::varchar as id, status, epoch, outputs->>'result' as result, "
                "cast(inputs->>'seed' as bigint) as seed from executions"
            ).to_pylist()
        }
        spans_in_view = ws.sql("select count(*) as n from span").to_pylist()[0]["n"]
        letters = ws.sql("select count(*) as n from dead_letter").to_pylist()[0]["n"]
        lost = [one for one in started if one not in rows]
        again, told, calls = [], stories(tmp_path), defaultdict(list)
        for one in read_marks(tmp_path):
            calls[one[0]].append(one)
        for execution, row in rows.items():
            story = told[execution]
            assert story.ended is not None
            assert (row["status"], row["epoch"]) == (story.ended.status, story.epoch)
            assert row["status"] in FINAL
            assert row["result"] == expected(row["seed"])
            again += ran_again(calls[execution], story.spans)
    marks = read_marks(tmp_path)
    effects = Counter((one[0], one[1]) for one in marks if one[1] in {"pay", "send"})
    suspects = {one[0] for one in again} | {where[0] for where, n in effects.items() if n > 1}
    if suspects:
        print(evidence(tmp_path, suspects))
    spans = sum(isinstance(one, SpanEnded) for one in everything(tmp_path))
    print(
        f"\nkills {counts.total()} {dict(counts)} in {time.monotonic() - begun:.0f} s; executions "
        f"{len(rows)}, acknowledged {len(started)}, resumed at the end {resumed}; spans {spans}; "
        f"lost {len(lost)}; completed steps repeated {len(again)}; guarded effects "
        f"{effects.total()}, twice {sum(n > 1 for n in effects.values())}; trouble {dict(trouble)}"
    )
    assert counts.total() >= KILLS
    assert started
    assert lost == []
    assert ended <= rows.keys()
    assert again == []
    assert {where: n for where, n in effects.items() if n > 1} == {}
    assert len(effects) == 2 * len(rows)
    assert (spans_in_view, letters) == (spans, 0)
