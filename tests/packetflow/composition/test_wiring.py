"""The lineage of names, against single cases and against an interpreter of the rules of scope."""

from random import Random

from packetflow import (
    capability,
    choose,
    each,
    from_contract,
    graph,
    race,
    repeat,
    then,
    wait_for,
    when,
)
from packetflow.capabilities import Contract, Port
from packetflow.composition.condition import variables
from packetflow.composition.dataflow import graph_dataflow
from packetflow.composition.joining import joined
from packetflow.composition.steps import (
    Branch,
    Call,
    Case,
    Each,
    Fallback,
    Graph,
    Guarded,
    Parallel,
    Race,
    Repeat,
    Sequence,
    Use,
    Wait,
)
from packetflow.composition.walk import identified, label, walk
from packetflow.composition.wiring import Wire, origins, wires


@capability(provides="text")
def fetch(url: str) -> str:
    return url


@capability(provides="summary")
def summarize(text: str) -> str:
    return text


@capability(provides="text")
def translate(text: str) -> str:
    return text


@capability(provides="score")
def judge(text: str) -> float:
    return len(text)


def into(step, target):
    return {(w.source, w.name, w.input, w.certain) for w in wires(step) if w.target == target}


def test_a_name_written_again_comes_from_its_last_maker():
    found = into(fetch >> translate >> summarize, "summarize")

    assert found == {("translate", "text", "text", True)}


def test_a_name_that_only_one_way_makes_may_come_from_before_it_too():
    found = into(fetch >> when("url == ''", translate) >> summarize, "summarize")

    assert found == {("fetch", "text", "text", False), ("translate", "text", "text", False)}


def test_a_name_that_every_way_makes_comes_from_one_of_them():
    other = translate.called("other")
    found = into(
        fetch >> choose(("url == ''", translate), otherwise=other) >> summarize, "summarize"
    )

    assert found == {("translate", "text", "text", False), ("other", "text", "text", False)}


def test_a_condition_reads_the_names_in_it():
    found = into(fetch >> when("text == '' && lang == 'en'", summarize), "branch")

    assert found == {("fetch", "text", "text", True), (None, "lang", "lang", True)}


def test_each_gives_items_inside_and_lists_outside():
    step = each(summarize, over={"text": "texts"}, into={"summary": "gists"})

    assert set(wires(step)) == {
        Wire(None, "texts", "texts", "each", "text"),
        Wire("each", "text", "text", "summarize", "text"),
        Wire("summarize", "summary", "summary", "each", "gists"),
    }
    assert origins(step)["gists"].makers == (("each", "gists"),)


def test_a_repeat_feeds_back_what_it_reads_and_makes():
    step = fetch >> repeat(translate >> judge, until="score > 1", at_most=3)

    assert into(step, "translate") == {
        ("fetch", "text", "text", False),
        ("translate", "text", "text", False),
    }
    assert into(step, "judge") == {("translate", "text", "text", True)}
    assert into(step, "repeat") == {("judge", "score", "score", True)}


def test_what_a_racer_makes_leaves_only_if_all_make_it():
    step = race(fetch >> judge, fetch.called("mirror")) >> summarize

    assert into(step, "summarize") == {
        ("fetch", "text", "text", False),
        ("mirror", "text", "text", False),
    }
    assert into(step, "judge") == {("fetch", "text", "text", True)}
    assert set(origins(step)) == {"text", "summary"}


def test_a_wait_reads_its_key_and_gives_its_names():
    step = wait_for("paid", key="order", gives={"text": str}) >> summarize

    assert into(step, "wait_paid") == {(None, "order", "order", True)}
    assert into(step, "summarize") == {("wait_paid", "text", "text", True)}


def test_renamed_fixed_and_dropped_names_are_followed():
    step = fetch.writing(text="body") >> summarize.reading(text="body")

    assert into(step, "summarize") == {("fetch", "body", "text", True)}
    assert into(summarize.setting(text="fixed"), "summarize") == set()


def test_a_graph_is_wired_in_any_order():
    step = graph(judge, summarize, fetch)

    assert into(step, "judge") == {("fetch", "text", "text", True)}
    assert into(step, "summarize") == {("fetch", "text", "text", True)}


def test_a_saved_pipeline_is_one_end_of_its_wires():
    step = then((fetch >> translate).saved_as("page"), summarize)

    assert into(step, "page") == {(None, "url", "url", True)}
    assert into(step, "summarize") == {("page", "text", "text", True)}


def test_a_composition_with_problems_has_the_wires_that_can_be_told():
    ring = Graph((translate.as_step(), Use(translate, id="again"), judge.as_step()))

    assert ("judge", "translate") in {(w.target, w.source) for w in wires(ring)}


