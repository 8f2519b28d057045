"""Which folders of exports may go: those that nobody has used for long, with nothing left open.

Each content of an export has a folder of its own, which keeps its calls, so new versions leave
old ones behind. A folder goes when it was not used for `DAYS` days, no living process has it,
every execution in it has ended, and its tools have written no files there. In doubt it stays.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from packetflow.kernel.records import FINAL, ExecutionEnded, ExecutionStarted
from packetflow.store.files import places
from packetflow.store.frames import is_dead, segments
from packetflow.store.journal_index import picked
from packetflow.workspace.presence import is_locked

DAYS: Final = 90.0
VARIABLE: Final = "PACKETFLOW_KEEP_DAYS"
"""The environment variable that names other days; 0 keeps everything."""

_EXPORT: Final = re.compile(r"[^.].*-[0-9a-f]{16}")
_TAGS: Final = frozenset({b"exec", b"end"})


def days_of(environment: Mapping[str, str]) -> float:
    """So many days folders are kept; 0 for always, also when what is said is no number."""
    said = environment.get(VARIABLE, "")
    try:
        return max(float(said), 0.0) if said else DAYS
    except ValueError:
        return 0.0


def forget_old(state: Path, *, days: float = DAYS) -> list[str]:
    """Take away the folders of exports that may go; answers their names.

    Args:
        state: Where exports keep their folders.
        days: So long a folder must not have been used; 0 takes nothing away.
    """
    gone = []
    for folder in sorted(state.iterdir()) if days else ():
        try:
            if _EXPORT.fullmatch(folder.name) and _is_old(folder, days) and _is_settled(folder):
                away = folder.with_name(f".{folder.name}-forgotten")  # swept when this is killed
                folder.rename(away)
                if not _is_old(away, days):  # somebody has begun to use it meanwhile
                    away.rename(folder)
                    continue
                shutil.rmtree(away, ignore_errors=True)
                gone.append(folder.name)
        except (OSError, ValueError):  # somebody is quicker, or it cannot be read: it stays
            continue
    return gone


def _is_old(folder: Path, days: float) -> bool:
    """Whether it is of this user, and was not used since; a start touches it."""
    facts = folder.lstat()
    if folder.is_symlink() or facts.st_uid != os.geteuid():
        return False
    kept = folder / "workspace" / ".packetflow"
    times = [facts.st_mtime]
    for path in (kept, kept / "runners", *segments(places(folder / "workspace").journal)):
        with contextlib.suppress(FileNotFoundError):
            times.append(path.stat().st_mtime)
    return time.time() - max(times) > days * 24 * 3600


def _has_own_files(workspace: Path, unpacked: float) -> bool:
    """Whether its tools have written any: since the last of what an export carries was unpacked."""
    for place, folders, files in os.walk(workspace):
        folders[:] = [one for one in folders if one not in {".packetflow", "__pycache__"}]
        if any(Path(place, one).lstat().st_ctime > unpacked for one in files):
            return True
    return False


def _is_settled(folder: Path) -> bool:
    """Whether it is an export's that nobody has, and every execution in it has ended."""
    workspace = folder / "workspace"
    core = folder / "core" / "packetflow" / "__init__.py"
    if _has_own_files(workspace, core.lstat().st_ctime):
        return False
    found = places(workspace)
    if found.database.exists():
        return False  # a studio has opened it: the journals may not tell all
    locks = (workspace / ".packetflow" / "runners").glob("*.lock")
    if any(is_locked(workspace, one.stem) for one in locks):
        return False
    began, ended = set(), set()
    for path in segments(found.journal):
        if not is_dead(path):
            return False
        for record in picked(path, lambda tag, _: tag in _TAGS):
            if isinstance(record, ExecutionStarted):
                began.add(record.execution_id)
            elif isinstance(record, ExecutionEnded) and record.status in FINAL:
                ended.add(record.execution_id)
    return began <= ended
