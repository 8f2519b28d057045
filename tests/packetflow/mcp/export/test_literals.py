from pathlib import Path

import pytest

from packetflow.mcp.export.literals import Variable
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

    assert tuple(one.name for one in carried(tmp_path, "tool").environment) == variables


@pytest.mark.parametrize(
    ("read", "variable"),
    [
        ("os.environ['A']", Variable("A")),
        ("os.environ.pop('A')", Variable("A")),
        ("os.environ.get('A')", Variable("A", is_required=False)),
        ("os.getenv('A', 'fast')", Variable("A", is_required=False, default="fast")),
        ("os.getenv('A', default='fast')", Variable("A", is_required=False, default="fast")),
        ("os.getenv('A', 'x') or os.environ['A']", Variable("A")),
        ("os.environ['A'] if 'A' in os.environ else 1", Variable("A", is_required=False)),
        ("'A' in os.environ and os.environ['A']", Variable("A", is_required=False)),
        ("os.environ['A'] if NAME in {'A': 1} else 1", Variable("A")),
        ("1 if 'A' in os.environ else os.environ['A']", Variable("A")),
        ("os.getenv('A', 'x') or os.getenv('A', 'y')", Variable("A", is_required=False)),
        ("os.getenv('A', str(n))", Variable("A", is_required=False)),
        ("os.getenv('A', NAME)", Variable("A", is_required=False)),
        ("os.getenv('A_TOKEN', 'x')", Variable("A_TOKEN", is_required=False)),
        ("os.getenv('A', 'https://me:pw@example.org')", Variable("A", is_required=False)),
        ("os.getenv('A', 'aB3' * 9)", Variable("A", is_required=False)),
        (f"os.getenv('A', '{'aB3' * 9}')", Variable("A", is_required=False)),
    ],
)
def test_a_variable_with_another_way_is_optional(tmp_path: Path, read: str, variable: Variable):
    text = f"{HEAD}import os\n\nNAME = 'x'\n\n\n" + TOOL.format(f"len(str({read})) + n")
    written(tmp_path, {"capabilities/a.py": text})

    assert carried(tmp_path, "tool").environment == (variable,)


@pytest.mark.parametrize(
    ("otherwise", "is_required"), [("return 1", False), ("raise OSError", True)]
)
def test_a_variable_that_is_asked_for_first_is_optional_unless_its_lack_fails(
    tmp_path: Path, otherwise: str, is_required: bool
):
    code = f"""import os


def f():
    if 'A' in os.environ:
        return os.environ['A']
    else:
        {otherwise}
"""
    text = HEAD + code + "\n\n" + TOOL.format("f()")
    written(tmp_path, {"capabilities/a.py": text})

    assert carried(tmp_path, "tool").environment == (Variable("A", is_required=is_required),)
