"""The process that holds user code, and the door to it for programs that hold none.

`RunnerClient` finds or starts a workspace's runner and asks it over the wire protocol; see
``docs/runner.md``. `python -m packetflow.runner FOLDER` is that process.
"""

from packetflow.runner.client import RunnerClient
from packetflow.runner.payloads import Outputs
from packetflow.runner.remote import RemoteRun

__all__ = ["Outputs", "RemoteRun", "RunnerClient"]
