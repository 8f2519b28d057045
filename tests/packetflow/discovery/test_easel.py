"""Boards and palettes from a catalog."""

import msgspec

from packetflow import capability
from packetflow.composition import Pipeline
from packetflow.discovery.catalog import Catalog
from packetflow.discovery.easel import Easel
from packetflow.kernel.board import Board, Palette
from packetflow.kernel.messages import DrawBoard, SearchPalette


@capability(provides="size")
def measure(rows: list[int]) -> int:
    """Count rows."""
    return len(rows)


@capability(provides="rows")
def list_rows(size: int) -> list[int]:
    """Make rows."""
    return list(range(size))


def easel() -> Easel:
    catalog = Catalog()
    catalog.add(measure, list_rows, Pipeline("count", measure.as_step()))
    return Easel(catalog)


def found(made: Easel, **wish: str) -> list[str]:
    palette = msgspec.json.decode(made.palette(SearchPalette("", **wish)), type=Palette)
    own = {"measure", "list_rows", "count"}
    return [one.name for one in palette.items if one.name in own]


def test_a_board_is_drawn_and_stays_where_it_was():
    made = easel()
    text = "pipeline: a\nsteps: [{use: list_rows}, {use: measure}]\n"

    drawn = made.draw(DrawBoard("", text))
    again = made.draw(DrawBoard("", text, places={"measure": (900.0, 7.0)}))

    board = msgspec.json.decode(drawn.board, type=Board)
    assert drawn.is_readable
    assert [one.id for one in board.cards] == ["list_rows", "measure"]
    assert drawn.parents == {"list_rows": "", "measure": ""}
    assert again.places["measure"] == (900.0, 7.0)


def test_a_name_that_nobody_knows_is_mended_with_one_that_comes_near():
    text = "pipeline: a\nsteps: [{use: measur}, {call: cuont, id: c}, {use: zzz}]\n"

    board = msgspec.json.decode(easel().draw(DrawBoard("", text)).board, type=Board)

    fixes = {one.step: one.fix for one in board.problems if one.code.startswith("unknown")}
    said = {step: fix and (fix.text, fix.operation["value"]) for step, fix in fixes.items()}
    assert said == {"measur": ("Use measure", "measure"), "c": ("Use count", "count"), "zzz": None}


def test_a_text_that_cannot_be_read_says_so():
    assert not easel().draw(DrawBoard("", "a: [")).is_readable


def test_the_palette_finds_by_words_and_by_the_type_of_a_board():
    made = easel()
    made.draw(DrawBoard("", "pipeline: a\nsteps: [{use: list_rows}, {use: measure}]\n"))

    assert found(made, text="count rows")[0] in ("measure", "count")
    assert set(found(made, kind="list[int]", side="input")) == {"measure", "count"}
    assert found(made, kind="list[int]", side="output") == ["list_rows"]
