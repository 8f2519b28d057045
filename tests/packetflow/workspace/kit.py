"""What the workspace's tests share."""

import time
from collections.abc import Callable
from typing import Any

from packetflow import Workspace, capability
from packetflow.workspace.handle import Handle

PATIENCE = 60


def until(reached: Callable[[], object]) -> None:
    """Return once something is so."""
    end = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def waits_now(ws: Workspace, handle: Handle) -> None:
    """Return once an execution does nothing but wait."""
    end = time.monotonic() + PATIENCE
    while not handle._running.only_waits:
        assert time.monotonic() < end
        assert not handle.done()
        ws.thread.call(lambda: None)


def counted(calls: list[str], name: str, reads: str, makes: str) -> Any:
    """A capability that notes its calls: *makes* is what it *reads* and its name."""
    scope: dict[str, Any] = {"calls": calls}
    source = (
        f"def {name}({reads}: str) -> str:\n"
        f"    calls.append({name!r})\n"
        f"    return {reads} + {name[0]!r}\n"
    )
    exec(source, scope)
    return capability(provides=makes)(scope[name])
