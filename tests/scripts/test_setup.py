"""`make setup` on machines that are not as they should be, with stand-ins for Python and pip."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TOOLS = ("sh", "cat", "cksum", "date", "dirname", "grep", "mkdir", "rm", "sleep", "tail", "cp")
PYTHON = """#!/bin/sh
case "$*" in
  --version) echo "Python {version}" ;;
  *version_info*) exit {unsuitable} ;;
  *ensurepip*) exit {without_venv} ;;
  "-m venv --clear .venv")
    mkdir -p .venv/bin; cp "$0" .venv/bin/python; echo "#!$PWD/.venv/bin/python" >.venv/bin/pip ;;
  *"pip install"*) echo called >>pip-calls; {pip} ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what set-up reads, beside a folder `bin` with the few tools it may use."""
    for name in ("pyproject.toml", "constraints.txt", "scripts/setup.sh"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def install_python(
    project: Path,
    *,
    version: str = "3.12.1",
    unsuitable: int = 0,
    without_venv: int = 0,
    pip: str = "exit 0",
) -> None:
    python = project / "bin" / "python3"
    python.write_text(
        PYTHON.format(version=version, unsuitable=unsuitable, without_venv=without_venv, pip=pip)
    )
    python.chmod(0o755)


def set_up(project: Path) -> tuple[int, str]:
    ended = subprocess.run(
        ["sh", "scripts/setup.sh"],
        cwd=project,
        env={"PATH": str(project / "bin"), "SETUP_PAUSE_SECONDS": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout


def pip_calls(project: Path) -> int:
    calls = project / "pip-calls"
    return len(calls.read_text().splitlines()) if calls.exists() else 0


def test_a_machine_without_python_is_told_which_one_is_needed(project: Path):
    code, said = set_up(project)

    assert code == 1
    assert "needs Python 3.11 to 3.14, and none was found" in said


def test_a_python_that_is_too_old_is_named(project: Path):
    install_python(project, version="3.9.2", unsuitable=1)

    code, said = set_up(project)

    assert code == 1
    assert "python3 is Python 3.9.2." in said


def test_a_python_without_venv_is_told_how_to_get_it(project: Path):
    install_python(project, without_venv=1)

    code, said = set_up(project)

    assert code == 1
    assert "Python was found (python3) but not its venv module" in said
    assert "python3-venv" in said


def test_a_second_set_up_does_nothing_and_says_nothing(project: Path):
    install_python(project)

    first, second = set_up(project), set_up(project)

    assert first[0] == 0
    assert second == (0, "")
    assert pip_calls(project) == 1


def test_a_changed_constraint_is_installed(project: Path):
    install_python(project)
    set_up(project)
    with (project / "constraints.txt").open("a") as constraints:
        constraints.write("another==1.0\n")

    code, said = set_up(project)

    assert code == 0
    assert "up to date" in said
    assert pip_calls(project) == 2


def test_a_moved_project_gets_a_new_environment(project: Path):
    install_python(project)
    set_up(project)
    moved = project / "moved"
    moved.mkdir()
    for name in ("bin", "scripts", "pyproject.toml", "constraints.txt", ".venv"):
        (project / name).rename(moved / name)

    code, said = set_up(moved)

    assert code == 0
    assert "making .venv" in said


def test_a_network_hiccup_is_tried_again(project: Path):
    hiccup = "[ $(grep -c called pip-calls) -gt 1 ] || { echo ReadTimeoutError; exit 1; }"
    install_python(project, pip=hiccup)

    code, said = set_up(project)

    assert code == 0
    assert "trying once more" in said
    assert pip_calls(project) == 2


def test_an_index_out_of_reach_is_said_plainly(project: Path):
    install_python(project, pip="echo NewConnectionError; exit 1")

    code, said = set_up(project)

    assert code == 1
    assert "pip cannot reach its package index" in said
    assert pip_calls(project) == 2


def test_any_other_failure_shows_the_last_words_of_pip_and_is_not_tried_again(project: Path):
    install_python(project, pip="echo ResolutionImpossible; exit 1")

    code, said = set_up(project)

    assert code == 1
    assert "ResolutionImpossible" in said
    assert pip_calls(project) == 1
