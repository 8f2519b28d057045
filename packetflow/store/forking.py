"""What holds files is told in a child process that was forked, so that it lets go of the parent's.

A hook for forks cannot be taken back, so there is one for all, over objects that may go meanwhile.
"""

from __future__ import annotations

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


def _tell_all() -> None:
    for one in list(_open):
        one.forked()


os.register_at_fork(after_in_child=_tell_all)
