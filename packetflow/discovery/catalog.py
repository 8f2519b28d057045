"""The catalog: every capability and pipeline a workspace knows, by name and by words."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from stat import S_ISREG
from typing import Any, Literal

from packetflow import library
from packetflow.composition.build import as_step
from packetflow.composition.capability import Capability
from packetflow.composition.codec import load
from packetflow.composition.steps import Pipeline
from packetflow.discovery.files import (
    Broken,
    Loaded,
    forget_gone,
    is_hidden,
    load_file,
    siblings_of,
    source_files,
)
from packetflow.discovery.matching import matching
from packetflow.discovery.plugins import plugged_in
from packetflow.discovery.search import Index, entry_of
from packetflow.discovery.sources import Source
from packetflow.errors import CompositionError, SourceError, UnknownName

AnyCapability = Capability[..., Any]


class Catalog:
    """Capabilities and pipelines by name.

    A name is looked for, in this order, among what was added here, in the workspace's capability
    files, in plug-ins, in the library, in the source, and among what was learnt. Library modules
    are imported when first used. Safe to share between threads.

    Args:
        folder: The workspace folder; ``None`` for a catalog of what is added only.
        package: The package name under which capability files are imported.
        keep: Where last good versions of capability files are kept.
        ready: Which of the library's capabilities are in it; ``None`` for all.
        source: Offers capabilities from outside, which may change by themselves.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        package: str = "packetflow_workspace",
        keep: Path | None = None,
        ready: Collection[str] | None = None,
        source: Source | None = None,
    ) -> None:
        self._folder = folder
        self._package = package
        self._keep = keep
        self._ready = frozenset(library.__all__ if ready is None else ready) - {"capabilities"}
        self._source = source
        self._added: dict[str, AnyCapability] = {}
        self._added_pipelines: dict[str, Pipeline] = {}
        self._learnt: dict[str, AnyCapability] = {}
        self._files: dict[str, Loaded] = {}
        self._in_files: dict[str, AnyCapability] = {}
        self._built: dict[str, Pipeline] = {}
        self._read = False
        self._plugged: dict[str, AnyCapability] | None = None
        self._plug_problems: tuple[Broken, ...] = ()
        self._pipelines: dict[str, tuple[object, Pipeline]] = {}
        self._opening = threading.local()
        self._refreshing = threading.RLock()
        self._generation = 0

    def add(self, *items: AnyCapability | Pipeline) -> None:
        """Add capabilities or pipelines; one of the same name is replaced.

        Raises:
            CompositionError: Something else, such as a function without ``@capability``.
        """
        for one in items:
            if not isinstance(one, (Capability, Pipeline)):
                as_step(one)
                raise CompositionError(f"{one!r} has no name; add it as flow.saved_as('name')")
        pipelines = {one.name: one for one in items if isinstance(one, Pipeline)}
        capabilities = {one.name: one for one in items if not isinstance(one, Pipeline)}
        # new mappings: another thread may be walking the old ones
        self._added_pipelines = {**self._added_pipelines, **pipelines}
        self._added = {**self._added, **capabilities}
        self._generation += 1

    def learn(self, capability: AnyCapability) -> None:
        """Remember a capability that runs, for when none of its name is found elsewhere.

        One that was added gives way to it: it was defined anew. Nothing is looked up.
        """
        name = capability.name
        if name in self._added:
            if self._added[name] is not capability:
                self.add(capability)
        elif self._learnt.get(name) is not capability:
            self._learnt = {**self._learnt, name: capability}
            self._generation += 1

    def refresh(self) -> list[str]:
        """Read capability files that are new or changed, and those that import such.

        Returns:
            Their paths, those that are gone included.
        """
        if self._folder is None:
            return []
        with self._refreshing:
            found = source_files(self._folder / "capabilities")
            files = {name: one for name, one in self._files.items() if Path(name).stem in found}
            gone = [name for name in self._files if name not in files]
            for name in gone:
                sys.modules.pop(f"{self._package}.{Path(name).stem}", None)
            changed = {Path(name).stem for name in gone}
            read = list(gone)
            for stem, (path, sha) in found.items():
                known = files.get(str(path))
                if known is not None and known.sha == sha and not changed & siblings_of(path):
                    continue
                files[str(path)] = load_file(path, self._package, self._keep)
                changed.add(stem)
                read.append(str(path))
            if self._keep is not None:
                forget_gone(self._keep, found)
            self._files = dict(sorted(files.items()))
            loaded = self._files.values()
            # of two of a name the capability of the later file counts, and the first pipeline
            self._in_files = {one.name: one for each in loaded for one in each.capabilities}
            pipelines = [one for each in loaded for one in each.pipelines]
            self._built = {one.name: one for one in reversed(pipelines)}
            self._read = True
            if read:
                self._generation += 1
            return read

    def _from_files(self) -> dict[str, AnyCapability]:
        if not self._read:
            self.refresh()
        return self._in_files

    def _from_plugins(self) -> dict[str, AnyCapability]:
        if self._plugged is None:
            self._plugged, self._plug_problems = plugged_in()
        return self._plugged

    def find(self, name: str) -> AnyCapability | None:
        """The capability of that name, or ``None``."""
        if name in self._added:
            return self._added[name]
        for layer in (self._from_files, self._from_plugins):  # each read only when it is needed
            known = layer()
            if name in known:
                return known[name]
        if name in self._ready:
            ready: AnyCapability = getattr(library, name)
            return ready
        return self._from_source(name) or self._learnt.get(name)

    def _from_source(self, name: str) -> AnyCapability | None:
        if self._source is None:
            return None
        known = self._source.capabilities().get(name)
        if known is None and not _is_on_a_loop():  # there nobody must be held up
            self._source.settle()
            known = self._source.capabilities().get(name)
        return known

    def settle(self) -> None:
        """Wait until all is known that others offer from outside; at once where nobody does."""
        if self._source is not None:
            self._source.settle()

    @property
    def source(self) -> Source | None:
        """What offers capabilities from outside."""
        return self._source

    @property
    def generation(self) -> object:
        """Changes whenever something that a pipeline can name does."""
        outside = None if self._source is None else self._source.generation
        return self._generation, outside

    def close(self) -> None:
        """Let go of what offers capabilities from outside."""
        if self._source is not None:
            self._source.close()

    def get(self, name: str) -> AnyCapability:
        """The capability of that name.

        Raises:
            UnknownName: There is none; carries the nearest names.
        """
        found = self.find(name)
        if found is None:
            names = [one.name for one in self.capabilities()]
            raise UnknownName("capability", name, get_close_matches(name, names, 2))
        return found

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None

    def __repr__(self) -> str:
        own, named = len(self.own()), len(self.pipeline_names())
        return f"<catalog of {own} own capabilities and {named} pipelines; .search('words') finds>"

    def __iter__(self) -> Iterator[AnyCapability]:
        return iter(self.capabilities())

    def capabilities(self) -> list[AnyCapability]:
        """All capabilities: the workspace's own first, then plug-ins, then the library."""
        ready = {one.name: one for one in library.capabilities(self._ready)}
        outside = {} if self._source is None else self._source.capabilities()
        own = (self._from_plugins(), self._from_files(), self._added)
        layers = (self._learnt, outside, ready, *own)
        every: dict[str, AnyCapability] = {}
        for layer in reversed(layers):
            for name, one in layer.items():
                every.setdefault(name, one)
        return list(every.values())

    def own(self) -> list[AnyCapability]:
        """The capabilities of the workspace itself, without plug-ins and library."""
        learnt = {name: one for name, one in self._learnt.items() if self.find(name) is one}
        return list({**learnt, **self._from_files(), **self._added}.values())

    def broken(self) -> list[Broken]:
        """Capability files, plug-ins and pipeline files that cannot be used as they are."""
        found = [*self.broken_files(), *self._plug_problems]
        found += [] if self._source is None else self._source.broken()
        for path in self._pipeline_files():
            try:
                self.pipeline(path.stem)
            except SourceError as error:
                found.append(Broken(str(path), error.__dict__.get("line", 0), error.message))
            except CompositionError as error:
                found.append(Broken(str(path), 0, error.message))
            except UnknownName:
                if path.is_dir() or path.is_symlink():  # else it has just been removed
                    found.append(Broken(str(path), 0, "is no file, or leads to none"))
        return found

    def broken_files(self) -> list[Broken]:
        """Capability files that cannot be used as they are, or that hide one another's names."""
        self._from_files()
        found = [loaded.broken for loaded in self._files.values() if loaded.broken is not None]
        homes: dict[str, str] = {}
        for loaded in self._files.values():
            for one in loaded.capabilities:
                first = homes.setdefault(one.name, loaded.file)
                if first != loaded.file:
                    said = f"declares {one.name!r}, which {Path(first).name} declares too"
                    line = one.declaration.source[1]
                    found.append(Broken(loaded.file, line, f"{said}; rename one of them"))
        return found

    def _pipeline_files(self) -> list[Path]:
        if self._folder is None:
            return []
        found = (self._folder / "pipelines").glob("*.yaml")
        return sorted(path for path in found if not is_hidden(path))

    def pipeline_names(self) -> list[str]:
        """The names of all saved pipelines."""
        saved = [path.stem for path in self._pipeline_files()]
        return sorted({*self._added_pipelines, *self._built, *saved})

    def pipeline_file(self, name: str) -> str:
        """The file of a saved pipeline; empty for one built in Python."""
        path = None if self._folder is None else self._folder / "pipelines" / f"{name}.yaml"
        return str(path) if path is not None and path.is_file() else ""

    def pipeline(self, name: str) -> Pipeline:
        """The saved pipeline of that name.

        Raises:
            UnknownName: There is none.
            SourceError: Its file does not parse, or it calls itself.
        """
        found = self.find_pipeline(name)
        if found is None:
            raise UnknownName("pipeline", name, get_close_matches(name, self.pipeline_names(), 2))
        return found

    def find_pipeline(self, name: str) -> Pipeline | None:
        """The saved pipeline of that name, or ``None``; a file is read again when it has changed.

        Raises:
            SourceError: Its file does not parse, or it calls itself.
        """
        if name in self._added_pipelines:
            return self._added_pipelines[name]
        path = "" if self._folder is None else f"{self._folder}/pipelines/{name}.yaml"
        try:
            state = os.stat(path)  # noqa: PTH116 - a third of the time, on the way of every run
        except (OSError, ValueError):
            state = None
        if state is None or not S_ISREG(state.st_mode):
            self._from_files()
            return self._built.get(name)
        stamp = (state.st_mtime_ns, state.st_size), self.generation
        known = self._pipelines.get(name)
        if known is not None and known[0] == stamp:
            return known[1]
        pipeline = self._open(name, Path(path))
        self._pipelines[name] = (stamp, pipeline)
        return pipeline

    def _open(self, name: str, path: Path) -> Pipeline:
        opening: list[str] = self._opening.__dict__.setdefault("names", [])
        if name in opening:
            ring = " -> ".join([*opening[opening.index(name) :], name])
            raise SourceError(f"the pipeline calls itself: {ring}", file=str(path))
        opening.append(name)
        try:
            text = path.read_text(encoding="utf-8")
            pipeline = load(text, self.resolve, file=str(path))
        except UnicodeDecodeError as error:
            raise SourceError(f"is no UTF-8 text: {error}", file=str(path)) from error
        except OSError as error:
            raise SourceError(f"cannot be read: {error}", file=str(path)) from error
        finally:
            opening.pop()
        if pipeline.name != name:
            message = f"holds a pipeline called {pipeline.name!r}; give file and pipeline one name"
            raise SourceError(message, file=str(path), line=1)
        return pipeline

    def read(self, source: str, *, file: str = "") -> Pipeline:
        """Read a pipeline from YAML text that is not saved."""
        return load(source, self.resolve, file=file)

    def resolve(
        self, kind: Literal["capability", "pipeline"], name: str
    ) -> AnyCapability | Pipeline | None:
        """Find what a pipeline file names."""
        return self.find(name) if kind == "capability" else self.find_pipeline(name)

    def matching(self, names: Iterable[str]) -> list[AnyCapability | Pipeline]:
        """Capabilities and pipelines by names and patterns (``find_*``), each once.

        Raises:
            UnknownName: There is none of a name, or none that fits a pattern.
        """
        return matching(self, names)

    def pipelines(self) -> list[Pipeline]:
        """Every saved pipeline that can be read."""
        found = []
        for name in self.pipeline_names():
            try:
                found.append(self.pipeline(name))
            except (CompositionError, UnknownName):  # broken, or removed just now
                continue
        return found

    def show(self, query: str = "") -> Any:
        """Show it in a notebook's cell, to search in; elsewhere print names and contracts."""
        from packetflow.discovery.showing import CatalogView
        from packetflow.show import pane

        return pane.show(CatalogView(self, query))

    def search(self, query: str, limit: int = 20) -> list[AnyCapability | Pipeline]:
        """Find capabilities and pipelines by words of their names, intents and contracts."""
        items: dict[str, AnyCapability | Pipeline] = {}
        entries = []
        every: list[AnyCapability | Pipeline] = [*self.capabilities(), *self.pipelines()]
        for one in every:
            items[one.name] = one
            entries.append(entry_of(one))
        return [items[name] for name, _ in Index(entries).search(query, limit)]


def _is_on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
