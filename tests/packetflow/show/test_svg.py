"""Pictures: well-formed, escaped, the same each time."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packetflow.show.drawing import Drawing, Edge, Group, Node
from packetflow.show.svg import course, svg

HOSTILE = [
    "<script>alert(1)</script>",
    "\"'><b onload=x>",
    "two\nlines\tand\x00zero",
    "x" * 5000,
    "\U0001f600 \u4f60\u597d \u202e",
    "]]>",
    "&amp; &",
    "",
]


def small(text):
    nodes = (
        Node("a", text, badges=(text,), status="failed", detail=text, notes=(text, text, text)),
        Node("b", text, "input"),
        Node("c", text, text),
    )
    edges = (Edge("a", "b", text), Edge("c", "g", text, faint=True), Edge("g", "a", text))
    groups = (Group("g", text, "each", ("a",), badges=(text,), notes=(text,), status="error"),)
    return Drawing(nodes, edges, groups, text)


def words(picture):
    return [e.text or "" for e in ElementTree.fromstring(picture).iter() if e.tag.endswith("}text")]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_escaped(text):
    picture = svg(small(text))

    assert "<script" not in picture
    assert "<b" not in picture
    assert ElementTree.fromstring(picture).tag.endswith("svg")


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_any_text_gives_a_well_formed_picture(text):
    assert ElementTree.fromstring(svg(small(text))).tag.endswith("svg")


def test_long_names_end_in_an_ellipsis():
    shown = words(svg(Drawing((Node("a", "a_name_that_never_ends" * 9),))))

    assert shown[0].startswith("a_name")
    assert shown[0].endswith("\u2026")
    assert len(shown[0]) < 40


def test_the_same_drawing_gives_the_same_bytes():
    assert svg(small("x")) == svg(small("x"))


def test_a_picture_says_what_it_is_to_those_who_do_not_see_it():
    picture = ElementTree.fromstring(svg(small("pages")))

    assert picture.get("role") == "img"
    assert picture.get("aria-label") == "pages: 3 nodes, 3 wires"
    labels = [e.get("aria-label") for e in picture.iter() if e.get("role") == "group"]
    assert "capability pages - pages - failed - pages" in labels


def test_a_picture_has_no_scripts_links_or_identifiers():
    picture = svg(small("x"))

    assert not re.search(r"<script|href|\sid=|url\(|@import|\son\w+=", picture)


def test_styles_reach_nothing_outside_a_drawing():
    sheet = re.search(r"<style>(.*?)</style>", svg(small("x")))[1]
    flat = re.sub(r"@media\([^)]*\)\{(.*?\})\}", r"\1", sheet)

    selectors = [one for rule in re.findall(r"([^{}]+)\{", flat) for one in rule.split(",")]
    assert selectors
    assert all(re.search(r"\.pf(-\w+)?(\s|$)", one) for one in selectors), selectors


def test_a_theme_can_be_chosen():
    assert 'class="pf pf-dark"' in svg(Drawing(), theme="dark")
    assert 'class="pf pf-auto"' in svg(Drawing())


def test_a_course_is_straight_or_curved_or_rounds_its_corners():
    assert course(((0, 0), (10, 0))) == "M0.0 0.0L10.0 0.0"
    assert course(((0, 0), (10, 20))) == "M0.0 0.0C5.0 0.0 5.0 20.0 10.0 20.0"
    assert "Q20.0 0.0" in course(((0, 0), (20, 0), (20, 40), (0, 40)))
