"""From a fresh interpreter to the first new step of a 10,000-step chain killed at step 9,000.

The floor is a bare interpreter that imports packetflow. Times are of the wall clock, the best of
several, from before the process is started.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STEPS, KILLED_AT, ROUNDS = 10_000, 9_000, 5

CAPABILITY = """
import os, signal, time
from packetflow import capability

@capability(provides="n", run_in="loop")
def add(n: int) -> int:
    \"\"\"Add one.\"\"\"
    kill_at = int(os.environ.get("KILL_AT", "-1"))
    if n == kill_at:
        os.kill(os.getpid(), signal.SIGKILL)
    if "FIRST" in os.environ:
        os.write(1, str(time.monotonic_ns()).encode())
        os._exit(0)
    return n + 1
"""
START = """
import sys
from packetflow import Workspace, then
ws = Workspace(sys.argv[1])
add = ws.catalog.get("add")
handle = ws.start(then(*[add] * int(sys.argv[2])), n=0)
print(handle.id, flush=True)
handle.result()
"""
RESUME = """
import sys
from packetflow import Workspace
Workspace(sys.argv[1]).resume(sys.argv[2]).result()
"""
FLOOR = "import os, time, packetflow; os.write(1, str(time.monotonic_ns()).encode())"


def _run(code: str, *arguments: str, **environment: str) -> str:
    import os

    command = [sys.executable, "-c", code, *arguments]
    env = {**os.environ, **environment}
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, env=env, check=False).stdout


def _killed(folder: Path) -> str:
    """Start the chain and have it killed; answers its id."""
    (folder / "capabilities").mkdir()
    (folder / "capabilities" / "add.py").write_text(CAPABILITY)
    return _run(START, str(folder), str(STEPS), KILL_AT=str(KILLED_AT)).strip()


def _best(code: str, *arguments: str) -> float:
    """Seconds from the start of a process to what it says; the best of several."""
    times = []
    for _ in range(ROUNDS):
        began = time.monotonic_ns()
        said = int(_run(code, *arguments, FIRST="1"))
        times.append((said - began) / 1e9)
    return min(times)


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        run = _killed(folder)
        floor = _best(FLOOR)
        ours = _best(RESUME, scratch, run)
    print(
        f"restart to first new step ({STEPS} steps, killed at {KILLED_AT}): {ours:.3f} s; "
        f"floor (interpreter and import packetflow) {floor:.3f} s; ratio {ours / floor:.1f}; "
        "bar 0.3 s, moonshot 0.15 s"
    )
    print(json.dumps({"restart_seconds": round(ours, 3), "floor_seconds": round(floor, 3)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
