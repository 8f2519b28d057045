"""CPU time of pure work on large compositions: lineage, drawing, finding records in a journal."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from packetflow import Contract, Port, Step, from_contract
from packetflow.composition.steps import Graph
from packetflow.composition.walk import identified
from packetflow.composition.wiring import wires
from packetflow.kernel.ids import new_id
from packetflow.kernel.records import encoder
from packetflow.show.drawing import Drawing, Edge, Node
from packetflow.show.layout import layout
from packetflow.store.frames import frame, records_of
from tests.packetflow.store.records import span

ROUNDS = 5


def best(work: Callable[[], object]) -> float:
    """Milliseconds of CPU of the best of several rounds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        taken.append((time.process_time() - began) * 1e3)
    return min(taken)


def a_graph(size: int) -> Step:
    """Steps that each read up to three names of earlier ones."""
    parts = []
    for i in range(size):
        reads = {i // 2, i // 3, max(0, i - 1)}
        takes = tuple(Port(f"v{j}") for j in sorted(reads) if j < i)
        parts.append(from_contract(dict, f"s{i}", Contract(takes, (Port(f"v{i}"),))).as_step())
    return identified(Graph(tuple(parts)))


def a_drawing(size: int) -> Drawing:
    """Nodes in a long tangle, as recorded workflows have it."""
    random = Random(5)
    nodes = tuple(Node(f"n{i}", f"step {i}") for i in range(size))
    edges = tuple(
        Edge(f"n{max(0, i - 1 - int(random.expovariate(0.1)))}", f"n{i}", "x")
        for i in range(1, size)
        for _ in range(1 + (random.random() < 0.3))
    )
    return Drawing(nodes, edges)


def row(name: str, small: float, large: float, times: float) -> None:
    print(f"  {name:36} {large:8.1f} ms; {large / small:5.1f}x for {times:.0f}x as many")


def main() -> int:
    """Print the figures."""
    found = [best(lambda g=g: wires(g)) for g in map(a_graph, (212, 2122))]
    row("wires of 2,122 steps", *found, 10)
    found = [best(lambda d=d: layout(d)) for d in map(a_drawing, (100, 1000))]
    row("places of 1,000 cards", *found, 10)
    with tempfile.TemporaryDirectory() as folder:
        found, encode = [], encoder().encode
        for size in (2_000, 20_000):
            place, identity, other = Path(folder) / str(size), new_id(), new_id()
            place.mkdir()
            pieces = (encode(span(identity if n % 2 else other, n)) for n in range(size))
            (place / "a.journal").write_bytes(b"".join(map(frame, pieces)))
            found.append(best(lambda place=place, identity=identity: records_of(place, identity)))
        row("10,000 steps of 20,000 in a journal", *found, 10)
    return 0
