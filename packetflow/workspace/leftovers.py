"""Takes away what a process that was killed in the midst of a save has left."""

from __future__ import annotations

import contextlib
import re
import stat
import time
from pathlib import Path
from typing import Final

OLD_SECONDS: Final = 60.0
"""To write a file takes milliseconds; one that was begun before has nobody who ends it."""

_UNFINISHED: Final = re.compile(r"\.[^/]+\.(?:yaml|view\.json)\.[\w-]+")


def take_away_leftovers(pipelines: Path) -> None:
    """Take away the unfinished files of a workspace's folder of pipelines, as far as they are old.

    Only plain files whose names are those that a save gives: ``.NAME.yaml.CLIENT``. What cannot be
    taken away stays.
    """
    before = time.time() - OLD_SECONDS
    with contextlib.suppress(OSError):
        for path in pipelines.glob(".*"):
            with contextlib.suppress(OSError):
                facts = path.lstat()
                is_old = stat.S_ISREG(facts.st_mode) and facts.st_mtime < before
                if is_old and _UNFINISHED.fullmatch(path.name):
                    path.unlink()
