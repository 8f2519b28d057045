"""What must travel with tools so that they run on another machine, found without running anything.

The answer is a small workspace: the files of the pipelines, of what they call, and of the
capabilities used, with the distributions that these import.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packetflow.kernel.cards import Listing
from packetflow.mcp.export.reasons import CannotExport, Reason

__all__ = ["CannotExport", "Carried", "Reason", "carry"]


@dataclass(frozen=True)
class Carried:
    """What travels with exported tools: a small workspace, and what that needs.

    Attributes:
        files: Its files by their path (with ``/``): ``packetflow.toml``, which says that exactly
            the exported names are tools, ``capabilities/*.py`` and ``pipelines/*.yaml``.
        requirements: The third-party distributions that its code imports, ``name==version`` as
            they are installed here, sorted.
        extras: The parts of packetflow beyond its core that it needs: ``library``, ``llm`` or
            ``mcp``.
        environment: The environment variables that it reads, as far as that shows, sorted.
        attachments: Other files of the workspace that it reads, as bytes by their path.
    """

    files: Mapping[str, str]
    requirements: tuple[str, ...] = ()
    extras: frozenset[str] = frozenset()
    environment: tuple[str, ...] = ()
    attachments: Mapping[str, bytes] = field(default_factory=dict)


def carry(folder: Path, listing: Listing, names: Sequence[str]) -> Carried:
    """Find what must travel with capabilities and pipelines.

    Args:
        folder: The workspace they are in.
        listing: What the workspace has.
        names: What to export.

    Raises:
        CannotExport: Something cannot travel; carries all reasons.
    """
    pipelines = {one.name: one for one in listing.pipelines}
    capabilities = {one.name: one for one in listing.capabilities}
    files: dict[str, str] = {}
    reasons: list[Reason] = []
    extras: set[str] = set()
    waiting, seen = list(names), set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in pipelines:
            waiting += [*pipelines[name].uses, *pipelines[name].calls]
            path = Path(pipelines[name].file)
        elif name in capabilities and capabilities[name].module.startswith("packetflow.library."):
            extras.add("library")
            continue
        elif name in capabilities:
            path = Path(capabilities[name].file)
        else:
            reasons.append(Reason("", 0, f"there is no {name!r}", "look for it with `list`"))
            continue
        if path.is_file() and path.is_relative_to(folder):
            files[path.relative_to(folder).as_posix()] = path.read_text("utf-8")
        else:
            what = f"{name!r} is in no file of the workspace"
            reasons.append(Reason(str(path), 0, what, "write it to a file there"))
    if reasons:
        raise CannotExport(names, reasons)
    said = ", ".join(f'"{name}"' for name in sorted(set(names)) if name not in pipelines)
    files["packetflow.toml"] = f"[mcp]\nexpose = [{said}]\n"
    return Carried(dict(sorted(files.items())), extras=frozenset(extras))
