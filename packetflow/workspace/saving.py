"""Write pipelines into a workspace's folder, whole or not at all."""

from __future__ import annotations

import re
import reprlib
from pathlib import Path

from packetflow.composition.codec import dump
from packetflow.composition.steps import Pipeline
from packetflow.errors import WorkspaceError
from packetflow.workspace.draft_file import SavedFile
from packetflow.workspace.folder import WorkspaceFolder

_NAME = re.compile(r"\w[\w .-]*")


def save_pipeline(folder: WorkspaceFolder, pipeline: Pipeline, *, mark: str) -> Path:
    """Write a pipeline's file; answers where.

    Args:
        folder: The workspace.
        pipeline: What to write.
        mark: Tells this process's unfinished file from those of others.

    Raises:
        CompositionError: Something in it cannot be saved.
        WorkspaceError: It is no pipeline, its name is none for a file, or the file cannot be
            written.
    """
    if not isinstance(pipeline, Pipeline):
        raise WorkspaceError(
            f"{reprlib.repr(pipeline)} is no pipeline; give it a name: "
            "ws.save(flow.saved_as('digest'))"
        )
    if not _NAME.fullmatch(pipeline.name):
        raise WorkspaceError(
            f"a pipeline called {pipeline.name!r} cannot be saved; begin with a letter, digit or "
            "underscore and go on with those, spaces, dots and dashes"
        )
    path = folder.pipelines / f"{pipeline.name}.yaml"
    text = dump(pipeline)
    try:
        SavedFile(path).write(text.encode(), mark)
    except OSError as error:
        raise WorkspaceError(f"cannot write {path}: {error.strerror or error}") from error
    return path
