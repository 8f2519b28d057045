"""What a forked child has of this process before any code runs in it: copies of its open files."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

DESCRIPTORS = range(3, 4096)


@contextlib.contextmanager
def copied(path: Path) -> Iterator[None]:
    """Copy all descriptors that lead to a file, as a fork does, and close them at the end.

    A lock belongs to what copies share, whether they are in this process or in another one.
    """
    sought, found = path.stat(), []
    for descriptor in DESCRIPTORS:
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(descriptor), sought):
                found.append(descriptor)
    assert found, f"{path} is not open"
    copies = [os.dup(descriptor) for descriptor in found]
    try:
        yield
    finally:
        for descriptor in copies:
            os.close(descriptor)


def is_free(path: Path) -> bool:
    """Tell whether nobody has a lock on a file."""
    with path.open("rb+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
