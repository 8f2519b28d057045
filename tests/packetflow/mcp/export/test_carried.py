"""What travels of whole workspaces, and what is refused."""

import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings

from packetflow.composition.codec import definition_sha, dump
from packetflow.composition.steps import Call, Pipeline, Unknown, Use, Wait
from packetflow.composition.walk import walk
from packetflow.kernel.cards import Listing
from packetflow.mcp.export.carried import CannotExport, Carried, Carrying, carry
from packetflow.workspace.folder import example_folder
from tests.packetflow.mcp.export.workplace import (
    HEAD,
    TOOL,
    listed,
    loaded,
    refusal,
    same_cards,
    unpacked,
    written,
)
from tests.strategies import KNOWN, SAVED, pipelines

EXAMPLES = example_folder()


@pytest.fixture(scope="module")
def examples() -> Listing:
    return listed(EXAMPLES)


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Listing]:
    head = "from typing import TypedDict\n\nfrom packetflow import capability\n\n\n"
    told = "class Told(TypedDict):\n    summary: str\n    tone: str\n\n\n"
    one = '@capability\ndef {0}(text: str, language: str = "en") -> Told:\n    """Do."""\n\n\n'
    text = head + told + "".join(one.format(name) for name in KNOWN)
    folder = written(tmp_path_factory.mktemp("steps"), {"capabilities/steps.py": text})
    return folder, listed(folder)


def test_every_example_travels_with_its_contract(tmp_path: Path, examples: Listing):
    own = [one.name for one in examples.capabilities if one.module.startswith("packetflow_w")]
    names = [*own, *(one.name for one in examples.pipelines)]
    assert len(names) > 20

    for number, name in enumerate(names):
        there = unpacked(carry(EXAMPLES, examples, [name]), tmp_path / str(number))
        assert name in same_cards(examples, there)


def test_every_capability_of_the_library_needs_only_packetflow(examples: Listing):
    ready = [one for one in examples.capabilities if one.module.startswith("packetflow.library")]

    ready = [one for one in ready if "calls {tools}" not in one.effects]

    every = carry(EXAMPLES, examples, [one.name for one in ready])

    assert len(ready) > 20
    assert set(every.files) == {"packetflow.toml"}
    assert every.library == tuple(sorted(one.name for one in ready))
    assert carry(EXAMPLES, examples, ["ask_model"]).extras >= {"llm"}
    assert carry(EXAMPLES, examples, ["charts_for"]).extras == {"library"}
    assert carry(EXAMPLES, examples, ["text_statistics"]).extras == set()


def test_pipelines_that_are_called_travel_and_are_no_tools(examples: Listing):
    found = carry(EXAMPLES, examples, ["onboard_sample_customer"])

    assert "exposed" in found.files["pipelines/onboard_sample_customer.yaml"]
    assert "exposed" not in found.files["pipelines/customer_onboarding.yaml"]
    assert '"onboard_sample_customer",' in found.files["packetflow.toml"]
    assert list(found.attachments) == ["files/customers.json"]


ALL_KINDS = """
pipeline: all_kinds
steps:
  - use: c0
  - parallel: [{use: c1}, {use: c2, with: [{timeout: 3}, {retry: {attempts: 2, on: [OSError]}}]}]
  - graph: [{use: c3}]
  - when: n > 1
    then: [{use: c4}]
    otherwise: [{use: c5}]
  - {each: [{use: c6}], over: {n: many}, into: {o6: os}}
  - race: [{use: c7}]
  - fallback: [{use: c8}]
  - {repeat: [{use: c9}], at_most: 2}
  - {approve: "Go on?", into: yes_or_no, within: 2 days, otherwise: [{use: c10}]}
  - call: inner
"""


def test_every_kind_of_step_brings_its_capabilities(tmp_path: Path):
    one = '''\
@capability(provides="o{0}")
def c{0}(n: int) -> int:
    """Give."""
    return n


'''
    written(
        tmp_path,
        {
            **{f"capabilities/m{n}.py": HEAD + one.format(n) for n in range(13)},
            "pipelines/all_kinds.yaml": ALL_KINDS,
            "pipelines/inner.yaml": "pipeline: inner\nsteps: [{use: c11}]\n",
        },
    )
    cards = listed(tmp_path)
    listing = Listing(cards.capabilities)  # without what the check says of such a pipeline

    carrying = Carrying(tmp_path, listing, ["all_kinds"])
    carrying.take_pipeline("all_kinds")
    found = carrying.done()

    assert {f"capabilities/m{n}.py" for n in range(12)} <= set(found.files)
    assert "capabilities/m12.py" not in found.files
    assert "pipelines/inner.yaml" in found.files


@pytest.mark.parametrize(
    ("steps", "line", "what"),
    [
        ("[{use: gone}]", 2, "there is no capability 'gone'"),
        ("[{call: gone}]", 2, "there is no pipeline 'gone'"),
        ("""\

  - {use: tool}
  - {wait_for: paid, gives: {amount: int}}""", 4, "waits for the event 'paid'"),
        ("""\

  - use: tool
    with: [{retry: {attempts: 2, on: ['__main__:E']}}]""",
            3,
            "retries on __main__:E, a class of a session",
        ),
        ("[{use: off}]", 2, "the capability 'off' is disabled"),
    ],
)  # fmt: skip
def test_a_pipeline_that_cannot_run_elsewhere_is_refused(
    tmp_path: Path, steps: str, line: int, what: str
):
    off = '''\


@capability(provides="o", enabled=False)
def off() -> int:
    """No."""
    return 1
'''
    written(
        tmp_path,
        {
            "capabilities/a.py": HEAD + TOOL.format("n") + off,
            "pipelines/p.yaml": f"pipeline: p\nsteps: {steps}\n",
        },
    )

    told = refusal(tmp_path, "p")

    assert any(one.startswith(f"pipelines/p.yaml:{line}: {what}") for one in told)


