"""Commands of PacketFlow as processes of their own, for what no page may do in its process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import packetflow


def answer_of(*words: str, seconds: float) -> dict[str, Any]:
    """What a command of PacketFlow answers in JSON; what failed is in its ``error``.

    Args:
        words: The command, with the option that makes it answer in JSON.
        seconds: It is ended after so long.

    Raises:
        TimeoutExpired: It took longer.
        OSError: It cannot be started.
        ValueError: It answered something else.
    """
    root = str(Path(packetflow.__file__).parents[1])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "packetflow", *words],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds,
        check=False,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told
