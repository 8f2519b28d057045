"""One capability file: what it declares, and where it broke."""

import sys
from pathlib import Path

import pytest

from packetflow.discovery.files import Broken, load_file, source_files


def test_a_file_that_cannot_be_read_is_marked(tmp_path: Path):
    loaded = load_file(tmp_path / "gone.py", "packetflow_test_files", None)

    assert loaded.broken is not None
    assert "cannot be read" in loaded.broken.error


@pytest.mark.parametrize(
    ("text", "line"),
    [("x = 1\n\n1 / 0\n", 3), ("def f():\n    return 1 / 0\n\n\nf()\n", 2), ("x = (\n", 1)],
)
def test_the_line_is_that_of_the_file_not_of_what_it_calls(tmp_path: Path, text: str, line: int):
    path = tmp_path / "bad.py"
    path.write_text(text)

    loaded = load_file(path, "packetflow_test_files", None)

    assert loaded.broken is not None
    assert loaded.broken.line == line


def test_capabilities_imported_from_elsewhere_are_not_its_own(tmp_path: Path):
    path = tmp_path / "own.py"
    path.write_text("from packetflow.library import chart\n")

    assert load_file(path, "packetflow_test_files", None).capabilities == ()


def test_a_broken_file_reads_as_one_line():
    assert str(Broken("a.py", 3, "bad", using_last_good=True)) == (
        "a.py:3: bad; its last good version is used"
    )


def test_files_come_after_what_they_import(tmp_path: Path):
    (tmp_path / "a.py").write_text("from .c import x\n")
    (tmp_path / "b.py").write_text("")
    (tmp_path / "c.py").write_text("from . import b\n")

    assert list(source_files(tmp_path)) == ["b", "c", "a"]


def test_a_missing_package_is_told_with_the_python_that_wants_it(tmp_path: Path):
    (tmp_path / "wants.py").write_text("import no_such_package_at_all\n")

    loaded = load_file(tmp_path / "wants.py", "packetflow_test_files", None)

    assert loaded.broken is not None
    assert f"{sys.executable} -m pip install" in loaded.broken.error


def test_a_file_that_is_written_while_it_is_read_does_not_become_the_last_good_one(tmp_path: Path):
    path, keep = tmp_path / "sums.py", tmp_path / "kept"
    works = (
        "from packetflow import capability\n\n"
        "@capability(provides='one')\ndef {}() -> int:\n    return 1\n"
    )
    half = "def half("
    path.write_text(works.format("first"))
    load_file(path, "packetflow_test_files", keep)
    written = f"from pathlib import Path\nPath({str(path)!r}).write_text({half!r})\n"
    path.write_text(works.format("second") + written)

    meanwhile = load_file(path, "packetflow_test_files", keep)
    after = load_file(path, "packetflow_test_files", keep)

    assert [one.name for one in meanwhile.capabilities] == ["second"]
    assert [one.name for one in after.capabilities] == ["first"]
    assert after.broken is not None
    assert after.broken.using_last_good
