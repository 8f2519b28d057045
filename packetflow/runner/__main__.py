"""``python -m packetflow.runner FOLDER``: the process that holds a workspace's user code."""

from __future__ import annotations

import argparse
from pathlib import Path

from packetflow.runner.launch import HOST
from packetflow.runner.process import Task, live


def main() -> None:
    """Be the runner of a workspace; what it has to say goes to ``.packetflow/runner.log``."""
    parser = argparse.ArgumentParser(prog="packetflow.runner", description=main.__doc__)
    parser.add_argument("folder", type=Path, help="the workspace folder")
    parser.add_argument("--host", default=HOST, help="module:name of what makes the host")
    parser.add_argument("--replaces", default="", help="the runner that it takes the place of")
    parser.add_argument("--ready-fd", type=int, help="descriptor to report readiness on")
    parser.add_argument("--lock-fd", type=int, help="descriptor that holds the start lock")
    given = parser.parse_args()
    live(Task(given.folder.resolve(), given.host, given.replaces, given.ready_fd, given.lock_fd))


if __name__ == "__main__":
    main()
