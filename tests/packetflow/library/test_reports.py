from pathlib import Path

import pyarrow as pa
import pytest

from packetflow import Context, Markdown
from packetflow.errors import LibraryError
from packetflow.library.charts import chart
from packetflow.library.reports import Section, render_report, save_file

TABLE = pa.table({"name": ["a|b", "<i>"], "n": [1234567, None]})


def test_the_page_stands_alone_and_carries_plotly_once() -> None:
    drawn = [chart(TABLE, "name"), chart(TABLE, "n")]

    html = render_report("Title", charts=drawn)["html"]

    assert html.count("<script>") == 2
    assert html.count('type="application/json"') == 2
    assert "<script src" not in html
    assert "<link" not in html
    assert 3_000_000 < len(html) < 7_000_000


def test_a_report_without_charts_is_small() -> None:
    assert len(render_report("Title", "Text")["html"]) < 5000


def test_nothing_in_texts_tables_or_charts_is_obeyed_as_html() -> None:
    attack = "<script>alert(1)</script>"
    table = pa.table({attack: [attack]})

    html = render_report(
        attack,
        attack,
        sections=[Section(attack, attack, (attack,), ((attack,),))],
        tables={attack: table},
        charts=[chart(pa.table({"x": [attack]}), "x", title=f"</script>{attack}")],
    )["html"]

    assert attack not in html
    assert "</script><script>alert" not in html


def test_markdown_has_the_same_parts() -> None:
    made = render_report(
        "Title",
        "It **rises**.",
        sections=[Section("Part", "Words", ("k", "v"), (("a", 0.123456), ("b", True)))],
        tables={"Rows": TABLE},
        charts=[chart(TABLE, "name", title="Names")],
    )["markdown"]

    assert made == Markdown(
        "# Title\n\nIt **rises**.\n\n"
        "Charts, drawn in the HTML form of this report:\n\n- Names\n\n## Part\n\nWords\n\n"
        "| k | v |\n| --- | ---: |\n| a | 0.1235 |\n| b | yes |\n\n"
        "## Rows\n\n| name | n |\n| --- | ---: |\n| a\\|b | 1,234,567 |\n| <i> | - |\n"
    )


def test_long_tables_are_cut_and_it_is_said() -> None:
    made = render_report("T", tables={"Rows": pa.table({"n": list(range(80))})})["markdown"].text

    assert "The first 50 of 80 rows." in made
    assert "| 49 |" in made
    assert "| 50 |" not in made


def test_a_report_needs_a_title() -> None:
    with pytest.raises(LibraryError, match="no title"):
        render_report(" ")


@pytest.mark.parametrize(
    ("content", "kept"),
    [("grüße", "grüße".encode()), (Markdown("# A"), b"# A"), (b"\x00", b"\x00")],
)
def test_text_markdown_and_bytes_are_saved(
    tmp_path: Path, content: str | Markdown | bytes, kept: bytes
) -> None:
    path = save_file(content, "made/x", context=Context(workspace=str(tmp_path)))

    assert Path(path).read_bytes() == kept
    assert Path(path) == tmp_path / "made" / "x"


def test_saving_again_replaces_the_file(tmp_path: Path) -> None:
    for content in ("one", "two"):
        save_file(content, str(tmp_path / "x"))

    assert (tmp_path / "x").read_text() == "two"
    assert len(list(tmp_path.iterdir())) == 1
