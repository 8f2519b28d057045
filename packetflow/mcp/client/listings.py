"""What servers said last of themselves, kept beside the journals.

So a catalog knows a server's tools without asking it, and every process of a workspace knows the
same ones: whoever hears of a change writes the file, and the others see that it has changed.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from packetflow.kernel.ids import new_id
from packetflow.mcp.client.facts import ServerFacts
from packetflow.workspace.presence import state_of


def listing_path(folder: Path, server: str) -> Path:
    """The file of one server."""
    return state_of(folder) / "mcp" / f"{server}.json"


def log_path(folder: Path, server: str) -> Path:
    """Where a server that is started here writes what it says besides."""
    return listing_path(folder, server).with_suffix(".log")


def read_listing(path: Path) -> ServerFacts | None:
    """What the file says; ``None`` if there is none, or another version wrote it."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ServerFacts)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def keep_listing(path: Path, facts: ServerFacts) -> bool:
    """Keep what a server says; answers whether it is news. A full disk keeps nothing."""
    if read_listing(path) == facts:
        return False
    scratch = path.with_name(f".{path.name}.{new_id()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        scratch.write_bytes(msgspec.json.format(msgspec.json.encode(facts), indent=1))
        scratch.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
    return True


def stamp(path: Path) -> tuple[int, int]:
    """Changes when the file does."""
    try:
        state = path.stat()
    except OSError:
        return 0, 0
    return state.st_mtime_ns, state.st_size
