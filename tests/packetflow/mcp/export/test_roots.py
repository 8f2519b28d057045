from pathlib import Path

import pytest

from tests.packetflow.mcp.export.workplace import (
    HEAD,
    TOOL,
    carried,
    listed,
    loaded,
    same_cards,
    unpacked,
    written,
)


@pytest.mark.parametrize(
    "text",
    [
        '''\
def make(name):
    @capability(name=name, provides="out")
    def inner(n: int) -> int:
        """Give."""
        return n + 1
    return inner


tool = make("tool")
''',
        """\
from packetflow.composition import from_contract
from packetflow.capabilities.contract import Contract, Port

given = Contract((Port("n", int),), (Port("out", int),))
tool = from_contract(lambda n: {"out": n + 1}, "tool", given)
""",
        '''\
def plain(n: int) -> int:
    """Give."""
    return n + 1


tool = capability(name="tool", provides="out")(plain)
''',
        '''\
def mine(**said):
    return capability(provides="out", **said)


@mine(name="tool")
def plain(n: int) -> int:
    """Give."""
    return n + 1
''',
    ],
)  # fmt: skip
def test_capabilities_may_be_declared_in_any_way(tmp_path: Path, text: str):
    written(tmp_path / "here", {"capabilities/a.py": HEAD + text})
    there = unpacked(carried(tmp_path / "here", "tool"), tmp_path / "there")

    same_cards(listed(tmp_path / "here"), there)
    with loaded(there) as catalog:
        found = catalog.get("tool")(n=1)
        assert found in (2, {"out": 2})


def test_a_pipeline_built_in_python_travels_with_its_file(tmp_path: Path):
    more = '\n\nflow = (tool >> tool.reading(n="out")).saved_as("twice")\n'
    written(tmp_path / "here", {"capabilities/a.py": HEAD + TOOL.format("n + 1") + more})

    found = carried(tmp_path / "here", "twice")

    with loaded(unpacked(found, tmp_path / "there")) as catalog:
        assert [one.name for one in catalog.own()] == ["tool"]
        assert [one.name for one in catalog.pipelines()] == ["twice"]
