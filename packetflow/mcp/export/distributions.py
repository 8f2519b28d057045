"""Which installed distributions carry what is imported, and which parts of packetflow."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Mapping
from functools import cached_property
from importlib.machinery import PathFinder
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, Final

import packetflow
from packetflow.mcp.export.imports import imports_of

EXTRAS: Final[Mapping[str, frozenset[str]]] = {
    "library": frozenset(
        {
            "httpx",
            "openpyxl",
            "pypdf",
            "icalendar",
            "jinja2",
            "bs4",
            "markdown_it",
            "plotly",
            "pandas",
        }
    ),
    "llm": frozenset({"litellm"}),
    "mcp": frozenset({"mcp", "mcp_types", "jsonschema", "uvicorn", "starlette"}),
}
"""For each extra of packetflow, the packages that its distributions carry."""

_OWN: Final = frozenset({"packetflow", "arenas", "studio"})


class Installed:
    """What is installed beside this process, looked up once each."""

    @cached_property
    def _contents(self) -> list[tuple[Distribution, str]]:
        """The distributions with the lists of their files, a path each line."""
        lists = ("RECORD", "installed-files.txt", "top_level.txt")
        return [
            (one, "\n".join(one.read_text(name) or "" for name in lists)) for one in distributions()
        ]

    def requirement(self, module: str) -> tuple[str, ...] | str:
        """What must be installed elsewhere so that a module can be imported there.

        Args:
            module: Its dotted name.

        Returns:
            ``name==version`` of each distribution; none for the standard library and packetflow. A
            text says why there is none that another machine could install.
        """
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names or top == "packetflow":
            return ()
        if top in _OWN:
            return "is a part of PacketFlow that does not travel"
        found_in = self._holding(re.escape(top))
        if not found_in:
            found = PathFinder.find_spec(top)
            if found is None:
                return "is not installed here"
            return f"is a file of this machine ({found.origin or 'a folder'}), of no distribution"
        if len(found_in) > 1:  # several share one package, such as google
            found_in = self._holding(re.escape(module.replace(".", "/"))) or found_in
        pinned = []
        for one in found_in:
            local = _local_place(one)
            if local:
                return f"belongs to {one.name}, which is installed from {local}"
            pinned.append(pin(one))
        return tuple(pinned)

    def _holding(self, path: str) -> list[Distribution]:
        """The distributions that have a module or a package of that path (a pattern)."""
        wanted = re.compile(rf"^{path}(?:$|/|\.py,|\.[^/,\n]*(?:so|pyd),)", re.MULTILINE)
        found = {one.name: one for one, files in self._contents if wanted.search(files)}
        return [found[name] for name in sorted(found)]

    def extras(self, module: str) -> frozenset[str]:
        """The extras that a module of packetflow needs, itself or through its siblings."""
        if f"{module}.".startswith("packetflow.mcp."):
            return frozenset({"mcp"})
        found: set[str] = set()
        seen: set[str] = set()
        waiting = [module]
        while waiting:
            name = waiting.pop()
            if name in seen or not name.startswith("packetflow.library."):
                continue
            seen.add(name)
            path = Path(packetflow.__file__).parent.parent / f"{name.replace('.', '/')}.py"
            if not path.is_file():
                continue
            tree = ast.parse(path.read_bytes())
            for one in imports_of([tree], name.rpartition(".")[0]):
                target = one.target or ""
                top = target.partition(".")[0]
                if one.is_typing_only:
                    continue
                found |= {extra for extra, packages in EXTRAS.items() if top in packages}
                waiting += [target, *(f"{target}.{taken}" for taken in one.names)]
        return frozenset(found)


def pin(one: Distribution) -> str:
    """A distribution as a requirement of exactly what is installed.

    One from a repository or an archive is named by its address.
    """
    origin = _origin(one)
    if "vcs_info" in origin:
        facts = origin["vcs_info"]
        return f"{one.name} @ {facts['vcs']}+{origin['url']}@{facts['commit_id']}"
    if "archive_info" in origin and not str(origin["url"]).startswith("file:"):
        return f"{one.name} @ {origin['url']}"
    return f"{one.name}=={one.version}"


def _origin(one: Distribution) -> dict[str, Any]:
    """Where it was installed from, if not from an index."""
    try:
        found = json.loads(one.read_text("direct_url.json") or "{}")
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _local_place(one: Distribution) -> str:
    """The folder or file of this machine that it was installed from; empty for others."""
    url = str(_origin(one).get("url", ""))
    return url.removeprefix("file://") if url.startswith("file:") else ""
