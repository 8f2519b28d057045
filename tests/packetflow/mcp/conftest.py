"""That workspace, served: shared by the tests of a module, or for one test that changes it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from mcp import Client

from packetflow.mcp.serving import Opened
from tests.packetflow.mcp.desk import held, make_folder, serving


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with tools of every kind."""
    return make_folder(tmp_path)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Opened]:
    """One that is served to all tests of a module."""
    async with held(serving(make_folder(tmp_path_factory.mktemp("shared")))) as ready:
        yield ready


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["2026-07-28", "legacy"])
async def client(shared: Opened, request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    """A client of either era."""
    async with held(Client(shared.server, mode=request.param)) as client:
        yield client
