"""A slice answers as the whole file does, and leaves the rest behind."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings

from packetflow.mcp.export.carried import CannotExport, carry
from tests.packetflow.mcp.export.programs import CHANGES_A_VALUE, LEAVES_THE_REST, programs
from tests.packetflow.mcp.export.workplace import (
    HEAD,
    TOOL,
    carried,
    listed,
    loaded,
    unpacked,
    written,
)

HEAVY = """

@capability(provides="other")
def other(n: int) -> int:
    \"\"\"Do what takes a heavy package.\"\"\"
    import pandas

    return len(pandas.DataFrame()) + left_behind(n)


def left_behind(n: int) -> int:
    return n
"""


def slice_of(folder: Path, text: str, answer: str, **more: str) -> str:
    """The slice of a file for a tool in it, which answers with it as with the whole file."""
    whole = HEAD + text + "\n\n" + TOOL.format(answer) + HEAVY
    files = {f"capabilities/{name}.py": other for name, other in more.items()}
    written(folder / "here", {"capabilities/a.py": whole, **files})
    what = carried(folder / "here", "tool")
    there = unpacked(what, folder / "there")
    with loaded(folder / "here") as before, loaded(there) as after:
        found = after.get("tool")
        for n in (0, 3):
            assert found(n) == before.get("tool")(n)
        assert found.declaration.source[1] == before.get("tool").declaration.source[1]
        assert after.broken() == []
    return what.files["capabilities/a.py"]


@pytest.mark.parametrize(("text", "answer"), LEAVES_THE_REST)
def test_a_tool_takes_what_it_uses_and_leaves_the_rest(tmp_path: Path, text: str, answer: str):
    cut = slice_of(tmp_path, text, answer)

    assert "left_behind" not in cut
    assert "pandas" not in cut


@given(programs())
@settings(deadline=None, max_examples=40)
def test_any_tool_answers_as_it_did_in_the_whole_file(program: tuple[str, str]):
    with TemporaryDirectory() as folder:
        slice_of(Path(folder), *program)


@pytest.mark.parametrize(("text", "answer", "kept"), CHANGES_A_VALUE)
def test_what_changes_a_value_that_is_used_travels_too(
    tmp_path: Path, text: str, answer: str, kept: str
):
    cut = slice_of(tmp_path, text, answer)

    assert kept in cut
    assert "left_behind" not in cut


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("K = 3", "globals()['K'] + n"),
        ("import sys\n\nK = 3", "sys.modules[__name__].K + n"),
        ("from math import *", "int(floor(pi)) + n"),
        ("for name in ('a', 'b'):\n    globals()[name] = 2", "a + n"),
    ],
)
def test_where_names_cannot_be_told_the_whole_file_travels(tmp_path: Path, text: str, answer: str):
    cut = slice_of(tmp_path, text, answer)

    assert "def left_behind" in cut
    assert cut == (tmp_path / "here" / "capabilities" / "a.py").read_text()


def test_a_slice_keeps_comments_forms_and_line_numbers(tmp_path: Path):
    text = (
        "# what it is for\ndef f(n):\n    return  n  # as written\n\n\n# of something else\nX = 1"
    )

    cut = slice_of(tmp_path, text, "f(n)").splitlines()

    whole = (tmp_path / "here" / "capabilities" / "a.py").read_text().splitlines()
    assert "    return  n  # as written" in cut
    assert "# what it is for" in cut
    assert "# of something else" not in cut
    assert all(line in {"", whole[number]} for number, line in enumerate(cut))


def test_the_main_part_of_a_file_stays_behind(tmp_path: Path):
    text = "if __name__ == '__main__':\n    import surely_absent_package\n    print(tool(1))"

    assert "__main__" not in slice_of(tmp_path, text, "n")


def test_siblings_travel_as_far_as_they_are_used(tmp_path: Path):
    shapes = "import surely_absent_package\n"
    written(
        tmp_path / "here",
        {
            "capabilities/a.py": HEAD
            + """\
