"""The wire protocol: everything comes back as it went, and nothing else is ever let in."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.msgpack import Ext

from packetflow.errors import WireError
from packetflow.kernel import messages as m
from packetflow.kernel import wire
from packetflow.kernel.board import Drawn
from packetflow.kernel.cards import (
    BrokenFile,
    CapabilityCard,
    Description,
    FailureCard,
    FixCard,
    Happening,
    Listing,
    Outcome,
    PipelineCard,
    PortCard,
    ProblemCard,
    StepCard,
)
from packetflow.kernel.wire import LIMIT, decode, encode

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
whole = st.integers(-(2**63), 2**64 - 1)
extensions = st.builds(Ext, st.integers(1, 5), st.binary(max_size=20))
plain: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | whole
    | st.floats(allow_nan=False)
    | texts
    | st.binary(max_size=20)
    | extensions,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)
payloads = st.dictionaries(texts, plain, max_size=4)
lines = st.integers(0, 10_000)
ports = st.lists(st.builds(PortCard, texts, texts, st.booleans(), texts, st.booleans()), max_size=2)
fixes = st.none() | st.builds(FixCard, texts, payloads)
problems = st.lists(st.builds(ProblemCard, texts, texts, texts, fix=fixes), max_size=2)
paths = st.lists(st.integers(-5, 10_000), max_size=3)
failures = st.builds(FailureCard, texts, texts, texts, paths, texts, payloads)
outcomes = st.builds(
    Outcome, texts, texts, payloads, st.none() | failures, st.floats(0, 1e6, allow_nan=False)
)
capabilities = st.builds(
    CapabilityCard,
    texts,
    texts,
    requires=ports,
    line=lines,
    examples=st.lists(payloads, max_size=2),
)
pipelines = st.builds(PipelineCard, texts, problems=problems, requires=ports, file=texts)
listings = st.builds(
    Listing,
    st.lists(capabilities, max_size=2),
    st.lists(pipelines, max_size=2),
    st.lists(st.builds(BrokenFile, texts, texts, lines, st.booleans()), max_size=2),
)
steps = st.lists(st.builds(StepCard, texts, texts, texts, st.integers(0, 9)), max_size=2)
happenings = st.builds(Happening, texts, texts, texts, paths, whole, payloads)
pixels = st.floats(-1e6, 1e6, allow_nan=False)
named = st.dictionaries(texts, texts, max_size=3)
points = st.dictionaries(texts, st.tuples(pixels, pixels), max_size=3)

EVERY = {
    m.Hello: st.builds(m.Hello, texts, texts, st.integers(0, 9)),
    m.CapabilityDiscovery: st.builds(m.CapabilityDiscovery, texts, texts, lines),
    m.CapabilityRequest: st.builds(
        m.CapabilityRequest,
        texts,
        texts,
        payloads,
        texts,
        st.none() | texts,
        tags=st.dictionaries(texts, texts, max_size=3),
        follow=st.booleans(),
        source=st.none() | texts,
        execution_id=st.none() | texts,
    ),
    m.Describe: st.builds(m.Describe, texts, texts, st.none() | texts),
    m.DrawBoard: st.builds(m.DrawBoard, texts, texts, texts, points, points, named),
    m.SearchPalette: st.builds(m.SearchPalette, texts, texts, texts, texts, lines),
    m.Follow: st.builds(m.Follow, texts, texts),
    m.CancelRun: st.builds(m.CancelRun, texts, texts, texts),
    m.ResumeRun: st.builds(m.ResumeRun, texts, texts, st.booleans()),
    m.ForkRun: st.builds(m.ForkRun, texts, texts, texts, payloads, st.booleans()),
    m.AnswerStep: st.builds(m.AnswerStep, texts, texts, texts, paths, plain),
    m.EmitEvent: st.builds(m.EmitEvent, texts, texts, payloads, texts, texts),
    m.Reload: st.builds(m.Reload, texts),
    m.Ping: st.builds(m.Ping, texts, whole),
    m.Welcome: st.builds(m.Welcome, texts, lines, lines, texts, st.integers(0, 9)),
    m.CapabilityListing: st.builds(m.CapabilityListing, texts, listings),
    m.Described: st.builds(
        m.Described, texts, st.builds(Description, texts, texts, problems=problems, steps=steps)
    ),
    m.BoardDrawn: st.builds(
        m.BoardDrawn, texts, st.builds(Drawn, st.binary(max_size=20), points, named, st.booleans())
    ),
    m.PaletteFound: st.builds(m.PaletteFound, texts, st.binary(max_size=20)),
    m.RunAccepted: st.builds(m.RunAccepted, texts, texts),
    m.RunEvent: st.builds(m.RunEvent, texts, happenings),
    m.CapabilityResponse: st.builds(m.CapabilityResponse, texts, outcomes, lines),
    m.Done: st.builds(m.Done, texts, plain),
    m.Pong: st.builds(m.Pong, texts, whole, lines),
    m.Refused: st.builds(m.Refused, texts, texts, texts, payloads),
}
messages = st.one_of(*EVERY.values())


def read(content: bytes) -> m.Message | None:
    """Decode, and let only the error through that is promised."""
    try:
        return decode(content)
    except WireError:
        return None


@given(messages)
def test_every_message_comes_back_as_it_was_sent(message):
    assert decode(encode(message)) == message


def test_the_law_covers_every_kind_of_message():
    assert set(EVERY) == set(m.Message.__args__)


@given(st.binary(max_size=200))
@example(wire.HEADER)
@example(wire.HEADER + b"\xdd\xff\xff\xff\xff")
@example(wire.HEADER + b"\x91" * 100_000)
def test_random_bytes_are_refused_or_read_but_never_raise_otherwise(content):
    read(content)
    read(wire.HEADER + content)


@given(messages, st.data())
def test_a_truncated_message_is_refused(message, data):
    content = encode(message)
    cut = data.draw(st.integers(0, len(content) - 1))

    with pytest.raises(WireError):
        decode(content[:cut])


@given(messages, st.data())
def test_a_flipped_bit_never_raises_anything_else(message, data):
    content = bytearray(encode(message))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= 1 << data.draw(st.integers(0, 7))

    found = read(bytes(content))

    assert found is None or isinstance(found, m.Message)


@given(messages, st.integers(0, 255).filter(lambda number: number != m.PROTOCOL))
def test_a_message_of_another_version_is_refused_with_both_numbers(message, number):
    content = b"PF" + bytes([number]) + encode(message)[3:]

    with pytest.raises(WireError, match=f"protocol {number}, this side speaks 1"):
        decode(content)


@pytest.mark.parametrize(
    "length",
    [
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\xc9\xff\xff\xff\xff\x01",
    ],
)
def test_a_huge_announced_length_is_refused_without_taking_memory(length):
    with pytest.raises(WireError, match="truncated"):
        decode(wire.HEADER + b"\x83\xa4type\xa4done\xa2id\xa11\xa5value" + length)


def test_a_message_over_the_limit_is_refused_on_both_sides():
    with pytest.raises(WireError, match="over the limit of 67,108,864"):
        encode(m.Done("1", bytes(LIMIT)))
    with pytest.raises(WireError, match="over the limit"):
        decode(bytes(LIMIT + 1))


@pytest.mark.parametrize("value", [2**70, "\ud800", object()])
def test_a_value_that_cannot_travel_is_refused_before_it_is_sent(value):
    with pytest.raises(WireError, match="a Done cannot be sent"):
        encode(m.Done("1", value))


def test_a_value_that_contains_itself_is_refused():
    endless: list[Any] = []
    endless.append(endless)

    with pytest.raises(WireError, match="recursion"):
        encode(m.Done("1", endless))


def test_a_field_of_the_wrong_type_is_named():
    content = wire.HEADER + b"\x82\xa4type\xa4ping\xa2id\x05"

    with pytest.raises(WireError, match=r"\$\.id"):
        decode(content)


def test_an_unknown_field_is_ignored_so_that_newer_peers_may_add_some():
    content = wire.HEADER + b"\x83\xa4type\xa4ping\xa2id\xa11\xa3new\x07"

    assert decode(content) == m.Ping("1")


GOLDEN = [
    (m.Hello("secret", "cli"), b"PF\x01\x83\xa4type\xa5hello\xa5token\xa6secret\xa4role\xa3cli"),
    (m.Ping("7", 5), b"PF\x01\x83\xa4type\xa4ping\xa2id\xa17\xa2at\x05"),
    (
        m.CapabilityRequest("1", "add", {"a": 1, "b": Ext(2, b"xy")}, follow=False),
        (
            b"PF\x01\x85\xa4type\xb2capability_request\xa2id\xa11\xa4name\xa3add"
            b"\xa6inputs\x82\xa1a\x01\xa1b\xd5\x02xy\xa6follow\xc2"
        ),
    ),
    (
        m.CapabilityDiscovery("2", "text"),
        b"PF\x01\x83\xa4type\xb4capability_discovery\xa2id\xa12\xa5query\xa4text",
    ),
    (
        m.CapabilityResponse("1", Outcome("e", "ok", {"sum": 3}, seconds=0.5)),
        (
            b"PF\x01\x83\xa4type\xb3capability_response\xa2id\xa11\xa7outcome\x84"
            b"\xacexecution_id\xa1e\xa6status\xa2ok\xa7outputs\x81\xa3sum\x03"
            b"\xa7seconds\xcb?\xe0\x00\x00\x00\x00\x00\x00"
        ),
    ),
    (
        m.RunEvent("1", Happening("e", "step_started", "add", [2], 9, {"attempt": 1})),
        (
            b"PF\x01\x83\xa4type\xa9run_event\xa2id\xa11\xa5event\x86\xacexecution_id\xa1e"
            b"\xa4kind\xacstep_started\xa4step\xa3add\xa4path\x91\x02\xa2at\x09"
            b"\xa4body\x81\xa7attempt\x01"
        ),
    ),
]


@pytest.mark.parametrize(("message", "content"), GOLDEN, ids=lambda one: type(one).__name__)
def test_protocol_1_has_these_very_bytes(message, content):
    assert encode(message) == content
    assert decode(content) == message
