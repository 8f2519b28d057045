"""Locks on files, where the process may be forked at any moment.

A lock (``flock``) belongs to the open file, of which a forked child has a copy: it stays until that
is closed, too. So what holds files is told in a child that was forked, so that it lets go of the
parent's. That may be late, and one that only starts another program is never told: so who gives a
lock back takes it from all copies, see `let_go`.

A hook for forks cannot be taken back, so there is one for all, over objects that may go meanwhile.
"""

from __future__ import annotations

import fcntl
import os
import weakref
from typing import Final, Protocol


class Forkable(Protocol):
    """Has files or locks that a forked child must not use."""

    def forked(self) -> None:
        """Called in a forked child, before anything else runs there."""
        ...


_open: Final[weakref.WeakSet[Forkable]] = weakref.WeakSet()


def tell_when_forked(one: Forkable) -> None:
    """Have an object told in every child that is forked while it lives."""
    _open.add(one)


def let_go(lock: int) -> None:
    """Give a lock back and close its file, whoever else has a copy of it.

    Not for a forked child, nor for a lock that was handed on: there the others need it.

    Args:
        lock: The descriptor, whether it holds the lock or not.
    """
    try:
        fcntl.flock(lock, fcntl.LOCK_UN)
    finally:
        os.close(lock)


def _tell_all() -> None:
    for one in list(_open):
        one.forked()


os.register_at_fork(after_in_child=_tell_all)
