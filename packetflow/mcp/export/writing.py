"""Write a set of files, each whole or not at all, and nothing over what somebody else wrote."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from packetflow.errors import WorkspaceError


def write_files(to: Path, files: Mapping[str, bytes], *, force: bool) -> list[Path]:
    """Write files into a folder; answers where they are.

    Programs may be executed. A file that holds the same already is left alone. All are written
    beside their places first, so that a full disk changes nothing.

    Args:
        to: The folder; made when it is not there.
        files: Their content by name.
        force: Replace files that hold something else.

    Raises:
        WorkspaceError: The folder cannot be written, or a file there holds something else.
    """
    folder = to.expanduser()
    folder = folder.resolve() if ".." in folder.parts else folder.absolute()
    if folder.exists() and not folder.is_dir():
        raise WorkspaceError(f"{folder} is a file; name a folder to export to", path=str(folder))
    drafts: dict[Path, Path] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        changed = {folder / name: content for name, content in files.items()}
        changed = {path: content for path, content in changed.items() if not _holds(path, content)}
        in_the_way = [path.name for path in changed if path.exists() or path.is_symlink()]
        if in_the_way and not force:
            raise WorkspaceError(
                f"{', '.join(in_the_way)} in {folder} would be overwritten; "
                "use --force (force=True) to replace, or export to another folder",
                path=str(folder),
            )
        for path, content in changed.items():
            drafts[path] = draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
            _write(draft, content)
        for path, draft in drafts.items():
            if path.suffix == ".py":
                draft.chmod(0o755)
            draft.replace(path)
    except OSError as error:
        said = error.strerror or error
        raise WorkspaceError(f"cannot export to {folder}: {said}", path=str(folder)) from error
    finally:
        for draft in drafts.values():
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
    return [folder / name for name in files]


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _write(draft: Path, content: bytes) -> None:
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
