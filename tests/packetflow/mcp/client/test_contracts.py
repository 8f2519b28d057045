from keyword import iskeyword
from typing import Any, Literal, TypedDict

from hypothesis import given
from hypothesis import strategies as st

from packetflow.capabilities.contract import MISSING, Contract, Port
from packetflow.capabilities.effects import Effect, Safety, safety
from packetflow.composition.capability import from_contract
from packetflow.mcp.client.contracts import effects_of, shape_of
from packetflow.mcp.client.facts import Hints, ToolFacts
from packetflow.mcp.client.session import facts_of
from packetflow.mcp.tools import Tool, tool_of
from packetflow.runner.present import capability_card

TEXT = {"type": "string"}


def tool(name: str = "find", output: dict | None = None, **fields: dict) -> ToolFacts:
    required = [one for one, said in fields.items() if said.pop("needed", False)]
    schema = {"type": "object", "properties": fields, "required": required}
    return ToolFacts(name, input_schema=schema, output_schema=output)


def test_properties_become_inputs_and_those_not_required_are_optional():
    shape = shape_of(tool(query={**TEXT, "needed": True}, limit={"type": "integer", "default": 5}))

    assert str(shape.contract) == "(query: str, limit?: int) -> (find_result: Any)"
    assert shape.contract.inputs["limit"].default == 5
    assert shape.contract.inputs["query"].default is MISSING


def test_an_optional_property_without_a_default_has_none():
    assert shape_of(tool(since=dict(TEXT))).contract.inputs["since"].default is MISSING


def test_a_default_that_does_not_fit_is_no_default():
    port = shape_of(tool(since={**TEXT, "default": None})).contract.inputs["since"]

    assert port.optional
    assert port.default is MISSING


def test_names_of_arguments_are_identifiers_that_lead_back():
    shape = shape_of(tool(**{"max-hits": dict(TEXT), "class": dict(TEXT)}))

    assert dict(shape.arguments) == {"max_hits": "max-hits", "class_": "class"}


def test_the_fields_of_an_output_schema_are_the_outputs():
    output = {
        "type": "object",
        "properties": {"n": {"type": "integer"}, "why": TEXT},
        "required": ["n"],
    }

    shape = shape_of(tool(output=output))

    assert str(shape.contract) == "() -> (n: int, why?: str)"
    assert shape.value == ""


def test_an_output_schema_without_fields_gives_the_whole_as_one_value():
    shape = shape_of(tool("find.all", output={"type": "object", "additionalProperties": TEXT}))

    assert shape.value == "find_all_result"


def test_a_secret_has_no_default_and_is_marked():
    port = shape_of(tool(key={**TEXT, "writeOnly": True, "default": "x"})).contract.inputs["key"]

    assert port.secret
    assert port.default is MISSING


def test_an_untrusted_server_may_do_anything_whatever_it_says():
    effects = effects_of(Hints(read_only=True, idempotent=True), "notes", trusted=False)

    assert safety(effects) is Safety.GUARDED


def test_of_a_trusted_server_the_hints_count():
    def level(**hints: bool) -> Safety:
        return safety(effects_of(Hints(**hints), "notes", trusted=True))

    assert level(read_only=True) is Safety.PURE
    assert level(idempotent=True) is Safety.IDEMPOTENT
    assert level() is Safety.GUARDED


def test_a_tool_that_takes_nothing_has_no_inputs():
    assert shape_of(ToolFacts("now", input_schema={"type": "object"})).contract.requires == ()


def test_the_mark_changes_with_what_a_tool_takes_and_not_with_its_words():
    plain = tool(query=dict(TEXT))

    assert plain.mark == ToolFacts("find", "T", "other words", plain.input_schema).mark
    assert plain.mark != tool(query={"type": "integer"}).mark


class Line(TypedDict):
    text: str
    count: int | None


TYPES = st.sampled_from(
    [
        *(int, float, str, bool, list[int], list[str], dict[str, float], dict[str, Any], Any),
        *(Literal["a", "b"], int | None, list[dict[str, int]], Line, list[Line], Line | None),
    ]
)
NAMES = st.from_regex(r"[a-z][a-z_]{0,5}[a-z]", fullmatch=True).filter(lambda n: not iskeyword(n))


def exported(contract: Contract, *effects: Effect) -> Tool:
    """What our own server makes of a capability."""

    def work(**_: object) -> dict[str, object]:
        """Do it."""
        return {}

    made = from_contract(work, "work", contract, effects=effects)
    level = made.declaration.safety.value
    return tool_of(capability_card(made), map(str, effects), safety=level)


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    kinds = draw(st.dictionaries(NAMES, TYPES, max_size=3))
    optional = draw(st.sets(st.sampled_from(sorted(kinds)))) if kinds else set()
    made = draw(st.dictionaries(NAMES, TYPES, min_size=1, max_size=3))
    requires = tuple(Port(name, kind, optional=name in optional) for name, kind in kinds.items())
    return Contract(requires, tuple(Port(name, kind) for name, kind in made.items()))


@given(contracts())
def test_what_our_own_server_offers_has_the_same_contract_when_it_is_taken_in(contract: Contract):
    taken = shape_of(facts_of(exported(contract).shown)).contract

    assert str(taken) == str(contract)


def test_what_our_own_server_offers_may_be_repeated_as_freely_when_it_is_taken_in():
    plain = Contract((), (Port("n", int),))
    for effect in (Effect.reads("x"), Effect.writes("x", idempotent=True), Effect.writes("x")):
        hints = facts_of(exported(plain, effect).shown).hints

        assert safety(effects_of(hints, "far", trusted=True)) is safety((effect,))
