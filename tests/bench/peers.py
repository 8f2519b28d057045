"""Other engines at the same work, for side-by-side figures, in a Python of their own.

``PEERS_PYTHON`` names an interpreter that has some of pipefunc, LangGraph (with
langgraph-checkpoint-sqlite) and DBOS; what is missing is left out. Two shapes: a straight line of
100 steps, and customer onboarding (validate, branch, two at once, a plan with retry), 4 steps.
Prints one line of JSON for each figure: who, shape, whether it is kept on disk, and microseconds
of CPU and of wall time a step, the best of several rounds. Needs nothing of packetflow.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from typing import Any, TypedDict

LINE, ONBOARDING = "chain of 100", "onboarding"
ADULT = {"name": "Ada", "age": 36, "email": "ada@example.org"}


def measure(who: str, shape: str, work: Callable[[], object], *, steps: int, kept: bool) -> None:
    """Time a piece of work and print the figure."""
    work()
    cpu = wall = float("inf")
    for _ in range(5):
        times = 3 if kept else 20
        began, used = time.perf_counter(), time.process_time()
        for _ in range(times):
            work()
        cpu = min(cpu, (time.process_time() - used) / times / steps * 1e6)
        wall = min(wall, (time.perf_counter() - began) / times / steps * 1e6)
    told = {"who": who, "shape": shape, "kept": kept, "cpu": round(cpu, 1), "wall": round(wall, 1)}
    print(json.dumps(told), flush=True)


def assess(record: dict[str, Any]) -> dict[str, Any]:
    return {"score": record["age"] / 100, "factors": ["age"]}


def analyse(record: dict[str, Any]) -> list[str]:
    return [record["email"]]


def plan(record: dict[str, Any], wishes: list[str]) -> dict[str, str]:
    return {"for": record["name"], "by": wishes[0]}


def pipefunc() -> None:
    """A straight line, and onboarding without its branch, which pipefunc has none of."""
    from pipefunc import Pipeline
    from pipefunc import pipefunc as wrap

    def add(n: int) -> int:
        return n + 1

    line = [wrap(output_name=f"n{i + 1}", renames={"n": f"n{i}"})(add) for i in range(100)]
    whole = Pipeline(line)
    measure("pipefunc", LINE, lambda: whole("n100", n0=0), steps=100, kept=False)

    def planned(record: dict[str, Any], risk: dict[str, Any], wishes: list[str]) -> dict[str, str]:
        return plan(record, wishes)

    made = Pipeline([
        wrap(output_name="record")(lambda customer: customer),
        wrap(output_name="risk")(assess),
        wrap(output_name="wishes")(analyse),
        wrap(output_name="plan")(planned),
    ])  # fmt: skip
    measure("pipefunc", ONBOARDING, lambda: made("plan", customer=ADULT), steps=4, kept=False)


class Number(TypedDict):
    n: int


class Customer(TypedDict, total=False):
    record: dict[str, Any]
    risk: dict[str, Any]
    wishes: list[str]
    plan: dict[str, str]


def langgraph() -> None:
    """Both shapes, in memory and with the SQLite checkpointer."""
    from langgraph.checkpoint.sqlite import SqliteSaver
    from langgraph.graph import END, START, StateGraph
    from langgraph.types import RetryPolicy

    line = StateGraph(Number)
    for i in range(100):
        line.add_node(f"s{i}", lambda state: {"n": state["n"] + 1})
        line.add_edge(START if i == 0 else f"s{i - 1}", f"s{i}")
    line.add_edge("s99", END)

    made = StateGraph(Customer)
    made.add_node("validate", lambda state: {"record": state["record"]})
    made.add_node("assess", lambda state: {"risk": assess(state["record"])})
    made.add_node("analyse", lambda state: {"wishes": analyse(state["record"])})
    planner = RetryPolicy(max_attempts=3)
    made.add_node("plan", lambda s: {"plan": plan(s["record"], s["wishes"])}, retry_policy=planner)
    made.add_edge(START, "validate")
    made.add_conditional_edges(
        "validate", lambda state: ["assess", "analyse"] if state["record"]["age"] >= 18 else END
    )
    made.add_edge(["assess", "analyse"], "plan")
    made.add_edge("plan", END)

    number = iter(range(10**9))
    with SqliteSaver.from_conn_string(os.path.join(tempfile.mkdtemp(), "s.sqlite")) as saver:  # noqa: PTH118 - plain text wanted
        for shape, graph, given, steps in (
            (LINE, line, {"n": 0}, 100),
            (ONBOARDING, made, {"record": ADULT}, 4),
        ):
            for kept in (False, True):
                app = graph.compile(checkpointer=saver if kept else None)

                def once(app: Any = app, given: Any = given) -> object:
                    place = {"thread_id": str(next(number))}
                    return app.invoke(given, {"recursion_limit": 999, "configurable": place})

                measure("LangGraph", shape, once, steps=steps, kept=kept)


def dbos() -> None:
    """Both shapes; DBOS always keeps them, here in SQLite."""
    os.environ.update(DO_NOT_TRACK="1", DBOS__LOG_LEVEL="ERROR")
    from dbos import DBOS

    place = f"sqlite:///{tempfile.mkdtemp()}/s.sqlite"
    DBOS(config={"name": "bench", "system_database_url": place, "log_level": "ERROR"})
    add = DBOS.step()(lambda n: n + 1)
    steps = {name: DBOS.step(name=name)(fn) for name, fn in (("a", assess), ("w", analyse))}
    planned = DBOS.step(name="p", retries_allowed=True, max_attempts=3)(plan)
    checked = DBOS.step(name="v")(lambda record: record)

    def line() -> int:
        n = 0
        for _ in range(100):
            n = add(n)
        return n

    def onboard() -> dict[str, str] | None:
        record = checked(ADULT)
        if record["age"] < 18:
            return None
        steps["a"](record)
        return planned(record, steps["w"](record))

    whole, made = DBOS.workflow()(line), DBOS.workflow()(onboard)
    DBOS.launch()
    measure("DBOS", LINE, whole, steps=100, kept=True)
    measure("DBOS", ONBOARDING, made, steps=4, kept=True)
    DBOS.destroy()


def main() -> None:
    """Measure what can be imported."""
    for engine in (pipefunc, langgraph, dbos):
        try:
            engine()
        except ImportError as missing:
            print(json.dumps({"who": engine.__name__, "missing": str(missing)}), flush=True)


if __name__ == "__main__":
    main()
