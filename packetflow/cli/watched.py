"""``python -m packetflow.cli.watched FOLDER NAME``: run one capability and say what it touches.

Prints one line of JSON. Started by `packetflow.cli.effects`, in a process of its own, because an
audit hook cannot be taken out again.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packetflow.discovery.catalog import Catalog
from packetflow.engine.engine import Engine
from packetflow.kernel.records import Status

if TYPE_CHECKING:
    from packetflow.discovery.catalog import AnyCapability
    from packetflow.engine.execution import Execution

_NETWORK = frozenset(
    {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
)
_PROCESSES = frozenset(
    {
        "subprocess.Popen",
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.spawn",
        "os.fork",
        "pty.spawn",
    }
)
_LISTINGS = frozenset({"os.listdir", "os.scandir"})
_CHANGES = frozenset(
    {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink"}
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_MOST = 200


class Watch:
    """Notes what happens while it is on.

    Args:
        folder: The workspace, whose own code may be read.
    """

    def __init__(self, folder: Path) -> None:
        self.is_on = False
        self.seen: dict[tuple[str, str], None] = {}
        own = Path(__file__).resolve().parents[2]
        self._code = tuple(
            str(place) + os.sep
            for place in (sys.prefix, sys.base_prefix, own / "packetflow", folder / "capabilities")
        )

    def hook(self, event: str, facts: tuple[Any, ...]) -> None:
        """Called by Python for every audit event."""
        if not self.is_on:
            return
        if event == "open":
            self._opened(facts)
        elif event in _LISTINGS:
            self._opened((facts[0], "r", 0))
        elif event in _NETWORK:
            self._note("network", _address(event, facts))
        elif event in _PROCESSES:
            self._note("processes", str(facts[0]))
        elif event in _CHANGES:
            self._note("writes files", os.fsdecode(facts[0]))

    def _opened(self, facts: tuple[Any, ...]) -> None:
        path, mode, flags = facts
        if isinstance(path, int) or path is None:
            return
        name = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - inside an audit hook
        if name.startswith(("/dev/", "/proc/", "/sys/", "/etc/", *self._code)):
            return
        written = bool((flags or 0) & _WRITES) or any(sign in (mode or "") for sign in "wax+")
        self._note("writes files" if written else "reads files", name)

    def _note(self, kind: str, what: str) -> None:
        if len(self.seen) < _MOST:
            self.seen[kind, what] = None


def _address(event: str, facts: tuple[Any, ...]) -> str:
    place = facts[0] if event.startswith("socket.get") else facts[1]
    if isinstance(place, tuple):
        return ":".join(str(part) for part in place[:2])
    return os.fsdecode(place) if isinstance(place, (str, bytes)) else str(place)


async def _run(capability: AnyCapability, folder: Path, watch: Watch) -> str:
    declared = capability.declaration
    inputs = dict(declared.examples[0]) if declared.examples else {}
    engine = Engine(folder=str(folder))
    engine.plan(capability)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, lambda: None)  # what the loop itself opens is not counted
    watch.is_on = True
    try:
        if declared.place == "process":
            capability.fn(**inputs)
            return "ok"
        return _outcome(await engine.run(capability, inputs))
    except Exception as error:  # noqa: BLE001 - a border: the capability is the user's
        return f"{type(error).__name__}: {error}"
    finally:
        watch.is_on = False
        await engine.close()


def _outcome(execution: Execution) -> str:
    if execution.status is Status.OK or execution.failure is None:
        return execution.status.value
    return f"{execution.failure.error_type}: {execution.failure.message}"


def main(folder: Path, name: str) -> None:
    """Run the capability and print what was seen."""
    capability = Catalog(folder, package="packetflow_watched").get(name)
    watch = Watch(folder)
    sys.addaudithook(watch.hook)
    out, sys.stdout = sys.stdout, sys.stderr
    outcome = asyncio.run(_run(capability, folder, watch))
    out.write("\n" + json.dumps({"touched": list(watch.seen), "outcome": outcome}) + "\n")
    out.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
