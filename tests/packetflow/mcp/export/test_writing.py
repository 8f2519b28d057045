import os
from pathlib import Path

import pytest

from packetflow.errors import WorkspaceError
from packetflow.mcp.export import writing
from packetflow.mcp.export.writing import write_files

FILES = {"a.py": b"one", "a.mcpb": b"two"}


def test_files_are_written_into_a_new_folder(tmp_path: Path):
    paths = write_files(tmp_path / "new" / "out", FILES, force=False)

    assert [path.read_bytes() for path in paths] == [b"one", b"two"]
    assert [os.access(path, os.X_OK) for path in paths] == [True, False]


def test_paths_are_told_without_steps_back(tmp_path: Path):
    (tmp_path / "workspace").mkdir()

    paths = write_files(tmp_path / "workspace" / ".." / "out", FILES, force=False)

    assert paths[0] == tmp_path.resolve() / "out" / "a.py"


def test_the_same_again_changes_nothing(tmp_path: Path):
    (first, _) = write_files(tmp_path, FILES, force=False)
    before = first.stat().st_mtime_ns

    write_files(tmp_path, FILES, force=False)

    assert first.stat().st_mtime_ns == before


def test_nothing_else_is_overwritten_unless_that_is_asked_for(tmp_path: Path):
    (tmp_path / "a.mcpb").write_text("mine")

    with pytest.raises(WorkspaceError, match=r"a\.mcpb in .* would be overwritten; use --force"):
        write_files(tmp_path, FILES, force=False)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.mcpb"]

    write_files(tmp_path, FILES, force=True)
    assert (tmp_path / "a.mcpb").read_bytes() == b"two"


def test_a_file_is_no_folder(tmp_path: Path):
    (tmp_path / "file").touch()

    with pytest.raises(WorkspaceError, match="is a file; name a folder"):
        write_files(tmp_path / "file", FILES, force=False)
    with pytest.raises(WorkspaceError, match="cannot export to"):
        write_files(tmp_path / "file" / "below", FILES, force=False)


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a.py").write_text("old")
    whole = writing._write

    def full(draft: Path, content: bytes) -> None:
        if content == b"two":
            draft.write_bytes(b"t")
            raise OSError(28, "No space left on device")
        whole(draft, content)

    monkeypatch.setattr(writing, "_write", full)

    with pytest.raises(WorkspaceError, match="No space left on device"):
        write_files(tmp_path, FILES, force=True)
    assert [one.name for one in tmp_path.iterdir()] == ["a.py"]
    assert (tmp_path / "a.py").read_text() == "old"
