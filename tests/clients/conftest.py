"""Clients of other people, and a workspace of ours that is served to them."""

import asyncio
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from mcp import Client

from tests.packetflow.mcp.client.conftest import until
from tests.packetflow.mcp.desk import make_folder

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node; the stage `mcp` of the tests names it, and installs the clients."""
    found = os.environ.get("PACKETFLOW_NODE")
    if not found:
        pytest.skip("started without the stage 'mcp': scripts/run_tests.py mcp")
    return found


@pytest.fixture(scope="session")
def suite() -> Iterator[ModuleType]:
    """The script that runs the conformance suites."""
    place = ROOT / "scripts" / "run_conformance.py"
    spec = importlib.util.spec_from_file_location("run_conformance", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with tools of every kind."""
    return make_folder(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="session")
def address(folder: Path, suite: ModuleType) -> Iterator[str]:
    """Where it answers over HTTP."""
    with suite.served(suite.serving(folder)) as found:
        yield found


async def listed(address: str) -> set[str]:
    """What a server offers now."""
    async with Client(address) as client:
        return {one.name for one in (await client.list_tools()).tools}


@pytest.fixture(params=["http", "stdio"])
def target(request: pytest.FixtureRequest, folder: Path, address: str) -> dict[str, object]:
    """How a client reaches it; over stdio it starts a server that shares the runner."""
    until(lambda: "hidden" not in asyncio.run(listed(address)))  # as the test before has found it
    if request.param == "http":
        return {"url": address}
    words = ["-m", "packetflow", "mcp", "serve", "--stdio", "--workspace", str(folder)]
    return {"command": sys.executable, "args": words, "env": {**os.environ}}
