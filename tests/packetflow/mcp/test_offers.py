import pytest

from packetflow.kernel.cards import CapabilityCard, Listing, PipelineCard, ProblemCard
from packetflow.mcp.offers import Address, allowed, offers_of
from packetflow.mcp.settings import McpSettings
from packetflow.mcp.tools import Tool, tool_of

LISTING = Listing(
    [CapabilityCard("add"), CapabilityCard("off", enabled=False), CapabilityCard("sum up")],
    [
        PipelineCard("shown", exposed=True),
        PipelineCard("hidden"),
        PipelineCard("sum.up", exposed=True),
        PipelineCard("bad", exposed=True, problems=[ProblemCard("x", "s", "it does not fit")]),
        PipelineCard("warned", exposed=True, problems=[ProblemCard("x", "s", "m", "", "warning")]),
    ],
)


def test_only_what_is_exposed_is_offered():
    offers = offers_of(LISTING, McpSettings(expose=("add",)))

    assert list(offers.tools) == ["add", "shown", "sum_up", "warned"]
    assert [card.name for card in offers.exposed()] == ["shown", "sum.up", "warned"]


def test_two_that_would_be_one_tool_are_both_left_out_with_the_reason():
    offers = offers_of(LISTING, McpSettings(expose=("sum up",)))

    assert "sum_up" not in offers.tools
    assert "rename" in offers.refused["sum up"]
    assert "sum.up" in offers.refused


@pytest.mark.parametrize(
    ("name", "why"), [("bad", "does not fit"), ("off", "disabled"), ("gone", "no capability")]
)
def test_what_cannot_be_offered_is_told_with_the_reason(name: str, why: str):
    offers = offers_of(LISTING, McpSettings(expose=("off", "gone")))

    assert name not in offers.tools
    assert why in offers.refused[name]


def test_what_would_call_anything_for_its_clients_is_not_offered():
    open_ones = [PipelineCard("asks", calls_any=True), PipelineCard("outer", calls=["asks"])]
    told = Listing(
        [
            CapabilityCard("ask", effects=["calls {tools}"]),
            CapabilityCard("one", effects=["calls x"]),
        ],
        [*open_ones, PipelineCard("fixed", uses=["ask"])],
    )

    offers = offers_of(told, McpSettings(expose=("ask", "one", "asks", "outer", "fixed")))

    assert list(offers.tools) == ["fixed", "one"]
    assert "set its `tools`" in offers.refused["ask"]
    assert offers.refused.keys() == {"ask", "asks", "outer"}


def test_a_token_sees_what_its_patterns_allow():
    settings = McpSettings(expose=("add",), prompts=("add",), resources={"n://{a}": "add"})

    some = allowed(offers_of(LISTING, settings), ("sh*", "sum_up"))

    assert list(some.tools) == ["shown", "sum_up"]
    assert (some.prompts, some.addresses) == ({}, ())
    assert list(some.pipelines) == ["shown", "sum.up"]


@pytest.fixture
def tool() -> Tool:
    return tool_of(CapabilityCard("read"), [], safety="pure")


@pytest.mark.parametrize(
    ("pattern", "uri", "found"),
    [
        ("a://x", "a://x", {}),
        ("a://x", "a://xy", None),
        ("a://{id}/data", "a://1%2F2/data", {"id": "1/2"}),
        ("a://{id}/data", "a://1/2/data", None),
        ("a.b://{one}-{two}", "a.b://1-2", {"one": "1", "two": "2"}),
        ("a.b://{one}", "aXb://1", None),
    ],
)
def test_an_address_says_the_inputs(tool: Tool, pattern: str, uri: str, found: object):
    assert Address(pattern, tool).match(uri) == found
