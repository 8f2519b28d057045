"""What notebooks, issues and graph tools get to see."""

from typing import Annotated
from xml.etree import ElementTree

import networkx as nx

from packetflow import Effect, capability, from_contract, graph, pipeline
from packetflow.capabilities import Contract, Port, secret
from packetflow.composition import draw
from packetflow.composition.check import check
from packetflow.composition.steps import Sequence, Unknown, Use

HOSTILE = "<script>alert('x')</script>"


@capability(provides="text", effects=[Effect.reads("network")], version="7")
def fetch(url: str, tries: int = 3) -> str:
    """Download one web page.

    Args:
        url: Where it is.
    """
    return url


@capability(provides="summary")
def summarize(text: str) -> str:
    """Shorten a text to its gist."""
    return text


def test_a_composition_draws_itself_in_a_notebook():
    shown = (fetch >> summarize)._repr_html_()

    assert shown.count("<svg") == 1
    assert "summarize" in shown
    assert "<script" not in shown


def test_a_pipeline_shows_its_name_intent_and_problems():
    saved = pipeline("pages", fetch >> summarize, intent="Read <it>", provides=["nothing"])

    shown = saved._repr_html_()

    assert "pages" in shown
    assert "Read &lt;it&gt;" in shown
    assert "promises &#x27;nothing&#x27;" in shown


def test_a_capability_shows_its_contract_card():
    shown = fetch._repr_html_()

    for word in ("fetch", "Download one web page.", "version 7", "reads network", "Where it is."):
        assert word in shown
    assert "runs in a thread" in shown


def test_a_secret_default_is_not_shown():
    @capability(provides="text")
    def ask(key: Annotated[str, secret] = "hunter2") -> str:
        """Ask."""
        return key

    assert "hunter2" not in ask._repr_html_()
    assert "hunter2" not in ask.as_step()._repr_html_()


def test_a_fixed_secret_is_not_drawn():
    @capability(provides="text")
    def ask(key: Annotated[str, secret]) -> str:
        """Ask."""
        return key

    assert "hunter2" not in ask.setting(key="hunter2")._repr_html_()


def test_hostile_names_and_intents_are_escaped():
    def work(**names):
        return names

    work.__doc__ = HOSTILE
    made = from_contract(work, "work", Contract((Port(HOSTILE),), (Port('"\n\x00&'),)))

    for step in (made.as_step().called(HOSTILE), made.setting(**{HOSTILE: HOSTILE})):
        assert "<script" not in draw.step_html(step)
        assert ElementTree.fromstring(step.to_svg()).tag.endswith("svg")
    assert "<script" not in made._repr_html_()


def test_show_takes_each_kind_of_thing():
    assert "version 7" in draw.show(fetch).text
    assert "<svg" in draw.show(fetch >> summarize)._repr_html_()
    assert "pages" in str(draw.show(pipeline("pages", fetch)))


def test_the_graph_has_names_on_its_edges():
    made = (fetch >> summarize).to_networkx()

    assert isinstance(made, nx.DiGraph)
    assert made.edges["fetch", "summarize"]["names"] == ("text",)
    assert made.nodes["fetch"]["inputs"] == ("url", "tries")


def test_mermaid_names_every_step():
    made = pipeline("pages", fetch >> summarize).to_mermaid()

    assert made.startswith("flowchart LR")
    assert '"summarize"' in made


def test_a_very_large_composition_is_not_drawn_into_a_cell():
    parts = [from_contract(dict, f"s{i}", Contract()).as_step() for i in range(900)]

    shown = graph(*parts)._repr_html_()

    assert "too many" in shown
    assert "<svg" not in shown


def test_problems_show_their_place_and_mend():
    broken = Sequence((Use(Unknown("fetsh")),))

    shown = draw.problems_html(check(broken))

    assert "<b>fetsh</b>" in shown
    assert "Everything fits" in draw.problems_html([])


def test_a_contract_shows_itself():
    shown = fetch.contract._repr_html_()

    assert "url" in shown
    assert "needed" in shown
    assert "gives nothing" in Contract()._repr_html_()
