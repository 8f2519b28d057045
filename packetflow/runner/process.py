"""The life of a runner process: load the user's code, say where it answers, serve, leave."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import io
import logging
import os
import resource
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn, TextIO, cast

import msgspec

from packetflow.engine.printed import Printed
from packetflow.engine.stalls import Stalls
from packetflow.errors import NoRunner, PacketFlowError, WorkspaceError
from packetflow.kernel.ids import new_id
from packetflow.runner.card import (
    RunnerCard,
    card_path,
    current_path,
    log_path,
    read_card,
    sweep,
    write_card,
)
from packetflow.runner.launch import (
    HOST,
    Order,
    Ready,
    is_taken,
    launch,
    open_log,
    start_lock,
)
from packetflow.runner.port import MakeHost, RunnerHost
from packetflow.runner.server import RunnerServer
from packetflow.runner.settings import RunnerSettings, read_settings
from packetflow.runner.watch import CodeWatch
from packetflow.store.forking import let_go
from packetflow.workspace.presence import Presence, state_of

MIB: Final = 1 << 20

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """What a runner process was started to do.

    Attributes:
        folder: The workspace.
        host: ``module:name`` of what makes the host.
        replaces: The runner that it takes the place of, if any.
        ready_fd: Where to report `Ready`, one line of JSON; ``None``: to nobody.
        lock_fd: The start lock, already held; ``None``: take it.
    """

    folder: Path
    host: str = HOST
    replaces: str = ""
    ready_fd: int | None = None
    lock_fd: int | None = None


def live(task: Task) -> NoReturn:
    """Be a runner until nobody needs it. The process ends here, whatever its threads do."""
    code = 1
    try:
        code = _live(task)
    except PacketFlowError as error:
        log.error("%s", error.message)
        _report(task, Ready(error=error.message))
    except BaseException as error:  # supervision border: the starter gets the reason
        log.exception("the runner ends")
        _report(task, Ready(error=f"{type(error).__name__}: {error}"))
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def _live(task: Task) -> int:
    folder = task.folder
    if not folder.is_dir():
        raise WorkspaceError(f"no workspace folder at {folder}", folder=str(folder))
    for descriptor in (task.ready_fd, task.lock_fd):
        if descriptor is not None:
            os.set_inheritable(descriptor, False)  # noqa: FBT003 - its only form
    state_of(folder).mkdir(exist_ok=True, mode=0o700)
    _write_to_log(folder)
    settings = read_settings(folder)
    _limit_memory(settings)
    presence = Presence(folder, new_id())
    try:
        if task.lock_fd is not None:
            return _serve(task, settings, presence, task.lock_fd)
        with start_lock(folder, settings.start_seconds) as lock:
            return _serve(task, settings, presence, os.dup(lock))
    finally:
        card_path(folder, presence.runner).unlink(missing_ok=True)
        presence.close()


def _write_to_log(folder: Path) -> None:
    """Send all that is printed, by Python or below it, to the log file."""
    with open_log(log_path(folder)) as descriptor:
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
    for stream in (sys.stdout, sys.stderr):
        cast("io.TextIOWrapper", stream).reconfigure(line_buffering=True, errors="replace")
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format=f"%(asctime)s {os.getpid()} %(levelname)s %(name)s: %(message)s",
    )
    sys.stdout = cast("TextIO", Printed(sys.stdout))  # and into the log lines of who prints
    logging.getLogger("websockets").setLevel(logging.ERROR)
    logging.getLogger("watchfiles").setLevel(logging.ERROR)


def _limit_memory(settings: RunnerSettings) -> None:
    if settings.memory_limit_mb is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = settings.memory_limit_mb * MIB
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _serve(task: Task, settings: RunnerSettings, presence: Presence, lock: int) -> int:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    Stalls(loop, threading.current_thread())  # for as long as this process lives
    life = Life(task, settings, presence, lock)
    return loop.run_until_complete(life.live())


class Life:
    """One runner on its event loop."""

    def __init__(self, task: Task, settings: RunnerSettings, presence: Presence, lock: int) -> None:
        self._task = task
        self._settings = settings
        self._presence = presence
        self._lock = lock

    async def live(self) -> int:
        """Start, serve, leave; answers the exit code."""
        folder, settings = self._task.folder, self._settings
        before = read_card(current_path(folder))
        if before is not None and is_taken(folder, before, self._task.replaces, settings):
            _report(self._task, Ready(before.runner, was_there=True))
            return 0
        runner = self._presence.runner
        loop = asyncio.get_running_loop()
        self._presence.beat_on(loop, stale_seconds=settings.stale_seconds)
        watch = CodeWatch(folder)
        host = _make_host(self._task.host, folder, runner)
        await host.open()
        generation = 1 if before is None else before.generation + 1
        server = RunnerServer(
            host,
            folder,
            runner,
            generation=generation,
            settings=settings,
            replace=self._replace,
        )
        card = await server.listen()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.stop)
        write_card(current_path(folder), card)
        let_go(self._lock)
        _report(self._task, Ready(runner))
        log.info("runner %s, generation %d, answers on port %d", runner, generation, card.port)
        sweep(folder)
        watching = None
        if settings.watch:
            watching = asyncio.create_task(_heed(watch, server))
        await server.until_unneeded()
        if watching is not None:
            watch.stop()
            await asyncio.wait({watching}, timeout=1)
        log.info("runner %s leaves", runner)
        return 0

    async def _replace(self) -> RunnerCard:
        task = self._task
        order = Order(task.folder, task.host, self._presence.runner)
        return await asyncio.to_thread(launch, order, self._settings)


async def _heed(watch: CodeWatch, server: RunnerServer) -> None:
    try:
        await watch.follow(server.reload_or_complain)
    except Exception:  # supervision border: without the watch, reloading by hand still works
        log.exception("changed capability files are not noticed any more")


def _make_host(address: str, folder: Path, runner: str) -> RunnerHost:
    module, _, name = address.partition(":")
    make: MakeHost | None = getattr(importlib.import_module(module), name, None)
    if make is None:
        raise NoRunner(f"{address!r} names no host")
    return make(folder, runner=runner)


def _report(task: Task, ready: Ready) -> None:
    if task.ready_fd is None:
        return
    with contextlib.suppress(OSError):
        os.write(task.ready_fd, msgspec.json.encode(ready) + b"\n")
        os.close(task.ready_fd)
