"""Finding and installing a browser, with stand-ins for the browser and the package manager."""

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent.parent / "scripts" / "install_browser.sh"
TOOLS = ("sh", "env", "mktemp", "rm", "tail", "cp")


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with the few programs that the script may see."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (folder / tool).symlink_to(found)
    program(folder, "id", "echo 1000")
    return folder


def program(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def find(tools: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(SCRIPT), *arguments],
        env={"PATH": str(tools), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_installed_chromium_is_found(tools: Path):
    browser = program(tools, "chromium-browser", "")

    assert find(tools).stdout.strip() == str(browser)


def test_the_browser_that_is_named_comes_first(tools: Path, tmp_path: Path):
    program(tools, "chromium", "")
    mine = program(tmp_path, "my chromium", "")

    assert find(tools, PACKETFLOW_CHROMIUM=str(mine)).stdout.strip() == str(mine)


def test_a_named_browser_that_cannot_run_is_an_error(tools: Path):
    program(tools, "chromium", "")

    ended = find(tools, PACKETFLOW_CHROMIUM="nowhere")

    assert ended.returncode == 1
    assert "names 'nowhere', which cannot be run" in ended.stderr


def test_without_the_right_to_install_it_says_what_to_do(tools: Path):
    program(tools, "apt-get", "exit 0")

    ended = find(tools)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "set PACKETFLOW_CHROMIUM" in ended.stderr


@pytest.mark.parametrize("way", ["root", "sudo"])
def test_it_installs_where_no_password_is_needed(tools: Path, way: str):
    if way == "root":
        program(tools, "id", "echo 0")
    else:
        program(tools, "sudo", 'shift; [ "$*" = true ] || "$@"')
    program(tools, "apt-get", f'[ "$1" = update ] || cp {tools}/id {tools}/chromium')

    ended = find(tools)

    assert (ended.returncode, ended.stdout.strip()) == (0, f"{tools}/chromium")


def test_looking_only_installs_nothing(tools: Path):
    program(tools, "id", "echo 0")
    program(tools, "apt-get", f"cp {tools}/id {tools}/chromium")

    assert find(tools, "--find").returncode == 1
    assert not (tools / "chromium").exists()


def test_a_failed_installation_shows_the_last_words(tools: Path):
    program(tools, "id", "echo 0")
    program(tools, "sleep", "")
    program(tools, "apt-get", "echo no space left; exit 1")

    ended = find(tools)

    assert ended.returncode == 1
    assert "no space left" in ended.stderr
