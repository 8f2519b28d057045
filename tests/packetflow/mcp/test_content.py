import base64
import datetime as dt
import json

import mcp_types as t
import pyarrow as pa
import pytest

from packetflow.kernel.cards import PortCard
from packetflow.mcp.content import Made, made_of

LIMIT = 4096


def made(kinds: dict[str, str], values: dict[str, object], *, limit: int = LIMIT) -> Made:
    ports = [PortCard(name, kind) for name, kind in kinds.items()]
    return made_of(ports, values, execution_id="E", limit_bytes=limit)


def test_a_single_text_is_read_as_it_is():
    found = made({"text": "str"}, {"text": "hello"})

    assert found.content == [t.TextContent(text="hello")]
    assert found.structured == {"text": "hello"}


def test_several_values_are_read_as_json_too():
    found = made({"n": "int", "at": "date"}, {"n": 1, "at": dt.date(2026, 1, 2)})

    assert found.structured == {"n": 1, "at": "2026-01-02"}
    (text,) = found.content
    assert isinstance(text, t.TextContent)
    assert json.loads(text.text) == found.structured


def test_a_picture_and_a_sound_are_blocks_of_their_own():
    picture = {"content": b"png", "media_type": "image/png", "alt": ""}
    sound = {"content": b"wav", "media_type": "audio/wav"}

    found = made(
        {"n": "int", "p": "list[Image]", "s": "Audio"}, {"n": 1, "p": [picture], "s": sound}
    )

    assert found.structured == {"n": 1}
    assert found.content[1:] == [
        t.ImageContent(data=base64.b64encode(b"png").decode(), mime_type="image/png"),
        t.AudioContent(data=base64.b64encode(b"wav").decode(), mime_type="audio/wav"),
    ]


def test_a_reference_is_a_link_and_one_with_content_travels_along():
    far = {"uri": "file:///a/b.csv", "name": "", "media_type": "", "content": None}
    near = {"uri": "note://1", "name": "", "media_type": "text/plain", "content": "hi"}

    (link,) = made({"r": "Resource"}, {"r": far}).content
    (embedded,) = made({"r": "Resource"}, {"r": near}).content

    assert isinstance(link, t.ResourceLink)
    assert (link.name, link.mime_type) == ("b.csv", "text/csv")
    assert embedded == t.EmbeddedResource(
        resource=t.TextResourceContents(uri="note://1", mime_type="text/plain", text="hi")
    )


def test_a_table_is_a_list_of_rows():
    found = made({"rows": "Table"}, {"rows": pa.table({"a": [1, 2]})})

    assert found.structured == {"rows": [{"a": 1}, {"a": 2}]}


@pytest.mark.parametrize(
    "value",
    [
        "x" * 100_000,
        ["word"] * 50_000,
        {"a": {"b": "y" * 50_000}},
        {str(number): number for number in range(50_000)},
    ],
)
def test_what_is_too_long_is_shortened_and_says_where_the_whole_is(value: object):
    found = made({"value": "Any"}, {"value": value})

    assert found.shortened
    assert len(json.dumps(found.structured)) <= LIMIT
    assert type(found.structured["value"]) is type(value)
    link = found.content[-1]
    assert isinstance(link, t.ResourceLink)
    assert link.uri == "execution://E"


def test_a_large_picture_becomes_a_link():
    picture = {"content": b"x" * 5000, "media_type": "image/png"}

    first = made({"p": "Image"}, {"p": picture}).content[0]

    assert isinstance(first, t.ResourceLink)
    assert (first.uri, first.size) == ("execution://E/p", 5000)


def test_a_secret_is_left_out():
    ports = [PortCard("key", "str", secret=True), PortCard("n", "int")]

    found = made_of(ports, {"key": "k", "n": 1}, execution_id="E", limit_bytes=LIMIT)

    assert found.structured == {"n": 1}


def test_a_run_that_makes_nothing_says_so():
    assert made({}, {}).content == [t.TextContent(text="done")]
