from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from packetflow.errors import LibraryError
from packetflow.library.charts import chart, charts_for

WORLD = pa.table(
    {
        "country": ["a", "a", "b", "b"],
        "region": ["x", "x", "y", "y"],
        "year": [2000, 2001, 2000, 2001],
        "life": [1.0, 2.0, 5.0, 4.0],
        "rate": [1.0, None, 3.0, 2.0],
    }
)


def traces(table: pa.Table, *columns: str, **said: Any) -> list[dict[str, Any]]:
    made = chart(table, *columns, **said)
    made.figure()
    return made.spec["data"]


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        (["year", "life"], "scatter"),
        (["country", "life"], "bar"),
        (["life", "rate"], "scatter"),
        (["life"], "bar"),
        (["country"], "bar"),
        (["country", "region"], "heatmap"),
    ],
)
def test_the_kind_follows_from_the_columns(columns: list[str], kind: str) -> None:
    assert traces(WORLD, *columns)[0]["type"] == kind


def test_time_makes_lines_and_numbers_make_points() -> None:
    assert traces(WORLD, "year", "life")[0]["mode"] == "lines+markers"
    assert traces(WORLD, "life", "rate")[0]["mode"] == "markers"


def test_a_line_per_group_is_drawn_from_high_to_low_at_the_end() -> None:
    found = traces(WORLD, "year", "life", "country")

    assert [(line["name"], line["x"], line["y"]) for line in found] == [
        ("b", [2000, 2001], [5.0, 4.0]),
        ("a", [2000, 2001], [1.0, 2.0]),
    ]


def test_bars_go_from_high_to_low_and_join_rows_by_their_mean() -> None:
    made = chart(WORLD, "country", "life")

    assert made.spec["layout"]["xaxis"]["categoryarray"] == ["b", "a"]
    assert dict(zip(made.spec["data"][0]["x"], made.spec["data"][0]["y"], strict=True)) == {
        "b": 4.5,
        "a": 1.5,
    }
    assert made.note == "mean of rows"


def test_what_is_left_out_is_said() -> None:
    many = pa.table(
        {
            "t": [date(2026, 1, 1) + timedelta(days=n % 2) for n in range(60)],
            "g": [f"g{n // 2}" for n in range(60)],
            "v": list(range(60)),
        }
    )

    assert chart(many, "t", "v", "g").note == "the highest and lowest at the end: 8 of 30"
    assert chart(many, "g", "v").note == "mean of rows; the first 25 of 30"


def test_many_points_are_thinned_evenly() -> None:
    big = pa.table({"a": list(range(20_000)), "b": list(range(20_000))})

    made = chart(big, "a", "b")

    assert len(made.spec["data"][0]["x"]) == 5000
    assert made.note == "5,000 points, evenly taken"


def test_a_unit_stands_at_the_axis() -> None:
    assert chart(WORLD, "country", "life", unit="years").spec["layout"]["yaxis"]["title"] == {
        "text": "life (years)"
    }


def test_box_and_heat_map_are_made_of_few_figures() -> None:
    (box,) = traces(WORLD, "country", "life", kind="box")
    (grid,) = traces(WORLD, "country", "region")

    assert (box["x"], box["median"]) == (["b", "a"], [4.5, 1.5])
    assert (grid["x"], grid["y"], grid["z"]) == (["a", "b"], ["x", "y"], [[2, 0], [0, 2]])


@pytest.mark.parametrize(
    ("columns", "said", "complaint"),
    [
        (["lif"], {}, "did you mean 'life'"),
        (["year"], {"kind": "line"}, "needs a column y"),
        (["year", "country"], {"kind": "line"}, "not numbers"),
        (["country"], {"kind": "histogram"}, "not numbers"),
    ],
)
def test_columns_that_do_not_suit_are_refused(
    columns: list[str], said: dict[str, str], complaint: str
) -> None:
    with pytest.raises(LibraryError, match=complaint):
        chart(WORLD, *columns, **said)


def test_an_empty_table_cannot_be_drawn() -> None:
    with pytest.raises(LibraryError, match="no rows"):
        chart(WORLD.slice(0, 0), "year", "life")


def test_the_telling_charts_of_a_table_are_picked() -> None:
    titles = [made.title for made in charts_for(WORLD)]

    assert titles == [
        "life by year and country",
        "life by country",
        "How life is spread",
        "How the numbers go together",
    ]


def test_a_table_of_text_gets_counts() -> None:
    table = pa.table({"name": ["a", "b", "c"], "colour": ["red", "red", "blue"]})

    (made,) = charts_for(table)

    assert (made.title, made.spec["data"][0]["y"]) == ("rows by colour", [2.0, 1.0])


def test_long_names_leave_room_for_the_drawing() -> None:
    long = ["x" * 300, "x" * 299, "y" * 200]
    table = pa.table({name: [1.0, 2.5, n, 4.0] for n, name in enumerate(long)})

    drawn = {made.title: made.spec for made in charts_for(table)}

    grid = drawn["How the numbers go together"]["data"][0]
    assert [len(label) for label in grid["x"]] == [24, 26, 24]
    assert all(len(spec["layout"]["title"]["text"]) < 130 for spec in drawn.values())
