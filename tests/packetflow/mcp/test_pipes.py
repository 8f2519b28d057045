"""A server over real pipes, and whatever a client or a tool may do to them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import mcp_types as t
import pytest
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from packetflow.mcp.pipes import Incoming, answer_to, serve_pipes
from tests.packetflow.mcp.desk import serving

CODE = '''
import os
import signal
import subprocess
import sys

from packetflow import capability


@capability(provides="done")
def act(what: str) -> bool:
    """Do what no tool should."""
    match what:
        case "print":
            print('{"jsonrpc": "2.0", "id": 1, "result": {}}', flush=True)
        case "write":
            os.write(1, b"not a message\\n")
        case "start":
            subprocess.run(["sh", "-c", "echo not a message; cat"], check=True)
        case "read":
            sys.stdin.read()
        case "exit":
            sys.exit(3)
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
    return True
'''

SETTINGS = '[mcp]\nexpose = ["act"]\n\n[store]\nlinger_seconds = 0.5\n'

LINES: dict[bytes, tuple[Any, int]] = {
    b"hello": (None, t.PARSE_ERROR),
    b'{"jsonrpc":"2.0","id":1,"met': (1, t.PARSE_ERROR),
    b"\xff\xfe": (None, t.PARSE_ERROR),
    b'{"jsonrpc":"2.0","id":"two","method":"ping","params":{"x":"\\ud800"}}': (
        "two",
        t.PARSE_ERROR,
    ),
    b'{"jsonrpc":"2.0","id":3,"method":"ping","params":{"x":'
    + b"[" * 100_000
    + b"]" * 100_000
    + b"}}": (
        3,
        t.PARSE_ERROR,
    ),
    b'{"jsonrpc":"2.0","id":4,"method":"ping","params":{"x":' + b"9" * 10_000 + b"}}": (
        4,
        t.PARSE_ERROR,
    ),
    b'{"jsonrpc":"2.0","id":5,"method":"ping","params":[1]}': (5, t.INVALID_REQUEST),
    b'{"jsonrpc":"1.0","id":6,"method":"ping"}': (6, t.INVALID_REQUEST),
    b'[{"jsonrpc":"2.0","id":7,"method":"ping"}]': (None, t.INVALID_REQUEST),
    b"[]": (None, t.INVALID_REQUEST),
    b'{"jsonrpc":"2.0","id":8,"method":"no/such"}': (8, t.METHOD_NOT_FOUND),
    b'{"jsonrpc":"2.0","id":9,"method":"tools/call"}': (9, t.INVALID_PARAMS),
}


TURNED: dict[str, dict[str, Any]] = {
    "server/discover": {
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "by hand", "version": "1"},
        }
    },
    "initialize": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "by hand", "version": "1"},
    },
    "tools/call": {"name": "add", "arguments": {"a": 2}},
}


class Pipes:
    """A server process, spoken to by hand."""

    def __init__(self, folder: Path) -> None:
        words = ["-m", "packetflow", "mcp", "serve", "--stdio", "--workspace", str(folder)]
        self.process = subprocess.Popen(
            [sys.executable, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        )

    def write(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def read(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def ask(self, method: str, **params: Any) -> Any:
        message = {"jsonrpc": "2.0", "id": method, "method": method, "params": params}
        self.write(json.dumps(message).encode() + b"\n")
        while "id" not in (answer := self.read()):
            assert answer["method"].startswith("notifications/")
        assert answer["id"] == method
        return answer["result"]

    def act(self, what: str) -> Any:
        return self.ask("tools/call", name="act", arguments={"what": what})


@pytest.fixture
def pipes(tmp_path: Path) -> Any:
    (tmp_path / "capabilities").mkdir()
    (tmp_path / "capabilities" / "acts.py").write_text(CODE)
    (tmp_path / "packetflow.toml").write_text(SETTINGS)
    found = Pipes(tmp_path)
    try:
        yield found
    finally:
        found.process.kill()
        found.process.communicate()


def test_whatever_comes_is_answered_and_nothing_else_is_written(pipes: Pipes):
    greeted(pipes)
    for line, (number, code) in LINES.items():
        pipes.write(line + b"\n")
        answer = pipes.read()
        assert (answer["id"], answer["error"]["code"]) == (number, code), line[:80]
    for what in ("print", "write", "start", "read"):
        assert pipes.act(what)["structuredContent"] == {"done": True}
    assert "SystemExit" in pipes.act("exit")["content"][0]["text"]
    assert "its process ended" in pipes.act("crash")["content"][0]["text"]
    assert pipes.act("nothing")["structuredContent"] == {"done": True}

    pipes.write(b'\n{"jsonrpc":"2.0","id":1,"met')
    said, _ = pipes.process.communicate(timeout=60)

    assert [json.loads(line)["id"] for line in said.splitlines()] in ([], [1])
    assert pipes.process.returncode == 0


def greeted(pipes: Pipes) -> None:
    client = {"name": "by hand", "version": "1"}
    pipes.ask("initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo=client)


def test_ctrl_c_ends_a_server_that_waits_for_its_client(pipes: Pipes):
    greeted(pipes)

    pipes.process.send_signal(signal.SIGINT)

    assert pipes.process.wait(timeout=60) == 0
    assert pipes.process.stderr is not None
    assert pipes.process.stderr.read() == b""


def test_a_client_that_takes_no_more_answers_has_left(pipes: Pipes):
    greeted(pipes)
    assert pipes.process.stdout is not None
    assert pipes.process.stderr is not None

    pipes.process.stdout.close()
    pipes.write(b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n')

    assert pipes.process.wait(timeout=60) == 0
    assert pipes.process.stderr.read() == b""


@pytest.mark.parametrize("waits", [True, False])
async def test_a_client_that_turns_to_the_older_era_before_it_began_is_served(
    folder: Path, waits: bool
):
    asks, reading = anyio.create_memory_object_stream[Any](9)
    writing, hears = anyio.create_memory_object_stream[Any](9)
    probe, begin, call = (
        SessionMessage(t.JSONRPCRequest(jsonrpc="2.0", id=number, method=method, params=params))
        for number, (method, params) in enumerate(TURNED.items())
    )

    async with serving(folder) as ready, anyio.create_task_group() as tasks:
        tasks.start_soon(serve_pipes, ready.server, Incoming(reading, writing), writing)
        await asks.send(probe)
        if waits:
            assert (await hears.receive()).message.result["supportedVersions"]
        await asks.send(begin)
        while (begun := (await hears.receive()).message).id != 1:
            assert begun.id == 0
        await asks.send(call)
        called = (await hears.receive()).message
        await asks.aclose()

    assert begun.result["protocolVersion"] == "2025-11-25"
    assert called.result["structuredContent"] == {"total": 3}
    with pytest.raises(anyio.EndOfStream):
        await hears.receive()
    await hears.aclose()


@pytest.mark.parametrize("line", ["\n", "  \r\n"])
def test_a_line_with_nothing_in_it_has_no_answer(line: str):
    with pytest.raises(ValidationError) as wrong:
        t.jsonrpc_message_adapter.validate_json(line, by_name=False)

    assert answer_to(wrong.value) is None
