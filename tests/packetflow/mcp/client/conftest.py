"""Real servers for the tests of external tools: a process over its pipes, and one over HTTP."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from packetflow.mcp.client.connecting import Tools, connect

SERVER = Path(__file__).with_name("notes_server.py")
ODD = SERVER.with_name("odd_server.py")
SECONDS = 60
TOKEN = "s3cret"
HEADERS = {"Authorization": "Bearer $NOTES_TOKEN_HERE"}


def until(holds: Callable[[], object]) -> None:
    """Wait for what happens elsewhere."""
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def command(folder: Path) -> list[str]:
    return [sys.executable, str(SERVER), "stdio", str(folder)]


def odd_command(how: str, address: str | Path = "") -> list[str]:
    """The command of a server that starts in an instant: `odd_server`."""
    return [sys.executable, str(ODD), how, str(address)]


@dataclass
class HttpServer:
    """A server over HTTP that can be stopped and started anew at the same address."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    port: str = "0"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mcp"

    def start(self) -> None:
        told = self.folder / "port"
        told.unlink(missing_ok=True)
        words = [sys.executable, str(SERVER), "http", str(self.folder)]
        env = os.environ | {"NOTES_PORT": self.port} | self.env
        self.process = subprocess.Popen(words, env=env)
        until(lambda: told.exists() and told.read_text())
        self.port = told.read_text()

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture(scope="package")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server that all tests share writes what it did."""
    return tmp_path_factory.mktemp("notes")


@pytest.fixture(scope="package")
def tools(notes: Path) -> Iterator[Tools]:
    """The tools of a started server, all allowed and trusted; it must not be changed."""
    with connect(command(notes), name="notes", allow="*", trust=True) as found:
        yield found


@pytest.fixture(scope="package")
def old_tools(notes: Path) -> Iterator[Tools]:
    """The same over the older revision of the protocol."""
    with connect(command(notes), allow="*", trust=True, mode="legacy") as found:
        yield found


@pytest.fixture(scope="package")
def shared_http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpServer]:
    server = HttpServer(tmp_path_factory.mktemp("http"), {"NOTES_TOKEN": TOKEN})
    yield server
    server.stop()


@pytest.fixture
def http_server(shared_http: HttpServer, monkeypatch: pytest.MonkeyPatch) -> HttpServer:
    """A server over HTTP that wants a token, which stands in the environment."""
    monkeypatch.setenv("NOTES_TOKEN_HERE", TOKEN)
    if shared_http.process is None or shared_http.process.poll() is not None:
        shared_http.start()
    return shared_http
