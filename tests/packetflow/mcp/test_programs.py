"""Programs that call a server: a plain request is really answered."""

import json
import shlex
from pathlib import Path

import httpx

from packetflow.mcp.launches import HttpLaunch
from packetflow.mcp.programs import ExampleCall, curl_request
from packetflow.mcp.shells import BASH
from tests.packetflow.mcp.desk import app_of


async def test_the_plain_request_is_answered(folder: Path):
    launch = HttpLaunch("desk", "http://127.0.0.1:8000/mcp")
    call = ExampleCall("greet", {"person": {"name": "O'Hara"}})
    asked = shlex.split(curl_request(launch, call, BASH).replace("\\\n", " "))
    headers = dict(asked[at + 1].split(": ", 1) for at, word in enumerate(asked) if word == "-H")

    async with (
        app_of(folder) as app,
        httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client,
    ):
        url, body = asked[2], asked[asked.index("-d") + 1]
        answer = await client.post(url, content=body, headers=headers)

    said = answer.text.partition("data: ")[2] or answer.text
    assert json.loads(said)["result"]["structuredContent"] == {"greeting": "Hello O'Hara, 0"}
