"""What an exported tool weighs, and how long it takes from its start to its first answer; bar 3 s.

Wall-clock seconds of a process that lists its tools, calls one and ends; the first start unpacks
the export and compiles it. With `uv` at hand (it is no part of the development set-up) the same
through ``uv run --script``: first with an empty cache, for which it needs the package index, then
with a full one.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from packetflow.mcp import export_tools
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


def main() -> None:
    """Print the figures."""
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


if __name__ == "__main__":
    main()
