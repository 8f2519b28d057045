"""Compositions as drawings: everything once, everything wired, problems at their place."""

from datetime import timedelta
from random import Random

from packetflow import approval, capability, each, from_contract, pipeline, race, repeat, when
from packetflow.capabilities import Contract, Port
from packetflow.composition.sketch import drawing
from packetflow.composition.steps import (
    Branch,
    Call,
    Case,
    Each,
    Fallback,
    Graph,
    Guarded,
    Parallel,
    Repeat,
    Sequence,
    Unknown,
    Use,
    Wait,
)
from packetflow.composition.walk import identified, walk
from packetflow.show.layout import layout


@capability(provides="text")
def fetch(url: str) -> str:
    """Download one web page."""
    return url


@capability(provides="summary")
def summarize(text: str) -> str:
    """Shorten a text to its gist."""
    return text


@capability
def rest() -> None:
    """Do nothing."""


def nodes(made):
    return {node.id: node for node in made.nodes}


def groups(made):
    return {group.kind: group for group in made.groups}


def random_tree(random, depth):
    """Any tree, also one that does not fit."""
    if depth == 0 or random.random() < 0.3:
        reads = tuple(Port(n) for n in random.sample("abc", random.randrange(3)))
        made = tuple(Port(n) for n in random.sample("abc", random.randrange(3)))
        leaf = Use(from_contract(dict, "step", Contract(reads, made)))
        return random.choice([leaf, leaf.timeout(1), Use(Unknown("gone")), Wait("event")])
    parts = tuple(random_tree(random, depth - 1) for _ in range(random.randrange(4)))
    first = parts[0] if parts else Use(Unknown("gone"))
    return random.choice(
        [
            Sequence(parts),
            Parallel(parts, at_once=2),
            Graph(parts),
            Fallback(parts),
            Branch(tuple(Case("a == 1", part) for part in parts), first),
            Each(first, {"a": "b"}, {"c": "a"}),
            Repeat(first, "b == 1"),
            Wait("late", otherwise=first),
            Sequence(parts).retry(2, on=OSError),
        ]
    )


def test_every_step_appears_once_and_every_wire_has_its_ends():
    for seed in range(200):
        step = random_tree(Random(seed), 3)
        leaves = [s.id for s in walk(identified(step)) if isinstance(s, (Use, Call, Wait))]

        made = drawing(step)

        drawn = [n.id for n in made.nodes if n.kind in {"capability", "unknown", "wait"}]
        assert sorted(drawn) == sorted(leaves)
        assert layout(made).boxes.keys() == {p.id for p in (*made.nodes, *made.groups)}


def test_the_same_composition_gives_the_same_drawing():
    for seed in range(30):
        assert drawing(random_tree(Random(seed), 3)) == drawing(random_tree(Random(seed), 3))


def test_policies_are_badges_innermost_first():
    made = drawing(fetch.retry(3, on=OSError).timeout(10) >> summarize)

    assert nodes(made)["fetch"].badges == ("retry 3x on OSError", "timeout 10 s")


def test_policies_around_a_chain_are_badges_of_its_box():
    made = drawing((fetch >> summarize).timeout(90) >> rest)

    assert groups(made)["sequence"].badges == ("timeout 1.5 min",)
    assert groups(made)["sequence"].members == ("fetch", "summarize")


def test_a_branch_shows_its_conditions():
    made = drawing(when("url != ''", fetch, otherwise=rest))

    assert [g.label for g in made.groups if g.kind == "way"] == ["url != ''", "otherwise"]


def test_containers_say_what_they_do():
    walked = drawing(each(summarize, over={"text": "texts"}, at_once=3, on_error="collect"))
    again = drawing(repeat(fetch, until="text != ''", at_most=4))
    raced = drawing(race(fetch, fetch))

    assert groups(walked)["each"].label == "each text in texts"
    assert groups(walked)["each"].badges == ("3 at once", "keeps going")
    assert groups(again)["repeat"].label == "repeat until text != ''"
    assert groups(again)["repeat"].badges == ("at most 4x",)
    assert groups(raced)["race"].members == ("fetch", "fetch_2")


def test_a_wait_shows_its_question_and_what_happens_when_it_is_late():
    made = drawing(approval("Good enough?", within=timedelta(days=2), otherwise=rest))

    assert nodes(made)["wait_approved"].detail == "Good enough?"
    assert groups(made)["wait"].label == "wait for approved for at most 2 d"
    assert groups(made)["way"].members == ("rest",)


def test_neighbours_that_exchange_no_name_get_a_faint_edge():
    made = drawing(fetch >> rest >> summarize)

    faint = [(e.source, e.target) for e in made.edges if e.faint]
    assert faint == [("fetch", "rest"), ("rest", "summarize")]


def test_a_written_order_is_a_faint_edge():
    made = drawing(Graph((Use(rest, id="a"), Use(rest, id="b")), {"b": ("a",)}))

    assert [(e.source, e.target, e.faint, e.label) for e in made.edges] == [("a", "b", True, "")]


def test_what_is_needed_and_what_is_left_over_are_terminals():
    made = drawing(fetch >> summarize)

    ends = {n.id: n.kind for n in made.nodes if n.kind in {"input", "output"}}
    assert ends == {"in url": "input", "out summary": "output"}


def test_a_pipeline_shows_the_outputs_it_promises():
    saved = pipeline("page", fetch >> when("url == ''", summarize), provides=["text", "summary?"])

    made = drawing(saved)

    assert [n.label for n in made.nodes if n.kind == "output"] == ["text", "summary?"]
    assert made.title == "page"


def test_an_optional_input_that_a_pipeline_does_not_list_is_not_drawn():
    @capability(provides="text")
    def load(url: str, sheet: str = "", encoding: str = "") -> str:
        return url

    def inputs(requires: list[str] | None) -> list[str]:
        made = drawing(pipeline("page", load >> summarize, requires=requires))
        return [n.label for n in made.nodes if n.kind == "input"]

    assert inputs(["url", "sheet?"]) == ["url", "sheet?"]
    assert inputs(None) == ["url", "sheet?", "encoding?"]


def test_problems_are_marked_at_their_step():
    made = drawing(Sequence((Use(Unknown("fetsh"), {}, {"text": "text"}), Use(summarize))))

    assert nodes(made)["fetsh"].status == "error"
    assert nodes(made)["fetsh"].kind == "unknown"
    assert "no capability is called 'fetsh'" in nodes(made)["fetsh"].notes[0]
    assert nodes(made)["summarize"].status == ""


def test_problems_of_a_container_are_marked_at_its_box():
    made = drawing(Each(Use(summarize), {}))

    assert groups(made)["each"].status == "error"
    assert "walks no list" in groups(made)["each"].notes[0]


def test_two_steps_of_one_id_are_both_drawn():
    made = drawing(Sequence((Use(rest, id="a"), Use(rest, id="a"))))

    assert list(nodes(made)) == ["a", "a (2)"]


def test_statuses_of_a_run_are_shown():
    made = drawing(fetch >> summarize, statuses={"fetch": "ok", "summarize": "running"})

    assert [n.status for n in made.nodes[:2]] == ["ok", "running"]


def test_fixed_values_are_badges():
    made = drawing(summarize.setting(text="x" * 50))

    assert nodes(made)["summarize"].badges[0].startswith("text = 'xxx")
    assert len(nodes(made)["summarize"].badges[0]) < 40
    assert isinstance(summarize.timeout(1), Guarded)
