import asyncio
import os
import pty
import sys
from io import StringIO

import pytest

from packetflow.errors import WorkspaceError
from packetflow.mcp.client import person
from packetflow.mcp.client.callback import waiting
from packetflow.mcp.client.person import Person


async def test_where_nobody_can_log_in_nobody_is_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(person, "_opened", lambda _: False)
    monkeypatch.setattr(sys, "stderr", StringIO())
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)

    with pytest.raises(WorkspaceError, match="no browser here"):
        await Person().visit("docs", "https://login.example.org/")

    assert "log in to docs: https://login.example.org/" in sys.stderr.getvalue()


async def test_the_address_that_a_browser_elsewhere_ended_at_is_typed():
    told: list[str] = []
    keyboard, terminal = pty.openpty()
    with os.fdopen(terminal) as typed:
        who = Person(told.append, browser=False, keyboard=typed)
        async with waiting("docs") as callback:
            callback.state = "s1"
            await who.visit("docs", "https://login.example.org/")
            with who.heard(callback.take):
                os.write(keyboard, b"code\n" + f"{callback.address}?code=c1&state=s1\n".encode())
                async with asyncio.timeout(60):
                    found = await callback.returned()
    os.close(keyboard)

    assert (found.code, found.state) == ("c1", "s1")
    assert told[-1] == "Nothing here; type the whole address"
    assert "c1" not in repr(found)
