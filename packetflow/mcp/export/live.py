"""What must travel with capabilities and pipelines of a notebook or script, made from the objects.

Here user code has run already, in this very process; what stands in files of the workspace is read
from them as `packetflow.mcp.export.carried` does, the rest is made of what the names mean now.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, Final

import msgspec

from packetflow.composition.capability import Capability
from packetflow.composition.codec import dump, load
from packetflow.composition.steps import Call, Pipeline, Use
from packetflow.composition.walk import walk
from packetflow.errors import CompositionError, UnknownName
from packetflow.kernel.cards import CapabilityCard, Listing, PipelineCard
from packetflow.mcp.export.carried import CannotExport, Carried, Carrying
from packetflow.mcp.export.choosing import chosen_by
from packetflow.mcp.export.distributions import Installed
from packetflow.mcp.export.flows import Flow, flow_of
from packetflow.mcp.export.reasons import Reason
from packetflow.mcp.export.servers import is_tool
from packetflow.mcp.export.session import Session
from packetflow.mcp.export.units import SourceFile, decoded, read_source
from packetflow.runner.present import capability_card, list_all, pipeline_card
from packetflow.workspace.workspace import Workspace

_PACKAGE: Final = "packetflow_workspace"
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def carry_live(workspace: Workspace, names: Sequence[str]) -> Carried:
    """Find what must travel with capabilities and pipelines of this process.

    Args:
        workspace: Where they were added, or run.
        names: What to export, by their names in the workspace.

    Raises:
        CannotExport: Something cannot travel; carries all reasons, those about a notebook with the
            cell and the line in it.
    """
    live = _Live(workspace, list(dict.fromkeys(names)))
    with TemporaryDirectory() as nowhere:
        return live.carried(Path(nowhere) if workspace.in_memory else workspace.folder.path)


class _Live:
    def __init__(self, workspace: Workspace, names: list[str]) -> None:
        self._workspace = workspace
        self._names = names
        self._capabilities: dict[str, Capability[..., Any]] = {}
        self._pipelines: dict[str, Pipeline] = {}
        self._files: dict[str, SourceFile] = {}
        self._sessions: dict[str, Session] = {}
        self._installed = Installed()
        self._reasons: set[Reason] = set()

    def carried(self, folder: Path) -> Carried:
        for name in self._names:
            self._find(name)
        for one in self._capabilities.values():
            self._local_file(str(getattr(inspect.unwrap(one.fn), "__module__", "")))
        cards = [self._card(one) for one in self._capabilities.values()]
        flows = [flow for one in self._pipelines.values() for flow in self._flow(one)]
        sources = [*self._files.values()]
        for session in self._sessions.values():
            self._reasons |= session.reasons
            made = session.source()
            if isinstance(made, Reason):
                self._reasons.add(session.place(made))
            else:
                sources.append(made)
        every = list_all(self._workspace.catalog, "", 0)
        flows_shown = [_pipeline_card(one) for one in self._pipelines.values()]
        # later ones count, so what is made of this session comes last
        listing = Listing([*every.capabilities, *cards], [*every.pipelines, *flows_shown])
        carrying = Carrying(folder, listing, self._names, sources=sources, flows=flows)
        for name in self._names:
            carrying.take_named(name)
        try:
            found = carrying.done()
        except CannotExport as refused:
            self._reasons |= {self._placed(one) for one in refused.reasons}
        if self._reasons:
            raise CannotExport(self._names, self._reasons)
        return found

    def _placed(self, reason: Reason) -> Reason:
        for session in self._sessions.values():
            reason = session.place(reason)
        return reason

    def _find(self, name: str) -> None:
        """Take what has that name, with all it uses and calls."""
        try:
            found = self._workspace.find(name)
        except UnknownName:
            return  # carrying it says so
        if isinstance(found, Capability):
            self._take_capability(found)
        elif isinstance(found, Pipeline):
            self._take(found)

    def _take(self, pipeline: Pipeline) -> None:
        if pipeline.name in self._pipelines:
            return
        self._pipelines[pipeline.name] = pipeline
        for step in walk(pipeline.step):
            if isinstance(step, Use) and isinstance(step.capability, Capability):
                self._take_capability(step.capability)
            elif isinstance(step, Call) and isinstance(step.pipeline, Pipeline):
                self._take(step.pipeline)

    def _take_capability(self, capability: Capability[..., Any]) -> None:
        """Take a capability, and what it may call by name."""
        if capability.name in self._capabilities:
            return
        self._capabilities[capability.name] = capability
        if capability.declaration.context is None:
            return
        fn = inspect.unwrap(capability.fn)
        code, names = getattr(fn, "__code__", None), getattr(fn, "__globals__", _NOTHING)
        told = [*getattr(code, "co_consts", ()), *map(names.get, getattr(code, "co_names", ()))]
        said = [one for one in told if isinstance(one, str)]
        wanted = {*said, *chosen_by(capability_card(capability))}
        catalog = self._workspace.catalog
        for name in (*catalog.pipeline_names(), *(one.name for one in catalog.own())):
            if any(fnmatchcase(name, one) for one in wanted):
                self._find(name)

    def _flow(self, pipeline: Pipeline) -> Iterator[Flow]:
        """A pipeline that no file of the workspace holds, as one."""
        if self._workspace.catalog.pipeline_file(pipeline.name):
            return
        path = f"pipelines/{pipeline.name}.yaml"
        try:
            text = dump(replace(pipeline, exposed=False))
            yield flow_of(load(text, lambda *_: None, file=path), path, text)
        except CompositionError as error:
            what = f"the pipeline {pipeline.name!r} cannot be written: {error.message}"
            self._reasons.add(Reason("", 0, what, "change that"))

    def _card(self, capability: Capability[..., Any]) -> CapabilityCard:
        """What a capability is; one of this session as if it stood in a file of the workspace."""
        card = capability_card(capability)
        if card.module.startswith((_PACKAGE, "packetflow.")) or is_tool(card.module):
            return card
        fn = inspect.unwrap(capability.fn)
        file = self._local_file(card.module)
        if file is not None:
            return msgspec.structs.replace(card, module=f"{_PACKAGE}.{file.name}")
        if not isinstance(self._installed.requirement(card.module), str):
            return card
        session = self._session(card.module, getattr(fn, "__globals__", _NOTHING))
        session.add(getattr(fn, "__name__", card.name), capability)
        home = Path(session.file).stem
        return msgspec.structs.replace(card, module=f"{_PACKAGE}.{home}", line=0)

    def _session(self, module: str, names: Mapping[str, Any]) -> Session:
        if module not in self._sessions:
            stem = Path(str(names.get("__file__") or "notebook.py")).stem
            home = re.sub(r"\W", "_", stem if module == "__main__" else module)
            home = f"_{home}" if not home.isidentifier() else home
            taken = {path.stem for path in self._workspace.folder.capabilities.glob("*.py")}
            while not self._workspace.in_memory and home in taken:
                home += "_session"
            homes = {name: file.name for name, file in self._files.items()}
            self._sessions[module] = Session(names, f"capabilities/{home}.py", homes)
        return self._sessions[module]

    def _local_file(self, module: str) -> SourceFile | None:
        """A module that is a file beside a script, as a file of the workspace."""
        if module in self._files:
            return self._files[module]
        path = getattr(sys.modules.get(module), "__file__", None)
        if module in {"__main__", "packetflow"} or "." in module or path is None:
            return None
        if not isinstance(self._installed.requirement(module), str):
            return None
        relative = f"capabilities/{module}.py"
        text = decoded(Path(path).read_bytes(), relative)
        found = text if isinstance(text, Reason) else read_source(module, relative, text)
        if isinstance(found, Reason):
            self._reasons.add(found)
            return None
        self._files[module] = found
        return found


def _pipeline_card(pipeline: Pipeline) -> PipelineCard:
    return msgspec.structs.replace(pipeline_card(pipeline, ""), exposed=False)
