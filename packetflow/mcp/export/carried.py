"""What must travel with tools so that they run on another machine, found without running anything.

The answer is a small workspace: the pipelines and what they call, of the capability files as much
as these need (`slicing`), the files that the code reads (`belongings`), the settings of the MCP
servers whose tools are used (`servers`), and the distributions that it imports (`distributions`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from packetflow import library
from packetflow.errors import did_you_mean
from packetflow.kernel.cards import CapabilityCard, Listing, PipelineCard
from packetflow.mcp.export.belongings import Belongings
from packetflow.mcp.export.choosing import called_in, chosen_by
from packetflow.mcp.export.distributions import Installed
from packetflow.mcp.export.flows import Flow, read_flow
from packetflow.mcp.export.imports import Import
from packetflow.mcp.export.literals import (
    Told,
    Variable,
    hidden_code,
    joined,
    paths_in,
    secrets_in,
    variables_in,
)
from packetflow.mcp.export.reasons import CannotExport, Reason
from packetflow.mcp.export.roots import declared_in, pipeline_units, read_sources, units_of
from packetflow.mcp.export.servers import Servers, is_tool
from packetflow.mcp.export.slicing import Slicing
from packetflow.mcp.export.units import SourceFile, Unit

_LIBRARY: Final = f"{library.__name__}."

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
        library: The capabilities of packetflow's own library that are used, sorted.
        attachments: Other files of the workspace that it reads, as bytes by their path. Paths in
            code count from the workspace's folder, where a runner is started.
    """

    files: Mapping[str, str]
    requirements: tuple[str, ...] = ()
    extras: frozenset[str] = frozenset()
    environment: tuple[Variable, ...] = ()
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    library: tuple[str, ...] = ()


def carry(folder: Path, listing: Listing, names: Sequence[str]) -> Carried:
    """Find what must travel with capabilities and pipelines.

    Args:
        folder: The workspace they are in.
        listing: What the workspace has.
        names: What to export.

    Raises:
        CannotExport: Something cannot travel; carries all reasons.
    """
    carrying = Carrying(folder, listing, names)
    for name in dict.fromkeys(names):
        carrying.take_named(name)
    return carrying.done()


