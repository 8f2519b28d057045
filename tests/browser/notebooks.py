"""A real JupyterLab, and one notebook in it, driven through its own commands."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import ROOT, serving

SETTINGS: dict[str, dict[str, Any]] = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
}
FIND = """
    const widgets = [...jupyterapp.shell.widgets("main")];
    const panel = widgets.find((widget) => widget.content?.activeCell);
"""
READY = """async () => {%s
    await panel.context.ready;
    await panel.sessionContext.ready;
    while (panel.sessionContext.session?.kernel?.status !== "idle") {
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}"""
RUN = """async ([place, source, wait]) => {%s
    panel.content.activeCellIndex = place;
    panel.content.activeCell.model.sharedModel.setSource(source);
    const done = jupyterapp.commands.execute("notebook:run-cell");
    if (wait) await done;
}"""
RESTART = "async () => {%s void panel.sessionContext.restartKernel() }"


@contextmanager
def jupyterlab(home: Path, *, theme: str = "JupyterLab Light") -> Iterator[str]:
    """Start a JupyterLab that reads and writes nothing of this user; answers its address.

    Args:
        home: An empty folder; notebooks lie in its ``books``.
        theme: As JupyterLab calls it.
    """
    (home / "books").mkdir()
    wanted = {**SETTINGS, "apputils-extension/themes": {"theme": theme}}
    for plugin, values in wanted.items():
        path = home / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    parts = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    env = {f"JUPYTER_{part}": str(home / part.lower()) for part in parts}
    env["JUPYTERLAB_SETTINGS_DIR"] = str(home / "settings")
    env["JUPYTERLAB_WORKSPACES_DIR"] = str(home / "layouts")
    env["IPYTHONDIR"] = str(home / "ipython")
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += ["--ip=127.0.0.1", "--port={port}", "--IdentityProvider.token="]
    command += ["--expose-app-in-browser", f"--ServerApp.root_dir={home / 'books'}"]
    with serving(command, home / "server.log", path="/api", env=env) as url:
        yield url


class Notebook:
    """A notebook in JupyterLab with an idle kernel.

    Args:
        context: A browser's.
        url: Of JupyterLab.
        home: As `jupyterlab` was given.
        name: Of a file in its ``books``; made with two empty cells if it is not there.
    """

    def __init__(self, context: BrowserContext, url: str, home: Path, name: str = "one") -> None:
        path = home / "books" / f"{name}.ipynb"
        if not path.exists():
            path.write_text(json.dumps(_book(["", ""])))
        self.errors: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(f"{url}/doc/tree/{path.name}?reset")
        expect(self.cells.first).to_be_visible()
        self.page.evaluate(READY % FIND)

    @property
    def cells(self) -> Locator:
        """All cells."""
        return self.page.locator(".jp-Notebook .jp-Cell")

    def do(self, command: str, **said: Any) -> None:
        """Run one of JupyterLab's commands, and do not wait for it."""
        call = "([name, said]) => void jupyterapp.commands.execute(name, said)"
        self.page.evaluate(call, [command, said])

    def run(self, source: str) -> None:
        """Put it into the first cell, run that, with an empty output before, and wait for it."""
        self.do("notebook:clear-all-cell-outputs")
        expect(self.page.locator(".jp-OutputArea-child")).to_have_count(0)
        self.page.evaluate(RUN % FIND, [0, source, True])

    @contextmanager
    def busy(self, folder: Path) -> Iterator[None]:
        """A second cell is busy meanwhile.

        Args:
            folder: For the mark that ends it.
        """
        mark = folder / "enough"
        prompt = self.cells.nth(1).locator(".jp-InputPrompt")
        wait = (
            f"import pathlib, time\nwhile not pathlib.Path({str(mark)!r}).exists(): time.sleep(0.1)"
        )
        self.page.evaluate(RUN % FIND, [1, wait, False])
        expect(prompt).to_have_text("[*]:")
        yield
        expect(prompt).to_have_text("[*]:")
        mark.touch()
        expect(prompt).to_have_text(re.compile(r"\d"))

    def open_workspace(self, folder: Path) -> None:
        """Open a workspace as ``ws``."""
        self.run(f"from packetflow import Workspace; ws = Workspace({str(folder)!r})")

    def restart(self) -> None:
        """Restart the kernel, and do not wait for it."""
        self.page.evaluate(RESTART % FIND)


def _book(sources: list[str]) -> dict[str, Any]:
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{place}",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": source,
        }
        for place, source in enumerate(sources)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
