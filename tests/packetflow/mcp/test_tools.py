import pytest

from packetflow.kernel.cards import CapabilityCard, PipelineCard
from packetflow.mcp.tools import hints, tool_of, touched


@pytest.mark.parametrize(
    ("effects", "safety", "said"),
    [
        ([], "pure", (True, False, True, False)),
        (["reads network"], "pure", (True, False, True, True)),
        (["reads files", "audit info"], "pure", (True, False, True, False)),
        (["writes files"], "idempotent", (False, False, True, False)),
        (["writes payments"], "guarded", (False, True, False, True)),
        (["model openai"], "pure", (True, False, True, True)),
        (["notify team"], "pure", (True, False, True, True)),
    ],
)
def test_hints_follow_from_the_effects(effects, safety, said):
    made = hints(effects, safety=safety)

    assert said == (
        made.read_only_hint, made.destructive_hint, made.idempotent_hint, made.open_world_hint,
    )  # fmt: skip


def test_a_pipeline_touches_what_its_steps_and_the_pipelines_it_calls_touch():
    reads = CapabilityCard("read", effects=["reads network"], safety="pure")
    pays = CapabilityCard("pay", effects=["writes payments"], safety="guarded")
    inner = PipelineCard("inner", uses=["pay"])
    outer = PipelineCard("outer", uses=["read"], calls=["inner", "outer"])

    effects, safety = touched(outer, {"read": reads, "pay": pays}, {"inner": inner, "outer": outer})

    assert set(effects) == {"reads network", "writes payments"}
    assert safety == "guarded"


def test_a_step_that_nobody_knows_counts_as_one_that_must_not_be_repeated():
    assert touched(PipelineCard("p", uses=["gone"]), {}, {}) == ([], "guarded")


def test_what_calls_anything_counts_as_what_must_not_be_repeated():
    asks = CapabilityCard("ask", effects=["calls {tools}"], safety="pure")
    fixed, free = PipelineCard("p", uses=["ask"]), PipelineCard("p", uses=["ask"], calls_any=True)

    assert touched(asks, {"ask": asks}, {})[1] == "guarded"
    assert touched(fixed, {"ask": asks}, {})[1] == "pure"
    assert touched(free, {"ask": asks}, {})[1] == "guarded"


def test_a_tool_is_called_by_a_name_that_clients_take():
    made = tool_of(PipelineCard("sum up", intent="Sum."), [], safety="pure")

    assert (made.name, made.item, made.shown.title) == ("sum_up", "sum up", "Sum up")
