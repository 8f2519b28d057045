"""That workspace, served: shared by the tests of a module, or for one test that changes it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio
from mcp import Client

from packetflow.mcp.serving import Opened
from tests.packetflow.mcp.desk import make_folder, serving

Held = TypeVar("Held")


@asynccontextmanager
async def held(what: AbstractAsyncContextManager[Held]) -> AsyncIterator[Held]:
    """Enter and leave it in one task, which fixtures are not."""
    loop = asyncio.get_running_loop()
    entered: asyncio.Future[Held] = loop.create_future()
    over = asyncio.Event()

    async def hold() -> None:
        async with what as one:
            entered.set_result(one)
            await over.wait()

    holding = asyncio.create_task(hold())
    await asyncio.wait([entered, holding], return_when=asyncio.FIRST_COMPLETED)
    if not entered.done():
        await holding
    try:
        yield entered.result()
    finally:
        over.set()
        await holding


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
