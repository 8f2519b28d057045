"""What a capability really touches, beside what it declares; seen through Python's audit events.

The capability runs in a process of its own, in a scratch copy of the workspace. What libraries do
in native code without telling Python (DuckDB reading a file) is not seen.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packetflow.cli.command import Command
from packetflow.cli.say import console
from packetflow.discovery.catalog import Catalog
from packetflow.errors import RunError
from packetflow.workspace.folder import open_folder

if TYPE_CHECKING:
    from packetflow.capabilities.effects import Effect

_PATIENCE_SECONDS = 300
_KNOWN = frozenset({"files", "processes"})
_ASIDE = shutil.ignore_patterns(".packetflow", ".git", ".venv", "__pycache__", "node_modules")


@dataclass(frozen=True)
class Examined:
    """What was seen.

    Attributes:
        name: The capability.
        declared: Its effects.
        touched: ``(kind, what)``, kinds being ``network``, ``reads files``, ``writes files``,
            ``processes``.
        undeclared: Those that no declared effect names.
        outcome: ``ok``, or why the call failed.
    """

    name: str
    declared: tuple[str, ...]
    touched: tuple[tuple[str, str], ...]
    undeclared: tuple[tuple[str, str], ...]
    outcome: str

    @property
    def is_good(self) -> bool:
        """True when it touched only what it declares."""
        return not self.undeclared


def examined(folder: Path, name: str) -> Examined:
    """Run a capability with its first example and see what it touches.

    Raises:
        UnknownName: There is none of that name.
        RunError: It needs inputs and has no example, or its process broke.
    """
    path = open_folder(folder).path
    capability = Catalog(path, package="packetflow_doctor").get(name)
    declared = capability.declaration
    needs = [port.name for port in declared.contract.requires if not port.optional]
    if needs and not declared.examples:
        raise RunError(
            f"{name!r} needs {', '.join(needs)}; declare it with examples=[...] to try it"
        )
    with tempfile.TemporaryDirectory(prefix="packetflow-doctor-") as scratch:
        copy = Path(scratch) / "workspace"
        shutil.copytree(path, copy, ignore=_ASIDE, ignore_dangling_symlinks=True)
        seen = _watched(copy, name)
    touched = tuple((kind, what.replace(str(copy), ".")) for kind, what in seen["touched"])
    missing = tuple(one for one in touched if not covered(one[0], declared.effects))
    effects = tuple(str(effect) for effect in declared.effects)
    return Examined(name, effects, touched, missing, seen["outcome"])


def _watched(folder: Path, name: str) -> Any:
    words = [sys.executable, "-m", "packetflow.cli.watched", str(folder), name]
    try:
        done = subprocess.run(  # our own module
            words,
            capture_output=True,
            cwd=folder,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RunError(f"{name!r} was still running after {_PATIENCE_SECONDS} s") from error
    lines = done.stdout.decode(errors="replace").splitlines()
    if done.returncode or not lines:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise RunError(f"the process that ran {name!r} broke: {said[-1] if said else 'no word'}")
    return json.loads(lines[-1])


def covered(kind: str, effects: Iterable[Effect]) -> bool:
    """Tell whether an effect names what was touched.

    Targets of one's own (``payments``) may stand for anything reached by network.
    """
    for effect in effects:
        outside = effect.kind in {"reads", "writes"}
        match kind:
            case "network":
                own = outside and effect.target not in _KNOWN
                if own or effect.kind in {"model", "notify"}:
                    return True
            case "reads files":
                if outside and effect.target == "files":
                    return True
            case "writes files":
                if effect.kind == "writes" and effect.target == "files":
                    return True
            case _:
                if outside and effect.target == "processes":
                    return True
    return False


def report(command: Command, found: Examined) -> None:
    """Print what was seen."""
    told = {
        "capability": found.name,
        "declared": found.declared,
        "touched": [{"kind": kind, "what": what} for kind, what in found.touched],
        "undeclared": [{"kind": kind, "what": what} for kind, what in found.undeclared],
        "outcome": found.outcome,
        "status": "ok" if found.is_good else "fail",
    }
    command.answer(told, lambda: _told(found))


def _told(found: Examined) -> None:
    screen = console()
    screen.print(f"{found.name} declares: {', '.join(found.declared) or 'nothing'}", markup=False)
    screen.print(f"its first example: {found.outcome}", markup=False)
    for kind, what in found.touched:
        word = "UNDECLARED" if (kind, what) in found.undeclared else "declared"
        screen.print(f"  {word}  {kind}: {what}", markup=False)
    if not found.touched:
        screen.print("  it touched nothing", markup=False)
    for kind in dict.fromkeys(kind for kind, _ in found.undeclared):
        verb, _, target = kind.rpartition(" ")
        said = f'Effect.{verb or "reads"}("{target}")'
        screen.print(f"  declare it: @capability(effects=[{said}, ...])", markup=False)
