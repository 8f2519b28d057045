"""The process that holds user code, and the door to it for programs that hold none.

`RunnerClient` finds or starts a workspace's runner and asks it over the wire protocol; see
``docs/runner.md``. `python -m packetflow.runner FOLDER` is that process.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packetflow.runner.client import RunnerClient
    from packetflow.runner.payloads import Outputs
    from packetflow.runner.remote import RemoteRun


def __getattr__(name: str) -> object:
    """Load the client when it is first asked for: who holds the code himself needs none."""
    if name == "RunnerClient":
        from packetflow.runner.client import RunnerClient

        return RunnerClient
    if name == "Outputs":
        from packetflow.runner.payloads import Outputs

        return Outputs
    if name == "RemoteRun":
        from packetflow.runner.remote import RemoteRun

        return RemoteRun
    raise AttributeError(f"module 'packetflow.runner' has no attribute {name!r}")


__all__ = ["Outputs", "RemoteRun", "RunnerClient"]
