"""Capabilities of notebooks and scripts travel with what they mean when they are exported."""

import linecache
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest

from packetflow import Workspace
from packetflow.errors import CompositionError
from packetflow.mcp.export.bundle import export_tools
from packetflow.mcp.export.carried import CannotExport
from packetflow.mcp.export.literals import Variable
from packetflow.mcp.export.live import carry_live
from tests.packetflow.mcp.export.cells import ALIVE, NOTEBOOKS
from tests.packetflow.mcp.export.workplace import loaded, unpacked, written

TOOL = '''
@capability(provides="out")
def tool(n: int) -> int:
    """Answer."""
    return {}
'''


class Notebook:
    """Cells that are run one after the other in one module, as a kernel does."""

    def __init__(self, name: str) -> None:
        self.module = ModuleType(name)
        self.cells: list[str] = [""]
        self.names: dict[str, Any] = vars(self.module)
        self.names["In"] = self.cells
        sys.modules[name] = self.module
        self.run("from packetflow import capability, Workspace\nfrom typing import *")

    def run(self, text: str) -> None:
        text = dedent(text).strip("\n")
        file = f"<ipython-input-{len(self.cells)}-{self.module.__name__}>"
        self.cells.append(text)
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        exec(compile(text, file, "exec", dont_inherit=True), self.names)


@pytest.fixture
def notebook(request: pytest.FixtureRequest) -> Iterator[Notebook]:
    made = Notebook(f"notebook_of_{abs(hash(request.node.name))}")
    yield made
    del sys.modules[made.module.__name__]


def answers(notebook: Notebook, there: Path, *given: int) -> list[int]:
    """What the exported tool answers, loaded elsewhere."""
    with Workspace(":memory:") as ws:
        ws.add(notebook.names["tool"])
        found = carry_live(ws, ["tool"])
    with loaded(unpacked(found, there)) as catalog:
        assert catalog.broken() == []
        tool = catalog.get("tool")
        assert str(tool.contract) == str(notebook.names["tool"].contract)
        assert tool.declaration.intent == notebook.names["tool"].declaration.intent
        return [tool(n) for n in given]


@pytest.mark.parametrize(("cells", "answer"), NOTEBOOKS)
def test_a_tool_of_a_notebook_takes_what_its_names_mean_now(
    notebook: Notebook, tmp_path: Path, cells: str, answer: str
):
    for cell in cells.split("# %%\n"):
        notebook.run(cell)
    notebook.run("heavy = iter(())  # alive, and not used by the tool")
    notebook.run(TOOL.format(answer))

    assert answers(notebook, tmp_path, 0, 3) == [notebook.names["tool"](n) for n in (0, 3)]


@pytest.mark.parametrize(("cells", "answer", "what"), ALIVE)
def test_what_no_file_holds_is_refused_with_cell_and_line(
    notebook: Notebook, tmp_path: Path, cells: str, answer: str, what: str
):
    for cell in cells.split("# %%\n"):
        notebook.run(cell)
    notebook.run(TOOL.format(answer))

    with pytest.raises(CannotExport) as refused:
        answers(notebook, tmp_path)

    (reason,) = refused.value.reasons
    assert what in reason.what
    assert (reason.file, reason.line) == (f"cell {cells.count('%%') + 3}", 4)


def test_what_is_exported_may_be_named_or_handed_over(notebook: Notebook):
    notebook.run(TOOL.format("n + 1"))
    tool = notebook.names["tool"]

    with Workspace(":memory:") as ws:
        bundle = export_tools(ws, tool)
        with pytest.raises(CompositionError, match="has no name"):
            export_tools(ws, tool.retry(2, on=OSError))

    assert [one.name for one in bundle.tools] == ["tool"]


MADE = """
def make(k):
    @capability(provides='out')
    def tool(n: int) -> int:
        return n + k
    return tool


tool = make(2)
"""
LAMBDA = """
from packetflow.composition import from_contract
from packetflow.capabilities.contract import Contract, Port

tool = from_contract(lambda n: {'out': n}, 'tool', Contract((Port('n', int),), ()))
"""


@pytest.mark.parametrize(
    ("text", "what"),
    [(MADE, "'tool' is made inside make() and uses 'k' of it"), (LAMBDA, "is a lambda")],
)
def test_a_capability_without_a_text_of_its_own_is_refused(
    notebook: Notebook, tmp_path: Path, text: str, what: str
):
    notebook.run(text)

    with pytest.raises(CannotExport, match=r"tool.* cannot be exported") as refused:
        answers(notebook, tmp_path)

    assert what in str(refused.value)


