"""A real browser, and servers for it to look at.

Everything stays on loopback, and only what a test started is ended.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from tests.browser.serving import serving as files_served

ROOT = Path(__file__).parent.parent.parent
PATIENCE_MS = 60_000
"""How long a state is waited for: a loaded machine takes its time, and nothing here is measured."""
SEEN_MOST = 6000
"""So many letters of what a page shows are told of a test that failed."""
expect.set_options(timeout=PATIENCE_MS)
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport]:
    """Add to the report of a failure what every page showed; CI keeps no pictures."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("browser")
    if report.when == "call" and report.failed and isinstance(browser, Browser):
        for context in browser.contexts:
            for number, page in enumerate(context.pages):
                with suppress(Error):  # the page may be what has gone wrong
                    report.sections.append((f"page {number}: {page.url}", seen_on(page)))
    return report


def seen_on(page: Page) -> str:
    """What a page shows, in words, and whether Streamlit still runs a script for it."""
    state = "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState ?? ''"
    words = page.locator("body").aria_snapshot(timeout=3000)
    return f"script: {page.evaluate(state)}\n{words[:SEEN_MOST]}"


def find_chromium() -> str:
    """Give the path of Chromium; without one CI fails, and anybody else's tests are skipped."""
    script = ["sh", str(ROOT / "scripts" / "install_browser.sh"), "--find"]
    found = subprocess.run(script, capture_output=True, text=True, check=False)
    if found.returncode == 0:
        return found.stdout.strip()
    if os.environ.get("CI") == "true":
        pytest.fail(found.stderr.strip(), pytrace=False)
    pytest.skip(found.stderr.strip())


# One browser a module, and not one a session: Playwright keeps an event loop running in this
# thread, and asyncio tests of later modules need a thread without one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium; Playwright gives each launch a new user data folder."""
    chromium = find_chromium()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield launched
        launched.close()