def test_a_graph_of_two_thousand_steps_is_wired():
    parts = [
        from_contract(
            dict,
            f"s{i}",
            Contract(
                tuple(Port(f"v{j}") for j in {i // 2, i // 3, max(0, i - 1)} if j < i),
                (Port(f"v{i}"),),
            ),
        ).as_step()
        for i in range(2122)
    ]
    whole = identified(Graph(tuple(parts)))
    assert not whole.flow.problems

    assert len(wires(whole)) > 5000


# ---------------------------------------------------------------- against an interpreter

NAMES = "abcd"


def random_step(random, depth):
    kind = random.randrange(3 if depth == 0 else 12)
    if kind < 3:
        reads = random.sample(NAMES, random.randrange(3))
        makes = random.sample(NAMES, random.randrange(1, 3))
        needs = tuple(
            Port(n, optional=one, default=None) for n in reads for one in (random.random() < 0.5,)
        )
        gives = tuple(Port(n, optional=random.random() < 0.2) for n in makes)
        made = Use(from_contract(dict, "step", Contract(needs, gives)))
        return made.timeout(1) if random.random() < 0.2 else made
    parts = tuple(random_step(random, depth - 1) for _ in range(random.randrange(1, 4)))
    test = f"{random.choice(NAMES)} == 1"
    if kind < 6:
        return Sequence(parts)
    if kind == 6:
        return Parallel(parts) if random.random() < 0.5 else Graph(parts)
    if kind == 7:
        last = random_step(random, depth - 1) if random.random() < 0.5 else None
        return Branch(tuple(Case(test, part) for part in parts), last)
    if kind == 8:
        item, outer = random.choice(NAMES), random.choice(NAMES)
        # An item and a collected list of one name could not be told apart by (target, input).
        others = [name for name in NAMES if name != item]
        collected = {n: random.choice(others) for n in list(parts[0].flow.makes)[:1]}
        return Each(parts[0], {item: outer}, collected)
    if kind == 9:
        return Race(parts) if random.random() < 0.5 else Fallback(parts)
    if kind == 10:
        return Repeat(Sequence(parts), test, 3)
    given = (Port(random.choice(NAMES)),)
    key = random.choice(NAMES) if random.random() < 0.5 else None
    return Wait("event", key, given, otherwise=parts[0] if random.random() < 0.5 else None)


class Interpreter:
    """Runs a tree with values that say who made them, choosing its ways at random."""

    def __init__(self, random):
        self.random = random
        self.reads = []

    def read(self, scope, name, target, port):
        self.reads.append((scope.get(name), target, port))

    def run(self, step, scope):  # noqa: C901 - one case for each kind of step
        match step:
            case Use() | Call():
                name = label(step)
                reads, writes = joined(step)
                for port, scoped in reads:
                    self.read(scope, scoped.name, name, port)
                sure = [one for one in writes if not one[1].optional or self.random.random() < 0.5]
                return {scoped.name: (name, port) for port, scoped in sure}
            case Guarded(step=inner):
                return self.run(inner, scope)
            case Sequence(steps=steps):
                made = {}
                for part in steps:
                    made |= self.run(part, scope | made)
                return made
            case Parallel(steps=steps):
                made = {}
                for part in steps:
                    made |= self.run(part, scope)
                return made
            case Graph():
                return self.run_graph(step, scope)
            case Race(steps=steps) | Fallback(steps=steps):
                results = [self.run(part, scope) for part in steps]
                won = self.random.choice(results)
                return {name: made for name, made in won.items() if name in step.flow.makes}
            case Branch():
                for case in step.cases:
                    for variable in variables(case.when):
                        self.read(scope, variable, label(step), variable)
                ways = [*(case.then for case in step.cases), step.otherwise]
                way = self.random.choice(ways)
                return {} if way is None else self.run(way, scope)
            case Each():
                return self.run_each(step, scope)
            case Repeat():
                made = {}
                for _ in range(self.random.randrange(1, 4)):
                    made |= self.run(step.step, scope | made)
                    for variable in variables(step.until):
                        self.read(scope | made, variable, label(step), variable)
                return made
            case Wait():
                if step.key is not None:
                    self.read(scope, step.key, label(step), step.key)
                if step.otherwise is not None and self.random.random() < 0.5:
                    return self.run(step.otherwise, scope)
                return {port.name: (label(step), port.name) for port in step.gives}

    def run_graph(self, step, scope):
        wiring = graph_dataflow(step)
        outside = {n: v for n, v in scope.items() if n not in wiring.makers}
        made, done = {}, set()
        while len(done) < len(step.steps):
            for position, part in enumerate(step.steps):
                if position not in done and wiring.before[position] <= done:
                    made |= self.run(part, outside | made)
                    done.add(position)
        return made

    def run_each(self, step, scope):
        name = label(step)
        for item, outer in step.over.items():
            self.read(scope, outer, name, item)
        for _ in range(2):
            made = self.run(step.step, scope | {item: (name, item) for item in step.over})
            for inner, outer in step.into.items():
                if inner in made:
                    self.reads.append((made[inner], name, outer))
        return {outer: (name, outer) for outer in step.into.values()}


def sound(step):
    return not [problem for problem in step.flow.problems if problem.severity == "error"]


def test_every_value_read_in_a_run_came_by_a_wire_and_certain_wires_never_fail():
    tried = 0
    for seed in range(1500):
        random = Random(seed)
        step = identified(random_step(random, 3))
        if not sound(step):
            continue
        tried += 1
        found = wires(step)
        known = {(w.source, w.output, w.target, w.input) for w in found}
        certain = {(w.target, w.input): (w.source, w.output) for w in found if w.certain}
        for _ in range(4):
            needs = step.flow.needs.values()
            given = {
                p.name: (None, p.name) for p in needs if not p.optional or random.random() < 0.5
            }
            run = Interpreter(random)
            run.run(step, given)
            for source, target, port in run.reads:
                if source is not None:
                    assert (*source, target, port) in known, (seed, source, target, port)
                assert certain.get((target, port), source) == source, (seed, target, port)
    assert tried > 400


def test_both_ends_of_every_wire_are_steps_of_the_tree():
    for seed in range(300):
        step = identified(random_step(Random(seed), 3))
        ids = {part.id for part in walk(step) if not isinstance(part, (Guarded, Sequence))}

        for wire in wires(step):
            assert wire.target in ids
            assert wire.source is None or wire.source in ids
