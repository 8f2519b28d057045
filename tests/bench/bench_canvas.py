"""The canvas: boards, edits, messages; in a browser loading, editing, panning and live status.

Prints a table with goals and verdicts. The machine may be busy with other work, so each figure is
the least of several, and what is pure work is counted in CPU time of this process. The part in the
browser is left out where there is none; it is headless Chromium without a graphics card.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packetflow.composition.edit import apply
from packetflow.discovery.catalog import Catalog
from packetflow.discovery.easel import Easel
from packetflow.kernel.messages import DrawBoard
from packetflow.runner.card import read_card
from packetflow.runner.launch import end_runner
from packetflow.workspace.folder import make_folder
from packetflow.workspace.presence import state_of
from tests.bench.canvas_browser import in_browser
from tests.studio.canvas.kit import Page, page_of, studio_of

BUNDLE = Path(__file__).parents[2] / "packetflow" / "show" / "static" / "canvas.js"
ROUNDS = 9
STAMPED = '''"""Says when it was done."""
import time
from pathlib import Path
from packetflow import capability

@capability(provides="when", run_in="loop")
async def stamp(mark: str = "") -> float:
    """Note the time in the moment it ends."""
    Path(__file__).with_suffix(".stamp").write_text(str(time.time()))
    return 0.0
'''


@dataclass(frozen=True)
class Row:
    """A figure, and what it should be at most (or at least, with ``least``); no goal for none."""

    what: str
    value: float
    unit: str
    goal: float | None = None
    least: bool = False

    def __str__(self) -> str:
        digits = 0 if self.value >= 30 else 1
        said = f"  {self.what:58} {self.value:10,.{digits}f} {self.unit:6}"
        if self.goal is None:
            return said
        met = self.value >= self.goal if self.least else self.value <= self.goal
        bound = "at least" if self.least else "at most"
        return f"{said} {bound:8} {self.goal:7,.0f}  {'met' if met else 'MISSED'}"


def flow(count: int, name: str = "many") -> str:
    """A free flow of so many steps with two kinds of capabilities."""
    lines = [f"pipeline: {name}", "version: 1", "intent: Many steps", "steps:", "  - id: graph"]
    lines += ["    graph:", "      - {use: read_document, id: s0, to: {text: text_0}}"]
    for at in range(1, count):
        before = at - 1 - ((at - 1) % 4 == 3)
        use, gives, fixed = ("summarize_text", f"summary: text_{at}", "sentence_count: 4")
        if at % 4 == 3:
            use, gives, fixed = "keywords", f"keywords: words_{at}", "limit: 5, language: en"
        lines += [f"      - use: {use}", f"        id: s{at}"]
        lines += [f"        from: {{text: text_{before}}}", f"        to: {{{gives}}}"]
        lines += [f"        set: {{{fixed}}}"]
    return "\n".join(lines) + "\n"


def places(count: int) -> str:
    """A view file with the cards of a flow in rows and columns."""
    wide = math.ceil(math.sqrt(count))
    spots = {f"s{at}": {"x": 320 * (at % wide), "y": 190 * (at // wide)} for at in range(count)}
    return json.dumps({"format": 1, "steps": spots})


def setting(count: int) -> dict[str, Any]:
    """An edit of one value in a form."""
    value = {"sentence_count": count}
    return {"op": "set", "step": "s5", "field": "set", "value": value}


def cpu(work: Callable[[int], object]) -> float:
    """Milliseconds of CPU, least of several rounds; each gets another number."""
    taken = []
    for number in range(ROUNDS):
        began = time.process_time()
        work(number)
        taken.append((time.process_time() - began) * 1e3)
    return min(taken)


def pure() -> Iterator[Row]:
    """Boards and edits, without anything around them."""
    catalog = Catalog()
    easel = Easel(catalog)
    for size, goal in ((200, 20), (1000, 100)):
        text = flow(size)
        drawn = easel.draw(DrawBoard("", text))
        fresh = [text.replace("id: s", f"id: t{number}") for number in range(ROUNDS)]
        edits = [apply(text, setting(10 + number)).text for number in range(ROUNDS)]
        said = [
            DrawBoard("", one, places=drawn.places, parents=drawn.parents)
            for one in edits
        ]  # fmt: skip
        first = cpu(lambda number, fresh=fresh: Easel(catalog).draw(DrawBoard("", fresh[number])))
        again = cpu(lambda number, said=said: easel.draw(said[number]))
        change = cpu(lambda number, text=text: apply(text, setting(20 + number)))
        yield Row(f"board of {size:,} steps, first time", first, "ms CPU", goal)
        yield Row(f"board of {size:,} steps after an edit", again, "ms CPU", goal)
        yield Row(f"a value set in a text of {size:,} steps", change, "ms CPU")


@contextmanager
def studio(sizes: tuple[int, ...]) -> Iterator[tuple[str, Path]]:
    """A studio with flows of some sizes; nothing of it is left afterwards."""
    with tempfile.TemporaryDirectory() as scratch:
        made = make_folder(Path(scratch) / "work")
        (made.capabilities / "stamps.py").write_text(STAMPED)
        for size in sizes:
            (made.pipelines / f"many_{size}.yaml").write_text(flow(size, f"many_{size}"))
            (made.pipelines / f"many_{size}.view.json").write_text(places(size))
        stamp = "pipeline: stamp\nsteps:\n  - {use: stamp, id: stamp}\n"
        (made.pipelines / "stamp.yaml").write_text(stamp)
        try:
            with studio_of(made.path) as address:
                yield address, made.path
        finally:
            for path in (state_of(made.path) / "runners").glob("*.json"):
                card = read_card(path)
                if card is not None:
                    end_runner(made.path, card)


class Wire:
    """A page that counts what it is sent."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def until_kept(self, seq: int) -> int:
        """Wait for the document that has an edit; the bytes of it."""
        async with asyncio.timeout(120):
            while True:
                raw = await self.page.socket.recv()
                said = json.loads(raw)
                if said["type"] in ("document", "changes") and said["acks"].get("page", 0) >= seq:
                    return len(raw)

    async def edit(self, seq: int, op: dict[str, Any]) -> tuple[float, int]:
        """Milliseconds until the document has an edit, and the bytes of that message."""
        began = time.perf_counter()
        await self.page.say("edit", client="page", seq=seq, ops=[op])
        size = await self.until_kept(seq)
        return (time.perf_counter() - began) * 1e3, size


