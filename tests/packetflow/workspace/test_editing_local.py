"""A canvas in the process that runs: it shows what the studio's shows."""

from __future__ import annotations

from typing import TypedDict

from packetflow import Markdown, capability
from packetflow.library.figures import Chart
from tests.packetflow.workspace.desk import Canvas, desk_of, folder_with

FLOW = "pipeline: shown\nsteps:\n  - {use: everything, id: make}\n"


class Made(TypedDict):
    words: Markdown
    chart: Chart
    tree: dict[str, object]
    rows: list[dict[str, int]]


@capability
def everything() -> Made:
    """Make a bit of everything."""
    spec = {"data": [{"type": "bar", "x": [1], "y": [2]}], "layout": {}}
    return Made(
        words=Markdown("# Hi"), chart=Chart(spec, "two"), tree={"a": {"b": 1}}, rows=[{"n": 1}]
    )


async def test_values_of_every_kind_are_shown_in_a_cell_too(tmp_path):
    folder = folder_with(tmp_path / "work", shown=FLOW)
    async with desk_of(folder, everything) as desk:
        canvas = Canvas(desk)
        await canvas.open("shown")
        run = await canvas.run()
        kinds = {}
        for port in ("words", "chart", "tree", "rows"):
            wish = {"execution": run["execution"], "step": "make", "port": port}
            await canvas.say("preview", ask=2, **wish)
            looks = (await canvas.until("preview"))["looks"]
            kinds[port] = [look["kind"] for look in looks]

    assert kinds == {
        "words": ["markdown"],
        "chart": ["chart"],
        "tree": ["json"],
        "rows": ["table"],
    }
