import asyncio

import pytest

from packetflow.errors import WorkspaceError
from packetflow.mcp.client.callback import HOST, waiting


async def said(address: str, request: bytes) -> str:
    """What the page answers to some bytes."""
    reader, writer = await asyncio.open_connection(HOST, int(address.split(":")[2].split("/")[0]))
    writer.write(request)
    try:
        async with asyncio.timeout(60):
            return (await reader.read()).decode()
    finally:
        writer.close()


async def test_the_page_shows_what_it_is_told_as_text():
    async with waiting("<docs>") as callback:
        callback.state = "s"
        path = "/callback?state=s&error=no&error_description=%3Cscript%3E"
        page = await said(callback.address, f"GET {path} HTTP/1.1\r\n\r\n".encode())
        again = await said(callback.address, f"GET {path} HTTP/1.1\r\n\r\n".encode())
        back = await callback.returned()

    assert "200" in page.splitlines()[0]
    assert "Not logged in" in page
    assert "&lt;docs&gt; refuses it: no &lt;script&gt;" in page
    assert "done already" in again
    assert back.error == "no <script>"


@pytest.mark.parametrize(
    ("request_line", "status"),
    [("POST /callback?state=s&code=c", "405"), ("GET /callback?state=s", "400"), ("GET /", "404")],
)
async def test_what_ends_no_login_is_turned_away(request_line: str, status: str):
    async with waiting("docs") as callback:
        callback.state = "s"
        page = await said(callback.address, f"{request_line} HTTP/1.1\r\n\r\n".encode())
        endless = await said(callback.address, b"GET /" + b"x" * 100_000)

    assert status in page.splitlines()[0]
    assert endless == ""


async def test_a_port_that_is_taken_is_told():
    async with waiting("docs") as callback:
        port = int(callback.address.split(":")[2].split("/")[0])

        with pytest.raises(WorkspaceError, match=f"port {port} of the login is taken"):
            async with waiting("docs", port=port):
                pass
