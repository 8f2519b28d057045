"""A copy of the example workspace, and the program run inside this process or as its own."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from packetflow.cli.app import app

ROOT = Path(__file__).parents[3]


@dataclass
class Said:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Nothing is written to the user's own folders, and nothing is coloured."""
    monkeypatch.setenv("PACKETFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def example(tmp_path, monkeypatch):
    """A copy of the example workspace, entered."""
    folder = tmp_path / "example"
    shutil.copytree(ROOT / "data", folder, ignore=shutil.ignore_patterns(".packetflow"))
    with (folder / "packetflow.toml").open("a") as settings:
        settings.write("\n[store]\nlinger_seconds = 0.5\n")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def say(example):
    """Run a command in this process, in the example workspace."""

    def run(*words: str, given: str | None = None) -> Said:
        done = CliRunner().invoke(app, list(words), input=given)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.stdout, done.stderr)

    return run


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


@pytest.fixture
def program(example):
    """Run the program as a process of its own, in the example workspace."""

    def run(*words: str, given: str | None = None) -> Said:
        done = subprocess.run(
            [sys.executable, "-m", "packetflow", *words],
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            timeout=60,
            env=environment(),
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def begun(example):
    """Start the program as a process of its own; it is killed at the end if need be."""
    started = []

    def start(*words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "packetflow", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
