"""The quick reader of YAML gives the very nodes of the long one, or gives up."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packetflow.composition import dump
from packetflow.composition.codec_nodes import Node, parse_long
from packetflow.composition.codec_quick import read_quickly
from packetflow.errors import CompositionError, SourceError
from tests.strategies import pipelines

FILES = sorted((Path(__file__).parents[3] / "data" / "pipelines").glob("*.yaml"))
SIMPLE = """\
# leads
pipeline: it   # trailing
intent: Say "hello" now
steps:
- use: a
  id: 'it''s'

  # before
- - use: b
  - {use: c, from: {x: y, z: null}, with: [{retry: {on: [A, B]}}]}
-   when: size(x) == 0 && y != 'a'
    then: []
    otherwise:
      use: d
      set: {n: -1.5, "q": 'a, b', e: {}}
  # after
last: 3
# end"""

signs = st.sampled_from(
    [
        "a",
        "b: ",
        "- ",
        "-",
        "\n",
        "\n  ",
        "\n    ",
        " ",
        "#",
        " #",
        ":",
        "'",
        '"',
        "{",
        "}",
        "[",
        "]",
        ", ",
        ",",
        "1",
        "~",
        "|",
        ">",
        "&x",
        "*x",
        "!t",
        "?",
        "? ",
        "%",
        "@",
        "---",
        "...",
        "\t",
        "ü",
        *[
            "a: 1\n",
            "b:\n",
            "- c\n",
            "{a: b}",
            "[a, b]",
            "''",
            '"c"',
            "\r\n",
            "\\",
            "a:b",
            "a#b",
            ": ",
        ],
    ]
)


def said(node: Node) -> tuple:
    """A node with all that is known of it; a mapping may have its plain value at hand."""
    value = node.value if node.kind == "scalar" or node.value != node.plain() else None
    return (
        node.kind, node.start, node.end, node.line, node.column, repr(value), node.style,
        [(said(key), said(value)) for key, value in node.pairs],
        [said(item) for item in node.items],
    )  # fmt: skip


def agrees(text: str) -> bool:
    """Whether the quick reader read it; then both must agree."""
    quick = read_quickly(text)
    if quick is None:
        return False
    assert said(quick) == said(parse_long(text)), text
    return True


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_example_files_are_read_quickly(path):
    assert agrees(path.read_text(encoding="utf-8"))


def test_what_people_write_is_read_quickly():
    assert agrees(SIMPLE)
    assert agrees(SIMPLE + "\n\n")


def test_what_was_read_before_is_read_alike_at_another_place():
    assert agrees(SIMPLE)
    assert agrees("# above\n\n" + SIMPLE.replace("intent: Say", "intent: Go and say"))
    assert agrees(SIMPLE.replace("- - use: b", "- - use: bb"))


@given(pipelines)
def test_what_we_write_is_read_alike(pipeline):
    try:
        text = dump(pipeline)
    except CompositionError:
        return
    agrees(text)


@settings(max_examples=300)
@given(st.lists(signs, max_size=14), st.integers(0, len(SIMPLE)), st.integers(0, 6))
def test_what_is_unusual_is_read_alike_or_left(pieces, at, gone):
    text = SIMPLE[:at] + "".join(pieces) + SIMPLE[at + gone :]
    try:
        agrees(text)
    except SourceError as error:
        raise AssertionError(f"read quickly what cannot be read: {text!r}") from error


@settings(max_examples=300)
@given(st.lists(signs, max_size=12))
def test_small_texts_are_read_alike_or_left(pieces):
    text = "a: " + "".join(pieces)
    try:
        agrees(text)
    except SourceError as error:
        raise AssertionError(f"read quickly what cannot be read: {text!r}") from error