class Carrying:
    """Collects what travels, from the names wanted to everything they lead to.

    Args:
        folder: The workspace.
        listing: What it has.
        names: What is exported.
        sources: Files of capabilities that are not in the folder.
        flows: Pipelines that are not in the folder.
    """

    def __init__(
        self,
        folder: Path,
        listing: Listing,
        names: Sequence[str],
        *,
        sources: Sequence[SourceFile] = (),
        flows: Sequence[Flow] = (),
    ) -> None:
        self._folder = folder
        self._given = {flow.name: flow for flow in flows}
        self._names = list(dict.fromkeys(names))
        self._pipelines = {one.name: one for one in listing.pipelines}
        self._capabilities = {one.name: one for one in listing.capabilities}
        self._flows: dict[str, Flow] = {}
        self._seen: set[tuple[str, str]] = set()
        self._sources, broken = read_sources(folder)
        self._sources |= {file.name: file for file in sources}
        self._slicing = Slicing(self._sources, broken)
        self._belongings = Belongings(folder)
        self._added = {file.name for file in sources}
        self._beside = Belongings(Path.cwd())  # where paths of a script or notebook begin
        self._installed = Installed()
        self._servers = Servers(folder)
        self._reasons: set[Reason] = set()
        self._requirements: set[str] = set()
        self._extras: set[str] = set()
        self._library: set[str] = set()
        self._environment: set[Variable] = set()

    def take_named(self, name: str) -> None:
        """Take a pipeline or a capability, and all that it needs."""
        if name in self._pipelines:
            self.take_pipeline(name)
        else:
            self.take_capability(name)

    def done(self) -> Carried:
        """All that was taken.

        Raises:
            CannotExport: Something cannot travel.
        """
        self._take_called_in_code()
        for file, taken in self._slicing.foreign:
            self._take_import(file, taken)
        for file, units in self._slicing.kept():
            for unit in units:
                self._environment |= set(variables_in(unit, file))
                for line, what in hidden_code(unit, file):
                    do = "import by name, or move this into a capability that stays here"
                    self._refuse(file.path, line, what, do)
                for told in paths_in(unit, file):
                    self._take_path(told, file)
        reasons = self._reasons | self._slicing.reasons
        reasons |= self._belongings.reasons | self._beside.reasons
        if reasons:
            raise CannotExport(self._names, reasons)
        files = {**self._slicing.texts(), **self._servers.files()}
        files |= {flow.path: flow.text for flow in self._flows.values()}
        files["packetflow.toml"] = self._settings()
        self._refuse_secrets(files)
        others = {**self._beside.files, **self._belongings.files}
        left = {path: one for path, one in others.items() if path not in files}
        return Carried(
            dict(sorted(files.items())),
            tuple(sorted(self._requirements)),
            frozenset(self._extras),
            joined({*self._environment, *map(Variable, self._servers.environment)}),
            dict(sorted(left.items())),
            tuple(sorted(self._library)),
        )

    def _refuse_secrets(self, files: Mapping[str, str]) -> None:
        for path, text in files.items():
            for line, name in secrets_in(text, os.environ):
                do = f"read it when it runs: os.environ[{name!r}]"
                self._refuse(path, line, f"holds the value of the variable {name}", do)
        if self._reasons:
            raise CannotExport(self._names, self._reasons)

    def _take_called_in_code(self) -> None:
        """Take what the code calls by name while it runs, and what that calls."""
        seen: set[Unit] = set()
        while True:
            units = [(file, one) for file, kept in self._slicing.kept() for one in kept]
            new = [(file, unit) for file, unit in units if unit not in seen]
            if not new:
                return
            for file, unit in new:
                seen.add(unit)
                for line, pattern in called_in(unit, file):
                    self._take_chosen(pattern, file.path, line)

    def _take_chosen(self, pattern: str, said_in: str, line: int) -> None:
        """Take all that a name, or a pattern of names, stands for."""
        known = dict.fromkeys([*self._pipelines, *self._capabilities])
        found = [name for name in known if fnmatchcase(name, pattern)]
        if not found and "*" not in pattern:
            what = f"calls {pattern!r}, and there is no capability or pipeline of that name"
            self._refuse(said_in, line, what, "mend the name")
        for name in found:
            if name in self._pipelines:
                self.take_pipeline(name, said_in, line)
            elif pattern != "*" or not self._capabilities[name].module.startswith(_LIBRARY):
                self.take_capability(name, said_in, line)

    def _take_path(self, told: Told, file: SourceFile) -> None:
        if file.name not in self._added:
            self._belongings.take(told, file.path)
        elif told.is_beside:
            do = "move the file into the workspace, and this function into its capabilities/"
            self._refuse(file.path, told.line, "reads a file near itself", do)
        else:
            self._beside.take(told, file.path)

    def _settings(self) -> str:
        listed = "".join(f"    {json.dumps(name)},\n" for name in self._names)
        return f"[mcp]\nexpose = [\n{listed}]\n{self._servers.settings()}"

    def _refuse(self, file: str, line: int, what: str, do: str) -> None:
        self._reasons.add(Reason(file, line, what, do))

    def take_pipeline(self, name: str, said_in: str = "", line: int = 0) -> None:
        """Take a pipeline, and all that it needs; *said_in* and *line* say who calls it."""
        if ("pipeline", name) in self._seen:
            return
        self._seen.add(("pipeline", name))
        card = self._pipelines.get(name)
        found: Flow | Reason | None = self._given.get(name)
        if found is None:
            found = read_flow(self._folder, name, exposed=name in self._names)
        if isinstance(found, Reason):
            self._reasons.add(found)
        elif found is not None:
            self._take_flow(found)
            if card is not None:
                self._take_called(card, found.path)
        elif card is None or not self._take_built(card):
            near = did_you_mean(get_close_matches(name, self._pipelines, 2))
            do = "save it, or take the step out"
            self._refuse(said_in, line, f"there is no pipeline {name!r}{near}", do)
        wrong = [] if card is None else [one for one in card.problems if one.severity == "error"]
        for problem in wrong:
            path = "" if found is None or isinstance(found, Reason) else found.path
            what = f"has a problem at {problem.step!r}: {problem.message}"
            self._refuse(path, 0, what, "mend it")

    def _take_flow(self, flow: Flow) -> None:
        self._flows[flow.name] = flow
        self._reasons |= set(flow.reasons)
        for told in flow.texts:
            self._belongings.take(told, flow.path)
        for used, line in flow.capabilities.items():
            self.take_capability(used, flow.path, line)
        for called, line in flow.pipelines.items():
            self.take_pipeline(called, flow.path, line)

    def _take_called(self, card: PipelineCard, path: str) -> None:
        """Take what its steps call while they run."""
        for used in card.uses:
            self.take_capability(used, path)
        for called in card.calls:
            self.take_pipeline(called, path)
        if card.calls_any:
            what = "has a step that calls what shows only when it runs"
            self._refuse(path, 0, what, "fix the names of what it may call in the file (`set`)")

    def _take_built(self, card: PipelineCard) -> bool:
        """Take a pipeline that a capability file builds."""
        homes = [(name, pipeline_units(card.name, file)) for name, file in self._sources.items()]
        homes = [(name, units) for name, units in homes if units]
        for name, units in homes:
            for unit in units:
                self._slicing.keep(name, unit)
        path = self._sources[homes[0][0]].path if homes else ""
        for used in card.uses if homes else ():
            self.take_capability(used, path, 0)
        for called in card.calls if homes else ():
            self.take_pipeline(called, path, 0)
        return bool(homes)

    def take_capability(self, name: str, said_in: str = "", line: int = 0) -> None:
        """Take a capability, and all that it needs; *said_in* and *line* say who uses it."""
        if ("capability", name) in self._seen:
            return
        self._seen.add(("capability", name))
        card = self._capabilities.get(name)
        if card is None:
            near = did_you_mean(get_close_matches(name, self._capabilities, 2))
            what = f"there is no capability {name!r}{near}"
            self._refuse(said_in, line, what, "declare it in a file in capabilities/")
            return
        if not card.enabled:
            what = f"the capability {name!r} is disabled{card.closed and ': '}{card.closed}"
            self._refuse(said_in or self._relative(card.file), line, what, "enable it")
        for pattern in chosen_by(card):
            if not pattern.startswith("{"):
                self._take_chosen(pattern, said_in or self._relative(card.file), line or card.line)
            elif not said_in:
                what = f"{name!r} calls what its input {pattern[1:-1]!r} names when it runs"
                do = "export a pipeline that fixes that input (`set`)"
                self._refuse(self._relative(card.file), card.line, what, do)
        if declared_in(card):
            self._take_own(card)
        elif is_tool(card.module):
            self._extras.add("mcp")
            self._reasons |= self._servers.take(name)
        elif card.module.startswith("packetflow."):
            self._extras |= self._installed.extras(card.module)
            self._library |= {name} if card.module.startswith(_LIBRARY) else set()
        else:
            self._take_plugged(card, said_in, line)

    def _take_own(self, card: CapabilityCard) -> None:
        name = declared_in(card)
        if name not in self._sources:
            self._slicing.refuse_broken(name, f"capabilities/{name}.py")
            return
        units = units_of(card, self._sources[name])
        if units is None:
            self._slicing.keep_whole(name)
        for unit in units or ():
            self._slicing.keep(name, unit)

    def _take_plugged(self, card: CapabilityCard, said_in: str, line: int) -> None:
        """Take a capability of an installed plug-in: what it is installed by."""
        found = self._installed.requirement(card.module)
        if isinstance(found, str):
            what = f"the capability {card.name!r} comes from {card.module!r}, which {found}"
            do = "declare it in a file in capabilities/, or publish its package"
            self._refuse(said_in or card.file, line or card.line, what, do)
        else:
            self._requirements |= set(found)

    def _take_import(self, file: SourceFile, taken: Import) -> None:
        module = taken.target or ""
        if module.partition(".")[0].startswith("packetflow_workspace"):
            inner = module.partition(".")[2]
            what = f"imports {module!r}, which is called otherwise in another folder"
            self._refuse(file.path, taken.line, what, f"write `from .{inner} import ...`")
            return
        if module.partition(".")[0] == "packetflow":
            for one in _packetflow_modules(taken):
                self._extras |= self._installed.extras(one)
        wanted = [f"{module}.{name}" for name in taken.names] or [module]
        for found in dict.fromkeys(self._installed.requirement(each) for each in wanted):
            if not isinstance(found, str):
                self._requirements |= set(found)
            elif not taken.is_guarded:
                what = f"imports {module!r}, which {found}"
                self._refuse(file.path, taken.line, what, _way_out(module, found))

    def _relative(self, file: str) -> str:
        path = Path(file)
        if path.is_relative_to(self._folder):
            return path.relative_to(self._folder).as_posix()
        return path.name


def _way_out(module: str, why: str) -> str:
    if "not installed" in why:
        return "install it, or take the import out"
    if "installed from" in why:
        return "install a published version, or move the code into capabilities/"
    return f"move it into capabilities/ and write `from .{module} import ...`"


def _packetflow_modules(taken: Import) -> Iterable[str]:
    """The modules of packetflow that an import may load, and those of library capabilities."""
    module = taken.target or ""
    yield module
    for name in taken.names:
        yield f"{module}.{name}"
        if module == "packetflow.library" and name in library.__all__ and name != "capabilities":
            yield getattr(library, name).fn.__module__
