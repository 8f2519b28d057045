"""The tutorial is true: its files are written, its commands run, in order, in an empty folder."""

import os
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from packetflow.cli.app import app
from tests.test_docs import Block, split

PAGE = Path(__file__).parent.parent / "docs" / "tutorial.md"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "somewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PACKETFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_COLOR", "1")
    return folder


def ran(line: str) -> tuple[int, list[str]]:
    """Run a command of the page; answers its exit code and all lines it printed."""
    words = shlex.split(line)
    if words[0] == "cd":
        os.chdir(words[1])
        return 0, []
    assert words.pop(0) == "packetflow"
    done = CliRunner().invoke(app, [latest() if word == "ID" else word for word in words])
    return done.exit_code, done.output.splitlines()


def latest() -> str:
    listed = CliRunner().invoke(app, ["runs", "--limit", "1"]).stdout.splitlines()
    return listed[1].split()[0]


def missing(shown: list[str], printed: list[str]) -> list[str]:
    """The lines of the page that were not printed; ``...`` stands for anything."""
    patterns = [(line, re.escape(line).replace(r"\.\.\.", ".*")) for line in shown if line.strip()]
    return [line for line, text in patterns if not any(re.match(text, one) for one in printed)]


def play(block: Block) -> None:
    """Run a block's commands and compare what they print with what it shows."""
    command, shown = "", list[str]()
    for line in [*block.lines, "$ end"]:
        if not line.startswith("$ "):
            shown.append(line)
            continue
        if command:
            code, printed = ran(command)
            assert (code != 0) == block.said.endswith("fails"), (command, printed)
            assert missing(shown, printed) == [], (command, printed)
        command, shown = line.removeprefix("$ "), []


def test_the_tutorial_works_from_its_first_line_to_its_last() -> None:
    commands = 0
    for block in split(PAGE.read_text("utf-8"))[0]:
        file = re.search(r"file=(\S+)", block.said)
        if file:
            Path(file[1]).write_text("\n".join(block.lines) + "\n", encoding="utf-8")
        elif block.said.startswith("console"):
            play(block)
            commands += sum(line.startswith("$ ") for line in block.lines)

    assert commands == 12


def test_a_line_that_was_not_printed_is_found() -> None:
    assert missing(["a ... c", "  d"], ["a b c", "d"]) == ["  d"]
