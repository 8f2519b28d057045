"""The official conformance suites find nothing wrong with our server and our client."""

import subprocess
import sys
from types import ModuleType

import pytest


@pytest.mark.parametrize("side", ["server", "client"])
def test_the_official_suite_finds_nothing(node: str, suite: ModuleType, side: str):
    done = subprocess.run(
        [sys.executable, str(suite.__file__), side],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert done.returncode == 0, f"with {node}: {done.stdout}"
