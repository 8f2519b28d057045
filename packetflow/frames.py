"""Whose code a frame runs, the user's or somebody else's; and errors as a notebook shows them."""

from __future__ import annotations

import linecache
import re
import sysconfig
from pathlib import Path
from traceback import walk_tb
from types import CodeType
from typing import Final

MOST_PLACES: Final = 6
LONGEST_LINE: Final = 200

OURS: Final = f"{Path(__file__).parent}/"
_PYTHON: Final = f"{sysconfig.get_paths()['stdlib']}/"
_CELL: Final = re.compile(r"<ipython-input-|.*[/\\]ipykernel_\d+[/\\]")
_MARKED: Final = "\x1b[1m{}\x1b[0m"  # bold: notebooks' own red on their own pink is hard to read


def is_installed(file: str) -> bool:
    """Tell Python's own files and installed packages from those a user writes.

    >>> is_installed(linecache.__file__), is_installed("flows/capabilities/steps.py")
    (True, False)
    """
    return file.startswith((_PYTHON, OURS, "<")) or "-packages/" in file


def is_theirs(code: CodeType) -> bool:
    """Tell whether user code begins in this frame; installed packages may be users' too."""
    file = code.co_filename
    if file.startswith(OURS):
        return False
    return "-packages/" in file or not file.startswith((_PYTHON, "<"))


def in_a_cell(error: BaseException) -> list[str]:
    """What a notebook shows of an error of ours: what is wrong, and one's own lines that led there.

    Args:
        error: As it was raised; the lines of what caused it follow.

    Returns:
        Lines, the first in bold.
    """
    title = f"{type(error).__name__}: {error}"
    lines = [_MARKED.format(title)]
    seen: BaseException | None = error
    while seen is not None:
        places = _places(seen)
        if seen is not error and places and str(seen) not in title:
            lines.append(f"because of {type(seen).__name__}: {seen}")
        lines += places
        seen = seen.__cause__
    return lines


def _places(error: BaseException) -> list[str]:
    found = []
    for frame, line in walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        in_cell = _CELL.match(file) is not None
        if in_cell or not is_installed(file):
            where = f"line {line} of the cell" if in_cell else f"{file}, line {line}"
            source = linecache.getline(file, line).strip()[:LONGEST_LINE]
            found.append(f"  {where}: {source}")
    return found[-MOST_PLACES:]
