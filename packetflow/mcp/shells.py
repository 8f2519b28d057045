"""How commands are written for a shell, so that each word stays one word."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Shell:
    """How a shell is written to: *word* quotes a word, *variable* names a variable in quotes."""

    language: str
    word: Callable[[str], str]
    variable: Callable[[str], str]

    def line(self, words: Iterable[str]) -> str:
        """A command of one line."""
        return " ".join(self.word(word) for word in words)


_BARE: Final = re.compile(r"(?!--$)[A-Za-z0-9_./:\\=-]+")


def _powershell_word(word: str) -> str:
    """A word for PowerShell, which takes a bare ``--`` away."""
    return word if _BARE.fullmatch(word) else "'" + word.replace("'", "''") + "'"


BASH: Final = Shell("bash", shlex.quote, lambda name: f"${name}")
POWERSHELL: Final = Shell("powershell", _powershell_word, lambda name: f"$env:{name}")
