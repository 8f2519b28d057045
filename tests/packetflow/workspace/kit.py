"""What the workspace's tests share."""

import time

from packetflow import Workspace
from packetflow.workspace.handle import Handle

PATIENCE = 20


def waits_now(ws: Workspace, handle: Handle) -> None:
    """Return once an execution does nothing but wait."""
    end = time.monotonic() + PATIENCE
    while not handle._running.only_waits:
        assert time.monotonic() < end
        assert not handle.done()
        ws.thread.call(lambda: None)
