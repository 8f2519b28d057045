"""The browser tests' own footing."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import answers, serving

SERVER = [sys.executable, "-m", "http.server", "{port}", "--bind", "127.0.0.1", "--directory"]
PARENT = """
import subprocess, sys
subprocess.run([sys.executable, "-m", "http.server", sys.argv[1], "--bind", "127.0.0.1"])
"""


def goes_silent(url: str) -> bool:
    for _ in range(50):
        if not answers(url):
            return True
        time.sleep(0.1)
    return False


def test_a_served_page_runs_its_script_in_the_browser(
    page: Page, serve: Callable[..., str], tmp_path: Path
):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<p id=sum></p><script>sum.textContent = 6 * 7</script>")

    page.goto(serve([*SERVER, str(site)]))

    expect(page.locator("#sum")).to_have_text("42")


def test_a_server_ends_with_everything_it_started(tmp_path: Path):
    command = [sys.executable, "-c", PARENT, "{port}"]

    with serving(command, tmp_path / "log") as url:
        assert answers(url)

    assert goes_silent(url)


def test_a_server_that_does_not_start_fails_with_its_words(tmp_path: Path):
    command = [sys.executable, "-c", "raise SystemExit('no licence on port {port}')"]

    with (
        pytest.raises(pytest.fail.Exception, match="no licence on port"),
        serving(command, tmp_path / "log"),
    ):
        pass