# Most of the time of a page goes into loading Streamlit's scripts; a window that has them already
# shows the next page two or three times as fast.
@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Page]:
    """One window for all tests of a module."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(window: Page) -> Page:
    """The window of the module's tests, 1280 x 800 and light."""
    window.set_viewport_size({"width": 1280, "height": 800})
    window.emulate_media(color_scheme="light")
    return window


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def end(process: subprocess.Popen[bytes], patience_seconds: float = 10) -> None:
    """End a process and all that it started, kindly first; its group bears its own id."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience_seconds)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@contextmanager
def serving(
    command: Sequence[str],
    log: Path,
    *,
    path: str = "/",
    within_seconds: float = 60,
    env: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Start a server and give its address once it answers; end it and its children afterwards.

    Args:
        command: ``{port}`` in it becomes a free port.
        log: A file for what the server says; its end is shown when the server does not start.
        path: What must answer before the address is given.
        within_seconds: How long the start may take.
        env: Added to the environment.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [part.format(port=port) for part in command],
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        limit = time.monotonic() + within_seconds
        while not answers(url + path):
            if process.poll() is not None or time.monotonic() > limit:
                said = log.read_text(errors="replace")[-2000:]
                pytest.fail(f"{command[0]} does not answer at {url}{path}:\n{said}", pytrace=False)
            time.sleep(0.1)
        yield url
    finally:
        end(process)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """A function that starts servers (see `serving`), which end with the test."""
    with ExitStack() as started:

        def start(command: Sequence[str], **said: object) -> str:
            log = tmp_path / f"server-{free_port()}.log"
            return started.enter_context(serving(command, log, **said))

        yield start


SERVE = (
    "import sys; from studio.app import serve; "
    "serve(sys.argv[1], port=int(sys.argv[2]), open_browser=False)"
)
STUMBLES = '''
"""Capabilities that do not go well."""

import asyncio
import os
import time
from dataclasses import dataclass, field
from typing import Literal, TypedDict

from packetflow import Context, capability


@capability(provides="prepared")
def prepare(text: str) -> str:
    """Prepare a text."""
    return text.upper()


@capability(provides="done")
def stumble(prepared: str) -> str:
    """Stumble, until somebody mends it."""
    raise RuntimeError("the left shoelace is untied")


class Address(TypedDict):
    street: str
    number: int


@dataclass
class Customer:
    name: str
    age: int
    address: Address
    tone: Literal["warm", "formal"] = "warm"
    tags: list[str] = field(default_factory=list)


@capability(provides="letter")
def write_letter(customer: Customer, lines: list[Address], note: str = "") -> str:
    """Write a letter to a customer."""
    return f"Dear {customer.name}"


@capability(provides="torn")
def tear(text: str) -> str:
    """Tear, always."""
    raise RuntimeError("torn [in] *two*")


@capability(provides="excused")
def grumble(text: str) -> str:
    """Grumble at length."""
    raise RuntimeError(
        "the ink of the stamp that was bought last year has run dry again; fill it up and try again"
    )


@capability(provides="signed")
async def sign(text: str, context: Context) -> str:
    """Ask who signs, then take a minute over it."""
    who = await context.ask("Who signs this?", ["Ada", "Grace"])
    await asyncio.sleep(60)
    return f"{text} {who}"


@capability(provides="walked")
def walk(text: str) -> str:
    """Walk for three seconds."""
    time.sleep(3)
    return text


@capability(provides="rested")
def sleep_long(text: str) -> str:
    """Sleep for a minute."""
    time.sleep(60)
    return text


@capability(provides="gone")
def leave(text: str) -> str:
    """End the whole process."""
    os._exit(3)
'''
STROLL = "pipeline: stroll\nversion: 1\nsteps:\n  - use: sleep_long\n    set: {text: far}\n"
FALL = "pipeline: fall\nversion: 1\nintent: Fall over\nsteps:\n  - use: prepare\n  - use: stumble\n"


@pytest.fixture(scope="package")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser") / "example"
    unwanted = shutil.ignore_patterns(".packetflow", "__pycache__")
    shutil.copytree(ROOT / "data", folder, ignore=unwanted)
    (folder / "capabilities" / "stumbles.py").write_text(STUMBLES)
    (folder / "pipelines" / "fall.yaml").write_text(FALL)
    (folder / "pipelines" / "stroll.yaml").write_text(STROLL)
    return folder


@pytest.fixture(scope="package")
def studio(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("log") / "studio.log"
    command = [sys.executable, "-c", SERVE, str(workspace), "{port}"]
    with serving(command, log, env={"PYTHONPATH": str(ROOT)}) as url:
        yield url
    assert "Traceback" not in log.read_text()


@pytest.fixture
def visit(page: Page, studio: str) -> Iterator[Callable[[str], Page]]:
    """A function that opens a page; no page it saw may show a traceback."""

    def opened(path: str = "/") -> Page:
        page.goto(studio + path)
        expect(page.locator("h1")).to_be_visible()
        quiet(page)
        return page

    yield opened
    expect(page.get_by_text("Traceback")).to_have_count(0)
    expect(page.get_by_text("could not be shown")).to_have_count(0)


def press(page: Page, name: str) -> None:
    settle(page)
    page.get_by_role("button", name=name, exact=True).first.click()


CALM_MS = 300
CALM = f"""() => {{
  const app = document.querySelector("[data-testid=stApp]");
  const now = performance.now();
  if (app?.dataset.testScriptState !== "notRunning") globalThis.calmSince = undefined;
  else globalThis.calmSince ??= now;
  return now - globalThis.calmSince >= {CALM_MS};
}}"""


def settle(page: Page) -> None:
    """Wait until no script has run for a while: what is typed or pressed then is not overtaken."""
    page.evaluate("globalThis.calmSince = undefined")
    page.wait_for_function(CALM, polling=20)


def quiet(page: Page) -> None:
    """Wait until no script runs, of a page that was just opened."""
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()


def build_frontend(*words: str) -> None:
    """Build of the canvas what is asked; without Node CI fails, and others' tests are skipped."""
    said = subprocess.run(
        ["sh", str(ROOT / "scripts" / "build_frontend.sh"), *words],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode and os.environ.get("CI") != "true":
        pytest.skip(said.stderr.strip()[-300:])
    assert said.returncode == 0, said.stderr


Open = Callable[..., Page]


@pytest.fixture(scope="package")
def canvas_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dev page, built and served on loopback."""
    folder = tmp_path_factory.mktemp("page")
    build_frontend("--page", str(folder))
    with files_served(folder) as served:
        yield served


def has_begun(page: Page) -> None:
    """Wait until the canvas shows what it begins with; before that everything moves once."""
    moved = re.compile(r"translate\((?!0px, 0px\))")
    expect(page.locator(".react-flow__viewport")).to_have_attribute("style", moved)


@pytest.fixture
def open_canvas(browser: Browser, canvas_page: str) -> Iterator[Open]:
    """Open the dev page; in the end nothing may have been complained about."""
    pages: list[Page] = []
    errors: list[str] = []

    def opened(query: str = "", *, width: int = 1400, height: int = 850) -> Page:
        page = browser.new_page(viewport={"width": width, "height": height})
        pages.append(page)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto(f"{canvas_page}?{query}")
        page.wait_for_selector(".pf-card, .pf-start")
        has_begun(page)
        return page

    yield opened
    for page in pages:
        page.close()
    assert errors == []
