"""Words on a terminal or into a pipe."""

from packetflow.cli.say import frame_lines, near, rows
from packetflow.engine.trail import Place


def test_a_path_below_here_is_written_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert near(str(tmp_path / "a" / "b.py")) == "a/b.py"
    assert near("/elsewhere/b.py") == "/elsewhere/b.py"


def test_a_place_without_its_source_is_one_line():
    assert frame_lines([Place("/a.py", 3, "f")]) == ["/a.py:3 in f"]


def test_a_number_in_a_pipe_is_written_in_full(capsys):
    rows(["eur"], [[12999.99], [1234567.891], [0.1]])

    assert capsys.readouterr().out.split() == ["eur", "12999.99", "1234567.891", "0.1"]


def test_a_number_on_a_terminal_keeps_its_cents(capsys, monkeypatch):
    monkeypatch.setattr("packetflow.cli.say.is_terminal", lambda: True)
    rows(["eur"], [[12999.99], [1234567.891], [2 / 3]])

    said = capsys.readouterr().out
    assert all(one in said for one in ("12999.99", "1234567.89", "0.666667"))