from . import units
from .deep.inner import depth as d
from ._more import area


"""
            + TOOL.format("units.KM * n + d() + area(n)"),
            "capabilities/units.py": "KM = 1000\n",
            "capabilities/_more.py": """\
def area(n):
    return n * n


def rest():
    import gone_x
""",
            "capabilities/deep/__init__.py": "",
            "capabilities/deep/inner.py": """\
from ..units import KM


def depth():
    return KM
""",
            "capabilities/unused.py": shapes,
        },
    )

    what = carried(tmp_path / "here", "tool")

    assert set(what.files) == {
        "packetflow.toml",
        *(
            f"capabilities/{name}.py"
            for name in ("a", "units", "_more", "deep/inner", "deep/__init__")
        ),
    }
    assert "gone_x" not in what.files["capabilities/_more.py"]
    with loaded(unpacked(what, tmp_path / "there")) as catalog:
        assert catalog.get("tool")(2) == 3004


def test_a_file_that_registers_with_another_one_travels_with_it(tmp_path: Path):
    written(
        tmp_path / "here",
        {
            "capabilities/a.py": HEAD
            + "from .core import DOERS\n\n\n"
            + TOOL.format("DOERS['b'](n)"),
            "capabilities/b.py": "from .core import DOERS\n\nDOERS['b'] = lambda n: n + 1\n",
            "capabilities/c.py": "import surely_absent_package\nC = 1\n",
            "capabilities/core.py": "DOERS = {}\n",
        },
    )

    what = carried(tmp_path / "here", "tool")

    assert "capabilities/b.py" in what.files
    assert "capabilities/c.py" not in what.files
    with loaded(unpacked(what, tmp_path / "there")) as catalog:
        assert catalog.get("tool")(2) == 3


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("def f(n):\n    return nowhere(n)", 5, "uses 'nowhere', which is nowhere defined"),
        ("from .gone import f", 4, "imports 'f', which is not in gone"),
        ("from ..above import f", 4, "imports from above the folder"),
        ("from .wrong import f", 1, "is no Python that can be loaded"),
        ("import surely_absent_package as f", 4, "'surely_absent_package', which is not installed"),
        ("def f(n):\n    import surely_absent_package", 5, "which is not installed here"),
        ("import studio as f", 4, "is a part of PacketFlow that does not travel"),
        ("""\
import importlib


def f(n):
    return importlib.import_module(f'm{n}')""", 8, "a module whose name is only known"),
        ("def f(n):\n    return eval('n')", 5, "hands code to eval()"),
    ],
)  # fmt: skip
def test_what_cannot_travel_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int, what: str
):
    whole = HEAD + text + "\n\n\n" + TOOL.format("f(n)")
    written(tmp_path, {"capabilities/a.py": HEAD + "f = None\n" + TOOL.format("f(n)")})
    listing = listed(tmp_path)  # what the runner said while the file was good
    written(tmp_path, {"capabilities/a.py": whole, "capabilities/wrong.py": "def (:\n"})
    with pytest.raises(CannotExport) as refused:
        carry(tmp_path, listing, ["tool"])

    (reason,) = refused.value.reasons
    assert what in reason.what
    assert reason.line == line
    assert str(reason) in str(refused.value)


def test_all_reasons_are_told_at_once(tmp_path: Path):
    text = "import surely_absent_package as f\nimport another_absent_one as g"
    written(tmp_path, {"capabilities/a.py": HEAD + TOOL.format("f(g(n))") + text})
    (tmp_path / "capabilities" / "a.py").write_text(HEAD + TOOL.format("0"))
    listing = listed(tmp_path)
    (tmp_path / "capabilities" / "a.py").write_text(HEAD + text + "\n" + TOOL.format("f(g(n))"))

    with pytest.raises(CannotExport) as refused:
        carry(tmp_path, listing, ["tool"])

    assert [reason.line for reason in refused.value.reasons] == [4, 5]
