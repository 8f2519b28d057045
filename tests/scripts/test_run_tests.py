"""The runner of the stages counts what happened and never calls a broken run a success."""

import importlib.util
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import IO, Any

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script as a module that takes an empty folder for the project."""
    spec = importlib.util.spec_from_file_location("run_tests", ROOT / "scripts" / "run_tests.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "run_tests", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # these take most of a short pytest
    (tmp_path / "tests").mkdir()
    return module


def stage(runner: ModuleType, tests: str, *, minutes: float = 1):
    (runner.ROOT / "tests" / "test_it.py").write_text(tests)
    return runner.Stage("a stage", ("-p", "no:cacheprovider", "tests"), minutes)


def test_passed_failed_and_skipped_tests_are_counted(runner: ModuleType):
    tests = (
        "import pytest\n"
        "def test_a(): pass\n"
        "def test_b(): pass\n"
        "def test_c(): assert 0\n"
        "@pytest.mark.skip\n"
        "def test_d(): pass\n"
    )

    assert str(runner.run_stage(stage(runner, tests), {})) == "2 passed, 1 failed, 1 skipped"


def test_a_stage_in_parts_runs_every_test_once(runner: ModuleType):
    for name, passes in (("a", 1), ("b", 0), ("c", 1)):
        (runner.ROOT / "tests" / name).mkdir()
        text = f"def test_{name}(): assert {passes}\n"
        (runner.ROOT / "tests" / name / f"test_{name}.py").write_text(text)
    whole = runner.Stage("both", ("-p", "no:cacheprovider"), 1, beside=(("tests/b",), ("tests/c",)))

    assert str(runner.run_stage(whole, {})) == "2 passed, 1 failed"


def test_a_stage_of_one_folder_in_parts_runs_nothing_else(runner: ModuleType):
    (runner.ROOT / "tests" / "a").mkdir()
    for place in ("a/test_one", "a/test_two", "test_elsewhere"):
        (runner.ROOT / "tests" / f"{place}.py").write_text("def test_it(): pass\n")
    beside = (("tests/a/test_two.py",),)
    whole = runner.Stage("a", ("-p", "no:cacheprovider"), 1, beside=beside, rest=("tests/a",))

    assert str(runner.run_stage(whole, {})) == "2 passed, 0 failed"


ENDS_ALL = "import os\ndef test_it(): os._exit(0)\n"


@pytest.mark.parametrize(
    "tests", ["", "1 / 0", ENDS_ALL], ids=["no test", "a broken file", "one that ends all"]
)
def test_a_stage_without_results_has_failed(runner: ModuleType, tests: str):
    assert runner.run_stage(stage(runner, tests), {}).failed == 1


def test_a_stage_that_hangs_is_ended_and_has_failed(runner: ModuleType):
    began = time.monotonic()

    count = runner.run_stage(
        stage(runner, "import time\ndef test_a(): time.sleep(60)", minutes=0.03), {}
    )

    assert count.failed == 1
    assert time.monotonic() - began < 30


def test_an_interrupted_stage_leaves_none_of_its_parts(runner: ModuleType):
    for name in ("a", "b"):
        (runner.ROOT / "tests" / name).mkdir()
        mark = f"open({str(runner.ROOT / name)!r}, 'w').write(str(os.getpid()) + ' ')"
        text = f"import os, time\ndef test_{name}():\n    {mark}\n    time.sleep(600)\n"
        (runner.ROOT / "tests" / name / f"test_{name}.py").write_text(text)
    whole = runner.Stage("both", ("-p", "no:cacheprovider"), 9, beside=(("tests/b",),))
    begun: list[int] = []

    def interrupt() -> None:
        while len(begun) < 2:
            said = [runner.ROOT / name for name in ("a", "b")]
            begun[:] = [
                int(one.read_text()) for one in said if one.is_file() and one.stat().st_size
            ]
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()

    with pytest.raises(KeyboardInterrupt):
        runner.run_stage(whole, {})

    for process in begun:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_a_folder_that_does_not_exist_is_left_out(
    runner: ModuleType, capsys: pytest.CaptureFixture[str]
):
    assert runner.run_named("crash") is None
    assert "left out: there is no tests/crash" in capsys.readouterr().out


def test_a_command_that_takes_too_long_may_say_a_last_word(runner: ModuleType, tmp_path: Path):
    said = tmp_path / "said"
    code = "import time\ntry: time.sleep(600)\nexcept KeyboardInterrupt: print('told')"

    with said.open("wb") as output:
        ended = runner.run([sys.executable, "-c", code], minutes=0.04, output=output)

    assert ended is None
    assert said.read_text() == "told\n"


def test_what_a_stage_starts_keeps_its_byte_code(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    code = "import sys; sys.exit(sys.dont_write_bytecode)"

    assert runner.run([sys.executable, "-c", code], minutes=1) == 0


@pytest.mark.parametrize(("name", "folder"), [("browser", "browser"), ("mcp", "clients")])
@pytest.mark.parametrize(("ci", "failed"), [("true", 1), ("", None)])
def test_only_ci_insists_on_a_browser_and_on_clients(
    runner: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    folder: str,
    ci: str,
    failed: int | None,
):
    (runner.ROOT / "tests" / folder).mkdir()
    (runner.ROOT / "scripts").mkdir()
    (runner.ROOT / "scripts" / runner.NEEDS[name][1]).write_text("exit 4")
    monkeypatch.setenv("CI", ci)

    count = runner.run_named(name)

    assert (count and count.failed) == failed


def test_a_stage_is_told_where_what_it_needs_is(runner: ModuleType):
    (runner.ROOT / "scripts").mkdir()
    (runner.ROOT / "scripts" / "install_clients.sh").write_text("echo /bin/node\n")

    assert runner.needed("mcp") == {"PACKETFLOW_NODE": "/bin/node"}
    assert runner.needed("unit") == {}


def test_the_last_line_is_the_total_and_a_failure_is_the_exit_code(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    counts = {"unit": runner.Count(3, 1, 1), "docs": runner.Count(2)}
    monkeypatch.setattr(runner, "run_named", counts.get)

    code = runner.main(["unit", "docs"])

    assert code == 1
    assert capsys.readouterr().out.endswith("\n5 passed, 1 failed, 1 skipped\n")


def test_an_unknown_stage_is_wrong_usage(runner: ModuleType):
    assert runner.main(["unti"]) == 2


def test_joined_stages_run_at_the_same_time_and_do_not_mix_what_they_say(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    both = threading.Barrier(2, timeout=30)

    def run_named(name: str, output: IO[bytes] | None) -> Any:
        runner.say(f"{name} begins", output)
        both.wait()
        runner.say(f"{name} ends", output)
        return runner.Count(1)

    monkeypatch.setattr(runner, "run_named", run_named)

    assert runner.main(["crash+mcp"]) == 0
    said = [line for line in capsys.readouterr().out.splitlines() if line and line[0] not in " ="]
    assert said == ["crash begins", "crash ends", "mcp begins", "mcp ends", "2 passed, 0 failed"]
