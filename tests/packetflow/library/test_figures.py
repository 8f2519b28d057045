import msgspec

from packetflow.library.figures import PALETTE, Chart, dressed


def test_a_chart_survives_being_kept() -> None:
    made = dressed([{"type": "bar", "x": ["a"], "y": [1]}], "Title", note="a note")

    again = msgspec.convert(msgspec.msgpack.decode(msgspec.msgpack.encode(made)), Chart)

    assert again == made


def test_a_chart_draws_itself_in_notebooks() -> None:
    made = dressed([{"type": "bar", "x": ["a"], "y": [1]}], "Title")

    shown = made._repr_mimebundle_()

    assert shown["application/vnd.plotly.v1+json"] is made.spec
    assert made.figure().data[0].y == (1,)


def test_a_chart_says_in_a_line_what_it_shows() -> None:
    made = dressed([{"type": "bar", "x": ["a"], "y": [1]}], "Title", note="a note")

    assert repr(made) == "Chart(title='Title', note='a note')"


def test_the_ground_is_clear_so_that_light_and_dark_pages_suit() -> None:
    layout = dressed([], "T").spec["layout"]

    assert layout["paper_bgcolor"] == "rgba(0,0,0,0)"
    assert layout["colorway"] == list(PALETTE)
    assert len(set(PALETTE)) == len(PALETTE)


def test_a_chart_stands_alone_as_html() -> None:
    html = dressed([{"type": "bar", "x": ["a"], "y": [1]}], "Title")._repr_html_()

    assert "Plotly.newPlot" in html
    assert 'src="http' not in html
