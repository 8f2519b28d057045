import ast
from pathlib import Path

import pytest

from packetflow.mcp.export.travelling import (
    DATABASE,
    HOME,
    NOT_NEEDED,
    STAYS,
    core,
    has_tables,
    named_in,
    pinned,
)


def test_nothing_that_stays_is_imported_before_it_is_asked_for():
    here = core()

    for path, content in here.files.items():
        if path.endswith(".py"):
            for one in ast.parse(content).body:
                named = _named(one)
                assert not any(name.startswith(STAYS + DATABASE) for name in named), path


def _named(one: ast.stmt) -> list[str]:
    if isinstance(one, ast.Import):
        return [alias.name for alias in one.names]
    if isinstance(one, ast.ImportFrom):
        return [f"{one.module}.{alias.name}" for alias in one.names]
    return []


def test_neither_studio_nor_command_line_travels():
    travels = set(core().files)

    assert "packetflow/mcp/standalone.py" in travels
    assert "packetflow/store/light.py" in travels
    assert not [path for path in travels if path.startswith(("packetflow/cli", "studio"))]
    assert not [
        path for path in travels if path.startswith("packetflow/library/") and "__" not in path
    ]


def test_every_file_that_travels_is_the_one_that_is_installed():
    for path, content in core().files.items():
        assert (HOME.parent / path).read_bytes() == content


def test_what_is_needed_is_pinned_as_it_is_installed():
    needed = core().requirements

    assert {*pinned(["mcp", "ruamel"])} <= {*needed}
    assert not {one.partition("==")[0] for one in needed} & NOT_NEEDED
    assert all("==" in one for one in needed)


def test_a_module_of_the_library_brings_what_it_imports():
    more = core(["packetflow.library.excel_files"])

    assert {*more.requirements} - {*core().requirements} >= {*pinned(["openpyxl"])}


def test_a_database_and_tables_travel_only_with_code_that_uses_them():
    heavy = {"duckdb", "pyarrow"}

    def needed(*also: str, tables: bool = False) -> set[str]:
        return {one.partition("==")[0] for one in core(also, tables=tables).requirements} & heavy

    assert needed() == set()
    assert needed("packetflow.library.rake") == set()
    assert needed(tables=True) == {"pyarrow"}
    assert needed("packetflow.library.statistics") >= {"pyarrow"}
    assert needed(*named_in("from packetflow import Workspace")) == heavy


@pytest.mark.parametrize(
    "code",
    [
        "import pandas as pd",
        "def f():\n    from duckdb import sql",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from packetflow import Table",
        "import packetflow as pf\ndef f(rows: pf.Table) -> int: ...",
    ],
)
def test_code_that_may_have_tables_is_known(code: str):
    assert has_tables(code)
    assert not has_tables("import csv\nfrom packetflow import capability")


def test_code_says_which_modules_of_packetflow_it_needs():
    code = "from packetflow import capability\nfrom packetflow.library import keywords, rake\n"

    assert named_in(code) == {
        "packetflow",
        "packetflow.library",
        "packetflow.library.rake",
    }


def test_places_of_this_machine_are_in_no_path():
    assert not [path for path in core().files if Path(path).is_absolute()]
