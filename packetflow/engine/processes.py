"""Worker processes for heavy computation: killed, not asked, when a step is cancelled.

Values travel by pickle between this process and its own children only; nothing pickled is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import pickle
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from packetflow.engine.importing import import_file
from packetflow.engine.threads import harmless
from packetflow.engine.trail import carry_trail, trail_of
from packetflow.errors import RunnerLost

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Address: TypeAlias = tuple[str, str, str]
"""Module, qualified name, source file of a function."""


PIPE_BYTES = 32_768
"""What fits into a pipe without anybody reading."""


def _find(address: Address) -> Any:
    module_name, qualname, file = address
    module = sys.modules.get(module_name)
    if module is None or module_name == "__main__":
        module = _load(module_name, file)
    found: Any = module
    for part in qualname.split("."):
        found = getattr(found, part)
    return getattr(found, "fn", found)


def _load(module_name: str, file: str) -> Any:
    if module_name == "__main__":
        return import_file("_packetflow_main", file)
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError:
        return import_file(module_name, file)


def _work(pipe: Connection) -> None:
    """The life of a worker: one call after another."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            address, inputs = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: tuple[bool, Any, str] = (True, _find(address)(**inputs), "")
        except BaseException as error:  # noqa: BLE001 - carried to the parent
            answer = (False, error, trail_of(error))
        pipe.send_bytes(_packed(answer))


def _packed(answer: tuple[bool, Any, str]) -> bytes:
    """The answer as bytes that can be read back; what cannot travel is an answer too."""
    fine, value, trail = answer
    try:
        packed = pickle.dumps(answer)
        if not fine:
            pickle.loads(packed)  # our own bytes; some exceptions do not survive this
    except Exception as error:  # noqa: BLE001 - a border: the value is the user's
        text = f"{type(value).__name__}: {value}"
        if fine:
            text = f"its result cannot leave the process: {error}"
        made = TypeError(text) if fine else RuntimeError(text)
        return pickle.dumps((False, made, trail))
    return packed


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """How the Python files of a folder stand; a worker that read them earlier is out of date."""
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                state = entry.stat()
                found.append((entry.name, state.st_mtime_ns, state.st_size))
    return tuple(sorted(found))


class _Worker:
    __slots__ = ("pipe", "process", "read")

    def __init__(self) -> None:
        self.read: dict[Path, tuple[tuple[str, int, int], ...]] = {}
        import multiprocessing  # few workspaces have steps that run in processes

        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()

    def kill(self) -> None:
        self.process.kill()
        self.pipe.close()


class Processes:
    """A few worker processes; idle ones are kept for the next call."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most or os.cpu_count() or 2
        self._idle: list[_Worker] = []
        self._slots: asyncio.Semaphore | None = None
        self._closed = False

    async def call(self, address: Address, inputs: Mapping[str, Any]) -> Any:
        """Call the function at *address* in a worker.

        Raises:
            RunnerLost: The worker died, for example because memory ran out.
            TypeError: An input cannot be sent to another process.
            Exception: What the function raised.
        """
        try:
            request = pickle.dumps((address, dict(inputs)))
        except Exception as error:
            message = f"an input of {address[1]!r} cannot be sent to its process: {error}"
            raise TypeError(message) from error
        if self._slots is None:
            self._slots = asyncio.Semaphore(self._most)
        async with self._slots:
            folder = Path(address[2]).parent
            stamp = _stamp(folder)
            worker = self._living(folder, stamp) or await self._begun()
            worker.read[folder] = stamp
            try:
                await self._send(worker, request)
                await self._readable(worker)
                fine, answer, trail = worker.pipe.recv()
            except (EOFError, OSError) as error:
                worker.process.join(1)
                code = worker.process.exitcode
                worker.kill()
                raise RunnerLost(f"the process of {address[1]!r} {_ending(code)}") from error
            except BaseException:
                worker.kill()
                raise
            self._idle.append(worker)
        if fine:
            return answer
        carry_trail(answer, trail)
        raise harmless(answer)

    def _living(self, folder: Path, stamp: tuple[tuple[str, int, int], ...]) -> _Worker | None:
        """An idle worker that is still alive and has read nothing older than what stands there."""
        while self._idle:
            worker = self._idle.pop()
            if worker.process.is_alive() and worker.read.get(folder, stamp) == stamp:
                return worker
            worker.kill()
        return None

    async def _begun(self) -> _Worker:
        """A new worker; one that is ready only after a cancellation waits for the next call."""
        starting = asyncio.ensure_future(asyncio.to_thread(_Worker))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(self._spare)
            raise

    def _spare(self, started: asyncio.Future[_Worker]) -> None:
        if started.cancelled() or started.exception() is not None:
            return
        if self._closed:
            started.result().kill()
        else:
            self._idle.append(started.result())

    async def _send(self, worker: _Worker, request: bytes) -> None:
        if len(request) < PIPE_BYTES:
            worker.pipe.send_bytes(request)
            return
        # a large one waits until the worker reads, which must not hold up the loop
        sending = asyncio.ensure_future(asyncio.to_thread(worker.pipe.send_bytes, request))
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            worker.process.kill()  # ends the sending too
            await asyncio.wait([sending])
            sending.exception()
            raise

    async def _readable(self, worker: _Worker) -> None:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        descriptor = worker.pipe.fileno()

        def arrived() -> None:
            if not ready.done():
                ready.set_result(None)

        loop.add_reader(descriptor, arrived)
        try:
            await ready
        finally:
            loop.remove_reader(descriptor)

    def close(self) -> None:
        """End the workers."""
        self._closed = True
        for worker in self._idle:
            worker.kill()
        self._idle.clear()


def _ending(code: int | None) -> str:
    if code is None:
        return "stopped answering"
    if code < 0:
        name = signal.Signals(-code).name
        memory = " (perhaps memory ran out)" if name == "SIGKILL" else ""
        return f"was killed by {name}{memory}"
    return f"exited by itself with code {code}"