def cpu_of(pids: Iterable[int]) -> float:
    """Milliseconds of CPU that processes have used so far; 0 where the system does not tell."""
    used = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        used += int(fields[11]) + int(fields[12])
    return used * 1e3 / os.sysconf("SC_CLK_TCK")


def processes(folder: Path) -> list[int]:
    """The studio, which is a child of this process, and its runner."""
    found = set()
    for path in Path("/proc/self/task").glob("*/children"):
        found.update(map(int, path.read_text().split()))
    cards = map(read_card, (state_of(folder) / "runners").glob("*.json"))
    return [*found, *(card.pid for card in cards if card is not None)]


async def over_the_socket(address: str, folder: Path, size: int, goal: float) -> list[Row]:
    """What one page sends and gets."""
    steps, rows = f"{size:,} steps", []
    async with page_of(address) as page:
        wire = Wire(page)
        document = await page.open(f"many_{size}")
        whole = len(json.dumps(document, separators=(",", ":")))
        rows.append(Row(f"{steps}: document when opened", whole / 1e3, "kB"))
        seq, text, pids = document["acks"].get("page", 0), document["text"], processes(folder)
        for what in ("a value is set", "the text is edited", "a card is moved"):
            found, before = [], cpu_of(pids)
            for number in range(ROUNDS):
                seq += 1
                found.append(await wire.edit(seq, an_edit(what, number, text)))
            used = (cpu_of(pids) - before) / ROUNDS
            rows.append(Row(f"{steps}: {what}, until it is told", min(found)[0], "ms", goal))
            rows.append(Row("  of that in studio and runner", used, "ms CPU"))
            rows.append(Row("  and the message", min(found)[1] / 1e3, "kB"))
    return rows


def an_edit(what: str, number: int, text: str) -> dict[str, Any]:
    """One of the edits that are measured; each number makes another one."""
    if what == "a value is set":
        return setting(10 + number)
    if what == "a card is moved":
        return {"op": "place", "at": {"s5": [10 * number, 50]}}
    said = text.replace("sentence_count: 4", f"sentence_count: {30 + number}", 1)
    return {"op": "text", "text": said}


def main() -> int:
    """Print the figures."""
    said = BUNDLE.read_bytes()
    print(Row("bundle", len(gzip.compress(said, 9)) / 1e3, "kB gz", 160), flush=True)
    for row in pure():
        print(row, flush=True)
    with studio((200, 400, 1000)) as (address, folder):
        for size, goal in ((200, 100), (1000, 150)):
            for row in asyncio.run(over_the_socket(address, folder, size, goal)):
                print(row, flush=True)
        for what, value, unit, goal, least in in_browser(address, folder):
            print(Row(what, value, unit, goal, least), flush=True)
    return 0
