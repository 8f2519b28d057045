import pytest

from packetflow.library.markup import read_html


def test_blocks_are_set_apart_and_lines_broken() -> None:
    assert (
        read_html("<div>One<br>two</div><p>Three <b>bold</b></p>").text == "One\ntwo\n\nThree bold"
    )


def test_cells_of_a_table_do_not_run_together() -> None:
    assert read_html("<table><tr><td>a</td><td>b</td></tr></table>").text == "a b"


def test_a_heading_stands_in_for_a_missing_title() -> None:
    assert read_html("<h1>Head</h1>").title == "Head"


def test_links_are_made_whole_and_named_once() -> None:
    page = read_html(
        "<a href='x'>X</a><a href='x'>X</a><a href='#a'>a</a>", base="https://a.org/b/"
    )

    assert page.links == (("X", "https://a.org/b/x"), ("a", "https://a.org/b/#a"))


@pytest.mark.parametrize("content", ["", "<", "<<>>", "<p", b"\xff\xfe", b"\x00"])
def test_anything_is_html_of_a_sort(content: str | bytes) -> None:
    read_html(content)


def test_cells_that_are_not_closed_stay_apart() -> None:
    assert read_html("<table><tr><td>a<td>b").text == "a b"
