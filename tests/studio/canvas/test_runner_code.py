"""Capabilities that hang, end their process or eat memory, and the studio that goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from kit import Page, page_of, studio_of

from packetflow.runner.card import read_card
from packetflow.runner.launch import end_runner
from packetflow.workspace.folder import make_folder
from packetflow.workspace.presence import state_of

CODE = '''"""Capabilities that are no good, and one that is."""
import os
import time
from packetflow import capability

@capability(provides="still", run_in="loop")
def hang(number: int) -> int:
    """Stand still, and the whole process with it."""
    time.sleep(3600)
    return number

@capability(provides="gone")
def leave(number: int) -> int:
    """End the process."""
    os._exit(7)

@capability(provides="size")
def eat(number: int) -> int:
    """Take more memory than there is."""
    return len(bytearray(number << 30))

@capability(provides="doubled")
def double(number: int) -> int:
    """Double a number."""
    return 2 * number
'''
LIMITS = "[runner]\nstale_seconds = 2\nmemory_limit_mb = 4000\n"
FLOW = "pipeline: {name}\nsteps:\n  - {{use: double, id: double}}\n  - {{use: {name}, id: bad}}\n"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a studio over a workspace of such capabilities."""
    made = make_folder(tmp_path_factory.mktemp("hostile") / "work")
    (made.path / "packetflow.toml").write_text(LIMITS)
    (made.capabilities / "hostile.py").write_text(CODE)
    for name in ("hang", "leave", "eat"):
        (made.pipelines / f"{name}.yaml").write_text(FLOW.format(name=name))
    with studio_of(made.path) as url:
        yield url
    for path in (state_of(Path(made.path)) / "runners").glob("*.json"):
        card = read_card(path)
        if card is not None:
            end_runner(made.path, card)


async def over(page: Page, ask: int) -> dict[str, str]:
    """Run what is drawn, and wait for its end."""
    await page.say("run", inputs={"number": 6}, ask=ask)
    begun = await page.until("run", fits=lambda m: m["ask"] == ask)
    return await page.until(
        "run",
        fits=lambda m: m["execution"] == begun["execution"] and m["status"] != "running",
    )


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [("hang", "lost", ""), ("leave", "lost", ""), ("eat", "failed", "MemoryError|memory")],
)
async def test_what_a_capability_does_to_its_process_leaves_the_studio_usable(
    hostile, name, status, said
):
    async with page_of(hostile) as page, httpx.AsyncClient() as visitor:
        await page.open(name, name)
        bad = await over(page, 1)
        pages = await visitor.get(hostile)
        edited = await page.edit(1, {"op": "remove", "step": "bad"}, client=name)
        good = await over(page, 2)

    assert bad["status"] == status
    assert not said or any(word in bad["message"] for word in said.split("|"))
    assert pages.status_code == 200
    assert "bad" not in edited["text"]
    assert good["status"] == "ok"
