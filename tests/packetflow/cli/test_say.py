"""Words on a terminal or into a pipe."""

from packetflow.cli.say import frame_lines, near
from packetflow.engine.trail import Place


def test_a_path_below_here_is_written_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert near(str(tmp_path / "a" / "b.py")) == "a/b.py"
    assert near("/elsewhere/b.py") == "/elsewhere/b.py"


def test_a_place_without_its_source_is_one_line():
    assert frame_lines([Place("/a.py", 3, "f")]) == ["/a.py:3 in f"]
