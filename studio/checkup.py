"""What the page *Settings* shows of a workspace: sizes, processes, models, and the doctor's checks.

The doctor imports the workspace's capabilities, so it runs as a process of its own, with a time
limit. Of environment variables only names are looked at, and whether they are set.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from packetflow.errors import WorkspaceError
from packetflow.runner.card import current_path, read_card
from packetflow.store.files import places
from packetflow.store.talk import read_card as read_owner
from packetflow.version import VERSION
from packetflow.workspace.presence import is_locked
from studio.commands import answer_of

DOCTOR_SECONDS: Final = 90.0
MOST_FILES: Final = 50_000
MODEL: Final = "PACKETFLOW_MODEL"
KEYS: Final = (
    "ANTHROPIC_API_KEY", "AZURE_API_KEY", "COHERE_API_KEY", "DEEPSEEK_API_KEY", "GEMINI_API_KEY",
    "GROQ_API_KEY", "MISTRAL_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY", "XAI_API_KEY",
)  # fmt: skip
"""The usual names of keys, told also when they are not set."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some files of the workspace's state: how many, and how many bytes they have together."""

    name: str
    files: int
    size: int


def parts(folder: Path) -> list[Part]:
    """What the workspace keeps, by kind; at most `MOST_FILES` files of each are counted."""
    spots = places(folder)
    found = []
    for name, place in {
        "Journals": spots.journal, "Database": spots.database, "Large values": spots.artifacts,
        "Archive": spots.archive, "What runs ran": spots.state / "definitions",
        "Drafts": spots.state / "drafts", "Uploads": spots.state / "uploads",
    }.items():  # fmt: skip
        sizes = _sizes(place)
        found.append(Part(name, len(sizes), sum(sizes)))
    return found


def _sizes(place: Path) -> list[int]:
    sizes: list[int] = []
    waiting = [place]
    while waiting and len(sizes) < MOST_FILES:
        here = waiting.pop()
        try:
            if here.is_dir():
                waiting += [Path(one.path) for one in os.scandir(here)]
            elif here.is_file():
                sizes.append(here.stat().st_size)
        except OSError:  # it has just gone
            continue
    return sizes


@dataclass(frozen=True, slots=True)
class Process:
    """A process of the workspace.

    Attributes:
        what: What it does.
        pid: Its process id; 0 when there is none.
        seconds: How long it has been up.
        version: Of PacketFlow.
        note: Anything else to know.
    """

    what: str
    pid: int = 0
    seconds: float = 0.0
    version: str = ""
    note: str = ""


def processes(folder: Path) -> list[Process]:
    """This studio, the runner and the store's owner as they are now."""
    now = time.time()
    found = [Process("This studio", os.getpid(), now - _born(os.getpid(), now), VERSION)]
    card = read_card(current_path(folder))
    if card is not None and is_locked(folder, card.runner):
        found.append(Process("Runner", card.pid, now - card.started_at, card.version))
    else:
        found.append(Process("Runner", note="none now; one starts when it is needed"))
    owner = read_owner(places(folder).card)
    born = 0.0 if owner is None else _born(owner.pid, 0.0)
    if owner is not None and born:
        found.append(Process("Owner of the store", owner.pid, now - born, owner.version))
    else:
        found.append(Process("Owner of the store", note="none now; one starts when it is needed"))
    return found


def _born(pid: int, unknown: float) -> float:
    import psutil

    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return unknown


def keys(environment: Mapping[str, str]) -> dict[str, bool]:
    """The names of variables for models, and whether each is set.

    >>> found = keys({"OPENAI_API_KEY": "a secret", "HOUSE_API_KEY": "x", "XAI_API_KEY": ""})
    >>> found["OPENAI_API_KEY"], found["HOUSE_API_KEY"], found["XAI_API_KEY"]
    (True, True, False)
    """
    others = {name for name, value in environment.items() if name.endswith("_API_KEY") and value}
    names = sorted({*KEYS, *others})
    return {name: bool(environment.get(name)) for name in [MODEL, *names]}


def installed(package: str) -> str:
    """The version of a package; empty when it is not installed.

    >>> installed("no-such-package")
    ''
    """
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def examined(folder: Path) -> list[dict[str, Any]]:
    """Run the doctor's checks in a process of their own; see `packetflow.cli.checks.Check`.

    Raises:
        WorkspaceError: It did not answer.
    """
    try:
        told = answer_of("doctor", "--json", "-w", str(folder), seconds=DOCTOR_SECONDS)
        checks: list[dict[str, Any]] = told["checks"]
    except subprocess.TimeoutExpired as error:
        message = f"the doctor took longer than {DOCTOR_SECONDS:g} s; try `packetflow doctor`"
        raise WorkspaceError(message) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = "the doctor did not answer; run `packetflow doctor` in a terminal to see why"
        raise WorkspaceError(message) from error
    return checks
