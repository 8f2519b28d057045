"""Pages of the studio over a copy of the example workspace, with a real runner and store."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import studio
from packetflow.kernel.cards import Outcome
from packetflow.runner.client import RunnerClient
from packetflow.runner.remote import RemoteRun
from studio import state

MAIN = Path(studio.__file__).parent / "pages" / "main.py"
GUESTS = '''"""Capabilities for tests: one with a class, one that fails."""

from typing import Annotated

import pydantic

from packetflow import capability, secret


class Guest(pydantic.BaseModel):
    name: str = pydantic.Field(min_length=2)
    age: int


@capability(provides="greeting", examples=[{"guest": {"name": "Ada", "age": 36}, "tags": ["vip"]}])
def greet(guest: Guest, tags: list[str]) -> str:
    """Greet a guest."""
    return f"Hello {guest.name} {guest.age} {tags}"


@capability(provides="up")
def fall_down(text: str) -> str:
    """Fall."""
    raise RuntimeError("the floor is wet")


@capability(provides="opened")
def open_door(word: Annotated[str, secret]) -> str:
    """Open a door for who knows the word."""
    if word != "sesame":
        raise PermissionError("the door stays shut")
    return "open"
'''
EXAMPLE = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="package")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the example workspace whose runner stays for all tests that share it."""
    folder = tmp_path_factory.mktemp("studio") / "example"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".packetflow", "__pycache__"))
    (folder / "capabilities" / "guests.py").write_text(GUESTS)
    with RunnerClient(folder) as runner:
        runner.ping()
        yield folder


@pytest.fixture
def ran(example: Path) -> Iterator[Callable[..., RemoteRun]]:
    """A function that runs something to its end and answers the run."""
    with RunnerClient(example) as runner:

        def run(name: str, **inputs: object) -> RemoteRun:
            begun = runner.run(name, inputs)
            begun.result(60)
            return begun

        yield run


@pytest.fixture
def page(example: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """A function that opens a page with values in its address."""
    monkeypatch.setenv(state.FOLDER, str(example))

    def opened(where: str = "home", /, **address: str) -> AppTest:
        test = AppTest.from_file(str(MAIN), default_timeout=60)
        test.run()
        for key, value in address.items():
            test.query_params[key] = value
        if where != "home":
            test.switch_page(f"{where}.py")
            test.run()
        return test

    yield opened
    state.desk().close()
    state._desk.cache_clear()


def end_of(runner: RunnerClient, execution_id: str) -> Outcome:
    """How an execution that asked something ended, whichever runner it ended on.

    A runner that is replaced, as after a change of a file, puts aside what only waits.
    """
    deadline = time.monotonic() + 60
    while (found := runner.follow(execution_id).result(60)).status == "waiting":
        assert time.monotonic() < deadline, f"execution {execution_id} still waits"
        time.sleep(0.05)
    return found


def said(test: AppTest) -> str:
    """All words on a page, as far as the testing kit sees them."""
    kinds = (
        test.title,
        test.header,
        test.subheader,
        test.markdown,
        test.caption,
        test.error,
        test.success,
        test.text,
    )
    html = [one.proto.body for one in test.get("html")]
    return "\n".join([str(one.value) for kind in kinds for one in kind] + html)


def button(test: AppTest, label: str):
    """The button of that label."""
    return next(one for one in test.button if one.label == label)
