"""Files imported under names of our choosing."""

import os
import sys
from pathlib import Path

import pytest

from packetflow.engine.importing import import_file

NAME = "packetflow_import_of_a_test"


def forget():
    for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[name]


@pytest.fixture(autouse=True)
def forgotten():
    yield
    forget()


def test_a_file_of_the_same_size_and_time_is_read_anew(tmp_path: Path):
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    first = import_file(f"{NAME}.a", path)
    path.write_text("x = 2\n")
    os.utime(path, (1, 1))
    second = import_file(f"{NAME}.a", path)
    path.write_text("x = 3\n")
    os.utime(path, (1, 1))

    assert (first.x, second.x, import_file(f"{NAME}.a", path).x) == (1, 2, 3)


def test_files_beside_it_are_imported_relatively(tmp_path: Path):
    (tmp_path / "a.py").write_text("from .b import y\n")
    (tmp_path / "b.py").write_text("y = 5\n")

    assert import_file(f"{NAME}.a", tmp_path / "a.py").y == 5


def test_one_beside_it_of_the_same_size_and_time_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "a.py").write_text("from .b import y\n")
    beside = tmp_path / "b.py"
    seen = []

    for value in (5, 6):  # as two processes would, one after the other
        beside.write_text(f"y = {value}\n")
        os.utime(beside, (1, 1))
        seen.append(import_file(f"{NAME}.a", tmp_path / "a.py").y)
        forget()

    assert seen == [5, 6]
    assert not (tmp_path / "__pycache__").exists()


def test_a_file_that_fails_leaves_the_earlier_module(tmp_path: Path):
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    first = import_file(f"{NAME}.a", path)
    path.write_text("1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        import_file(f"{NAME}.a", path)
    with pytest.raises(FileNotFoundError):
        import_file(f"{NAME}.c", tmp_path / "c.py")

    assert sys.modules[f"{NAME}.a"] is first
    assert f"{NAME}.c" not in sys.modules
