"""The doctor's checks: of the machine and its packages here, of the workspace in its own module."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal, TypeAlias

import typer

from packetflow.cli.command import Command
from packetflow.cli.say import rows
from packetflow.errors import PacketFlowError

Level: TypeAlias = Literal["ok", "warn", "fail"]

_FEW_BYTES = 1 << 30
_TOO_FEW_BYTES = 100 << 20
_FIRST_YEAR = 2025
_EXTRAS = ("studio", "library", "llm", "mcp")


@dataclass(frozen=True)
class Check:
    """One finding.

    Attributes:
        what: What was looked at.
        status: ``ok``, ``warn`` or ``fail``.
        found: What was found.
        mend: What to do about it.
    """

    what: str
    status: Level
    found: str
    mend: str = ""


Checks: TypeAlias = Iterator[Check]


def everything(folder: Path) -> list[Check]:
    """Run all checks; one that breaks is itself a finding."""
    from packetflow.cli.checks_store import processes, store
    from packetflow.cli.checks_workspace import files, pipelines, writable

    found: list[Check] = []
    for check in (python, packages, extras, clock, models):
        found += _guarded(check.__name__, check)
    for look in (writable, disk, files, pipelines, store, processes):
        found += _guarded(look.__name__, lambda look=look: look(folder))  # type: ignore[misc]  # bound now
    return found


def _guarded(what: str, check: Callable[[], Checks]) -> list[Check]:
    try:
        return list(check())
    except PacketFlowError as error:
        return [Check(what, "fail", error.message)]
    except Exception as error:  # noqa: BLE001 - a border: a broken check is a finding too
        return [Check(what, "fail", f"the check itself broke: {type(error).__name__}: {error}")]


def python() -> Checks:
    """The version of Python."""
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    yield Check("python", "ok" if good else "fail", version, "" if good else "use 3.11 or newer")


def numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version.

    >>> numbers("2.0.1rc1") >= numbers("2.0")
    True
    """
    return tuple(int(part) for part in re.findall(r"\d+", version)[:4])


def needed(extra: str = "") -> list[tuple[str, str]]:
    """The packages that PacketFlow, or one of its extras, needs, each with its lowest version."""
    found = []
    for line in metadata.requires("packetflow") or ():
        words, _, marker = line.partition(";")
        named = re.search(r"extra\s*==\s*['\"]([\w-]+)['\"]", marker)
        if (named[1] if named else "") != extra:
            continue
        name = re.match(r"[\w.-]+", words)
        lowest = re.search(r">=\s*([\d.]+)", words)
        if name:
            found.append((name[0], lowest[1] if lowest else "0"))
    return found


def _lacking(extra: str = "") -> list[str]:
    lacking = []
    for name, lowest in needed(extra):
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            lacking.append(f"{name} is missing")
            continue
        if numbers(version) < numbers(lowest):
            lacking.append(f"{name} {version} is older than {lowest}")
    return lacking


def packages() -> Checks:
    """The packages that are always needed."""
    try:
        lacking = _lacking()
    except metadata.PackageNotFoundError:
        yield Check("packages", "warn", "packetflow is not installed", "pip install packetflow")
        return
    if lacking:
        yield Check("packages", "fail", ", ".join(lacking), "pip install --upgrade packetflow")
        return
    named = ("duckdb", "msgspec", "pydantic", "pyarrow", "typer")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in named)
    yield Check("packages", "ok", versions)


def extras() -> Checks:
    """The packages that only some things need."""
    for extra in _EXTRAS:
        try:
            lacking = _lacking(extra)
        except metadata.PackageNotFoundError:
            return
        mend = f"pip install 'packetflow[{extra}]'" if lacking else ""
        found = ", ".join(lacking) or "installed"
        yield Check(f"extra {extra}", "warn" if lacking else "ok", found, mend)


def clock() -> Checks:
    """The time of day."""
    now = time.gmtime()
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", now)
    good = now.tm_year >= _FIRST_YEAR
    yield Check("clock", "ok" if good else "fail", shown, "" if good else "set the clock")


def models() -> Checks:
    """Which variables for language models are set; their values are nobody's business."""
    names = sorted(name for name in os.environ if name.endswith("_API_KEY") and os.environ[name])
    names += ["PACKETFLOW_MODEL"] if os.environ.get("PACKETFLOW_MODEL") else []
    if "PACKETFLOW_MODEL" in names:
        yield Check("models", "ok", f"set: {', '.join(names)}")
        return
    listed = f"; set: {', '.join(names)}" if names else ""
    text = f"no model is chosen, which only ask_model needs{listed}"
    yield Check("models", "ok", text, "set PACKETFLOW_MODEL to use one")


def disk(folder: Path) -> Checks:
    """Room on the disk of the workspace."""
    free = shutil.disk_usage(folder).free
    level: Level = "ok"
    if free < _FEW_BYTES:
        level = "fail" if free < _TOO_FEW_BYTES else "warn"
    mend = "" if level == "ok" else "free space: runs stop when nothing more can be kept"
    yield Check("disk", level, f"{size(free)} free", mend)


def size(count: int) -> str:
    """Bytes as people say them.

    >>> size(2_500_000)
    '2.5 MB'
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count} B"


def tell(command: Command, folder: Path, checks: list[Check]) -> None:
    """Print the findings."""
    worst = next((s for s in ("fail", "warn") if any(c.status == s for c in checks)), "ok")
    told = {
        "workspace": str(folder),
        "status": worst,
        "checks": [asdict(check) for check in checks],
    }

    def text() -> None:
        typer.echo(f"workspace {folder}")
        lines = [(check.status, check.what, check.found, check.mend) for check in checks]
        rows(("", "what", "found", "what to do"), lines)

    command.answer(told, text)
