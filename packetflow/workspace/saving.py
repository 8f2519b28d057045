"""Write pipelines into a workspace's folder, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from packetflow.composition.codec import dump
from packetflow.composition.steps import Pipeline
from packetflow.errors import WorkspaceError
from packetflow.workspace.folder import WorkspaceFolder


def save_pipeline(folder: WorkspaceFolder, pipeline: Pipeline, *, mark: str) -> Path:
    """Write a pipeline's file; answers where.

    Args:
        folder: The workspace.
        pipeline: What to write.
        mark: Tells this process's unfinished file from those of others.

    Raises:
        CompositionError: Something in it cannot be saved.
        WorkspaceError: The file cannot be written.
    """
    path = folder.pipelines / f"{pipeline.name}.yaml"
    text = dump(pipeline)
    try:
        path.parent.mkdir(exist_ok=True)
        scratch = path.with_suffix(f".{mark}")
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    except OSError as error:
        raise WorkspaceError(f"cannot write {path}: {error.strerror or error}") from error
    return path
