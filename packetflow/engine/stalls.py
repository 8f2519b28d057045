"""Code that holds up the event loop, told by step, file and line.

An ``async def`` that calls `time.sleep`, or waits for a network without ``await``, stops everything
else in its process: other runs, their time limits, the heartbeat. A thread beside the loop asks it
twice a second whether it turns. Only when it does not, and one and the same call of a user's
function is on its stack at two looks, that call is named: so a step pays nothing for it, and a long
turn of many quick steps is nobody's fault.
"""

from __future__ import annotations

import asyncio
import inspect
import linecache
import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any, Final

from packetflow.engine.events import Logged
from packetflow.errors import PacketFlowError
from packetflow.frames import LONGEST_LINE, is_installed, is_theirs
from packetflow.kernel.records import LogLine

log = logging.getLogger(__name__)

HELD_SECONDS: Final = 0.5
"""A turn of the loop that takes longer is looked into."""

_MOST_REMEMBERED: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Call:
    """A user's function on the loop: its outermost frame, its innermost line, and its step."""

    outer: FrameType
    inner: FrameType
    step: str
    frame: Any

    def __str__(self) -> str:
        code, line = self.inner.f_code, self.inner.f_lineno
        source = linecache.getline(code.co_filename, line).strip()[:LONGEST_LINE]
        mend = (
            "write it as a plain `def`, which runs in a thread, or await what it waits for"
            if self.outer.f_code.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR)
            else "without run_in='loop' it runs in a thread"
        )
        return (
            f"step {self.step!r} holds up everything in this process: "
            f"{source or code.co_name} ({code.co_filename}, line {line}); {mend}"
        )


class Stalls:
    """Watches one loop from a daemon thread until it is closed.

    Args:
        loop: The loop.
        thread: The thread that it runs in.
        seconds: How long a turn may take.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        thread: threading.Thread,
        *,
        seconds: float = HELD_SECONDS,
    ) -> None:
        self._loop = loop
        self._thread = thread
        self._seconds = seconds
        self._closed = threading.Event()
        self._told: set[tuple[str, str]] = set()
        self._named: set[CodeType] = set()
        threading.Thread(target=self._watch, name="packetflow-stalls", daemon=True).start()

    def close(self) -> None:
        """Watch no longer."""
        self._closed.set()

    def _watch(self) -> None:
        while not self._closed.wait(self._seconds):
            turned = threading.Event()
            try:
                self._loop.call_soon_threadsafe(turned.set)
            except RuntimeError:
                return  # the loop has closed
            call = None
            while call is None and not (turned.is_set() or self._closed.is_set()):
                call = self._held(turned)
            if call is not None:
                self._tell(call)
            del call  # a frame keeps its values alive
            while not (turned.wait(self._seconds) or self._closed.is_set()):
                pass

    def _held(self, turned: threading.Event) -> _Call | None:
        """The call that the loop has been in for all of the time, if there is one."""
        asked = time.monotonic()
        if turned.wait(self._seconds / 2):
            return None
        before = self._call()
        if before is None or turned.wait(self._seconds / 2):
            return None
        now = self._call()
        if time.monotonic() - asked > 2 * self._seconds:
            return None  # this thread was held up too: the process slept, or had no processor
        return now if now is not None and now.outer is before.outer else None

    def _call(self) -> _Call | None:
        """The user's function that the loop is in now, if it is in one."""
        inside: list[FrameType] = []
        callers = _callers()
        for frame in _outwards(sys._current_frames().get(self._thread.ident or 0)):  # noqa: SLF001 - its purpose
            if frame.f_code in callers:
                break
            inside.append(frame)
        else:
            return None
        outer = next((one for one in reversed(inside) if is_theirs(one.f_code)), None)
        if outer is None:
            return None
        own = (one for one in inside if not is_installed(one.f_code.co_filename))
        here = frame.f_locals
        step, at = callers[frame.f_code]
        return _Call(outer, next(own, outer), getattr(here["self"], step), _at(here, at))

    def _tell(self, call: _Call) -> None:
        """Say it in the log of each execution, and once for each function in the program's."""
        run, text = call.frame.run, str(call)
        if (run.id, call.step) not in self._told:
            if len(self._told) >= _MOST_REMEMBERED:
                self._told.clear()
            self._told.add((run.id, call.step))
            self._keep(call, run.scrubbed(text))
        if call.outer.f_code not in self._named:
            self._named.add(call.outer.f_code)
            log.warning("%s", text)

    def _keep(self, call: _Call, text: str) -> None:
        run, at = call.frame.run, call.frame.run.engine.clock.wall_ns()
        with suppress(PacketFlowError, RuntimeError):  # a full disk, or a closed loop
            run.append(LogLine(run.id, 0, at, "stall", "warning", text, {"step": call.step}))
            event = Logged(run.id, call.step, call.frame.path, "warning", text)
            self._loop.call_soon_threadsafe(run.tell, event)


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _at(here: dict[str, Any], name: str) -> Any:
    return here[name] if name in here else getattr(here["self"], name)


def _callers() -> dict[CodeType, tuple[str, str]]:
    """Where user code is called on the loop: what holds the step's id there, and the frame."""
    from packetflow.engine.patience import Patient
    from packetflow.engine.use import AsyncUse, InlineUse, UseNode

    nodes = (AsyncUse.begin, InlineUse.begin, UseNode.perform)
    found = {function.__code__: ("id", "frame") for function in nodes}
    for function in (Patient.__await__, Patient._ending):  # noqa: SLF001 - the same layer
        found[function.__code__] = ("_step", "_frame")
    return found
