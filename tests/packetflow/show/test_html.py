"""HTML around drawings: scoped, escaped, without scripts."""

import base64
import re
from html.parser import HTMLParser

from packetflow.show import html
from packetflow.show.drawing import Drawing, Node
from packetflow.show.svg import svg

HOSTILE = "<img src=x onerror=alert(1)>"


class Balance(HTMLParser):
    """Notes tags that are not closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.wrong = [], [], []

    def handle_starttag(self, tag, _):
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def read(text):
    parser = Balance()
    parser.feed(text)
    assert not parser.wrong
    assert not [tag for tag in parser.open if tag not in {"rect", "path", "circle"}]
    return parser.tags


def test_everything_in_a_page_is_escaped():
    page = html.page(
        html.heading(HOSTILE, HOSTILE, [HOSTILE]),
        html.table(HOSTILE, [HOSTILE, "b"], [[HOSTILE, HOSTILE]]),
        html.problems([html.Row(HOSTILE, HOSTILE, "error", HOSTILE)]),
    )

    assert "<img" not in page
    assert "script" not in read(page)


def test_empty_columns_are_left_out():
    made = html.table("ports", ["name", "help"], [["a", ""], ["b", ""]])

    assert "help" not in made
    assert made.count("<td>") == 2


def test_a_picture_is_scrolled_and_a_huge_one_left_out():
    assert "pf-scroll" in html.picture(Drawing((Node("a", "a"),)))
    many = Drawing(tuple(Node(str(i), "a") for i in range(html.MOST_DRAWN + 1)))
    assert "too many" in html.picture(many)


def test_warnings_and_errors_look_different():
    rows = [html.Row("a", "x", "warning"), html.Row("b", "y")]

    assert "pf-amber" in html.problems(rows)
    assert "pf-red" in html.problems(rows)


def test_a_piece_of_html_shows_itself():
    assert html.Html("<p>a</p>")._repr_html_() == str(html.Html("<p>a</p>")) == "<p>a</p>"


def test_a_picture_can_be_an_image():
    picture = svg(Drawing((Node("a", "\u4f60"),)))

    made = html.image(picture, 'said "so"')

    code = re.search(r"base64,([^\"]+)", made)[1]
    assert base64.b64decode(code).decode() == picture
    assert 'alt="said &quot;so&quot;"' in made


def test_parts_stand_beside_each_other_without_the_empty_ones():
    assert html.side_by_side("<p>a</p>", "").count("<div>") == 1


def test_pages_have_no_line_breaks_that_markdown_could_stumble_over():
    page = html.page(
        html.heading("a\n\nb", "c\n\nd"), html.picture(Drawing((Node("a", "x\n\ny"),)))
    )

    assert "\n" not in page