def test_what_was_read_from_the_environment_is_read_there_again(
    notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("A_KEY", "not for others")
    notebook.run("import os\nKEY: str = os.environ['A_KEY']\nOTHER = os.getenv('B', 'b')")
    notebook.run(TOOL.format("len(KEY + OTHER) + n"))
    with Workspace(":memory:") as ws:
        ws.add(notebook.names["tool"])
        found = carry_live(ws, ["tool"])

    assert found.environment == (Variable("A_KEY"), Variable("B", is_required=False, default="b"))
    assert "not for others" not in str(found)
    monkeypatch.setenv("A_KEY", "theirs")
    with loaded(unpacked(found, tmp_path)) as catalog:
        assert catalog.get("tool")(1) == 8


def test_a_value_made_of_a_secret_of_the_environment_is_refused(
    notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("A_TOKEN", "not for others")
    notebook.run("import os\nHEADERS = [{'a': f'Bearer {one}'} for one in [os.environ['A_TOKEN']]]")
    notebook.run("SAID = HEADERS[0]['a']")
    notebook.run(TOOL.format("len(SAID) + n"))

    with pytest.raises(CannotExport, match="'SAID' holds the value of the variable A_TOKEN"):
        answers(notebook, tmp_path)


def test_pipelines_of_a_notebook_travel_as_files(notebook: Notebook, tmp_path: Path):
    notebook.run(TOOL.format("n + 1"))
    notebook.run("inner = tool.saved_as('inner')")
    notebook.run("flow = (tool.writing(out='n') >> inner).saved_as('flow')")
    with Workspace(":memory:") as ws:
        ws.add(notebook.names["flow"])
        found = carry_live(ws, ["flow"])
        with pytest.raises(CannotExport, match="there is no capability 'gone'"):
            carry_live(ws, ["gone"])

    assert set(found.files) >= {"pipelines/flow.yaml", "pipelines/inner.yaml", "packetflow.toml"}
    with loaded(unpacked(found, tmp_path)) as catalog, Workspace(":memory:") as ws:
        run = ws.run_sync(catalog.pipeline("flow"), n=1)
        assert run["out"] == 3


CHOOSES = """
from packetflow import Context, Effect

@capability(provides='answer', effects=[Effect.calls('to*')])
async def choose(n: int, context: Context) -> int:
    return (await context.call('tool', {'n': n}))['out']
"""


BY_A_NAME = CHOOSES.replace("'tool'", "WHICH").replace(", effects=[Effect.calls('to*')]", "")


@pytest.mark.parametrize("chooses", [CHOOSES, BY_A_NAME])
def test_what_is_called_by_name_travels_too(notebook: Notebook, tmp_path: Path, chooses: str):
    notebook.run(TOOL.format("n + 1"))
    notebook.run("WHICH = 'tool'")
    notebook.run(chooses)
    with Workspace(":memory:") as ws:
        ws.add(notebook.names["tool"], notebook.names["choose"])
        found = carry_live(ws, ["choose"])

    with loaded(unpacked(found, tmp_path)) as catalog:
        assert {one.name for one in catalog.own()} == {"choose", "tool"}


def test_tools_of_a_session_become_a_program(notebook: Notebook):
    notebook.run(TOOL.format("n + 1"))
    with Workspace(":memory:") as ws:
        ws.add(notebook.names["tool"])
        made = export_tools(ws, "tool")

    assert made.name == "tool"
    assert "return n + 1" in made.script
    assert [one.name for one in made.tools] == ["tool"]


def test_files_of_a_workspace_travel_beside_the_notebook(notebook: Notebook, tmp_path: Path):
    head = "from packetflow import capability\n\n\n"
    saved = head + TOOL.format("n + K").replace("tool", "saved") + "\n\nK = 7\n"
    written(tmp_path / "here", {"capabilities/kept.py": saved, "packetflow.toml": ""})
    notebook.names["folder"] = str(tmp_path / "here")
    notebook.run("ws = Workspace(folder)\nsaved = ws.catalog.get('saved')")
    notebook.run(TOOL.format("saved(n) + 1"))
    notebook.run("flow = (tool.writing(out='n') >> saved).saved_as('flow')\nws.add(tool, flow)")
    try:
        found = carry_live(notebook.names["ws"], ["flow", "tool"])
    finally:
        notebook.names["ws"].close()

    assert "K = 7" in found.files["capabilities/kept.py"]
    with loaded(unpacked(found, tmp_path / "there")) as catalog, Workspace(":memory:") as ws:
        assert ws.run_sync(catalog.pipeline("flow"), n=1)["out"] == 16


def test_a_module_beside_a_script_travels_as_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    head = "from packetflow import capability\n\n\n"
    (tmp_path / "beside_a_script.py").write_text(head + TOOL.format("K + n") + "\n\nK = 2\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    module = __import__("beside_a_script")
    with Workspace(":memory:") as ws:
        ws.add(module.tool)
        found = carry_live(ws, ["tool"])

    assert set(found.files) == {"packetflow.toml", "capabilities/beside_a_script.py"}
    with loaded(unpacked(found, tmp_path / "there")) as catalog:
        assert catalog.get("tool")(1) == 3
