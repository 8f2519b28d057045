"""Which draft goes by which name: small files that name a draft's file.

A draft keeps its file when its pipeline gets another name; the old name goes on to mean it until
there is another pipeline of that name.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from packetflow.store.forking import let_go


@contextlib.contextmanager
def names_held(folder: Path) -> Iterator[None]:
    """Hold the names of a folder of drafts against all other threads and processes."""
    lock = os.open(folder / "names.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        let_go(lock)


def pointer(folder: Path, name: str) -> Path:
    """The file that says which draft a name means."""
    if not re.fullmatch(r"[a-z0-9_-]{1,60}", name):
        short = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        name = f"{re.sub(r'[^A-Za-z0-9_-]', '_', name)[:40]}.{short}"
    return folder / f"{name}.at"


def point(log: Path, name: str) -> None:
    """Let a name mean a draft from now on; only while the names or the draft are held.

    Who holds a draft must not wait for the names: who holds those may wait for the draft.
    """
    scratch = log.with_suffix(".at-new")
    scratch.write_text(log.name, encoding="utf-8")
    scratch.replace(pointer(log.parent, name))


def pointed(folder: Path, name: str) -> Path | None:
    """The file of the draft that a name means, if it means one."""
    try:
        said = pointer(folder, name).read_text(encoding="utf-8").strip()
    except OSError:
        return None
    path = folder / Path(said).name
    return path if path.is_file() else None
