"""Runs in the background: a process of their own that outlives the command."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from packetflow.cli.command import Command
from packetflow.errors import NoRunner
from packetflow.kernel.ids import short

if TYPE_CHECKING:
    from pathlib import Path

    from packetflow.cli.running import Request
    from packetflow.workspace.workspace import Workspace

_PATIENCE_SECONDS = 30.0


def begin(command: Command, ws: Workspace, request: Request, execution_id: str) -> None:
    """Start a process that runs it, and answer once it has begun.

    Raises:
        NoRunner: The process ended, or did not begin within half a minute.
    """
    log = ws.folder.state / "background" / f"{execution_id}.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    process = _spawn(ws, request, execution_id, log)
    end = time.monotonic() + _PATIENCE_SECONDS
    while not ws.archive.records(execution_id):
        code = process.poll()
        if code is not None or time.monotonic() > end:
            process.kill()
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            last = said[-1] if said else f"exit code {code}"
            raise NoRunner(f"the background process did not begin: {last} (see {log})")
        time.sleep(0.02)
    end_of_id = short(execution_id)
    command.answer(
        {"execution_id": execution_id, "status": "running", "pid": process.pid, "log": str(log)},
        f"running in the background  {execution_id}\n  packetflow runs {end_of_id}",
    )


def _spawn(
    ws: Workspace, request: Request, execution_id: str, log: Path
) -> subprocess.Popen[bytes]:
    words = [
        sys.executable,
        "-m",
        "packetflow",
        "run",
        request.name,
        *request.words,
        "--json",
        "--quiet",
    ]
    words += ["--workspace", str(ws.folder.path), "--execution-id", execution_id]
    words += ["--wait-seconds", str(ws.engine.passivate_after or 0)]
    words += [] if request.file is None else ["--input", request.file]
    words += [] if request.user is None else ["--user", request.user]
    for key, value in request.tags.items():
        words += ["--tag", f"{key}={value}"]
    descriptor = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        process = subprocess.Popen(  # our own command
            words,
            stdin=subprocess.DEVNULL if request.piped is None else subprocess.PIPE,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    if request.piped is not None and process.stdin is not None:
        with process.stdin as pipe:
            pipe.write(request.piped.encode("utf-8", "surrogateescape"))
    threading.Thread(target=process.wait, name="packetflow-background", daemon=True).start()
    return process
