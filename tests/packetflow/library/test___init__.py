"""The package as a whole: what it lists, what it loads, and that its examples run."""

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from packetflow import library
from packetflow.composition import Capability

HEAVY = [
    "duckdb", "pyarrow", "pandas", "numpy", "plotly", "httpx", "openpyxl", "pypdf", "icalendar",
    "jinja2", "bs4", "litellm", "markdown_it", "dateutil", "jsonschema",
]  # fmt: skip
ALL = library.capabilities()


@pytest.mark.parametrize("module", ["packetflow", "packetflow.library", "packetflow.library.llm"])
def test_importing_loads_no_heavy_library(module: str) -> None:
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "[]"


def test_declaring_all_capabilities_loads_nothing_heavy_but_pyarrow() -> None:
    code = (
        "import sys; from packetflow import library; library.capabilities(); "
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = set(run.stdout.strip("[]\n").replace("'", "").split(", "))
    assert loaded == {"pyarrow", "numpy"}  # pyarrow itself loads numpy


def test_every_listed_name_is_a_capability_of_that_name() -> None:
    assert all(
        getattr(library, name).name == name for name in library.__all__ if name != "capabilities"
    )
    assert len(ALL) == len(library.__all__) - 1


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no capability 'nothing'"):
        library.nothing  # noqa: B018


@pytest.mark.parametrize("ready", ALL, ids=lambda ready: ready.name)
def test_every_capability_says_what_it_does_and_explains_each_input(
    ready: Capability[..., Any],
) -> None:
    declared = ready.declaration

    assert declared.intent.endswith(".")
    assert declared.tags
    assert declared.examples
    assert [port.name for port in declared.contract.requires if not port.help] == []


@pytest.mark.parametrize("ready", ALL, ids=lambda ready: ready.name)
def test_every_example_names_inputs_that_exist_and_none_is_missing(
    ready: Capability[..., Any],
) -> None:
    for example in ready.declaration.examples:
        needed = {port.name for port in ready.contract.requires if not port.optional}

        assert set(example) <= set(ready.contract.inputs)
        assert needed - set(example) <= {"table"}


SELF_CONTAINED = [
    ready
    for ready in ALL
    if not any(effect.kind in {"reads", "writes", "model"} for effect in ready.declaration.effects)
]


@pytest.mark.parametrize("ready", SELF_CONTAINED, ids=lambda ready: ready.name)
def test_examples_that_touch_nothing_outside_run(ready: Capability[..., Any]) -> None:
    for example in ready.declaration.examples:
        assert ready(**example)


@pytest.mark.parametrize("ready", ALL, ids=lambda ready: ready.name)
def test_every_contract_has_a_json_schema(ready: Capability[..., Any]) -> None:
    for side in ("requires", "provides"):
        assert ready.contract.json_schema(side)["type"] == "object"


def test_what_touches_the_outside_declares_it() -> None:
    touching = {ready.name for ready in ALL if ready not in SELF_CONTAINED}

    assert touching == {
        "load_table", "save_table", "read_document", "list_documents", "save_file", "fetch_page",
        "ask_model", "ask_with_tools", "send_message", "calendar_lookup",
    }  # fmt: skip
    assert all(inspect.getdoc(ready) for ready in ALL)


def test_the_documentation_lists_every_capability_and_no_other() -> None:
    page = (Path(__file__).parents[3] / "docs" / "library.md").read_text()

    rows = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(rows) == sorted(ready.name for ready in ALL)


@pytest.mark.parametrize("ready", ALL, ids=lambda ready: ready.name)
def test_the_documentation_gives_each_contract(ready: Capability[..., Any]) -> None:
    page = (Path(__file__).parents[3] / "docs" / "library.md").read_text()
    takes = [f"{port.name}{'?' if port.optional else ''}" for port in ready.contract.requires]
    gives = [port.name for port in ready.contract.provides]

    assert f"| `{ready.name}` | {', '.join(takes)} -> {', '.join(gives)} |" in page
