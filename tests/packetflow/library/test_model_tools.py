import json

import pyarrow as pa
import pytest

from packetflow import Effect, Image, Markdown, capability, pipeline
from packetflow.discovery.catalog import Catalog
from packetflow.errors import LibraryError
from packetflow.library.model_tools import ModelTool, offered, tools_for_models


@capability(provides="total")
def add_up(rows: pa.Table, column: str = "n") -> int:
    """Add up a column.

    Of any table.

    Args:
        rows: The table.
        column: Which.
    """
    return int(sum(rows[column].to_pylist()))


@capability(provides="drawing")
def draw(n: int) -> Image:
    """Draw."""
    return Image(b"x" * n)


@capability(provides="sent", effects=[Effect.notify("team")])
def notify(text: str) -> bool:
    """Tell the team."""
    return bool(text)


@capability(provides="closed", enabled=False)
def closed(text: str) -> bool:
    """Nothing."""
    return bool(text)


def test_capabilities_and_pipelines_become_functions_of_models():
    catalog = Catalog()
    catalog.add(add_up, pipeline("sum v1.2", add_up, intent="Sum"))

    first, second = tools_for_models(catalog, ["add_up", "sum v*"])

    function = first["function"]
    assert first["type"] == "function"
    assert (function["name"], function["description"]) == (
        "add_up", "Add up a column.\n\nOf any table."
    )  # fmt: skip
    assert function["parameters"]["properties"]["rows"] == {
        "type": "array", "items": {"type": "object"}, "description": "The table."
    }  # fmt: skip
    assert function["parameters"]["required"] == ["rows"]
    assert (second["function"]["name"], second["function"]["description"]) == ("sum_v1_2", "Sum")
    json.dumps([first, second])


def test_two_that_a_model_could_not_tell_apart_are_refused():
    with pytest.raises(LibraryError, match="leave one out"):
        offered([pipeline("a b", add_up), pipeline("a.b", add_up)])


def test_what_is_switched_off_is_refused():
    with pytest.raises(LibraryError, match="'closed' is switched off"):
        offered([closed])


def test_rows_become_a_table():
    tool = ModelTool("add_up", add_up)

    made = tool.inputs({"rows": [{"n": 1}, {"n": 2}]})

    assert made["rows"].column_names == ["n"]


@pytest.mark.parametrize(
    ("item", "asks"), [(add_up, False), (notify, True), (pipeline("p", notify), True)]
)
def test_a_person_is_asked_about_what_does_more_than_look(item, asks: bool):
    assert ModelTool("x", item).asks_first is asks


def test_pictures_are_told_in_words_and_a_single_text_as_it_is():
    tool = ModelTool("draw", draw)

    assert tool.told({"drawing": Image(b"abc")}) == ("(image/png, 3 bytes; a person can see it)")
    assert tool.told({"drawing": [Markdown("*a*")]}) == '{"drawing": ["*a*"]}'
