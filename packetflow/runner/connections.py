"""Finds, starts, keeps and leaves the runners that a client talks to."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

from packetflow.errors import NoRunner, RunElsewhere
from packetflow.runner.card import RunnerCard, card_path, current_path, read_card
from packetflow.runner.launch import Order, launch
from packetflow.runner.link import Unreachable
from packetflow.runner.settings import read_settings
from packetflow.workspace.presence import is_locked

RETRY_SECONDS: Final = 0.05
REMEMBERED: Final = 1000


class Connection(Protocol):
    """One connection to one runner."""

    card: RunnerCard

    @property
    def is_open(self) -> bool:
        """False once it is gone."""
        ...

    @property
    def is_awaited(self) -> bool:
        """True while an answer is outstanding."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


Kind = TypeVar("Kind", bound=Connection)


class Connections(Generic[Kind]):
    """The connections of one client: to the current runner, and to replaced ones that still work.

    Args:
        order: Which runner to start where there is none.
        connect: Opens one; raises `Unreachable` where nobody answers.
        start: Whether to start one.
    """

    def __init__(
        self, order: Order, connect: Callable[[RunnerCard, float], Kind], *, start: bool
    ) -> None:
        self._folder: Path = order.folder
        self._card_path = str(current_path(order.folder))
        self._order = order
        self._connect = connect
        self._start = start
        self._settings = read_settings(order.folder)
        self._lock = threading.RLock()
        self._current: Kind | None = None
        self._others: dict[str, Kind] = {}
        self._where: OrderedDict[str, Kind] = OrderedDict()
        self._seen: tuple[int, int] | None = None
        self._closed = False

    def close(self) -> None:
        """Close all connections and open no more."""
        with self._lock:
            self._closed = True
            links = [*self._others.values(), *self._where.values()]
            if self._current is not None:
                links.append(self._current)
            self._current = None
            self._others.clear()
            self._where.clear()
        for link in {id(one): one for one in links}.values():
            link.close()

    def ready(self) -> Kind | None:
        """The connection to the runner that takes new runs, if it is open; never waits long."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            link = self._current
            if link is None or not link.is_open or self._has_successor(link):
                return None
            return link
        finally:
            self._lock.release()

    def known(self, execution_id: str) -> Kind | None:
        """The open connection that leads to an execution, if there is one."""
        with self._lock:
            link = self._where.get(execution_id)
        return link if link is not None and link.is_open else None

    def remember(self, execution_id: str, link: Kind) -> None:
        """Keep which connection leads to an execution; of many, to the latest ones.

        Where it is not known, the current runner says which it is.
        """
        with self._lock:
            self._where[execution_id] = link
            if len(self._where) > REMEMBERED:
                self._where.popitem(last=False)

    def let_go(self, link: Kind) -> None:
        """Ask this runner nothing new; its executions are followed to their end."""
        with self._lock:
            if link is self._current:
                self._current = None
            if link.is_awaited:
                self._keep_apart(link)
                return
        link.close()

    def _keep_apart(self, link: Kind) -> None:
        self._others = {name: one for name, one in self._others.items() if one.is_open}
        self._others[link.card.runner] = link

    def current(self) -> Kind:
        """The connection to the runner that takes new runs.

        Raises:
            NoRunner: None answers and none could be started.
        """
        with self._lock:
            if self._closed:
                raise NoRunner("this client is closed")
            link = self._current
            if link is None or not link.is_open:
                link = self._current = self._connected()
            elif self._has_successor(link):
                self._keep_apart(link)  # somebody may be about to send; it leaves by itself
                link = self._current = self._connected()
            return link

    def _has_successor(self, link: Kind) -> bool:
        """Whether another living runner has taken its place, which it may not know itself yet."""
        found = _written(self._card_path)
        if found is not None and found == self._seen:
            return False  # as it was when there was no other
        self._seen = None
        card = read_card(current_path(self._folder))
        if card is not None and card.runner == link.card.runner:
            self._seen = found
        if card is None or card.runner == link.card.runner:
            return False
        return is_locked(self._folder, card.runner)

    def _connected(self) -> Kind:
        deadline = time.monotonic() + self._settings.start_seconds
        while True:
            card = read_card(current_path(self._folder))
            if card is None or not is_locked(self._folder, card.runner):
                if not self._start:
                    raise NoRunner(f"no runner answers for {self._folder}; start one")
                card = launch(self._order, self._settings)
            try:
                return self._open(card)
            except Unreachable as error:
                if time.monotonic() > deadline:
                    raise NoRunner(
                        f"the runner of {self._folder} (process {card.pid}) does not answer: "
                        f"{error}; end it and try again"
                    ) from error
            if self._start:
                launch(self._order, self._settings)
            time.sleep(RETRY_SECONDS)

    def _open(self, card: RunnerCard) -> Kind:
        return self._connect(card, self._settings.stale_seconds)

    def elsewhere(self, error: RunElsewhere) -> Kind:
        """The connection to the runner that an error names.

        Raises:
            RunElsewhere: That runner does not answer.
        """
        runner: str = error.__dict__["runner"]
        with self._lock:
            found = self._others.get(runner)
            if found is not None and found.is_open:
                return found
        card = read_card(card_path(self._folder, runner))
        if card is None:
            raise error
        try:
            link = self._open(card)
        except Unreachable:
            raise error from None
        with self._lock:
            self._others[runner] = link
        return link


def _written(path: str) -> tuple[int, int] | None:
    """What tells a file from the one that takes its place; ``None`` when it is not there."""
    try:
        facts = os.stat(path)  # noqa: PTH116 - on the way of every request
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_ino
