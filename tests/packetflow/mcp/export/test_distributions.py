from pathlib import Path

import pytest

from tests.packetflow.mcp.export.workplace import HEAD, TOOL, carried, refusal, written


def test_distributions_are_pinned_as_they_are_installed(tmp_path: Path):
    text = "import json\n\nimport pyarrow as pa\nfrom ruamel.yaml import YAML\n\n\n"
    inner = "len(pa.array([n])) and __import__('networkx') and YAML and n"
    written(tmp_path, {"capabilities/a.py": HEAD + text + TOOL.format(inner)})

    found = carried(tmp_path, "tool").requirements

    assert [one.partition("==")[0] for one in found] == ["networkx", "pyarrow", "ruamel.yaml"]
    assert all(one.partition("==")[2] for one in found)


def test_a_file_of_this_machine_only_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "my_own_tools.py").write_text("def f(n):\n    return n\n")
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))
    text = "from my_own_tools import f\n\n\n"
    written(tmp_path / "here", {"capabilities/a.py": HEAD + text + TOOL.format("f(n)")})

    (told,) = refusal(tmp_path / "here", "tool")

    assert told.startswith("capabilities/a.py:4: imports 'my_own_tools', which is a file of this ")
    assert "write `from .my_own_tools import ...`" in told
