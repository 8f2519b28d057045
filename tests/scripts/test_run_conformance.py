"""What the conformance suite says is read rightly."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def runner():
    place = ROOT / "scripts" / "run_conformance.py"
    spec = importlib.util.spec_from_file_location("run_conformance", place)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


SAID = """✗ early: not in the summary
=== SUMMARY ===
✓ tools-list: 3 passed, 0 failed
✗ ping: 1 passed, 1 failed
✗ tasks-lifecycle: 1 passed, 8 failed

Total: 5 passed, 9 failed

Not scored for 2026-07-28: 1 scenario(s) run, 1 failing.
  ✗ tasks-lifecycle (extension)
"""


def test_scenarios_that_the_suite_does_not_score_count_too(runner):
    assert runner.failing(SAID) == {"ping", "tasks-lifecycle"}


@pytest.mark.parametrize(
    ("said", "passes"),
    [
        ("Passed: 3/3, 0 failed, 0 warnings\n", True),
        ("Passed: 2/3, 1 failed, 0 warnings\n", False),
        ("Passed: 2/3, 0 failed, 1 warnings\n", False),
        ("Passed: 3/3, 0 failed, 0 warnings\n\nCLIENT EXITED WITH ERROR (code 1)\n", False),
        ("", False),
    ],
)
def test_one_scenario_passes_only_when_it_is_whole(runner, said, passes):
    assert runner.passing(said) is passes


def test_the_fixtures_import_nothing_of_the_protocol(runner):
    files = [*runner.FIXTURES.rglob("*.py")]
    lines = [line.strip() for path in files for line in path.read_text().splitlines()]

    assert files
    assert [one for one in lines if one.startswith(("import mcp", "from mcp"))] == []


def test_a_server_that_never_says_its_address_is_not_waited_for(runner, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "START_SECONDS", 0.1)
    told = tmp_path / "told"
    told.write_text("thinking ...")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        with pytest.raises(SystemExit, match=r"no address within 0.1 seconds: thinking"):
            runner._announced(process, told)
        process.kill()
