from pathlib import Path

import pytest

from tests.packetflow.mcp.export.workplace import HEAD, TOOL, carried, written


@pytest.mark.parametrize(
    ("code", "variables"),
    [
        ("""\
import os


def f():
    return os.environ['A_KEY'], os.environ.get('B_KEY')""", ("A_KEY", "B_KEY")),
        ("""\
from os import environ, getenv

NAME = 'A_KEY'


def f():
    return environ[NAME], getenv('C', '')""", ("A_KEY", "C")),
        ("""\
import os


def f():
    return os.environ['HOME'], 'D' in os.environ, os.environ.items()""", ("D",)),
    ],
)  # fmt: skip
def test_variables_that_code_reads_are_told(tmp_path: Path, code: str, variables: tuple[str, ...]):
    text = HEAD + code + "\n\n\n" + TOOL.format("len(str(f)) and n")
    written(tmp_path, {"capabilities/a.py": text})

    assert carried(tmp_path, "tool").environment == variables
