"""The doctor's checks of a workspace folder: can it be written, do its files load and fit."""

from __future__ import annotations

import tempfile
from pathlib import Path

from packetflow.cli.checks import Check, Checks, Level
from packetflow.cli.say import near
from packetflow.cli.showing import problems_of
from packetflow.discovery.catalog import Catalog
from packetflow.store.settings import read_settings
from packetflow.workspace.folder import CONFIG, open_folder


def writable(folder: Path) -> Checks:
    """Whether the folder is there, has good settings, and can be written."""
    found = open_folder(folder)
    read_settings(found.path)
    if found.overlay_of is not None:
        yield Check("workspace", "ok", f"read-only; changes go to {found.path}")
    elif not (folder / CONFIG).is_file():
        yield Check("workspace", "warn", f"{folder} has no {CONFIG}", f"packetflow init {folder}")
    else:
        yield Check("workspace", "ok", str(found.path))
    found.state.mkdir(mode=0o700, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=found.state) as scratch:
        scratch.write(b"x")
    mode = found.state.stat().st_mode & 0o077
    if mode:
        yield Check(
            "privacy", "warn", f"others may enter {found.state}", f"chmod 700 {found.state}"
        )


def _catalog(folder: Path) -> Catalog:
    return Catalog(open_folder(folder).path, package="packetflow_doctor")


def files(folder: Path) -> Checks:
    """Whether capability files, plug-ins and pipeline files load."""
    catalog = _catalog(folder)
    broken = catalog.broken()
    for one in broken:
        said = str(one).replace(one.file, near(one.file), 1)
        yield Check("file", "fail", said, "mend the file; its last good version is used if any")
    if not broken:
        own, saved = len(catalog.own()), len(catalog.pipeline_names())
        found = f"{own} {'capability' if own == 1 else 'capabilities'}"
        found += f", {saved} pipeline{'' if saved == 1 else 's'}"
        yield Check("files", "ok", found)


def pipelines(folder: Path) -> Checks:
    """Whether every pipeline can run."""
    catalog = _catalog(folder)
    good = 0
    for pipeline in catalog.pipelines():
        problems = problems_of(pipeline)
        good += not problems
        for problem in problems:
            mend = problem.fix.text if problem.fix else f"packetflow check {pipeline.name}"
            level: Level = "fail" if problem.severity == "error" else "warn"
            yield Check(f"pipeline {pipeline.name}", level, str(problem), mend)
    yield Check("pipelines", "ok", f"{good} fit")
