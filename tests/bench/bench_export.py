"""What an exported tool weighs, and how long it takes from its start to its first answer; bar 3 s.

Wall-clock seconds of a process that lists its tools, calls one and ends; the first start unpacks
the export and compiles it. With `uv` at hand (it is no part of the development set-up) the same
through ``uv run --script``: first with an empty cache, for which it needs the package index, then
with a full one, and what the packages weigh that it has installed. At the end, what a process pays
that answers from the journals of 100,000 runs that have ended.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from packetflow.engine.waiters import answer_event
from packetflow.kernel.ids import new_id
from packetflow.kernel.records import (
    EventArrived,
    ExecutionEnded,
    ExecutionStarted,
    Record,
    SpanEnded,
    WaitStarted,
)
from packetflow.mcp import export_tools
from packetflow.store.journal import JournalWriter
from packetflow.store.light import LightStore
from packetflow.workspace.folder import make_folder
from packetflow.workspace.workspace import Workspace

BAR = 3.0
ROUNDS = 5
CALL = ("--call", "hello", '{"name": "Ada"}')


def seconds(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """How long a command takes, and how much of a processor; it must succeed."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - began, spent


def starts(title: str, command: list[str], state: Path, environment: dict[str, str]) -> None:
    """Print how long the first start and later ones take."""
    call = [*command, "--state", str(state), *CALL]
    first, work = seconds(call, environment)
    later, less = (min(one) for one in zip(*(seconds(call, environment) for _ in range(ROUNDS))))
    print(
        f"  {title:<8} first {first:5.2f} s ({work:.2f} of a processor)   "
        f"later {later:5.2f} s ({less:.2f})   bar {BAR:g} s: {'met' if later <= BAR else 'missed'}"
    )


def in_an_old_folder() -> None:
    """Print what the first questions cost where 100,000 runs have waited and ended."""
    with tempfile.TemporaryDirectory() as folder:
        for session in range(100):
            with JournalWriter(folder, role="bench") as journal:
                for number in range(session * 1000, session * 1000 + 1000):
                    journal.append_all(records_of(number))
        before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        store = LightStore(folder)
        assert store.waiting() == []
        assert store.awaited() == []
        spent = time.process_time() - began
        more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        print(
            f"  100,000 ended runs: {spent:.2f} s of a processor, {more / 1000:.0f} MB more memory"
        )


def records_of(number: int) -> list[Record]:
    """A run that asks a person, and ends."""
    run, at = new_id(), 1_795_262_400_000_000_000 + number * 1000
    event = answer_event(run, "ask", ())
    answer = EventArrived(new_id(), event, "", {"answer": True}, at, "mcp", number * 2 + 2)
    return [
        ExecutionStarted(run, 1, at, "hello", "1", "sha", "mcp", {}, "one", arrival=number * 2 + 1),
        WaitStarted(run, 1, "ask", (), event, "", 0, at, "Sure?", (), number * 2 + 1),
        answer,
        SpanEnded(run, 1, 1, 0, "ask", (), "wait", "ask", "ok", 1, at, 1),
        ExecutionEnded(run, 1, at, "ok", {"greeting": "Hello"}),
    ]


def main() -> None:
    """Print the figures."""
    in_an_old_folder()
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        folder = make_folder(place / "hello").path
        with Workspace(folder) as ws:
            began = time.perf_counter()
            bundle = export_tools(ws, "hello")
            taken = time.perf_counter() - began
        sizes = ", ".join(
            f"{name} {len(one) / 1000:.0f} kB" for name, one in bundle.files().items()
        )
        print(f"  {sizes}; made in {taken:.2f} s")
        script = str(bundle.write(place / "out")[0])
        kept = {name: one for name, one in os.environ.items() if not name.startswith("PYTHON")}
        kept |= {"HOME": scratch, "UV_CACHE_DIR": str(place / "cache")}
        starts("python", [sys.executable, script], place / "plain", kept)
        uv = shutil.which("uv")
        if uv is None:
            print("  uv is not at hand: pip install uv")
            return
        starts("uv", [uv, "run", "--quiet", "--script", script], place / "uv", kept)
        installed = sum(
            one.stat().st_size
            for one in (place / "cache" / "environments-v2").glob("*/**/*")
            if one.is_file()
        )
        print(f"  installed {installed / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
