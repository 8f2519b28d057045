import base64

import mcp_types as t
import pytest

from packetflow.capabilities.values import Audio, Image, Resource
from packetflow.mcp.client.content import complaint, left_out, values_of
from packetflow.mcp.client.contracts import shape_of
from packetflow.mcp.client.facts import ToolFacts
from packetflow.mcp.client.failures import ToolFailed

PLAIN = shape_of(ToolFacts("get", input_schema={}))
FIELDS = shape_of(
    ToolFacts(
        "get",
        input_schema={},
        output_schema={
            "type": "object",
            "properties": {"n": {"type": "integer"}, "found-at": {"type": "string"}},
        },
    )
)
DATA = base64.b64encode(b"abc").decode()


def value(*content: t.ContentBlock, structured: object = None) -> object:
    result = t.CallToolResult(content=list(content), structured_content=structured)
    return values_of(PLAIN, result)["get_result"]


def test_texts_become_one_text():
    assert value(t.TextContent(text="a")) == "a"
    assert value(t.TextContent(text="a"), t.TextContent(text="b")) == "a\n\nb"


def test_nothing_is_none():
    assert value() is None


def test_media_become_values_with_a_look_of_their_own():
    assert value(t.ImageContent(data=DATA, mime_type="image/png")) == Image(b"abc", "image/png")
    assert value(t.AudioContent(data=DATA, mime_type="audio/wav")) == Audio(b"abc", "audio/wav")


def test_links_and_resources_become_references():
    text = t.TextResourceContents(uri="n://1", text="hi", mime_type="text/plain")
    blob = t.BlobResourceContents(uri="n://2", blob=DATA, mime_type="application/zip")
    shown = t.BlobResourceContents(uri="n://3", blob=DATA, mime_type="image/png")

    made = value(
        t.ResourceLink(uri="n://0", name="zero"),
        *(t.EmbeddedResource(resource=one) for one in (text, blob, shown)),
    )

    assert made == [
        Resource("n://0", "zero"),
        Resource("n://1", media_type="text/plain", content="hi"),
        Resource("n://2", media_type="application/zip", content=b"abc"),
        Image(b"abc", "image/png"),
    ]


def test_a_structured_result_counts_more_than_its_text():
    assert value(t.TextContent(text="{}"), structured={"a": [1]}) == {"a": [1]}


def test_fields_become_outputs_by_their_identifiers():
    result = t.CallToolResult(content=[], structured_content={"found-at": "x", "other": 1})

    assert values_of(FIELDS, result) == {"found_at": "x"}


def test_a_structured_result_that_is_missing_is_a_failure():
    with pytest.raises(ToolFailed, match="no structured result"):
        values_of(FIELDS, t.CallToolResult(content=[]))


def test_a_picture_that_cannot_be_decoded_is_a_failure():
    with pytest.raises(ToolFailed, match="no base64"):
        value(t.ImageContent(data="not base64!", mime_type="image/png"))


def test_a_long_complaint_is_shortened():
    said = complaint(t.CallToolResult(content=[t.TextContent(text="x" * 9999)], is_error=True))

    assert len(said) < 3000
    assert complaint(t.CallToolResult(content=[], is_error=True)) == "it says nothing of the reason"


def test_content_that_no_output_has_a_place_for_is_named():
    picture = t.ImageContent(data=DATA, mime_type="image/png")
    result = t.CallToolResult(content=[picture], structured_content={"n": 1})

    assert left_out(FIELDS, result) == ["image"]
    assert left_out(PLAIN, t.CallToolResult(content=[picture])) == []