@given(pipelines)
@settings(deadline=None, max_examples=20)
def test_a_pipeline_is_the_same_where_it_has_travelled(
    steps: tuple[Path, Listing], generated: Pipeline
):
    folder, listing = steps
    pipeline = replace(generated, name="generated")
    (folder / "pipelines" / "generated.yaml").write_text(dump(pipeline), "utf-8")
    (folder / "pipelines" / "clean.yaml").write_text(dump(SAVED), "utf-8")
    parts = [*walk(pipeline.step)]
    cannot = any(
        (isinstance(one, Wait) and not one.question)
        or (isinstance(one, Use) and isinstance(one.capability, Unknown))
        or (isinstance(one, Call) and isinstance(one.pipeline, Unknown))
        for one in parts
    )
    carrying = Carrying(folder, listing, ["generated"])
    carrying.take_pipeline("generated")

    if cannot:
        with pytest.raises(CannotExport):
            carrying.done()
        return

    with TemporaryDirectory() as there:
        unpacked(carrying.done(), Path(there))
        with loaded(folder) as before, loaded(Path(there)) as after:
            first, second = before.pipeline("generated"), after.pipeline("generated")
            assert dump(second) == dump(first)
            assert definition_sha(second) == definition_sha(first)
            assert {one.name for one in after.own()} == {
                one.capability.name
                for flow in (
                    pipeline,
                    *([SAVED] if any(isinstance(p, Call) for p in parts) else []),
                )
                for one in walk(flow.step)
                if isinstance(one, Use)
            }


def test_a_name_that_is_not_there_is_refused_with_the_nearest(tmp_path: Path):
    written(tmp_path, {"capabilities/a.py": HEAD + TOOL.format("n")})

    assert refusal(tmp_path, "tol") == [
        "there is no capability 'tol'; did you mean 'tool'?; declare it in a file in capabilities/"
    ]


def test_a_broken_file_is_refused_although_its_last_good_version_serves(tmp_path: Path):
    written(tmp_path, {"capabilities/a.py": HEAD + TOOL.format("n")})
    listing = listed(tmp_path)
    (tmp_path / "capabilities" / "a.py").write_text("def (:\n")

    (told,) = refusal(tmp_path, "tool", listing=listing)

    assert told.startswith("capabilities/a.py:1: is no Python that can be loaded")


def test_a_workspace_is_read_but_never_run(tmp_path: Path):
    mark = tmp_path / "ran"
    text = f"open({str(mark)!r}, 'w').close()\n\n\n"
    written(tmp_path / "here", {"capabilities/a.py": HEAD + text + TOOL.format("n")})
    listing = listed(tmp_path / "here")
    mark.unlink()

    found = carry(tmp_path / "here", listing, ["tool"])

    assert isinstance(found, Carried)
    assert not mark.exists()
    assert os.fspath(mark) in found.files["capabilities/a.py"]


CHOOSES = '''
from packetflow import Context, Effect, capability


@capability(provides="answer", effects=[Effect.calls("add_*"), Effect.calls("{tools}")])
async def choose(n: int, tools: list[str], context: Context) -> int:
    """Choose."""
    return (await context.call("named", {"n": n}))["out"]
'''


def test_what_is_chosen_while_a_tool_runs_travels_too(tmp_path: Path):
    def one(name: str) -> str:
        return HEAD + TOOL.format("n").replace("tool", name)

    names = ("add_one", "add_two", "named", "given", "left")
    written(
        tmp_path,
        {
            "capabilities/choosing.py": CHOOSES,
            **{f"capabilities/c_{name}.py": one(name) for name in names},
            "pipelines/p.yaml": "pipeline: p\n"
            "steps: [{use: choose, set: {tools: [given, split_text]}}]\n",
        },
    )

    found = carry(tmp_path, listed(tmp_path), ["p"])

    expected = {f"capabilities/c_{name}.py" for name in names if name != "left"}
    assert {path for path in found.files if "/c_" in path} == expected
    assert found.library == ("split_text",)


def test_a_call_of_what_is_not_there_is_refused(tmp_path: Path):
    written(tmp_path, {"capabilities/choosing.py": CHOOSES})

    more, told = refusal(tmp_path, "choose")

    assert "calls what its input 'tools' names when it runs" in more
    assert told.startswith("capabilities/choosing.py:8: calls 'named', and there is no capability")


ASKS = """pipeline: asks
requires: [question]
steps:
  - use: ask_with_tools
"""


def test_what_a_step_calls_while_it_runs_travels_where_it_is_fixed(tmp_path: Path):
    tools = "    set: {tools: [find_*, keywords]}\n"
    code = HEAD + TOOL.replace("tool", "find_it") + TOOL.replace("tool", "other")
    folder = written(tmp_path, {"capabilities/tools.py": code, "pipelines/asks.yaml": ASKS + tools})

    made = carry(folder, listed(folder), ["asks"])

    assert "def find_it(" in made.files["capabilities/tools.py"]
    assert "def other(" not in made.files["capabilities/tools.py"]


def test_a_step_that_may_call_anything_cannot_travel(tmp_path: Path):
    folder = written(
        tmp_path, {"pipelines/asks.yaml": ASKS.replace("[question]", "[question, tools]")}
    )

    (said,) = refusal(folder, "asks")
    assert "calls what shows only when it runs" in said
