"""Several things of a catalog at once, by their names and by patterns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from packetflow.composition.outside import calls_of
from packetflow.composition.steps import Use
from packetflow.composition.walk import walk
from packetflow.errors import UnknownName

if TYPE_CHECKING:
    from packetflow.composition.capability import Capability
    from packetflow.composition.steps import Pipeline, Step
    from packetflow.discovery.catalog import Catalog


def matching(catalog: Catalog, names: Iterable[str]) -> list[Capability[..., Any] | Pipeline]:
    """Capabilities and pipelines by names and patterns, in order, each once.

    A pipeline stands before a capability of its name, as where things are run by name. A pattern
    leaves out what is switched off.

    Raises:
        UnknownName: There is none of a name, or none that fits a pattern.
    """
    found: dict[str, Capability[..., Any] | Pipeline] = {}
    for name in names:
        wanted = list(_fitting(catalog, name)) if "*" in name else [_named(catalog, name)]
        if not wanted:
            raise UnknownName("capability or pipeline", name)
        for one in wanted:
            found.setdefault(one.name, one)
    return list(found.values())


def called_later(
    step: Step, catalog: Catalog | None
) -> tuple[list[Capability[..., Any] | Pipeline], bool]:
    """What the steps of a composition may call while they run, and whether there may be more.

    That is known where they name it, or where the input that names it is fixed.
    """
    found: list[Capability[..., Any] | Pipeline] = []
    is_open = False
    for use in walk(step):
        for name in calls_of(use) if isinstance(use, Use) else ():
            names: Any = [name]
            if name.startswith("{") and isinstance(use, Use):
                names = use.values.get(name.strip("{}"))
            try:
                found += [] if catalog is None or names is None else catalog.matching(names)
            except UnknownName:
                is_open = True
            is_open |= catalog is None or names is None
    return found, is_open


def _fitting(catalog: Catalog, pattern: str) -> Iterator[Capability[..., Any] | Pipeline]:
    for pipeline in catalog.pipelines():
        if fnmatchcase(pipeline.name, pattern):
            yield pipeline
    for one in catalog.capabilities():
        if one.declaration.enabled and fnmatchcase(one.name, pattern):
            yield one


def _named(catalog: Catalog, name: str) -> Capability[..., Any] | Pipeline:
    pipelines = catalog.pipeline_names()
    if name in pipelines:
        return catalog.pipeline(name)
    found = catalog.find(name)
    if found is not None:
        return found
    known = [*pipelines, *(one.name for one in catalog.capabilities())]
    raise UnknownName("capability or pipeline", name, get_close_matches(name, known, 2))
