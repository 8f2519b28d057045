"""From a fresh interpreter to the first new step of an execution that was killed at nine tenths.

The floor is a bare interpreter that imports packetflow. Times are of the wall clock and of the
process's own CPU, each the best of several, from before the process is started. Bytecode is at
hand, as where packages are installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from packetflow.kernel.ids import new_id
from packetflow.kernel.records import ProcessSeen, SpanEnded, encoder
from packetflow.store.files import places
from packetflow.store.frames import frame

ROUNDS = 7
OLD_JOURNALS, OLD_MEGABYTES = 3, 50

CAPABILITY = """
import os, signal, time
from packetflow import capability

@capability(provides="n", run_in="loop")
def add(n: int) -> int:
    \"\"\"Add one.\"\"\"
    if n == int(os.environ.get("KILL_AT", "-1")):
        os.kill(os.getpid(), signal.SIGKILL)
    if "FIRST" in os.environ:
        os.write(1, f"{time.monotonic_ns()} {time.process_time_ns()}".encode())
        os._exit(0)
    return n + 1
"""
SHAPES = {
    "chain": "then(*[add] * size), {'n': 0}",
    "fan": "parallel(*[add.setting(n=i).writing(n=f'n{i}') for i in range(size)]), {}",
    "map": "each(add, over={'n': 'ns'}, into={'n': 'more'}), {'ns': list(range(size))}",
}
START = """
import sys
from packetflow import Workspace, each, parallel, then
from packetflow.engine.start import Start
ws, size = Workspace(sys.argv[1]), int(sys.argv[2])
add = ws.catalog.get("add")
ws.start_with(SHAPE, Start(execution_id=sys.argv[3])).result()
"""
RESUME = """
import sys
from packetflow import Workspace
Workspace(sys.argv[1]).resume(sys.argv[2]).result()
"""
FLOOR = """
import os, time, packetflow
os.write(1, f"{time.monotonic_ns()} {time.process_time_ns()}".encode())
"""


class Times(NamedTuple):
    """Seconds from the start of a process to what it says."""

    wall: float
    cpu: float


def _run(code: str, *arguments: str, **environment: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    env = {**os.environ, **environment}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, env=env, check=False).stdout


def _killed(folder: Path, shape: str, size: int) -> str:
    """Start an execution and have it killed; answers its id."""
    (folder / "capabilities").mkdir()
    (folder / "capabilities" / "add.py").write_text(CAPABILITY)
    code = START.replace("SHAPE", SHAPES[shape])
    execution_id = new_id()
    _run(code, str(folder), str(size), execution_id, KILL_AT=str(size * 9 // 10))
    return execution_id


def _old_journals(folder: Path) -> None:
    """Leave journals of other executions there, as processes of days ago would."""
    encode, own = encoder().encode, new_id()
    block = b"".join(
        frame(encode(SpanEnded(own, 1, n, 0, f"s{n}", (), "capability", "add", "ok", 1, n, n)))
        for n in range(10_000)
    )
    for _ in range(OLD_JOURNALS):
        process = new_id()
        seen = ProcessSeen(process, "python", 1, "host", "1", time.time_ns())
        with (places(folder).journal / f"{process}.00000.journal").open("wb") as segment:
            segment.write(frame(encode(seen)))
            while segment.tell() < OLD_MEGABYTES << 20:
                segment.write(block)


def _best(code: str, *arguments: str) -> Times:
    walls, cpus = [], []
    for _ in range(ROUNDS):
        began = time.monotonic_ns()
        said, cpu = _run(code, *arguments, FIRST="1").split()
        walls.append((int(said) - began) / 1e9)
        cpus.append(int(cpu) / 1e9)
    return Times(min(walls), min(cpus))


def restart(shape: str, size: int, *, old_journals: bool = False) -> Times:
    """Kill an execution of that shape and measure how soon another process goes on with it."""
    with tempfile.TemporaryDirectory() as scratch:
        run = _killed(Path(scratch), shape, size)
        if old_journals:
            _old_journals(Path(scratch))
        return _best(RESUME, scratch, run)


def main() -> int:
    """Measure and print."""
    floor = _best(FLOOR)
    print(f"  floor: interpreter and import packetflow   {floor.wall:.3f} s, cpu {floor.cpu:.3f} s")
    figures = {"floor": floor}
    for shape, size in (
        ("chain", 100), ("chain", 1_000), ("chain", 10_000), ("fan", 10_000), ("map", 10_000),
    ):  # fmt: skip
        ours = figures[f"{shape}_{size}"] = restart(shape, size)
        print(f"  {shape} of {size:6,}: {ours.wall:.3f} s, cpu {ours.cpu:.3f} s")
    ours = figures["chain_10000_old"] = restart("chain", 10_000, old_journals=True)
    old = f"beside {OLD_JOURNALS * OLD_MEGABYTES} MB of old journals"
    print(f"  chain of 10,000 {old}: {ours.wall:.3f} s, cpu {ours.cpu:.3f} s")
    chain = figures["chain_10000"]
    print(
        f"restart to first new step (10,000 steps, killed at 9,000): {chain.wall:.3f} s; "
        f"ratio to floor {chain.wall / floor.wall:.1f}; bar 0.3 s, moonshot 0.15 s"
    )
    print(json.dumps({name: [round(one, 3) for one in times] for name, times in figures.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
